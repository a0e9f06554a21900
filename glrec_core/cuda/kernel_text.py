"""The text of the CUDA kernel that turns a picture into what an encoder takes: C with the numbers of one case before it.

It reads a texture, in OpenGL's row order, bottom first, or an array of bytes, top first; video begins at the top.

What bounds it is how much of the picture is under way from memory at a time. So a thread fetches its pixels 16 bytes at
once, as they lie in the texture, and gets the neighbour's column that chroma needs from the thread beside it. Of an array
that can be had where its pixels lie together; else each byte is fetched by itself.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable

from glrec_core.cuda.layout import Arrangement, kernel_format
from glrec_core.values.color import ColorSpace
from glrec_core.values.frame import PixelFormat, Size

NAME = "convert"

GROUP = Size(32, 4)
"""Threads of a block: a row of them is a warp, so that neighbours can hand over their pixels."""

BLOCK = Size(4, 4)
"""Pixels of a thread."""


class Source(enum.Enum):
    """What the kernel reads."""

    TEXTURE = "texture"
    """A surface object of RGBA texels."""
    ARRAY = "array"
    """Bytes of red, green and blue at any distances."""


def kernel_source(pixel_format: PixelFormat, color: ColorSpace, source: Source = Source.TEXTURE) -> str:
    """Return the kernel's text.

    Raises:
        CaptureError: there is no kernel for the pixel format.

    """
    form = kernel_format(pixel_format)
    matrix = color.ycbcr_matrix(form.bits)
    source_bits = 8 if source is Source.ARRAY else form.source_bits
    brightest = (1 << source_bits) - 1
    constants: dict[str, object] = {
        "BLOCK_WIDTH": BLOCK.width,
        "BLOCK_HEIGHT": BLOCK.height,
        "ARRAY": int(source is Source.ARRAY),
        "PACKED": int(form.arrangement is Arrangement.PACKED),
        "SUBSAMPLED": int(form.arrangement is Arrangement.SEMIPLANAR),
        "SOURCE_BITS": source_bits,
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
#if PACKED
typedef unsigned Sample;
typedef uint4 Samples;
#elif SAMPLE_BYTES == 1
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

#if ARRAY
struct Picture { const unsigned char *pixels; long long row_bytes, pixel_bytes, channel_bytes; };

__device__ int row_of(int y, int height) { return y; }

__device__ Texel fetch(const Picture &picture, int x, int row) {
    const unsigned char *at = picture.pixels + row * picture.row_bytes + x * picture.pixel_bytes;
    return at[0] | at[picture.channel_bytes] << 8 | at[2 * picture.channel_bytes] << 16;
}

// The thread's texels of one row, if they can be had together; the byte above their colours may hold anything.
__device__ bool fetch_together(const Picture &picture, int x, int row, Texel (&block)[BLOCK_WIDTH]) {
    const unsigned char *at = picture.pixels + row * picture.row_bytes + x * picture.pixel_bytes;
    if (picture.channel_bytes != 1)
        return false;
    if (picture.pixel_bytes == 4 && reinterpret_cast<size_t>(at) % sizeof(uint4) == 0) {
        const uint4 texels = *reinterpret_cast<const uint4 *>(at);
        block[0] = texels.x, block[1] = texels.y, block[2] = texels.z, block[3] = texels.w;
        return true;
    }
    if (picture.pixel_bytes == 3 && reinterpret_cast<size_t>(at) % sizeof(unsigned) == 0) {
        const unsigned *words = reinterpret_cast<const unsigned *>(at);
        const unsigned first = words[0], second = words[1], third = words[2];
        block[0] = first, block[1] = first >> 24 | second << 8;
        block[2] = second >> 16 | third << 16, block[3] = third >> 8;
        return true;
    }
    return false;
}
#else
typedef cudaSurfaceObject_t Picture;

__device__ int row_of(int y, int height) { return height - 1 - y; }

__device__ Texel fetch(Picture picture, int x, int row) {
    return surf2Dread<Texel>(picture, x * int(sizeof(Texel)), row);
}

__device__ bool fetch_together(Picture picture, int x, int row, Texel (&block)[BLOCK_WIDTH]) {
    for (int i = 0; i < int(sizeof block / sizeof(uint4)); i++)
        reinterpret_cast<uint4 *>(block)[i] =
            surf2Dread<uint4>(picture, x * int(sizeof(Texel)) + i * int(sizeof(uint4)), row);
    return true;
}
#endif

// The thread's texels of one row; those beyond the last column repeat it.
__device__ void fetch_block(const Picture &picture, int x, int row, int width, Texel (&block)[BLOCK_WIDTH]) {
    if (x + BLOCK_WIDTH <= width && fetch_together(picture, x, row, block))
        return;
    for (int i = 0; i < BLOCK_WIDTH; i++)
        block[i] = fetch(picture, min(x + i, width - 1), row);
}

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

__device__ Sample code(float wr, float wg, float wb, float offset, Rgb p) {
    int value = int(wr * p.r + wg * p.g + wb * p.b + (offset + 0.5f));
    return Sample(min(value, BRIGHTEST_CODE) << SHIFT);
}

__device__ Sample luma(Rgb p) { return code(LUMA_WEIGHTS, LUMA_OFFSET, p); }
__device__ Sample cb(Rgb p) { return code(CB_WEIGHTS, CB_OFFSET, p); }
__device__ Sample cr(Rgb p) { return code(CR_WEIGHTS, CR_OFFSET, p); }

// Sums of two rows and [1 2 1] columns, less the factor of 8.
__device__ Rgb smooth(Rgb before, Rgb at, Rgb after) {
    return {(before.r + 2 * at.r + after.r) / 8, (before.g + 2 * at.g + after.g) / 8, (before.b + 2 * at.b + after.b) / 8};
}

extern "C" __global__ void convert(Picture picture, unsigned char *out, int pitch, int width, int height) {
    const int x = BLOCK_WIDTH * int(blockIdx.x * blockDim.x + threadIdx.x);
    const int y = BLOCK_HEIGHT * int(blockIdx.y * blockDim.y + threadIdx.y);
    if (y >= height)  // for all of a warp: its threads share their rows
        return;
    Texel block[BLOCK_HEIGHT][BLOCK_WIDTH];
    for (int i = 0; i < BLOCK_HEIGHT; i++)
        fetch_block(picture, min(x, width - 1), row_of(min(y + i, height - 1), height), width, block[i]);
#if PACKED
    for (int i = 0; i < BLOCK_HEIGHT && y + i < height; i++)
        store(out, y + i, pitch, x, width, {block[i][0], block[i][1], block[i][2], block[i][3]});
#else
    Rgb rows[BLOCK_HEIGHT][BLOCK_WIDTH], before[BLOCK_HEIGHT];
    for (int i = 0; i < BLOCK_HEIGHT; i++) {
        Texel neighbour = from_neighbour(block[i][BLOCK_WIDTH - 1]);
        if (threadIdx.x == 0)
            neighbour = fetch(picture, max(x - 1, 0), row_of(min(y + i, height - 1), height));
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
#endif
}
"""
