"""The text of the conversion kernel, compiled as C++ for the CPU: textures and arrays give the reference's pictures.

A warp is run thread by thread, from the first on: what it hands over goes to the thread after it.
"""

import ctypes
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from glrec_core.cuda.kernel_text import BLOCK, GROUP, Source, kernel_source
from glrec_core.cuda.layout import kernel_format
from glrec_core.errors import CaptureError
from glrec_core.values.color import BT601_FULL, BT709, COLOR_SPACES, ColorSpace
from glrec_core.values.frame import PixelFormat
from tests.support import reference

SHIM = """
#include <algorithm>
#include <cstddef>
#include <cstring>
#include <vector>
using std::max;
using std::min;
struct uchar4 { unsigned char x, y, z, w; };
struct ushort4 { unsigned short x, y, z, w; };
struct uint2 { unsigned x, y; };
struct alignas(16) uint4 { unsigned x, y, z, w; };
struct Index { unsigned x, y; };
static Index blockIdx, threadIdx;
static const Index blockDim = {GROUP_WIDTH, GROUP_HEIGHT};
static std::vector<unsigned> handed, handing;

static unsigned __shfl_up_sync(unsigned, unsigned value, int) {
    handing.push_back(value);
    return threadIdx.x ? handed[handing.size() - 1] : value;
}

typedef const unsigned char *cudaSurfaceObject_t;
static long long surface_pitch;

template <class T> static T surf2Dread(cudaSurfaceObject_t surface, int x, int row) {
    T value;
    memcpy(&value, surface + row * surface_pitch + x, sizeof value);
    return value;
}
#define __device__ static
#define __global__
"""
LOOP = """
extern "C" void all(const unsigned char *pixels, long long row_bytes, long long pixel_bytes, long long channel_bytes,
                    unsigned char *out, int pitch, int width, int height) {
#if ARRAY
    const Picture picture = {pixels, row_bytes, pixel_bytes, channel_bytes};
#else
    const Picture picture = pixels;
    surface_pitch = row_bytes;
#endif
    const int across = BLOCK_WIDTH * GROUP_WIDTH, down = BLOCK_HEIGHT * GROUP_HEIGHT;
    for (blockIdx.y = 0; int(blockIdx.y) * down < height; blockIdx.y++)
        for (blockIdx.x = 0; int(blockIdx.x) * across < width; blockIdx.x++)
            for (threadIdx.y = 0; threadIdx.y < GROUP_HEIGHT; threadIdx.y++)
                for (threadIdx.x = 0; threadIdx.x < GROUP_WIDTH; threadIdx.x++) {
                    handing.clear();
                    convert(picture, out, pitch, width, height);
                    handed = handing;
                }
}
"""
OPTIONS = ("-std=c++17", "-O1", "-fno-strict-aliasing", "-shared", "-fPIC")
SIZES = [(2, 2), (6, 6), (126, 18), (128, 10), (258, 34)]
POISON = 0xA5
EXTRA_COLUMNS = 6


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kernels")


def noise(size: tuple[int, int], channels: int = 4) -> NDArray[np.uint8]:
    return np.random.default_rng(7).integers(0, 256, (size[1], size[0], channels), np.uint8)


def compiled(folder: Path, pixel_format: PixelFormat, color: ColorSpace, source: Source) -> Any:
    compiler = shutil.which("g++")
    if compiler is None:
        pytest.skip("g++ is not installed, which compiles the kernel's text for the CPU")
    name = f"{pixel_format.value}-{color.name}-{source.value}"
    program, library = folder / f"{name}.cpp", folder / f"{name}.so"
    if not library.exists():
        group = f"#define GROUP_WIDTH {GROUP.width}u\n#define GROUP_HEIGHT {GROUP.height}u\n"
        program.write_text(group + SHIM + kernel_source(pixel_format, color, source) + LOOP, encoding="utf-8")
        subprocess.run([compiler, *OPTIONS, str(program), "-o", str(library)], check=True)
    return ctypes.CDLL(str(library)).all


def run(
    folder: Path,
    pixels: NDArray[np.uint8],
    pixel_format: PixelFormat = PixelFormat.NV12,
    color: ColorSpace = BT709,
    source: Source = Source.ARRAY,
) -> NDArray[np.uint8]:
    """Return all rows of what the kernel makes of pixels of any strides, row 0 the top, after a look around them."""
    height, width = pixels.shape[:2]
    form = kernel_format(pixel_format)
    if source is Source.TEXTURE:
        pixels = np.ascontiguousarray(pixels[::-1])
    spare = 4 * EXTRA_COLUMNS
    out = np.full((form.rows(height) + 1, form.columns(width) + spare), POISON, np.uint8)
    compiled(folder, pixel_format, color, source)(
        ctypes.c_void_p(pixels.ctypes.data),
        *map(ctypes.c_longlong, pixels.strides),
        ctypes.c_void_p(out.ctypes.data),
        out.strides[0],
        width,
        height,
    )
    assert (out[-1] == POISON).all()
    assert (out[:, form.columns(width) :] == POISON).all()
    return out[:-1, : form.columns(width)]


