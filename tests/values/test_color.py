"""Colour coefficients against values from the recommendations."""

import pytest

from glrec_core.errors import ConfigError
from glrec_core.media.structure import ColorTags
from glrec_core.values.color import (
    BT601,
    BT601_FULL,
    BT709,
    BT709_FULL,
    COLOR_SPACES,
    ColorSpace,
    color_space,
)


def code(space: ColorSpace, rgb: tuple[float, float, float], bits: int = 8) -> tuple[int, ...]:
    matrix = space.ycbcr_matrix(bits)
    return tuple(
        int(offset + sum(weight * value for weight, value in zip(row, rgb, strict=True)) + 0.5)
        for row, offset in zip(matrix.rows, matrix.offsets, strict=True)
    )


@pytest.mark.parametrize("space", COLOR_SPACES.values(), ids=lambda space: space.name)
def test_greys_have_no_chroma(space: ColorSpace) -> None:
    for grey in (0.0, 0.25, 1.0):
        assert code(space, (grey, grey, grey))[1:] == (128, 128)


@pytest.mark.parametrize(
    ("space", "rgb", "expected"),
    [
        (BT709, (1, 1, 1), (235, 128, 128)),
        (BT709, (0, 0, 0), (16, 128, 128)),
        (BT709, (1, 0, 0), (63, 102, 240)),
        (BT709, (0, 1, 0), (173, 42, 26)),
        (BT709, (0, 0, 1), (32, 240, 118)),
        (BT601, (1, 0, 0), (81, 90, 240)),
        (BT601, (0, 1, 0), (145, 54, 34)),
        (BT709_FULL, (1, 1, 1), (255, 128, 128)),
        (BT601_FULL, (1, 0, 0), (76, 85, 255)),
    ],
)
def test_known_code_values(
    space: ColorSpace, rgb: tuple[float, float, float], expected: tuple[int, ...]
) -> None:
    found = code(space, rgb)
    assert all(abs(a - b) <= (1 if space.full_range else 0) for a, b in zip(found, expected, strict=True)), (
        found
    )


def test_ten_bits_scale_by_four() -> None:
    assert code(BT709, (1, 1, 1), bits=10) == (940, 512, 512)


def test_unknown_names_are_refused() -> None:
    with pytest.raises(ConfigError, match="bt2020"):
        color_space("bt2020")


@pytest.mark.parametrize(
    ("tags", "said"),
    [
        (ColorTags(), "not tagged"),
        (ColorTags(1, 1, 1, full_range=False), "bt709, limited range"),
        (ColorTags(1, 1, 1, full_range=True), "bt709, full range"),
        (ColorTags(1, 1, 1), "bt709, unknown range"),
        (ColorTags(9, 16, 9, full_range=False), "primaries 9, transfer 16, matrix 9, limited range"),
        (ColorTags(full_range=True), "primaries 2, transfer 2, matrix 2, full range"),
    ],
)
def test_tags_are_said_by_name(tags: ColorTags, said: str) -> None:
    assert str(tags) == said
