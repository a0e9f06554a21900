"""The way back to R'G'B' for screenshots: exact where nothing was converted, within two codes where something was."""

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from glrec_core.convert.host import SwscaleConverter
from glrec_core.convert.rgb import rgb_pixels
from glrec_core.errors import ConvertError
from glrec_core.report.thumbnail import encode_png
from glrec_core.testing.streams import rgba_frame
from glrec_core.values.color import COLOR_SPACES, ColorSpace
from glrec_core.values.frame import Frame, FrameSpec, Memory, PixelFormat, Size
from tests.support.leftovers import threads_end_by_themselves

SIZE = Size(96, 64)
BLOCK = 16
RANDOM = np.random.default_rng(11)
NOISE = RANDOM.integers(0, 256, (SIZE.height, SIZE.width, 3), np.uint8)
BLOCKS = np.kron(RANDOM.integers(0, 256, (4, 6, 3), np.uint8), np.ones((BLOCK, BLOCK, 1), np.uint8))
INSIDE = np.kron(np.ones((4, 6)), np.pad(np.ones((8, 8)), 4)).astype(bool)
"""The middle of each block, where no neighbour's colour reaches."""


def ycbcr(picture: NDArray[np.uint8], target: PixelFormat, color: ColorSpace) -> Frame:
    return SwscaleConverter(FrameSpec(SIZE, PixelFormat.RGBA), target, color).convert(rgba_frame(picture))


@pytest.mark.parametrize("bottom_up", [True, False])
def test_rgb_comes_out_as_it_was_read(*, bottom_up: bool) -> None:
    color = COLOR_SPACES["bt709"]
    frame = rgba_frame(NOISE)
    plane = frame.planes[0] if bottom_up else np.ascontiguousarray(frame.planes[0])
    assert np.array_equal(rgb_pixels(Frame(frame.spec, (plane,), 0), color), NOISE)
    for form in (PixelFormat.BGRA, PixelFormat.BGR0):
        swapped = Frame(FrameSpec(SIZE, form), (plane[..., [2, 1, 0, 3]],), 0)
        found = rgb_pixels(swapped, color)
        assert np.array_equal(found, NOISE)
        assert found.flags.owndata


@pytest.mark.parametrize("color", COLOR_SPACES.values(), ids=COLOR_SPACES)
def test_full_chroma_comes_back_within_two_codes(color: ColorSpace) -> None:
    found = rgb_pixels(ycbcr(NOISE, PixelFormat.YUV444P, color), color)
    assert np.abs(found.astype(int) - NOISE).max() <= 2


@pytest.mark.parametrize("color", COLOR_SPACES.values(), ids=COLOR_SPACES)
def test_subsampled_chroma_comes_back_where_colours_are_even(color: ColorSpace) -> None:
    found = rgb_pixels(ycbcr(BLOCKS, PixelFormat.NV12, color), color)
    assert np.abs(found.astype(int) - BLOCKS)[INSIDE].max() <= 2


def test_the_way_back_ends_its_threads() -> None:
    color = COLOR_SPACES["bt709"]
    frame = ycbcr(BLOCKS, PixelFormat.NV12, color)
    with threads_end_by_themselves():
        rgb_pixels(frame, color)


def test_ten_bits_are_understood() -> None:
    color = COLOR_SPACES["bt709"]
    eight = ycbcr(BLOCKS, PixelFormat.NV12, color)
    planes = tuple(plane.astype(np.uint16) << 8 for plane in eight.planes)
    found = rgb_pixels(Frame(FrameSpec(SIZE, PixelFormat.P010), planes, 0), color)
    assert np.abs(found.astype(int) - BLOCKS)[INSIDE].max() <= 2


def test_what_is_not_in_host_memory_is_refused() -> None:
    frame = Frame(FrameSpec(SIZE, PixelFormat.NV12, Memory.CUDA), (), 0)
    with pytest.raises(ConvertError, match="download it first"):
        rgb_pixels(frame, COLOR_SPACES["bt709"])


@pytest.mark.parametrize("shape", [(64, 96, 3), (1, 1, 3), (3, 517, 3)])
def test_a_png_holds_every_pixel(shape: tuple[int, int, int]) -> None:
    pixels = RANDOM.integers(0, 256, shape, np.uint8)
    with Image.open(io.BytesIO(encode_png(pixels))) as image:
        assert np.array_equal(np.asarray(image), pixels)
