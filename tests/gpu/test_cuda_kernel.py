"""The CUDA kernel against exact references: any size, any pitch, every colour space and format, nothing written beside."""

from typing import Any

import moderngl
import numpy as np
import pytest
from numpy.typing import NDArray

from glrec_core.cuda.layout import kernel_format
from glrec_core.values.color import BT601_FULL, BT709, COLOR_SPACES, ColorSpace
from glrec_core.values.frame import PixelFormat, Size
from tests.gpu_support.nvidia import open_stream, skip_without_nvidia_gpu
from tests.support import reference

pytestmark = pytest.mark.gpu

RGBA16 = 0x805B
POISON = 0xA5
SIZES = [(2, 2), (4, 2), (6, 6), (126, 2), (128, 10), (130, 6), (258, 34), (1366, 768), (1920, 1080)]
LARGE_SIZES = [(3840, 2160), (7680, 4320), (8192, 4320)]


@pytest.fixture
def gpu(context: moderngl.Context) -> moderngl.Context:
    skip_without_nvidia_gpu()
    return context


def noise(size: tuple[int, int], dtype: Any = np.uint8, seed: int = 7) -> NDArray[Any]:
    """Return random RGBA pixels, (height, width, 4) with row 0 the top."""
    return np.random.default_rng(seed).integers(
        0, np.iinfo(dtype).max, (size[1], size[0], 4), dtype, endpoint=True
    )


def convert(
    context: moderngl.Context,
    pixels: NDArray[Any],
    pixel_format: PixelFormat = PixelFormat.NV12,
    color: ColorSpace = BT709,
    extra_columns: int = 0,
) -> NDArray[Any]:
    """Convert pixels in a texture; return all rows, (rows, width), after a look at the memory around them."""
    from glrec_core.cuda.kernel import Kernel
    from glrec_core.cuda.texture import MappedTextures, RegisteredTexture

    height, width = pixels.shape[:2]
    deep = pixels.dtype == np.uint16
    texture = context.texture(
        (width, height), 4, dtype="f2" if deep else "f1", internal_format=RGBA16 if deep else None
    )
    upload(texture, pixels)
    stream, registered = open_stream(), RegisteredTexture(texture.glo)
    with stream.device, stream.cupy:
        memory = poisoned(pixel_format, (width, height), extra_columns)
        launch = Kernel(pixel_format, color).into(memory, Size(width, height))
        with MappedTextures([registered], stream.handles) as [surface]:
            launch(surface, stream.handles.stream)
        rows: NDArray[Any] = memory.get(stream=stream.cupy)
    registered.unregister()
    texture.release()
    return within(rows, pixel_format, width)


def convert_array(
    pixels: Any,
    pixel_format: PixelFormat = PixelFormat.NV12,
    color: ColorSpace = BT709,
    extra_columns: int = 0,
) -> NDArray[Any]:
    """Convert a CuPy array of any strides that is complete; return all rows, after a look at the memory around them."""
    from glrec_core.cuda.kernel import ArrayKernel

    height, width = pixels.shape[:2]
    stream = open_stream()
    with stream.device, stream.cupy:
        memory = poisoned(pixel_format, (width, height), extra_columns)
        ArrayKernel(pixel_format, color).into(memory, Size(width, height))(pixels, stream.handles.stream)
        rows: NDArray[Any] = memory.get(stream=stream.cupy)
    return within(rows, pixel_format, width)


def poisoned(pixel_format: PixelFormat, size: tuple[int, int], extra_columns: int) -> Any:
    """Return CuPy's memory for all rows of a picture, and for a row and columns beyond."""
    import cupy

    form = kernel_format(pixel_format)
    shape = form.rows(size[1]) + 1, form.columns(size[0]) + extra_columns
    return cupy.full(shape, POISON, f"u{form.sample_bytes}")


