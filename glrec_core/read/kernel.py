"""The conversion that `exact` defines, for pictures in a GPU's memory: the same float64 operations in the same order.

The text is C++ that CuPy compiles by NVRTC, without fused multiply-add, which would round once where `exact` rounds twice.
A thread makes one pixel.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glrec_core.read.coding import Coding, rgb_map
from glrec_core.read.exact import Resampling
from glrec_core.read.taps import Taps
from glrec_core.values.frame import Size

NAME = "to_rgb"
OPTIONS = ("--std=c++17", "--fmad=false")


@dataclass(frozen=True, slots=True)
class Tables:
    """What is the same for every picture: the taps of both axes for luma and for chroma, end to end.

    Attributes:
        indices: int32.
        weights: float64.
        counts: how many taps a pixel has: columns and rows of luma, columns and rows of chroma.

    """

    indices: NDArray[np.int32]
    weights: NDArray[np.float64]
    counts: tuple[int, int, int, int]


def tables(plan: Resampling) -> Tables:
    """Return the taps in the order in which the kernel looks for them."""
    axes: tuple[Taps, ...] = (plan.columns, plan.rows, plan.chroma_columns, plan.chroma_rows)
    return Tables(
        np.concatenate([axis.indices.ravel() for axis in axes]),
        np.concatenate([axis.weights.ravel() for axis in axes]),
        (axes[0].count, axes[1].count, axes[2].count, axes[3].count),
    )


def source(coding: Coding, size: Size, plan: Resampling, code_type: np.dtype[Any], *, planar: bool) -> str:
    """Return the kernel's text for one kind of picture and frame.

    Its arguments are the addresses of luma, Cb and Cr, the distances of their rows in bytes and of Cb's samples in samples
    (2 where Cb and Cr alternate), the tables, and the frame.
    """
    top = int(np.iinfo(code_type).max)
    values, sample_bytes = rgb_map(coding, top), 1 if coding.bits == 8 else 2  # noqa: PLR2004
    counts = tables(plan).counts
    constants: dict[str, object] = {
        "WIDTH": size.width,
        "HEIGHT": size.height,
        "TOP": f"{float(top)!r}",
        "SHIFT": 8 * sample_bytes - coding.bits,
        "PLANAR": int(planar),
        "SAMPLE": "unsigned char" if sample_bytes == 1 else "unsigned short",
        "CODE": "unsigned char" if top == 255 else "unsigned short",  # noqa: PLR2004
        "ROWS": ", ".join(repr(weight) for row in values.rows for weight in row),
        "OFFSETS": ", ".join(map(repr, values.offsets)),
    }
    constants |= zip(("ACROSS", "DOWN", "CHROMA_ACROSS", "CHROMA_DOWN"), counts, strict=True)
    return "".join(f"#define {name} {value}\n" for name, value in constants.items()) + _BODY


_BODY = """
typedef SAMPLE Sample;
typedef CODE Code;

__device__ double resampled(const Sample *plane, long long pitch, int step, int across, int down,
                            const int *columns, const double *column_weights,
                            const int *rows, const double *row_weights) {
    double total = 0;
    for (int j = 0; j < down; j++) {
        const Sample *line = reinterpret_cast<const Sample *>(reinterpret_cast<const char *>(plane) + rows[j] * pitch);
        double sum = 0;
        for (int i = 0; i < across; i++)
            sum = sum + column_weights[i] * double(line[columns[i] * step] >> SHIFT);
        total = total + row_weights[j] * sum;
    }
    return total;
}

extern "C" __global__ void to_rgb(const Sample *luma, const Sample *cb, const Sample *cr, long long luma_pitch,
                                  long long chroma_pitch, int chroma_step, const int *indices, const double *weights,
                                  Code *out) {
    const double matrix[9] = {ROWS};
    const double offsets[3] = {OFFSETS};
    const int x = int(blockIdx.x * blockDim.x + threadIdx.x);
    const int y = int(blockIdx.y * blockDim.y + threadIdx.y);
    if (x >= WIDTH || y >= HEIGHT)
        return;
    const int luma_columns = x * ACROSS;
    const int luma_rows = WIDTH * ACROSS + y * DOWN;
    const int chroma_begin = WIDTH * ACROSS + HEIGHT * DOWN;
    const int chroma_columns = chroma_begin + x * CHROMA_ACROSS;
    const int chroma_rows = chroma_begin + WIDTH * CHROMA_ACROSS + y * CHROMA_DOWN;
    const double samples[3] = {
        resampled(luma, luma_pitch, 1, ACROSS, DOWN, indices + luma_columns, weights + luma_columns,
                  indices + luma_rows, weights + luma_rows) - offsets[0],
        resampled(cb, chroma_pitch, chroma_step, CHROMA_ACROSS, CHROMA_DOWN, indices + chroma_columns,
                  weights + chroma_columns, indices + chroma_rows, weights + chroma_rows) - offsets[1],
        resampled(cr, chroma_pitch, chroma_step, CHROMA_ACROSS, CHROMA_DOWN, indices + chroma_columns,
                  weights + chroma_columns, indices + chroma_rows, weights + chroma_rows) - offsets[2],
    };
    for (int c = 0; c < 3; c++) {
        const double *row = matrix + 3 * c;
        double code = floor(row[0] * samples[0] + row[1] * samples[1] + row[2] * samples[2] + 0.5);
        code = code < 0.0 ? 0.0 : code > TOP ? TOP : code;
        const size_t place = PLANAR ? (size_t(c) * HEIGHT + y) * WIDTH + x : (size_t(y) * WIDTH + x) * 3 + c;
        out[place] = Code(code);
    }
}
"""
