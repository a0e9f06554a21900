"""The CUDA kernel that turns a picture into what NVENC takes: C with the numbers of one colour space before it.

CuPy compiles it when it is first used, by NVRTC, which needs no toolkit and no compiler, and keeps the result on disk.
The picture is in OpenGL's row order, bottom first, and video begins at the top, so rows are fetched from the other end.

What bounds it is how much of the picture is under way from memory at a time. So a thread fetches its pixels 16 bytes at
once, as they lie in the texture, and gets the neighbour's column that chroma needs from the thread beside it.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import cupy
from cuda.bindings import driver

from glrec_core.color import ColorSpace
from glrec_core.cuda.calls import checked
from glrec_core.errors import CaptureError
from glrec_core.frame import PixelFormat, Size

_NAME = "convert"

_GROUP = Size(32, 4)
"""Threads of a block: a row of them is a warp, so that neighbours can hand over their pixels."""

_BLOCK = Size(4, 4)
"""Pixels of a thread."""


@dataclass(frozen=True, slots=True)
class KernelFormat:
    """How a pixel format lies in memory: one array of rows, all of one pitch.

    Attributes:
        bits: per sample, in the high bits of a 16-bit word where it is more than 8.
        subsampled: whether there is one row of (Cb, Cr) pairs for two rows of luma, rather than two planes of full size.
        source_bits: per channel of the RGBA texture that is read.

    """

    bits: int
    subsampled: bool
    source_bits: int

    @property
    def sample_bytes(self) -> int:
        """Size of one sample."""
        return 1 if self.bits == 8 else 2  # noqa: PLR2004

    def rows(self, height: int) -> int:
        """Return the number of rows of the whole picture."""
        return height * 3 // 2 if self.subsampled else height * 3


KERNEL_FORMATS = {
    PixelFormat.NV12: KernelFormat(8, subsampled=True, source_bits=8),
    PixelFormat.P010: KernelFormat(10, subsampled=True, source_bits=16),
    PixelFormat.YUV444P: KernelFormat(8, subsampled=False, source_bits=8),
}


def kernel_format(pixel_format: PixelFormat) -> KernelFormat:
    """Return how the kernel writes a pixel format.

    Raises:
        CaptureError: it cannot.

    """
    if pixel_format not in KERNEL_FORMATS:
        known = ", ".join(each.value for each in KERNEL_FORMATS)
        raise CaptureError(f"the CUDA kernel cannot make {pixel_format.value}; it makes {known}")
    return KERNEL_FORMATS[pixel_format]


class Kernel:
    """The kernel of one pixel format and colour space, compiled for the current CUDA context.

    Raises:
        CaptureError: there is no such kernel, or NVRTC refuses it or is missing.

    """

    def __init__(self, pixel_format: PixelFormat, color: ColorSpace) -> None:
        source = kernel_source(pixel_format, color)
        try:
            # CuPy unloads it with this object.
            self._function = cupy.RawModule(code=source, options=("--std=c++17",)).get_function(_NAME).kernel
        except (cupy.cuda.compiler.CompileException, RuntimeError, OSError) as error:
            raise CaptureError(f"NVRTC cannot compile the {pixel_format.value} kernel: {error}") from error
        self.handle: Any = driver.CUfunction(self._function.ptr)

    def into(self, rows: Any, size: Size) -> Launch:
        """Return what writes pictures of a size into a CuPy array of all rows, (rows, width), of any pitch."""
        return Launch(self, rows.data.ptr, rows.strides[0], size)


class Launch:
    """The kernel with all its arguments but the picture, laid out once: that takes longer than the launch itself."""

    def __init__(self, kernel: Kernel, out: int, pitch_bytes: int, size: Size) -> None:
        self._surface = ctypes.c_uint64()
        sizes = (ctypes.c_int(value) for value in (pitch_bytes, *size))
        self._arguments = (self._surface, ctypes.c_void_p(out), *sizes)
        addresses = [ctypes.addressof(argument) for argument in self._arguments]
        self._addresses = (ctypes.c_void_p * len(addresses))(*addresses)
        self._kernel = kernel
        self._shape = (*_grid(size), 1, *_GROUP, 1)

    def __call__(self, surface: int, stream: int) -> None:
        """Queue the conversion of a mapped texture, by its surface object, on a stream of the current context.

        Raises:
            CaptureError: CUDA refuses it.

        """
        self._surface.value = surface
        addresses = ctypes.addressof(self._addresses)
        launched = driver.cuLaunchKernel(self._kernel.handle, *self._shape, 0, stream, addresses, 0)
        checked(launched, "start the conversion of a frame")


def _grid(size: Size) -> tuple[int, int]:
    """Return how many thread blocks a picture needs."""
    across, down = _BLOCK.width * _GROUP.width, _BLOCK.height * _GROUP.height
    return -(-size.width // across), -(-size.height // down)


def kernel_source(pixel_format: PixelFormat, color: ColorSpace) -> str:
    """Return the kernel's text."""
    form = kernel_format(pixel_format)
    matrix = color.ycbcr_matrix(form.bits)
    brightest = (1 << form.source_bits) - 1
    constants: dict[str, object] = {
        "BLOCK_WIDTH": _BLOCK.width,
        "BLOCK_HEIGHT": _BLOCK.height,
        "SUBSAMPLED": int(form.subsampled),
        "SOURCE_BITS": form.source_bits,
        "BRIGHTEST_CODE": (1 << form.bits) - 1,
        "SHIFT": 8 * form.sample_bytes - form.bits,
        "SAMPLE_BYTES": form.sample_bytes,
    }
    for name, row, offset in zip(("LUMA", "CB", "CR"), matrix.rows, matrix.offsets, strict=True):
        constants[f"{name}_WEIGHTS"] = _floats(weight / brightest for weight in row)
        constants[f"{name}_OFFSET"] = _floats([offset])
    return "".join(f"#define {name} {value}\n" for name, value in constants.items()) + _BODY


