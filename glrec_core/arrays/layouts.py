"""How a picture may lie in an array: told by shape and data type, the same for every library and every memory."""

from __future__ import annotations

import enum
from collections.abc import Sequence

import numpy as np
from numpy.typing import DTypeLike

from glrec_core.errors import ArrayError
from glrec_core.values.frame import Size

FLOATS = (np.float16, np.float32, np.float64)
"""Types whose levels run from 0 to 1."""

_COLOURS = 3
_CHANNELS = (3, 4)


class ArrayLayout(enum.Enum):
    """What the axes of an array mean; row 0 is the top."""

    NV12 = "NV12"
    """(height * 3/2, width): rows of luma, then rows of (Cb, Cr) pairs at half the resolution."""
    INTERLEAVED = "RGB or RGBA"
    """(height, width, 3 or 4)."""
    PLANAR = "planar RGB"
    """(3, height, width)."""


def layout_of(shape: Sequence[int], dtype: DTypeLike, size: Size) -> ArrayLayout:
    """Return the layout of a picture of `size`.

    Raises:
        ArrayError: the array is of another shape or type.

    """
    width, height = size
    shapes: dict[tuple[int, ...], ArrayLayout] = {
        (height * 3 // 2, width): ArrayLayout.NV12,
        (_COLOURS, height, width): ArrayLayout.PLANAR,
        **{(height, width, channels): ArrayLayout.INTERLEAVED for channels in _CHANNELS},
    }
    layout = shapes.get(tuple(shape))
    types = (np.uint8,) if layout is ArrayLayout.NV12 else (np.uint8, *FLOATS)
    if layout is None or np.dtype(dtype) not in types:
        raise ArrayError(f"the array is {tuple(shape)} {np.dtype(dtype)}; {_wanted(size)}")
    return layout


def _wanted(size: Size) -> str:
    width, height = size
    rgb = ", ".join(f"({height}, {width}, {channels})" for channels in _CHANNELS)
    return (
        f"for {size} give NV12 ({height * 3 // 2}, {width}) of uint8, or RGB(A) {rgb} or ({_COLOURS}, {height}, {width}) "
        "of uint8 or of float from 0 to 1"
    )


def size_of(shape: Sequence[int]) -> Size:
    """Return the size of the picture that an array of that shape holds.

    Raises:
        ArrayError: it can hold none.

    """
    match tuple(shape):
        case (rows, width) if rows % 3 == 0:
            return Size(width, rows // 3 * 2)
        case (rows, width, channels) if channels in _CHANNELS and rows != _COLOURS:
            return Size(width, rows)
        case (channels, rows, width) if channels == _COLOURS:
            return Size(width, rows)
    raise ArrayError(
        f"an array of shape {tuple(shape)} is not a picture; give NV12 (height * 3/2, width), or RGB(A) (height, width, 3 or 4) "
        "or (3, height, width)"
    )