def within(rows: NDArray[Any], pixel_format: PixelFormat, width: int) -> NDArray[Any]:
    """Return the picture's rows, nothing having been written beside them."""
    columns = kernel_format(pixel_format).columns(width)
    assert (rows[-1] == POISON).all()
    assert (rows[:, columns:] == POISON).all()
    return rows[:-1, :columns]


def upload(texture: moderngl.Texture, pixels: NDArray[Any]) -> None:
    """Fill a texture; moderngl itself uploads 16-bit integers as half floats."""
    import ctypes

    from glrec_core.gl import functions as g
    from glrec_core.gl.functions import current_gl

    rows = np.ascontiguousarray(pixels[::-1])
    gl = current_gl()
    gl.BindTexture(g.TEXTURE_2D, texture.glo)
    kind = 0x1403 if rows.dtype == np.uint16 else g.UNSIGNED_BYTE
    internal = RGBA16 if rows.dtype == np.uint16 else g.RGBA8
    gl.TexImage2D(
        g.TEXTURE_2D, 0, internal, *texture.size, 0, g.RGBA, kind, ctypes.c_void_p(rows.ctypes.data)
    )


def exact(pixels: NDArray[Any], bits: int, color: ColorSpace, *, subsampled: bool) -> NDArray[np.int64]:
    """Return all rows of the picture by float64 arithmetic of the formulas of H.273, rounded half up."""
    kr, kb = float(color.kr), float(color.kb)
    rgb = pixels[..., :3].astype(np.float64) / np.iinfo(pixels.dtype).max
    step, top = 1 << (bits - 8), (1 << bits) - 1
    low, span, chroma_span = (0, top, top) if color.full_range else (16 * step, 219 * step, 224 * step)
    if subsampled:
        summed = (rgb[0::2] + rgb[1::2]) / 2
        left = np.concatenate([summed[:, :1], summed[:, 1:-1:2]], axis=1)
        smooth = (left + 2 * summed[:, 0::2] + summed[:, 1::2]) / 4
    else:
        smooth = rgb

    def luma(picture: NDArray[np.float64]) -> NDArray[np.float64]:
        weighted: NDArray[np.float64] = picture @ np.array([kr, 1 - kr - kb, kb])
        return weighted

    y = low + span * luma(rgb)
    cb = 128 * step + chroma_span * (smooth[..., 2] - luma(smooth)) / (2 * (1 - kb))
    cr = 128 * step + chroma_span * (smooth[..., 0] - luma(smooth)) / (2 * (1 - kr))
    chroma = [np.stack([cb, cr], axis=2).reshape(-1, y.shape[1])] if subsampled else [cb, cr]
    return np.floor(np.concatenate([y, *chroma]) + 0.5).clip(0, top).astype(np.int64)


def assert_close(found: NDArray[Any], wanted: NDArray[Any]) -> None:
    assert np.abs(found.astype(np.int64) - wanted).max() <= 1


@pytest.mark.parametrize("color", COLOR_SPACES.values(), ids=lambda color: color.name)
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_nv12_is_the_references(gpu: moderngl.Context, size: tuple[int, int], color: ColorSpace) -> None:
    pixels = noise(size)
    matrix: reference.Matrix = "bt601" if color.name.startswith("bt601") else "bt709"
    wanted = reference.nv12(pixels, matrix, full_range=color.full_range)
    assert_close(convert(gpu, pixels, color=color), wanted)


@pytest.mark.parametrize("size", LARGE_SIZES, ids=str)
def test_large_nv12_is_the_references(gpu: moderngl.Context, size: tuple[int, int]) -> None:
    pixels = noise(size)
    assert_close(convert(gpu, pixels), reference.nv12(pixels))


def test_random_sizes_and_pitches(gpu: moderngl.Context) -> None:
    generator = np.random.default_rng(11)
    for number in range(60):
        width, height = (2 * generator.integers(1, 200, 2)).tolist()
        pixels = noise((width, height), seed=number)
        found = convert(gpu, pixels, extra_columns=int(generator.integers(0, 9)))
        assert_close(found, reference.nv12(pixels))


