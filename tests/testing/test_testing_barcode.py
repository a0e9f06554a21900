"""The barcode picture is read back whatever happened to it, or refused: never misread."""

from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from glrec_core.testing import barcode
from glrec_core.testing.barcode import BarcodeError, OrientationError, Region, Rgb
from tests.support.film import Change

SIZE = (160, 120)
COLUMNS = 26
NUMBERS = [0, 1, 2, 255, 256, 12345, 43690, 65535]


def upside_down(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return picture[::-1]


def mirrored(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return picture[:, ::-1]


def turned(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return picture[::-1, ::-1]


def invert_column(picture: NDArray[np.uint8], column: int) -> None:
    """Exchange black and white in one barcode column: the most plausible misreading there is."""
    first, last = (edge * SIZE[0] // COLUMNS for edge in (column, column + 1))
    picture[45:75, first:last] = 255 - picture[45:75, first:last]


@pytest.mark.parametrize("size", [(52, 16), (53, 17), SIZE, (161, 121), (1280, 720)])
def test_number_is_read_back(size: tuple[int, int]) -> None:
    assert [barcode.read(barcode.expected(size, number)) for number in NUMBERS] == NUMBERS


@pytest.mark.parametrize("size", [SIZE, (161, 121)])
def test_draw_fills_the_expected_picture_from_the_bottom_left(size: tuple[int, int]) -> None:
    canvas = np.zeros((size[1], size[0], 3), np.uint8)

    def fill(x: int, y: int, width: int, height: int, colour: Rgb) -> None:
        assert min(x, y, width, height) >= 0
        canvas[::-1][y : y + height, x : x + width] = np.round(np.array(colour) * 255)

    barcode.draw(fill, size, 777)
    np.testing.assert_array_equal(canvas, barcode.expected(size, 777))


def test_pictures_of_different_numbers_differ() -> None:
    assert len({barcode.expected((52, 16), number).tobytes() for number in range(1000)}) == 1000


def said_of(picture: NDArray[np.uint8]) -> str:
    """Return why the picture was refused, or that it was read."""
    try:
        return f"read as {barcode.read(picture)}"
    except BarcodeError as error:
        return str(error)


@pytest.mark.parametrize("number", [0, 12345])
def test_one_wrong_column_is_refused(number: int) -> None:
    for column in range(COLUMNS):
        picture = barcode.expected(SIZE, number)
        invert_column(picture, column)
        said = said_of(picture)
        assert "guard blocks" in said or "check digits" in said, f"column {column}: {said}"


def test_two_wrong_data_bits_are_refused() -> None:
    for pair in combinations(range(2, 18), 2):
        picture = barcode.expected(SIZE, 12345)
        for column in pair:
            invert_column(picture, column)
        said = said_of(picture)
        assert "check digits" in said, f"columns {pair}: {said}"


@pytest.mark.parametrize("change", [upside_down, mirrored, turned])
def test_flipped_barcode_is_refused(change: Change) -> None:
    for number in NUMBERS:
        said = said_of(change(barcode.expected(SIZE, number)))
        assert "guard blocks" in said, f"number {number}: {said}"


def test_picture_without_contrast_is_refused() -> None:
    picture = barcode.expected(SIZE, 5)
    picture[60:75] = picture[45:60]
    with pytest.raises(BarcodeError, match="contrast 0"):
        barcode.read(picture)


def test_barcode_is_read_from_limited_range_luma() -> None:
    luma = barcode.expected(SIZE, 4321).mean(axis=2) * 219 / 255 + 16
    assert barcode.read(luma) == 4321


@pytest.mark.parametrize("factor", [2, 3])
def test_barcode_is_read_after_scaling(factor: int) -> None:
    picture = barcode.expected((480, 360), 999)
    assert barcode.read(picture[::factor, ::factor]) == 999
    assert barcode.read(picture.repeat(factor, axis=0).repeat(factor, axis=1)) == 999


def test_letterboxed_picture_is_read_in_its_region_only() -> None:
    frame = np.zeros((240, 400, 3), np.uint8)
    region = Region(37, 51, *SIZE)
    frame[51 : 51 + SIZE[1], 37 : 37 + SIZE[0]] = barcode.expected(SIZE, 60000)
    assert barcode.read(frame, region) == 60000
    barcode.check_orientation(frame, region)
    assert [frame[y, x].tolist() for x, y in barcode.quadrant_points((400, 240), region)] == (
        barcode.QUADRANTS.reshape(4, 3).tolist()
    )
    with pytest.raises(BarcodeError):
        barcode.read(frame)
    with pytest.raises(OrientationError):
        barcode.check_orientation(frame)


def test_region_outside_the_picture_is_an_error() -> None:
    with pytest.raises(ValueError, match="not inside"):
        barcode.read(barcode.expected(SIZE, 1), Region(1, 0, *SIZE))


@pytest.mark.parametrize("size", [(52, 16), SIZE, (161, 121)])
def test_upright_picture_has_its_quadrants(size: tuple[int, int]) -> None:
    picture = barcode.expected(size, 3)
    barcode.check_orientation(picture)
    np.testing.assert_array_equal(barcode.quadrant_colours(picture), barcode.QUADRANTS)


@pytest.mark.parametrize(
    ("change", "words"),
    [(upside_down, "upside down"), (mirrored, "mirrored"), (turned, "turned by 180")],
)
def test_orientation_error_says_how_the_picture_lies(change: Change, words: str) -> None:
    with pytest.raises(OrientationError, match=words):
        barcode.check_orientation(change(barcode.expected(SIZE, 3)))


def test_exchanged_red_and_blue_are_seen() -> None:
    with pytest.raises(OrientationError, match="quadrants are"):
        barcode.check_orientation(barcode.expected(SIZE, 3)[..., ::-1])


def test_dark_picture_has_no_orientation() -> None:
    with pytest.raises(OrientationError, match="quadrants are"):
        barcode.check_orientation(barcode.expected(SIZE, 3) // 2)


@pytest.mark.parametrize("number", [-1, 65536])
def test_number_beyond_the_barcode_is_an_error(number: int) -> None:
    with pytest.raises(ValueError, match=str(number)):
        barcode.expected(SIZE, number)


@pytest.mark.parametrize("size", [(51, 120), (160, 15)])
def test_size_below_the_barcode_is_an_error(size: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="too small"):
        barcode.expected(size, 0)