def assert_close(found: NDArray[np.uint8], wanted: NDArray[np.uint8], size: tuple[int, int]) -> None:
    assert np.abs(found.astype(np.int16) - wanted).max() <= 1, f"at {size}"


@pytest.mark.parametrize("color", COLOR_SPACES.values(), ids=lambda color: color.name)
@pytest.mark.parametrize("source", Source, ids=lambda source: source.value)
def test_nv12_is_the_references(folder: Path, source: Source, color: ColorSpace) -> None:
    matrix: reference.Matrix = "bt601" if color.name.startswith("bt601") else "bt709"
    for size in SIZES:
        pixels = noise(size)
        found = run(folder, pixels, color=color, source=source)
        assert_close(found, reference.nv12(pixels, matrix, full_range=color.full_range), size)


@pytest.mark.parametrize("color", [BT709, BT601_FULL], ids=lambda color: color.name)
@pytest.mark.parametrize("source", Source, ids=lambda source: source.value)
def test_yuv444_of_any_size(folder: Path, source: Source, color: ColorSpace) -> None:
    for size in ((1, 1), (3, 5), (127, 65), (130, 6)):
        pixels, matrix = noise(size), color.ycbcr_matrix()
        exact = pixels[..., :3] / 255 @ np.array(matrix.rows).T + matrix.offsets
        wanted = np.concatenate(list(np.floor(exact + 0.5).clip(0, 255).astype(np.uint8).transpose(2, 0, 1)))
        assert_close(run(folder, pixels, PixelFormat.YUV444P, color, source), wanted, size)


@pytest.mark.parametrize("size", [(1, 1), (3, 5), (127, 65), (130, 6), (258, 34)], ids=str)
def test_rgba_is_the_very_texture_upright(folder: Path, size: tuple[int, int]) -> None:
    pixels = noise(size)
    rows = run(folder, pixels, PixelFormat.RGBA, source=Source.TEXTURE)
    (plane,) = kernel_format(PixelFormat.RGBA).planes(rows, size[1])
    assert np.array_equal(plane, pixels)


def views(picture: NDArray[np.uint8]) -> dict[str, NDArray[np.uint8]]:
    """Return the same colours as they may lie in memory: for the fetch of several pixels at once, and not."""
    height, width = picture.shape[:2]
    wide = np.zeros((height + 4, width + 7, 4), np.uint8)
    wide[2:-2, 1:-6, :3] = picture
    wide[2:-2, 1:-6, 3] = 99
    return {
        "rgb": picture,
        "rgba": np.dstack([picture, np.full((height, width), 77, np.uint8)]),
        "colours of rgba": np.dstack([picture, picture[..., :1]])[..., :3],
        "within a larger one": wide[2:-2, 1:-6],
        "upside down in memory": np.ascontiguousarray(picture[::-1])[::-1],
        "columns in memory": np.ascontiguousarray(picture.transpose(1, 0, 2)).transpose(1, 0, 2),
        "planes": np.ascontiguousarray(picture.transpose(2, 0, 1)).transpose(1, 2, 0),
        "blue first in memory": np.ascontiguousarray(picture[..., ::-1])[..., ::-1],
        "every other pixel": np.repeat(np.repeat(picture, 2, axis=0), 2, axis=1)[::2, ::2],
    }


@pytest.mark.parametrize("pixel_format", [PixelFormat.NV12, PixelFormat.YUV444P], ids=lambda each: each.value)
@pytest.mark.parametrize("size", [(128, 12), (130, 6), (64, 34)], ids=str)
def test_arrays_give_the_same_bits_as_textures_however_they_lie(
    folder: Path, size: tuple[int, int], pixel_format: PixelFormat
) -> None:
    picture = noise(size, channels=3)
    opaque = np.dstack([picture, np.full(picture.shape[:2], 255, np.uint8)])
    wanted = run(folder, opaque, pixel_format, source=Source.TEXTURE)
    for name, view in views(picture).items():
        assert np.array_equal(view[..., :3], picture), name
        assert np.array_equal(run(folder, view, pixel_format), wanted), name


def test_blocks_and_groups_are_what_the_text_is_written_for() -> None:
    """It stores four samples at once and hands columns over within a warp."""
    assert BLOCK.width == 4
    assert BLOCK.height % 2 == 0
    assert GROUP.width == 32


def test_a_format_without_a_kernel_is_refused() -> None:
    with pytest.raises(CaptureError, match="cannot make yuv420p; it makes rgba, nv12"):
        kernel_source(PixelFormat.YUV420P, BT709)
