"""What an operation on frames is: a small object that takes a frame and the time at which it is shown, and gives a new frame.

The same object serves in a chain over a file and in a recording while it runs. A frame is (height, width, 3 or 4) uint8,
R'G'B' or R'G'B'A with straight (not premultiplied) alpha, row 0 the top, in host memory (NumPy) or on a GPU (CuPy). An
operation never changes the frame that it is given. Any function `(time: timedelta, frame) -> frame` can stand beside
those of this package.
"""

from __future__ import annotations

import reprlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import wraps
from typing import Any, ClassVar, ParamSpec

import numpy as np
from numpy.typing import NDArray

from glrec_core.errors import ConfigError
from glrec_core.process.device import is_cupys

Pixels = NDArray[np.uint8]
"""(height, width, 3 or 4) uint8; CuPy's arrays go under the same name, since CuPy ships no types."""

Work = Callable[[float, Pixels], Pixels]
"""What an operation does to the frame that is shown at a time in seconds."""

P = ParamSpec("P")

OPAQUE, WITH_ALPHA = 3, 4
"""Numbers of channels."""
_DIMENSIONS = 3


@dataclass(frozen=True, slots=True, repr=False)
class Operation:
    """One operation. Its `repr` is the call that made it.

    For example:

        logo = overlay("logo.png", at=(20, 20))  # an Operation
        recorder = record(window, "film.mp4", process=[logo])
    """

    works_on_cupy: ClassVar[bool] = True
    """What a recording looks for before it keeps frames on the GPU; see `glrec_core.convert.operations`."""

    call: str
    work: Work

    def __call__(self, time: timedelta, frame: Pixels) -> Pixels:
        """Return what becomes of the frame that is shown at `time`.

        Raises:
            ConfigError: this is no frame, or not one that the operation can work on.

        """
        return self.work(time.total_seconds(), checked(frame))

    def __repr__(self) -> str:
        return self.call


def operation(make: Callable[P, Work]) -> Callable[P, Operation]:
    """Make a function that checks its arguments and returns the work into one that returns an `Operation`."""

    @wraps(make)
    def made(*args: P.args, **kwargs: P.kwargs) -> Operation:
        given = [_told(value) for value in args] + [
            f"{name}={_told(value)}" for name, value in kwargs.items()
        ]
        return Operation(f"{make.__name__}({', '.join(given)})", make(*args, **kwargs))

    return made


def checked(frame: Any, name: str = "the frame") -> Pixels:
    """Return `frame` if it is one.

    Raises:
        ConfigError: it is not an array of NumPy or CuPy, (height, width, 3 or 4) of uint8 with at least one pixel.

    """
    if not (isinstance(frame, np.ndarray) or is_cupys(frame)):
        raise ConfigError(f"{name} is {_told(frame)}; it must be an array of NumPy or CuPy")
    shape = frame.shape
    if (
        len(shape) != _DIMENSIONS
        or shape[2] not in {OPAQUE, WITH_ALPHA}
        or 0 in shape
        or frame.dtype != np.uint8
    ):
        raise ConfigError(f"{name} is {_told(frame)}; it must be (height, width, 3 or 4) of uint8, not empty")
    pixels: Pixels = frame
    return pixels


def _told(value: Any) -> str:
    """Return a value as it may stand in a sentence; an array by its shape."""
    shape, dtype = getattr(value, "shape", None), getattr(value, "dtype", None)
    if shape is None or dtype is None:
        return getattr(value, "__qualname__", None) or reprlib.repr(value)
    return f"<{dtype} array {'x'.join(map(str, shape))}>"
