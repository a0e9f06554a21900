"""The software converter against exact arithmetic, and what it does with memory that is not its own."""

import sys
from collections.abc import Iterator

import numpy as np
import pytest
from av import VideoFrame
from numpy.typing import NDArray

from glrec_core.convert.host import SwscaleConverter
from glrec_core.errors import ConvertError
from glrec_core.testing.streams import rgba_frame
from glrec_core.values.color import BT601, BT601_FULL, BT709, BT709_FULL, ColorSpace
from glrec_core.values.frame import Frame, FrameSpec, Memory, PixelFormat, Size
from tests.support import reference
from tests.support.leftovers import threads_end_by_themselves

SIZE = Size(96, 64)
INPUT = FrameSpec(SIZE, PixelFormat.RGBA)
SPACES = (BT709, BT709_FULL, BT601, BT601_FULL)
BORDER = 2  # columns: swscale's filter ends there otherwise than by repeating the edge


@pytest.fixture
def noise() -> NDArray[np.uint8]:
    return np.random.default_rng(7).integers(0, 256, (SIZE.height, SIZE.width, 3), np.uint8)


def convert(picture: NDArray[np.uint8], target: PixelFormat, color: ColorSpace = BT709) -> Frame:
    converter = SwscaleConverter(INPUT, target, color)
    try:
        return converter.convert(rgba_frame(picture, pts_ns=5))
    finally:
        converter.close()


def planes_420(frame: Frame) -> Iterator[NDArray[np.uint8]]:
    """Yield Y', Cb and Cr of a YUV420P or NV12 frame."""
    luma, *chroma = frame.planes
    yield luma
    yield from chroma if len(chroma) > 1 else (chroma[0][..., 0], chroma[0][..., 1])


@pytest.mark.parametrize("target", [PixelFormat.YUV420P, PixelFormat.NV12])
@pytest.mark.parametrize("color", SPACES, ids=lambda color: color.name)
def test_left_sited_chroma_is_exact_to_one_code(
    noise: NDArray[np.uint8], color: ColorSpace, target: PixelFormat
) -> None:
    matrix = "bt601" if color.name.startswith("bt601") else "bt709"
    exact = reference.yuv420p(noise, matrix, full_range=color.full_range)  # type: ignore[arg-type]
    for plane, expected in zip(planes_420(convert(noise, target, color)), exact, strict=True):
        assert plane.shape == expected.shape
        difference = np.abs(plane.astype(int) - expected)[:, BORDER:-BORDER]
        assert difference.max() <= 1
        assert difference.mean() < (
            0.7 if color.full_range else 0.1
        )  # swscale makes full range of limited range


@pytest.mark.parametrize("color", SPACES, ids=lambda color: color.name)
def test_full_chroma_follows_the_colour_spaces_matrix(noise: NDArray[np.uint8], color: ColorSpace) -> None:
    matrix = color.ycbcr_matrix()
    exact = noise / 255 @ np.array(matrix.rows).T + matrix.offsets
    found = np.stack(convert(noise, PixelFormat.YUV444P, color).planes, axis=2)
    assert np.abs(found - exact.clip(0, 255)).max() <= 1.5  # half a code of rounding and one of swscale's


def test_bgr0_is_the_same_colours_in_another_order(noise: NDArray[np.uint8]) -> None:
    (plane,) = convert(noise, PixelFormat.BGR0).planes
    assert np.array_equal(plane[..., 2::-1], noise)


def test_rows_in_order_give_the_same_as_rows_from_below(noise: NDArray[np.uint8]) -> None:
    from_below = rgba_frame(noise)
    in_order = Frame(INPUT, (np.ascontiguousarray(from_below.planes[0]),), 0)
    converter = SwscaleConverter(INPUT, PixelFormat.YUV420P, BT709)
    for mixed in (from_below, in_order, from_below):
        for plane, expected in zip(
            converter.convert(mixed).planes, convert(noise, PixelFormat.YUV420P).planes, strict=True
        ):
            assert np.array_equal(plane, expected)