@pytest.mark.parametrize("level", [0, 1, 127, 128, 254, 255])
@pytest.mark.parametrize("channel", [0, 1, 2])
def test_flat_colours(gpu: moderngl.Context, channel: int, level: int) -> None:
    pixels = np.zeros((8, 16, 4), np.uint8)
    pixels[..., channel] = level
    for color in COLOR_SPACES.values():
        wanted = exact(pixels, 8, color, subsampled=True)
        assert_close(convert(gpu, pixels, color=color), wanted)


@pytest.mark.parametrize("color", [BT709, BT601_FULL], ids=lambda color: color.name)
@pytest.mark.parametrize("size", [(2, 2), (6, 4), (130, 66), (1920, 1080)], ids=str)
def test_p010_of_sixteen_bits(gpu: moderngl.Context, size: tuple[int, int], color: ColorSpace) -> None:
    pixels = noise(size, np.uint16)
    found = convert(gpu, pixels, PixelFormat.P010, color)
    assert (found & 63 == 0).all()
    assert_close(found >> 6, exact(pixels, 10, color, subsampled=True))


@pytest.mark.parametrize("color", [BT709, BT601_FULL], ids=lambda color: color.name)
@pytest.mark.parametrize("size", [(1, 1), (3, 5), (127, 65), (1920, 1080)], ids=str)
def test_yuv444_of_any_size(gpu: moderngl.Context, size: tuple[int, int], color: ColorSpace) -> None:
    pixels = noise(size)
    found = convert(gpu, pixels, PixelFormat.YUV444P, color, extra_columns=3)
    assert_close(found, exact(pixels, 8, color, subsampled=False))


@pytest.mark.parametrize("size", [(1, 1), (3, 5), (127, 65), (130, 6), (1920, 1080), (7680, 4320)], ids=str)
def test_rgba_is_the_very_texture_upright(gpu: moderngl.Context, size: tuple[int, int]) -> None:
    pixels = noise(size)
    rows = convert(gpu, pixels, PixelFormat.RGBA, extra_columns=8)
    assert np.array_equal(rows.reshape(pixels.shape), pixels)


@pytest.mark.parametrize("pixel_format", [PixelFormat.NV12, PixelFormat.YUV444P], ids=lambda each: each.value)
@pytest.mark.parametrize("size", [(128, 10), (130, 6), (1366, 768), (1920, 1080), (3840, 2160)], ids=str)
def test_arrays_give_the_same_bits_as_textures_however_they_lie(
    gpu: moderngl.Context, size: tuple[int, int], pixel_format: PixelFormat
) -> None:
    """The views are those of the test without a GPU, which says what is wrong where one differs."""
    import cupy

    picture = noise(size)[..., :3]
    wanted = convert(gpu, np.dstack([picture, np.full(picture.shape[:2], 255, np.uint8)]), pixel_format)
    on_gpu = cupy.asarray(picture)
    height, width = picture.shape[:2]
    wide = cupy.zeros((height + 4, width + 7, 4), np.uint8)
    wide[2:-2, 1:-6, :3] = on_gpu
    rgba = cupy.full((height, width, 4), 77, np.uint8)
    rgba[..., :3] = on_gpu
    views = {
        "rgb": cupy.ascontiguousarray(on_gpu),
        "rgba": rgba,
        "within a larger one": wide[2:-2, 1:-6],
        "upside down in memory": cupy.ascontiguousarray(on_gpu[::-1])[::-1],
        "planes": cupy.ascontiguousarray(on_gpu.transpose(2, 0, 1)).transpose(1, 2, 0),
        "blue first in memory": cupy.ascontiguousarray(on_gpu[..., ::-1])[..., ::-1],
    }
    cupy.cuda.Device().synchronize()
    for name, view in views.items():
        assert np.array_equal(convert_array(view, pixel_format, extra_columns=4), wanted), name
