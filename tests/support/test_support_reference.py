"""The exact reference agrees with values worked out by hand and with plain fractions, pixel by pixel."""

from fractions import Fraction
from math import floor

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support import reference
from tests.support.reference import Matrix

WHITE, BLACK = (255, 255, 255), (0, 0, 0)
RED, GREEN, BLUE, YELLOW = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0)


def plain(colour: tuple[int, int, int], size: tuple[int, int] = (4, 2)) -> NDArray[np.uint8]:
    return np.full((size[1], size[0], 3), colour, np.uint8)


def noise(size: tuple[int, int], channels: int = 3) -> NDArray[np.uint8]:
    return np.random.default_rng(7).integers(0, 256, (size[1], size[0], channels), np.uint8)


def round_half_up(value: Fraction) -> int:
    return min(255, max(0, floor(value + Fraction(1, 2))))


def by_fractions(
    rgb: list[Fraction], k_red: Fraction, k_blue: Fraction, *, full_range: bool
) -> tuple[int, int, int]:
    """The defining equations, written out: E'Y, E'PB and E'PR of BT.709 3.2-3.4, quantised as in H.273."""
    red, green, blue = (channel / 255 for channel in rgb)
    y = k_red * red + (1 - k_red - k_blue) * green + k_blue * blue
    pb, pr = (blue - y) / (2 * (1 - k_blue)), (red - y) / (2 * (1 - k_red))
    if full_range:
        return round_half_up(255 * y), round_half_up(255 * pb + 128), round_half_up(255 * pr + 128)
    return round_half_up(219 * y + 16), round_half_up(224 * pb + 128), round_half_up(224 * pr + 128)


@pytest.mark.parametrize(
    ("matrix", "full_range", "colour", "codes"),
    [
        ("bt709", False, WHITE, (235, 128, 128)),
        ("bt709", False, BLACK, (16, 128, 128)),
        ("bt709", False, RED, (63, 102, 240)),
        ("bt709", False, GREEN, (173, 42, 26)),
        ("bt709", False, BLUE, (32, 240, 118)),
        ("bt601", False, WHITE, (235, 128, 128)),
        ("bt601", False, RED, (81, 90, 240)),
        ("bt601", False, GREEN, (145, 54, 34)),
        ("bt601", False, BLUE, (41, 240, 110)),
        ("bt709", True, WHITE, (255, 128, 128)),
        ("bt709", True, BLACK, (0, 128, 128)),
        ("bt709", True, RED, (54, 99, 255)),
        ("bt709", True, YELLOW, (237, 1, 140)),  # Cb is 128 - 127.5: the half goes up
    ],
)
def test_known_colours(
    *, matrix: Matrix, full_range: bool, colour: tuple[int, int, int], codes: tuple[int, int, int]
) -> None:
    planes = reference.yuv420p(plain(colour), matrix, full_range=full_range)
    assert tuple(set(plane.ravel().tolist()) for plane in planes) == tuple({code} for code in codes)


@pytest.mark.parametrize("full_range", [False, True])
@pytest.mark.parametrize(
    ("matrix", "k_red", "k_blue"),
    [
        ("bt709", Fraction("0.2126"), Fraction("0.0722")),
        ("bt601", Fraction("0.299"), Fraction("0.114")),
    ],
)
def test_noise_equals_plain_fractions(
    *, matrix: Matrix, k_red: Fraction, k_blue: Fraction, full_range: bool
) -> None:
    picture = noise((10, 6))
    planes = reference.yuv420p(picture, matrix, full_range=full_range)
    for row, column in np.ndindex(6, 10):
        exact = [Fraction(int(channel)) for channel in picture[row, column]]
        assert planes.y[row, column] == by_fractions(exact, k_red, k_blue, full_range=full_range)[0]
    for row, column in np.ndindex(3, 5):
        taps = [(max(0, 2 * column - 1), 1), (2 * column, 2), (2 * column + 1, 1)]
        sums = sum(weight * picture[2 * row + y, x].astype(int) for x, weight in taps for y in (0, 1))
        exact = [Fraction(int(channel), 8) for channel in np.asarray(sums)]
        codes = by_fractions(exact, k_red, k_blue, full_range=full_range)
        assert (int(planes.cb[row, column]), int(planes.cr[row, column])) == codes[1:]