def test_rows_longer_than_the_picture_are_read_in_place() -> None:
    wide = np.random.default_rng(1).integers(0, 256, (SIZE.height, SIZE.width + 8, 4), np.uint8)
    wide[..., 3] = 255
    part = wide[::-1, : SIZE.width]
    (plane,) = SwscaleConverter(INPUT, PixelFormat.BGR0, BT709).convert(Frame(INPUT, (part,), 0)).planes
    assert np.array_equal(plane[..., 2::-1], part[..., :3])


@pytest.mark.parametrize("target", [form for form in PixelFormat if form is not PixelFormat.P010])
def test_the_captured_memory_is_let_go(noise: NDArray[np.uint8], target: PixelFormat) -> None:
    frame = rgba_frame(noise)
    base = frame.planes[0].base
    before = sys.getrefcount(base)
    converter = SwscaleConverter(INPUT, target, BT709)
    converted = [converter.convert(frame) for _ in range(3)]
    assert sys.getrefcount(base) == before
    assert not any(np.shares_memory(plane, base) for result in converted for plane in result.planes)


def test_the_planes_are_views_of_the_tagged_ffmpeg_frame(noise: NDArray[np.uint8]) -> None:
    frame = convert(noise, PixelFormat.YUV420P, BT601_FULL)
    assert isinstance(frame.owner, VideoFrame)
    assert frame.planes[0].ctypes.data == frame.owner.planes[0].buffer_ptr
    tags = (
        frame.owner.color_primaries,
        frame.owner.color_trc,
        frame.owner.colorspace,
        frame.owner.color_range,
    )
    assert tags == (6, 6, 6, 2)


