"""A known picture that carries its own frame number, so that a lost, doubled or moved frame shows.

The picture is four coloured quadrants, which prove orientation and colour, and across its middle a barcode
of two rows. The lower row is the complement of the upper one: each bit is the sign of a difference, so reading
needs no black or white level and works on limited-range luma too. Guard blocks at both ends differ under every
flip and rotation, and the check digits are the number modulo 61: it divides no sum or difference of two powers
of two below 2**16, so one or two wrong data bits are always noticed.

`glrec verify` knows the same picture by code of its own (`glrec_core.verify.pattern`); each is a check on the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Rgb = tuple[float, float, float]
Fill = Callable[[int, int, int, int, Rgb], None]
"""Fill a rectangle: x, y, width, height in pixels from the bottom-left corner as in GL, colour as 0..1."""

NUMBERS = 1 << 16
"""Frame numbers run from 0 to NUMBERS - 1."""

QUADRANTS: NDArray[np.uint8] = np.array(
    [[(200, 60, 50), (60, 180, 75)], [(60, 80, 200), (220, 190, 60)]], dtype=np.uint8
)
"""The four colours, (row, column, RGB): red and green above, blue and yellow below."""

_DATA_BITS, _CHECK_BITS, _MODULUS = 16, 6, 61
_LEAD, _TRAIL = (True, False), (True, True)
_COLUMNS = len(_LEAD) + _DATA_BITS + _CHECK_BITS + len(_TRAIL)
_BAND_ROWS = 2
_LUMA = 2  # dimensions of a picture without colours
_ROW_SHARE = 8  # one barcode row is an eighth of the picture's height
_LEAST_SIZE = (2 * _COLUMNS, 2 * _ROW_SHARE)
_LEAST_CONTRAST = 48.0  # of 255; black against white is 219 in limited-range luma
_COLOUR_DISTANCE = 60.0  # the nearest two of QUADRANTS are 131 apart
_ARRANGEMENTS: dict[tuple[int, ...], str] = {
    (0, 1, 2, 3): "upright",
    (2, 3, 0, 1): "upside down",
    (1, 0, 3, 2): "mirrored left to right",
    (3, 2, 1, 0): "turned by 180 degrees",
}


class Region(NamedTuple):
    """A rectangle in pixels; `y` counts from the top row.

    Examples:
        >>> Region(x=40, y=0, width=240, height=240).width
        240

    """

    x: int
    y: int
    width: int
    height: int


class BarcodeError(AssertionError):
    """The picture holds no barcode that can be trusted."""


class OrientationError(AssertionError):
    """The quadrants are not where, or not what, they were drawn as."""


def draw(fill: Fill, size: tuple[int, int], number: int) -> None:
    """Paint picture `number` by calls of `fill`, as an OpenGL program does it with a scissor box and a clear.

    Args:
        fill: fills a rectangle: x, y, width and height in pixels from the bottom left, and the colour as three numbers
            from 0 to 1.
        size: width and height in pixels; 160x120 and up survives a codec.
        number: 0 to 65535.

    Raises:
        ValueError: the number is another, or the size is below 52x16.

    Examples:
        >>> rectangles = []
        >>> draw(lambda *rectangle: rectangles.append(rectangle), (160, 120), 7)
        >>> len(rectangles)
        56

    """
    for region, colour in _rectangles(size, number):
        red, green, blue = (int(channel) / 255 for channel in colour)
        bottom = size[1] - region.y - region.height
        fill(region.x, bottom, region.width, region.height, (red, green, blue))


def expected(size: tuple[int, int], number: int) -> NDArray[np.uint8]:
    """Return what `draw` paints as (height, width, 3) RGB, row 0 at the top; raises as `draw` does.

    Examples:
        >>> expected((160, 120), 7).shape
        (120, 160, 3)

    """
    bits, picture = _bits(number), _quadrants(size).copy()
    edges_x, edges_y = _edges(size)
    upper = np.repeat(np.array(bits, np.uint8) * np.uint8(255), np.diff(edges_x))
    picture[edges_y[0] : edges_y[1]] = upper[:, None]
    picture[edges_y[1] : edges_y[2]] = 255 - upper[:, None]
    return picture


@cache
def _quadrants(size: tuple[int, int]) -> NDArray[np.uint8]:
    picture = np.empty((size[1], size[0], 3), np.uint8)
    for (x, y, width, height), colour in list(_rectangles(size, 0))[: 2 * 2]:
        picture[y : y + height, x : x + width] = colour
    return picture


def read(picture: NDArray[Any], region: Region | None = None) -> int:
    """Return the frame number in a picture of any size: (height, width, 3 or 4) RGB or (height, width) luma.

    `region` is where the drawn picture lies, when it was letterboxed; the whole picture by default.

    Raises:
        BarcodeError: contrast, guard blocks or check digits are wrong.

    Examples:
        >>> read(expected((160, 120), 7))
        7

    """
    whole = _region(picture, region)
    upper, lower = _levels(picture, whole)
    contrast = upper - lower
    weakest = int(np.argmin(np.abs(contrast)))
    if abs(contrast[weakest]) < _LEAST_CONTRAST:
        raise BarcodeError(f"barcode column {weakest} has contrast {contrast[weakest]:.0f} in {whole}")
    return _number([bool(bit) for bit in contrast > 0])


def read_film(path: str | Path, region: Region | None = None) -> list[int]:
    """Return the number of every picture of a video file, in order of display; PyAV decodes it.

    Raises:
        BarcodeError: a picture holds no number.
        OSError: the file cannot be read.

    Examples:
        >>> recording = write_video("film.mp4", [expected((160, 120), number) for number in range(3)], fps=30)
        >>> read_film("film.mp4")
        [0, 1, 2]

    """
    import av  # takes its time

    with av.open(path) as container:
        pictures = (frame.to_ndarray(format="rgb24") for frame in container.decode(video=0))
        return [read(picture, region) for picture in pictures]


def quadrant_points(size: tuple[int, int], region: Region | None = None) -> list[tuple[int, int]]:
    """Return the pixel (x, y from the top) amid each quadrant: top left, top right, bottom left, bottom right."""
    left, top, width, height = region or Region(0, 0, *size)
    columns = (left + width // 4, left + 3 * width // 4)
    rows = (top + 3 * height // 16, top + 13 * height // 16)
    return [(x, y) for y in rows for x in columns]


def quadrant_colours(picture: NDArray[Any], region: Region | None = None) -> NDArray[np.float64]:
    """Return the mean colour around the middle of each quadrant of an RGB(A) picture: (2, 2, 3), 0..255."""
    whole = _region(picture, region)
    half_x, half_y = max(1, whole.width // 16), max(1, whole.height // 16)
    means = [
        picture[y - half_y : y + half_y, x - half_x : x + half_x, :3].mean(axis=(0, 1))
        for x, y in quadrant_points((whole.width, whole.height), whole)
    ]
    return np.array(means, np.float64).reshape(2, 2, 3)


def check_orientation(picture: NDArray[Any], region: Region | None = None) -> None:
    """Check that an RGB(A) picture is upright and not mirrored, and its colours are about those that were drawn.

    Raises:
        OrientationError: it is not; the message says how it lies.

    Examples:
        >>> check_orientation(expected((160, 120), 7)[::-1])
        Traceback (most recent call last):
        OrientationError: the picture is upside down

    """
    found = quadrant_colours(picture, region).reshape(4, 3)
    distance = np.linalg.norm(found[:, None] - QUADRANTS.reshape(4, 3).astype(np.float64), axis=2)
    arrangement = _ARRANGEMENTS.get(tuple(int(index) for index in distance.argmin(axis=1)))
    if arrangement is None or distance.min(axis=1).max() > _COLOUR_DISTANCE:
        raise OrientationError(f"quadrants are {found.round().tolist()}, drawn were {QUADRANTS.tolist()}")
    if arrangement != "upright":
        raise OrientationError(f"the picture is {arrangement}")


def _rectangles(size: tuple[int, int], number: int) -> Iterator[tuple[Region, NDArray[np.uint8]]]:
    width, height = size
    if width < _LEAST_SIZE[0] or height < _LEAST_SIZE[1]:
        raise ValueError(f"size {size} is too small for the barcode; the least is {_LEAST_SIZE}")
    halves_x, halves_y = [0, width // 2, width], [0, height // 2, height]
    for row, column in np.ndindex(2, 2):
        yield _between(halves_x, halves_y, column, row), QUADRANTS[row, column]
    edges_x, edges_y = _edges(size)
    for column, bit in enumerate(_bits(number)):
        for row in range(_BAND_ROWS):
            level = 255 if bit is (row == 0) else 0
            yield _between(edges_x, edges_y, column, row), np.full(3, level, np.uint8)


def _edges(size: tuple[int, int]) -> tuple[list[int], list[int]]:
    """Return where the barcode's columns and rows begin, and where the last of each ends."""
    width, height = size
    band = height // _ROW_SHARE
    columns = [index * width // _COLUMNS for index in range(_COLUMNS + 1)]
    return columns, [height // 2 - band, height // 2, height // 2 + band]


def _between(edges_x: list[int], edges_y: list[int], column: int, row: int) -> Region:
    x, y = edges_x[column], edges_y[row]
    return Region(x, y, edges_x[column + 1] - x, edges_y[row + 1] - y)


def _bits(number: int) -> list[bool]:
    if not 0 <= number < NUMBERS:
        raise ValueError(f"frame number {number} is outside 0..{NUMBERS - 1}")
    code = number << _CHECK_BITS | number % _MODULUS
    digits = format(code, f"0{_DATA_BITS + _CHECK_BITS}b")
    return [*_LEAD, *(digit == "1" for digit in digits), *_TRAIL]


def _number(bits: list[bool]) -> int:
    lead, digits, trail = bits[: len(_LEAD)], bits[len(_LEAD) : -len(_TRAIL)], bits[-len(_TRAIL) :]
    if (tuple(lead), tuple(trail)) != (_LEAD, _TRAIL):
        raise BarcodeError(f"guard blocks are {lead} and {trail}, should be {_LEAD} and {_TRAIL}")
    code = int("".join("1" if digit else "0" for digit in digits), 2)
    number, check = divmod(code, 1 << _CHECK_BITS)
    if number % _MODULUS != check:
        raise BarcodeError(f"number {number} has check digits {check}, should be {number % _MODULUS}")
    return number


def _levels(picture: NDArray[Any], region: Region) -> list[NDArray[np.float64]]:
    """Return the mean level amid each column of the upper row and of the lower one."""
    firsts, lasts = _columns(region.x, region.width)
    first = _ROW_SHARE // 2 - 1  # the upper row is the fourth eighth, the lower one the fifth
    levels = []
    for row in range(_BAND_ROWS):
        band = picture[_middle(region.y, region.height, first + row, _ROW_SHARE)]
        line = band.mean(axis=0) if band.ndim == _LUMA else band[..., :3].mean(axis=(0, 2))
        sums = np.concatenate(([0.0], line.cumsum()))
        levels.append((sums[lasts] - sums[firsts]) / (lasts - firsts))
    return levels


@cache
def _columns(start: int, length: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    middles = [_middle(start, length, column, _COLUMNS) for column in range(_COLUMNS)]
    return np.array([each.start for each in middles]), np.array([each.stop for each in middles])


def _middle(start: int, length: int, index: int, count: int) -> slice:
    """Return the middle third of part `index` of `count`, one pixel at least: away from blurred edges."""
    first = start + (3 * index + 1) * length // (3 * count)
    last = start + (3 * index + 2) * length // (3 * count)
    return slice(first, max(first + 1, last))


def _region(picture: NDArray[Any], region: Region | None) -> Region:
    height, width = picture.shape[:2]
    whole = region or Region(0, 0, width, height)
    if whole.x < 0 or whole.y < 0 or whole.x + whole.width > width or whole.y + whole.height > height:
        raise ValueError(f"{whole} is not inside the picture of {width}x{height}")
    return whole
