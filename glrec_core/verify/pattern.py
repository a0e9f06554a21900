"""The test picture of glrec's own clips: each frame carries its number, so that a lost, doubled or moved one shows.

Four coloured quadrants prove orientation and colour. Across the middle lies a barcode of two rows, each an eighth of the
height; the lower is the complement of the upper, so that a bit is the sign of a difference. Its 26 columns are a guard
(1 0), 16 bits of the frame number, 6 bits of the number modulo 61, and a guard (1 1), most significant bit first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from glrec_core.values.frame import Size

NUMBERS = 1 << 16
"""Frame numbers run from 0 to NUMBERS - 1."""

LEAST_SIZE = Size(160, 96)
"""Below this a codec's blocks are no smaller than the columns."""

_NUMBER_BITS, _CHECK_BITS, _MODULUS = 16, 6, 61
_COLUMNS = 2 + _NUMBER_BITS + _CHECK_BITS + 2
_QUADRANTS = np.array([[(200, 60, 50), (60, 180, 75)], [(60, 80, 200), (220, 190, 60)]], np.uint8)
_BLACK, _WHITE = (0, 0, 0), (255, 255, 255)
_EIGHTHS = 8
_LEAST_CONTRAST = 48.0  # of 255; black against white is 255, and 219 in limited-range luma
_COLOR_TOLERANCE = 10.0  # of 255; a codec is off by 2 to 6, BT.601 taken for BT.709 by up to 40
_BACKWARDS = slice(None, None, -1)
_TURNED = {
    "upside down": (_BACKWARDS,),
    "mirrored": (slice(None), _BACKWARDS),
    "turned by 180 degrees": (_BACKWARDS, _BACKWARDS),
}


class Rectangle(NamedTuple):
    """A part of the picture in one colour, in pixels; `top` counts from the upper edge. The colour is 0 to 255."""

    left: int
    top: int
    width: int
    height: int
    rgb: tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a picture shows: its number, None if there is no barcode; and what is wrong with it, "" if nothing."""

    number: int | None
    fault: str


def rectangles(size: Size, number: int) -> Iterator[Rectangle]:
    """Yield what picture `number` is painted of, in this order.

    Raises:
        ValueError: the number is outside 0..65535, or the size below `LEAST_SIZE`.

    """
    if not 0 <= number < NUMBERS:
        raise ValueError(f"frame number {number} is outside 0..{NUMBERS - 1}")
    if size.width < LEAST_SIZE.width or size.height < LEAST_SIZE.height:
        raise ValueError(f"{size} is too small for the test picture; the least is {LEAST_SIZE}")
    middle, band = Size(size.width // 2, size.height // 2), size.height // _EIGHTHS
    for row, top in enumerate((0, middle.height)):
        for column, left in enumerate((0, middle.width)):
            red, green, blue = _QUADRANTS[row, column].tolist()
            yield Rectangle(left, top, size.width - left, size.height - top, (red, green, blue))
    for column, bit in enumerate(_bits(number)):
        left, right = (edge * size.width // _COLUMNS for edge in (column, column + 1))
        for top, lit in ((middle.height - band, bit), (middle.height, not bit)):
            yield Rectangle(left, top, right - left, band, _WHITE if lit else _BLACK)


def draw(size: Size, number: int) -> NDArray[np.uint8]:
    """Return picture `number`, (height, width, 3) RGB, row 0 at the top; raises as `rectangles` does."""
    picture = np.empty((size.height, size.width, 3), np.uint8)
    for left, top, width, height, rgb in rectangles(size, number):
        picture[top : top + height, left : left + width] = rgb
    return picture


def read(picture: NDArray[Any]) -> Reading:
    """Return what a picture shows, (height, width, 3) RGB of any size, 8 bits a channel."""
    number = _number(picture)
    if number is not None:
        return Reading(number, _color_fault(picture))
    for how, turn in _TURNED.items():
        if (number := _number(picture[turn])) is not None:
            return Reading(number, f"the picture is {how}")
    return Reading(None, "there is no barcode that can be read")


def _bits(number: int) -> list[int]:
    code = number << _CHECK_BITS | number % _MODULUS
    return [1, 0, *(int(digit) for digit in f"{code:0{_NUMBER_BITS + _CHECK_BITS}b}"), 1, 1]


def _number(picture: NDArray[Any]) -> int | None:
    """Return the number in the barcode; None if contrast, guards or check digits are wrong."""
    height, width = picture.shape[:2]
    if width < 2 * _COLUMNS or height < 2 * _EIGHTHS:
        return None
    upper, lower = (_levels(picture, row) for row in (7 * height // 16, 9 * height // 16))
    contrast = upper - lower
    if np.abs(contrast).min() < _LEAST_CONTRAST:
        return None
    bits = [int(each > 0) for each in contrast]
    number = int("".join(map(str, bits[2 : 2 + _NUMBER_BITS])), 2)
    return number if bits == _bits(number) else None


def _levels(picture: NDArray[Any], row: int) -> NDArray[np.float64]:
    """Return the mean of the middle of each barcode column in a row and its two neighbours."""
    width = picture.shape[1]
    line = picture[row - 1 : row + 2].mean(axis=(0, 2))
    return np.array([line[_middle(width, column)].mean() for column in range(_COLUMNS)])


def _middle(width: int, column: int) -> slice:
    """Return the middle third of a column, one pixel at least: away from blurred edges."""
    begin = (3 * column + 1) * width // (3 * _COLUMNS)
    return slice(begin, max(begin + 1, (3 * column + 2) * width // (3 * _COLUMNS)))


def _color_fault(picture: NDArray[Any]) -> str:
    error = float(np.abs(_quadrants(picture) - _QUADRANTS).max())
    return "" if error <= _COLOR_TOLERANCE else f"a colour is off by {error:.0f} of 255"


def _quadrants(picture: NDArray[Any]) -> NDArray[np.float64]:
    """Return the mean colour amid each quadrant, (2, 2, 3), away from the barcode."""
    height, width = picture.shape[:2]
    rows = [
        slice(3 * height // 16 - 2, 3 * height // 16 + 3),
        slice(13 * height // 16 - 2, 13 * height // 16 + 3),
    ]
    columns = [slice(width // 4 - 2, width // 4 + 3), slice(3 * width // 4 - 2, 3 * width // 4 + 3)]
    return np.array([[picture[row, column].mean(axis=(0, 1)) for column in columns] for row in rows])