def test_the_views_keep_the_memory_alive(noise: NDArray[np.uint8]) -> None:
    plane = convert(noise, PixelFormat.BGR0).planes[0]
    for _ in range(4):
        convert(noise // 2, PixelFormat.BGR0)
    assert np.array_equal(plane[..., 2::-1], noise)


@pytest.mark.parametrize("size", [Size(95, 64), Size(96, 63), Size(1, 1)])
def test_odd_sizes_are_refused_where_chroma_is_subsampled(size: Size) -> None:
    with pytest.raises(ConvertError, match="even"):
        SwscaleConverter(FrameSpec(size, PixelFormat.RGBA), PixelFormat.YUV420P, BT709)


def test_odd_sizes_convert_where_nothing_is_subsampled() -> None:
    picture = np.random.default_rng(2).integers(0, 256, (5, 3, 3), np.uint8)
    converter = SwscaleConverter(FrameSpec(Size(3, 5), PixelFormat.RGBA), PixelFormat.BGR0, BT709)
    assert np.array_equal(converter.convert(rgba_frame(picture)).planes[0][..., 2::-1], picture)


def test_a_target_that_swscale_is_not_asked_for_is_refused() -> None:
    with pytest.raises(ConvertError, match="p010le of rgba; it makes rgba, bgra"):
        SwscaleConverter(INPUT, PixelFormat.P010, BT709)


@pytest.mark.parametrize("upward", [True, False])
def test_a_target_without_anything_to_convert_is_a_copy(
    noise: NDArray[np.uint8],
    upward: bool,  # noqa: FBT001
) -> None:
    pixels = np.dstack([noise, noise[..., :1]])
    captured = np.ascontiguousarray(pixels[::-1])[::-1] if upward else pixels.copy()
    converted = SwscaleConverter(INPUT, PixelFormat.RGBA, BT709).convert(Frame(INPUT, (captured,), 0))
    captured.fill(7)
    assert np.array_equal(converted.planes[0], pixels)


ALPHA_FORMATS = [form for form in PixelFormat if form.has_alpha]


@pytest.mark.parametrize("color", [BT709, BT601_FULL], ids=lambda color: color.name)
@pytest.mark.parametrize("target", ALPHA_FORMATS)
def test_alpha_is_kept_at_full_scale_whatever_the_colours_range(
    target: PixelFormat, color: ColorSpace
) -> None:
    levels = np.arange(256, dtype=np.uint8).repeat(24).reshape(SIZE.height, SIZE.width)
    pixels = np.dstack([np.full((*levels.shape, 3), 90, np.uint8), levels])
    converted = SwscaleConverter(INPUT, target, color).convert(Frame(INPUT, (pixels,), 0))
    alpha = converted.planes[-1][..., 3] if target.is_rgb else converted.planes[-1]
    most = 1023 if alpha.dtype == np.uint16 else 255
    assert np.array_equal(alpha, np.rint(levels * (most / 255)))


def test_ten_bits_follow_the_colour_spaces_matrix(noise: NDArray[np.uint8]) -> None:
    matrix = BT709.ycbcr_matrix(bits=10)
    exact = noise / 255 @ np.array(matrix.rows).T + matrix.offsets
    found = np.stack(convert(noise, PixelFormat.YUV444P10).planes, axis=2)
    assert np.abs(found - exact).max() <= 2.5  # swscale counts RGB in 15 bits on the way
    assert np.abs(found - exact).mean() < 0.6


def test_422_has_all_rows_of_chroma(noise: NDArray[np.uint8]) -> None:
    matrix = BT709.ycbcr_matrix(bits=10)
    chroma = (noise / 255 @ np.array(matrix.rows).T + matrix.offsets)[..., 1:]
    left = np.pad(chroma, ((0, 0), (1, 0), (0, 0)), mode="edge")[:, :-1][:, ::2]
    exact = (left + 2 * chroma[:, ::2] + chroma[:, 1::2]) / 4
    found = np.stack(convert(noise, PixelFormat.YUV422P10).planes[1:], axis=2)
    assert np.abs(found - exact)[:, BORDER:-BORDER].max() <= 3


@pytest.mark.parametrize(
    "source", [FrameSpec(SIZE, PixelFormat.YUV444P), FrameSpec(SIZE, PixelFormat.RGBA, Memory.CUDA)]
)
def test_other_inputs_are_refused(source: FrameSpec) -> None:
    with pytest.raises(ConvertError, match="rgba or bgra or nv12 in host memory"):
        SwscaleConverter(source, PixelFormat.YUV420P, BT709)


@pytest.mark.parametrize("color", SPACES, ids=lambda color: color.name)
@pytest.mark.parametrize("size", [Size(2, 2), Size(70, 34)], ids=str)
def test_nv12_keeps_its_values_and_is_let_go(size: Size, color: ColorSpace) -> None:
    width, height = size
    rows = np.random.default_rng(3).integers(0, 256, (height * 3 // 2, width + 58), np.uint8)
    chroma = rows[height:, :width].reshape(height // 2, width // 2, 2)
    frame = Frame(FrameSpec(size, PixelFormat.NV12), (rows[:height, :width], chroma), 5)
    before = sys.getrefcount(rows)
    converted = SwscaleConverter(frame.spec, PixelFormat.YUV420P, color).convert(frame)
    assert sys.getrefcount(rows) == before
    assert not any(np.shares_memory(plane, rows) for plane in converted.planes)
    for plane, expected in zip(planes_420(converted), planes_420(frame), strict=True):
        assert np.array_equal(plane, expected)
    assert isinstance(converted.owner, VideoFrame)
    assert converted.owner.color_range == (2 if color.full_range else 1)


def test_nv12_is_not_made_into_rgb() -> None:
    with pytest.raises(ConvertError, match="bgr0 of nv12; it makes yuv420p"):
        SwscaleConverter(FrameSpec(SIZE, PixelFormat.NV12), PixelFormat.BGR0, BT709)


def test_ffmpegs_own_words_stay_in_the_error() -> None:
    enormous = FrameSpec(Size(2**16, 2**16), PixelFormat.RGBA)
    converter = SwscaleConverter(enormous, PixelFormat.YUV420P, BT709)
    with pytest.raises(ConvertError, match="Invalid argument"):
        converter.convert(Frame(enormous, (np.zeros((1, 1, 4), np.uint8),), 0))


def test_closing_ends_the_threads(noise: NDArray[np.uint8]) -> None:
    with threads_end_by_themselves():
        converter = SwscaleConverter(INPUT, PixelFormat.NV12, BT709)
        frame = converter.convert(rgba_frame(noise, pts_ns=5))
        planes = [plane.copy() for plane in frame.planes]
        converter.close()
    assert all(map(np.array_equal, frame.planes, planes))