def test_chroma_is_left_sited_and_averaged_down() -> None:
    across = plain(BLACK)
    across[:, 2:] = RED
    assert reference.yuv420p(across).cr.tolist() == [[128, 212]]  # 128 + 112 * 3/4; centred it would be 240
    down = plain(BLACK)
    down[1] = RED
    assert reference.yuv420p(down).cr.tolist() == [[184, 184]]


def test_nv12_is_luma_then_pairs() -> None:
    picture = noise((6, 4))
    y, cb, cr = reference.yuv420p(picture)
    packed = reference.nv12(picture)
    assert packed.shape == (6, 6)
    np.testing.assert_array_equal(packed[:4], y)
    np.testing.assert_array_equal(packed[4:, 0::2], cb)
    np.testing.assert_array_equal(packed[4:, 1::2], cr)


def test_alpha_changes_nothing() -> None:
    picture = noise((6, 4), channels=4)
    np.testing.assert_array_equal(reference.nv12(picture), reference.nv12(picture[..., :3]))


@pytest.mark.parametrize("size", [(5, 4), (6, 3), (5, 3)])
def test_odd_size_repeats_its_edge_once(size: tuple[int, int]) -> None:
    picture = noise(size)
    columns = [*range(size[0]), size[0] - 1][: size[0] + size[0] % 2]
    rows = [*range(size[1]), size[1] - 1][: size[1] + size[1] % 2]
    even = picture[rows][:, columns]
    np.testing.assert_array_equal(reference.pad_to_even(picture), even)
    np.testing.assert_array_equal(reference.nv12(picture), reference.nv12(even))


@pytest.mark.parametrize("full_range", [False, True])
@pytest.mark.parametrize("matrix", ["bt709", "bt601"])
def test_plain_colours_come_back(*, matrix: Matrix, full_range: bool) -> None:
    for colour in noise((60, 1))[0]:
        picture = plain(tuple(colour.tolist()))
        planes = reference.yuv420p(picture, matrix, full_range=full_range)
        back = reference.rgb(planes, matrix, full_range=full_range)
        assert np.abs(back.astype(int) - picture).max() <= 2  # half a code each of Y', Cb and Cr


def test_wrong_range_or_matrix_shows() -> None:
    assert (reference.rgb(reference.yuv420p(plain(WHITE)), full_range=True) == 235).all()
    # Y' 89.04, PB -21.04, PR 70.46 of BT.709 put into BT.601's inverse (1.402, 0.344, 0.714, 1.772).
    red = reference.rgb(reference.yuv420p(plain((200, 60, 50))), "bt601")
    np.testing.assert_allclose(red[0, 0], [187.8, 46.0, 51.8], atol=1.0)


def test_chroma_is_interpolated_between_its_sites() -> None:
    y = np.full((4, 4), 126, np.uint8)
    cb = np.full((2, 2), 128, np.uint8)
    cr = np.array([[128, 144], [160, 176]], np.uint8)
    picture = reference.rgb(reference.Planes(y, cb, cr))
    # Cr in the top row is 128, 136, 144, 144 and down the left column 128, 136, 152, 160.
    scale = 255 * 2 * (1 - 0.2126) / 224
    grey = 255 * (126 - 16) / 219
    assert picture[0, :, 0].tolist() == [round(grey + scale * step) for step in (0, 8, 16, 16)]
    assert picture[:, 0, 0].tolist() == [round(grey + scale * step) for step in (0, 8, 24, 32)]
