"""The product's test picture, held against the tests' own drawing and reading of it."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from glrec_core.testing import barcode
from glrec_core.values.frame import Size
from glrec_core.verify import pattern

Turn = Callable[[NDArray[np.uint8]], NDArray[np.uint8]]

SIZES = [Size(160, 96), Size(161, 121), Size(640, 360), Size(1280, 720), Size(333, 777)]
NUMBERS = [0, 1, 2, 61, 255, 4096, 43690, pattern.NUMBERS - 1]


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_it_is_the_picture_that_the_tests_know(size: Size) -> None:
    for number in NUMBERS:
        picture = pattern.draw(size, number)
        assert np.array_equal(picture, barcode.expected(size, number)), f"number {number}"
        assert barcode.read(picture) == number
        assert pattern.read(picture) == pattern.Reading(number, "")


@pytest.mark.parametrize(
    ("turned", "how"),
    [
        (lambda picture: picture[::-1], "upside down"),
        (lambda picture: picture[:, ::-1], "mirrored"),
        (lambda picture: picture[::-1, ::-1], "turned by 180 degrees"),
    ],
)
def test_a_turned_picture_is_recognised(turned: Turn, how: str) -> None:
    found = [pattern.read(turned(pattern.draw(Size(320, 240), number))) for number in NUMBERS]
    assert found == [pattern.Reading(number, f"the picture is {how}") for number in NUMBERS]


def test_a_wrong_colour_is_noticed() -> None:
    picture = pattern.draw(Size(320, 240), 7)
    picture[:90, :160, 0] -= 20
    assert pattern.read(picture) == pattern.Reading(7, "a colour is off by 20 of 255")


def test_a_single_wrong_bit_is_no_number() -> None:
    for column in range(26):
        picture = pattern.draw(Size(260, 160), 12345)
        block = picture[60:100, column * 10 : column * 10 + 10]
        block[:] = 255 - block
        assert pattern.read(picture).number is None, f"column {column}"


def test_a_plain_picture_holds_none() -> None:
    for level in (0, 128, 255):
        reading = pattern.read(np.full((240, 320, 3), level, np.uint8))
        assert reading == pattern.Reading(None, "there is no barcode that can be read"), f"level {level}"


def test_a_tiny_picture_holds_none() -> None:
    assert pattern.read(np.zeros((2, 2, 3), np.uint8)).number is None


@pytest.mark.parametrize(("size", "number"), [(Size(159, 96), 0), (Size(160, 95), 0), (Size(320, 240), -1)])
def test_what_cannot_be_drawn_is_refused(size: Size, number: int) -> None:
    with pytest.raises(ValueError, match=r"too small|outside"):
        pattern.draw(size, number)
    with pytest.raises(ValueError, match="outside"):
        pattern.draw(Size(320, 240), pattern.NUMBERS)
