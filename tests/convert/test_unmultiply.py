"""Premultiplied colours become straight ones: every pair of value and alpha, by arithmetic of the test's own."""

from fractions import Fraction
from math import floor

import numpy as np
import pytest
from numpy.typing import NDArray

from glrec_core.config import Config
from glrec_core.convert.host import open_converter
from glrec_core.errors import ConfigError
from glrec_core.values.frame import Frame, FrameSpec, PixelFormat, Size

ALL_PAIRS = Size(256, 256)


def pairs() -> NDArray[np.uint8]:
    """Return (256, 256, 4): value by column in all three colours, alpha by row."""
    alpha, value = np.mgrid[:256, :256].astype(np.uint8)
    return np.dstack([value, value, value, alpha])


def straight(pixels: NDArray[np.uint8], source: PixelFormat = PixelFormat.RGBA) -> NDArray[np.uint8]:
    spec = FrameSpec(Size(pixels.shape[1], pixels.shape[0]), source)
    converter = open_converter(spec, PixelFormat.RGBA, Config(alpha="premultiplied"))
    (found,) = converter.convert(Frame(spec, (pixels,), 0)).planes
    converter.close()
    return np.array(found)


def test_every_pair_is_divided_exactly_and_rounded_half_up() -> None:
    found = straight(pairs())
    for alpha in range(1, 256):
        due = [min(255, floor(Fraction(255 * value, alpha) + Fraction(1, 2))) for value in range(256)]
        assert found[alpha, :, 0].tolist() == due, alpha
    assert np.array_equal(found[..., 3], pairs()[..., 3])


def test_nothing_is_left_of_colours_that_cannot_be_seen() -> None:
    assert not straight(pairs())[0].any()


def test_multiplying_again_gives_back_what_was_drawn() -> None:
    drawn = pairs()
    found = straight(drawn).astype(int)
    again = (2 * found[..., :3] * found[..., 3:] + 255) // (2 * 255)
    possible = drawn[..., 0] <= drawn[..., 3]
    assert np.array_equal(again[possible], drawn[..., :3][possible])


@pytest.mark.parametrize("source", [PixelFormat.RGBA, PixelFormat.BGRA])
def test_each_channel_stays_where_it_is_and_each_row(source: PixelFormat) -> None:
    rgba = np.zeros((4, 6, 4), np.uint8)
    rgba[..., 0], rgba[..., 1], rgba[..., 2], rgba[..., 3] = 10, 40, 90, 128
    rgba[0] = 255
    captured = rgba if source is PixelFormat.RGBA else rgba[..., [2, 1, 0, 3]]
    upward = np.ascontiguousarray(captured[::-1])[::-1]
    found = straight(upward, source)
    assert found[0].tolist() == [[255] * 4] * 6
    assert found[3].tolist() == [[20, 80, 179, 128]] * 6


def test_straight_colours_are_left_alone() -> None:
    spec = FrameSpec(ALL_PAIRS, PixelFormat.RGBA)
    converter = open_converter(spec, PixelFormat.RGBA, Config(alpha="straight"))
    assert np.array_equal(converter.convert(Frame(spec, (pairs(),), 0)).planes[0], pairs())


def test_that_there_is_alpha_does_not_say_of_which_kind() -> None:
    with pytest.raises(ConfigError, match="choose one of: None, 'straight', 'premultiplied'"):
        Config(alpha=True)  # type: ignore[arg-type]


def test_only_straight_colours_are_kept_as_they_were_drawn() -> None:
    assert Config(codec="ffv1", alpha="straight").is_lossless
    assert not Config(codec="ffv1", alpha="premultiplied").is_lossless
