"""One code for NumPy and CuPy: operations ask an array for the library it belongs to, and keep their own arrays beside it.

CuPy, SciPy and Pillow are loaded when an operation first needs them.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from glrec_core.errors import ConfigError

_EXTRAS = {"scipy": "scipy", "PIL": "pillow"}
"""Packages that operations need, by the name they are imported under."""


def is_cupys(array: Any) -> bool:
    """Return whether this is an array of CuPy's, without loading CuPy."""
    return type(array).__module__.partition(".")[0] == "cupy"


def namespace(array: Any) -> Any:
    """Return the module whose functions work on `array` where it is: `numpy` or `cupy`."""
    return np if isinstance(array, np.ndarray) else import_module("cupy")


def scipy_module(array: Any, name: str) -> Any:
    """Return SciPy's module `name` ("ndimage", "sparse") or, for an array on the GPU, CuPy's of the same functions."""
    package = "scipy" if isinstance(array, np.ndarray) else "cupyx.scipy"
    return import_module(f"{package}.{name}")


def require(module: str, what: str) -> None:
    """Check that an optional package is there, without loading it.

    Raises:
        ConfigError: it is not; the text says how to install it.

    """
    if find_spec(module) is None:
        raise ConfigError(
            f"{what} needs {_EXTRAS[module]}, which is not installed; pip install 'glrec[process]' brings it"
        )


class Resident:
    """An array that an operation keeps, on the device of the frames that it meets."""

    def __init__(self, array: NDArray[Any]) -> None:
        """Keep `array`, which is in host memory."""
        self._host = array
        self._on_gpu: _Copy | None = None

    def beside(self, frame: Any) -> Any:
        """Return it in the memory where `frame` is; it is copied to the GPU once, and other streams wait for that."""
        if isinstance(frame, np.ndarray):
            return self._host
        cupy = namespace(frame)
        stream, copy = cupy.cuda.get_current_stream(), self._on_gpu
        if copy is None:
            array = cupy.asarray(self._host)
            self._on_gpu = copy = _Copy(array, stream, stream.record())
        elif copy.stream != stream:
            stream.wait_event(copy.done)
        return copy.array


class _Copy(NamedTuple):
    """An array on the GPU, the stream that it was copied on, and the event that says when."""

    array: Any
    stream: Any
    done: Any


def on_host(array: Any) -> NDArray[Any]:
    """Return an array of any library in host memory; CuPy's is copied there."""
    return np.asarray(array.get() if is_cupys(array) else array)
