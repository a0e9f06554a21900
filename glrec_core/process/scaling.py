"""Resampling a frame to another size, with the filters of image programs, which blur as far as a smaller size needs.

`ndimage.zoom` has no such filter and lets fine detail flicker. Each axis is one multiplication by a sparse matrix; the
weights are those of Pillow's `resize`, so that a CPU and a GPU give the same picture.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from glrec_core.errors import ConfigError
from glrec_core.process.device import namespace, require, scipy_module
from glrec_core.process.layers import frame_of, layer_of, rounded
from glrec_core.process.operation import WITH_ALPHA, Pixels, Work, operation
from glrec_core.process.values import side
from glrec_core.values.checks import one_of

_Floats = NDArray[np.float64]

_CUBIC_A = -0.5
"""Catmull-Rom's: the one cubic that interpolates with third-order error (Keys, 1981)."""


class _Filter(NamedTuple):
    """An even function of the distance in pixels of the coarser picture, and beyond which distance it is 0."""

    weight: Callable[[_Floats], _Floats]
    support: int


def _linear(distance: _Floats) -> _Floats:
    return np.maximum(0.0, 1 - distance)


def _cubic(distance: _Floats) -> _Floats:
    near = ((_CUBIC_A + 2) * distance - (_CUBIC_A + 3)) * distance**2 + 1
    far = _CUBIC_A * (((distance - 5) * distance + 8) * distance - 4)
    return np.where(distance < 1, near, np.where(distance < 2, far, 0.0))  # noqa: PLR2004 - the cubic's pieces


def _lanczos(distance: _Floats) -> _Floats:
    lobes = np.sinc(distance) * np.sinc(distance / 3)
    return np.where(distance < 3, lobes, 0.0)  # noqa: PLR2004 - three lobes


_FILTERS = {"linear": _Filter(_linear, 1), "cubic": _Filter(_cubic, 2), "lanczos": _Filter(_lanczos, 3)}


@operation
def scale(width: int | None = None, height: int | None = None, filter: str = "cubic") -> Work:  # noqa: A002 - Pillow's word
    """Resample the frame to `width` x `height` pixels; a side that is left out follows from the frame's shape.

        film = read("in.mp4").scale(1280, filter="lanczos")
        write_video("small.mp4", film)

    Args:
        width: in pixels.
        height: in pixels.
        filter: "linear", "cubic" (Catmull-Rom) or "lanczos" (three lobes), each antialiased.

    Raises:
        ConfigError: no side is given, one is below 1, the filter is not known, or SciPy is not installed.

    """
    require("scipy", "scale")
    if width is None and height is None:
        raise ConfigError("scale() needs width=, height= or both")
    one_of("filter", filter, tuple(_FILTERS))
    wide = None if width is None else side("width", width, 1)
    high = None if height is None else side("height", height, 1)

    def work(_: float, frame: Pixels) -> Pixels:
        size = _size(wide, high, frame.shape[1], frame.shape[0])
        if size == frame.shape[:2]:
            return frame
        if frame.shape[2] != WITH_ALPHA:
            return rounded(_resampled(frame.astype(np.float32), size, filter))
        return frame_of(_resampled(layer_of(frame), size, filter))

    return work


def _size(width: int | None, height: int | None, frame_width: int, frame_height: int) -> tuple[int, int]:
    """Return the new (height, width), one of which is given."""
    if height is None:
        assert width is not None
        return max(1, round(width * frame_height / frame_width)), width
    return height, max(1, round(height * frame_width / frame_height)) if width is None else width


def _resampled(values: Any, new_size: tuple[int, int], name: str) -> Any:
    """Return float32 (height, width, channels) values in another (height, width)."""
    xp = namespace(values)
    for axis, size in enumerate(new_size):
        if values.shape[axis] != size:
            lines = xp.ascontiguousarray(xp.moveaxis(values, axis, 0))
            matrix = _matrix(xp, values.shape[axis], size, name)
            resampled = matrix.dot(lines.reshape(lines.shape[0], -1))
            values = xp.moveaxis(resampled.reshape(size, *lines.shape[1:]), 0, axis)
    return values


@lru_cache(maxsize=8)
def _matrix(xp: Any, size: int, new_size: int, name: str) -> Any:
    """Return the (new_size, size) weights as a sparse matrix of `xp`'s kind."""
    weight, support = _FILTERS[name]
    step = size / new_size
    blur = max(step, 1.0)
    centre = (np.arange(new_size) + 0.5) * step
    first = np.floor(centre - support * blur).astype(np.int64)
    source = first[:, None] + np.arange(int(2 * support * blur) + 2)
    weights = weight(np.abs(source + 0.5 - centre[:, None]) / blur)
    weights[(source < 0) | (source >= size)] = 0
    weights /= weights.sum(axis=1, keepdims=True)
    rows = np.broadcast_to(np.arange(new_size)[:, None], source.shape)[weights != 0]
    entries = [weights[weights != 0].astype(np.float32), rows, source[weights != 0]]
    values, row, column = (xp.asarray(entry) for entry in entries)
    sparse = scipy_module(values, "sparse")
    return sparse.csr_matrix((values, (row, column)), shape=(new_size, size))
