"""Scaling, against Pillow's `resize`, which has the same filters in fixed point."""

from itertools import product

import numpy as np
import pytest
from PIL import Image

from glrec_core.process import scale
from tests.process.catalogue import Pixels, applied, noise

PILLOWS = {
    "linear": Image.Resampling.BILINEAR,
    "cubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}
SIZES = [(80, 60), (40, 30), (33, 47), (160, 120), (97, 13), (1, 1), (81, 59)]


@pytest.mark.parametrize("name", PILLOWS)
def test_pixels_are_pillows(name: str) -> None:
    frame = noise(3) // 3 + 85  # no overshoot is cut off, as Pillow does after each axis
    for size in SIZES:
        expected = np.asarray(Image.fromarray(frame).resize(size, PILLOWS[name]))
        found = applied(scale(*size, filter=name), frame)
        assert found.shape == (size[1], size[0], 3)
        assert np.abs(found.astype(int) - expected).max() <= 1, f"at {size}"


@pytest.mark.parametrize("name", PILLOWS)
def test_an_even_colour_stays(name: str) -> None:
    for size, level in product(SIZES, (0, 1, 128, 255)):
        frame = np.full((60, 80, 3), level, np.uint8)
        assert (applied(scale(*size, filter=name), frame) == level).all(), f"level {level} at {size}"


def test_a_side_follows_the_other_by_shape() -> None:
    assert applied(scale(width=40), noise()).shape == (30, 40, 3)
    assert applied(scale(height=90), noise(4)).shape == (90, 120, 4)


@pytest.mark.parametrize("name", PILLOWS)
def test_a_transparent_pixels_colour_does_not_bleed(name: str) -> None:
    frame = np.zeros((20, 20, 4), np.uint8)
    frame[:, :10] = (0, 200, 0, 255)
    frame[:, 10:] = (255, 0, 255, 0)  # what no one should ever see
    found = applied(scale(13, 13, filter=name), frame)
    shown = found[found[..., 3] > 8]
    assert np.abs(shown[:, :3].astype(int) - (0, 200, 0)).max() <= 1
    assert found[..., 3].max() == 255
    assert found[..., 3].min() == 0


def test_detail_finer_than_the_new_grid_becomes_its_mean() -> None:
    checks = np.indices((64, 64)).sum(axis=0) % 2 * 255
    frame: Pixels = checks[..., None].repeat(3, 2).astype(np.uint8)
    found = applied(scale(20, 20), frame)
    assert np.abs(found.astype(int) - 127.5).max() <= 2