def _floats(values: Iterable[float]) -> str:
    return ", ".join(f"{value!r}f" for value in values)


_BODY = """
#if SAMPLE_BYTES == 1
typedef unsigned char Sample;
typedef uchar4 Samples;
#else
typedef unsigned short Sample;
typedef ushort4 Samples;
#endif

struct Rgb { float r, g, b; };

__device__ Rgb operator+(Rgb p, Rgb q) { return {p.r + q.r, p.g + q.g, p.b + q.b}; }

#if SOURCE_BITS == 8
typedef unsigned Texel;

__device__ Rgb rgb(Texel t) { return {float(t & 255), float(t >> 8 & 255), float(t >> 16 & 255)}; }

__device__ Texel from_neighbour(Texel t) { return __shfl_up_sync(~0u, t, 1); }
#else
typedef uint2 Texel;

__device__ Rgb rgb(Texel t) { return {float(t.x & 65535), float(t.x >> 16), float(t.y & 65535)}; }

__device__ Texel from_neighbour(Texel t) {
    return {__shfl_up_sync(~0u, t.x, 1), __shfl_up_sync(~0u, t.y, 1)};
}
#endif

__device__ Texel fetch(cudaSurfaceObject_t picture, int x, int row) {
    return surf2Dread<Texel>(picture, x * int(sizeof(Texel)), row);
}

// The thread's texels of one row; those beyond the last column repeat it.
__device__ void fetch_block(cudaSurfaceObject_t picture, int x, int row, int width, Texel (&block)[BLOCK_WIDTH]) {
    if (x + BLOCK_WIDTH <= width) {
        for (int i = 0; i < int(sizeof block / sizeof(uint4)); i++)
            reinterpret_cast<uint4 *>(block)[i] =
                surf2Dread<uint4>(picture, x * int(sizeof(Texel)) + i * int(sizeof(uint4)), row);
    } else {
        for (int i = 0; i < BLOCK_WIDTH; i++)
            block[i] = fetch(picture, min(x + i, width - 1), row);
    }
}

__device__ Sample code(float wr, float wg, float wb, float offset, Rgb p) {
    int value = int(wr * p.r + wg * p.g + wb * p.b + (offset + 0.5f));
    return Sample(min(value, BRIGHTEST_CODE) << SHIFT);
}

__device__ Sample luma(Rgb p) { return code(LUMA_WEIGHTS, LUMA_OFFSET, p); }
__device__ Sample cb(Rgb p) { return code(CB_WEIGHTS, CB_OFFSET, p); }
__device__ Sample cr(Rgb p) { return code(CR_WEIGHTS, CR_OFFSET, p); }

__device__ void store(unsigned char *out, size_t row, int pitch, int x, int width, Samples samples) {
    Sample *to = reinterpret_cast<Sample *>(out + row * pitch) + x;
    if (x + BLOCK_WIDTH <= width && reinterpret_cast<size_t>(to) % sizeof(Samples) == 0) {
        *reinterpret_cast<Samples *>(to) = samples;
        return;
    }
    const Sample each[] = {samples.x, samples.y, samples.z, samples.w};
    for (int i = 0; i < BLOCK_WIDTH && x + i < width; i++)
        to[i] = each[i];
}

// Sums of two rows and [1 2 1] columns, less the factor of 8.
__device__ Rgb smooth(Rgb before, Rgb at, Rgb after) {
    return {(before.r + 2 * at.r + after.r) / 8, (before.g + 2 * at.g + after.g) / 8, (before.b + 2 * at.b + after.b) / 8};
}

extern "C" __global__ void convert(cudaSurfaceObject_t picture, unsigned char *out, int pitch, int width, int height) {
    const int x = BLOCK_WIDTH * int(blockIdx.x * blockDim.x + threadIdx.x);
    const int y = BLOCK_HEIGHT * int(blockIdx.y * blockDim.y + threadIdx.y);
    if (y >= height)  // for all of a warp: its threads share their rows
        return;
    Rgb rows[BLOCK_HEIGHT][BLOCK_WIDTH], before[BLOCK_HEIGHT];
    Texel block[BLOCK_HEIGHT][BLOCK_WIDTH];
    for (int i = 0; i < BLOCK_HEIGHT; i++)
        fetch_block(picture, min(x, width - 1), height - 1 - min(y + i, height - 1), width, block[i]);
    for (int i = 0; i < BLOCK_HEIGHT; i++) {
        Texel neighbour = from_neighbour(block[i][BLOCK_WIDTH - 1]);
        if (threadIdx.x == 0)
            neighbour = fetch(picture, max(x - 1, 0), height - 1 - min(y + i, height - 1));
        before[i] = rgb(neighbour);
        for (int j = 0; j < BLOCK_WIDTH; j++)
            rows[i][j] = rgb(block[i][j]);
    }
    if (x >= width)
        return;
    for (int i = 0; i < BLOCK_HEIGHT && y + i < height; i++) {
        const Rgb *p = rows[i];
        store(out, y + i, pitch, x, width, {luma(p[0]), luma(p[1]), luma(p[2]), luma(p[3])});
#if !SUBSAMPLED
        store(out, height + y + i, pitch, x, width, {cb(p[0]), cb(p[1]), cb(p[2]), cb(p[3])});
        store(out, 2 * height + y + i, pitch, x, width, {cr(p[0]), cr(p[1]), cr(p[2]), cr(p[3])});
#endif
    }
#if SUBSAMPLED
    for (int i = 0; i < BLOCK_HEIGHT && y + i < height; i += 2) {
        Rgb sums[BLOCK_WIDTH];
        for (int j = 0; j < BLOCK_WIDTH; j++)
            sums[j] = rows[i][j] + rows[i + 1][j];
        // Chroma's sites are on the even columns and midway between the rows.
        const Rgb first = smooth(before[i] + before[i + 1], sums[0], sums[1]);
        const Rgb second = smooth(sums[1], sums[2], sums[3]);
        store(out, height + (y + i) / 2, pitch, x, width, {cb(first), cr(first), cb(second), cr(second)});
    }
#endif
}
"""
