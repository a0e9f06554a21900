"""The CUDA kernel's own text, compiled as C++ for the CPU, against the definition in NumPy: the same bits."""

import ctypes
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from glrec_core.read import exact, kernel
from glrec_core.read.coding import Coding
from glrec_core.read.geometry import Region
from glrec_core.values.frame import Size

SHIM = """
#include <cmath>
#include <cstddef>
using std::floor;
struct Index { unsigned x, y; };
static thread_local Index blockIdx, threadIdx;
static const Index blockDim = {1, 1};
#define __device__ static
#define __global__
"""
LOOP = """
extern "C" void all(const Sample *luma, const Sample *cb, const Sample *cr, long long luma_pitch,
                    long long chroma_pitch, int step, const int *indices, const double *weights, Code *out) {
    for (unsigned y = 0; y < HEIGHT; y++)
        for (unsigned x = 0; x < WIDTH; x++) {
            blockIdx = {x, y};
            to_rgb(luma, cb, cr, luma_pitch, chroma_pitch, step, indices, weights, out);
        }
}
"""
NV12 = Coding(1, full_range=False, bits=8, across=2, down=2)
CASES = {
    "nv12": (NV12, Region(0, 0, 64, 36), Size(64, 36), np.uint8, False, True),
    "odd": (NV12, Region(0, 0, 63, 35), Size(63, 35), np.uint8, False, True),
    "crop": (NV12, Region(7, 5, 41, 23), Size(41, 23), np.uint8, True, True),
    "shrunk": (NV12, Region(0, 0, 64, 36), Size(21, 10), np.uint8, False, True),
    "grown": (NV12, Region(3, 0, 50, 36), Size(133, 77), np.uint8, True, True),
    "deep": (NV12, Region(0, 0, 64, 36), Size(64, 36), np.uint16, False, True),
    "p016": (
        Coding(9, False, 10, across=2, down=2),
        Region(0, 0, 64, 36),
        Size(40, 30),
        np.uint16,
        True,
        True,
    ),
    "yuv444": (Coding(6, True, 8), Region(0, 0, 64, 36), Size(64, 36), np.uint8, False, False),
    "yuv444-16": (Coding(1, False, 12), Region(0, 0, 64, 36), Size(64, 36), np.uint16, True, False),
    "centred": (
        Coding(6, True, 8, across=2, down=2, centred=True),
        Region(0, 0, 64, 36),
        Size(64, 36),
        np.uint8,
        False,
        False,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_kernel_is_the_definition(case: str, tmp_path: Path) -> None:
    coding, region, size, kind, planar, interleaved = CASES[case]
    generator = np.random.default_rng(7)
    dtype = np.uint8 if coding.bits == 8 else np.uint16
    planes = [
        generator.integers(0, 1 << coding.bits, shape, dtype)
        for shape in [(36, 64)] + 2 * [(36 // coding.down, 64 // coding.across)]
    ]
    plan = exact.resampling(coding, region, size)
    wanted = np.empty((size.height, size.width, 3), kind)
    exact.convert(planes, coding, plan, wanted)
    found = run_kernel(
        tmp_path, coding, plan, planes, kind=np.dtype(kind), planar=planar, interleaved=interleaved
    )
    assert np.array_equal(found, wanted)


def run_kernel(
    folder: Path,
    coding: Coding,
    plan: exact.Resampling,
    planes: list[NDArray[Any]],
    *,
    kind: np.dtype[Any],
    planar: bool,
    interleaved: bool,
) -> NDArray[Any]:
    """Return what the kernel makes of planes with unused bits below and padding behind each row, as (height, width, 3)."""
    size = Size(len(plan.columns.indices), len(plan.rows.indices))
    function = compiled(folder, kernel.source(coding, size, plan, kind, planar=planar))
    shift = 8 * planes[0].itemsize - coding.bits
    luma = padded(planes[0] << shift)
    if interleaved:
        pairs = np.stack([planes[1], planes[2]], axis=2).reshape(planes[1].shape[0], -1)
        both = padded(pairs << shift)
        chroma = (both.ctypes.data, both.ctypes.data + both.itemsize)
        chroma_pitch, step, kept = both.strides[0], 2, [both]
    else:
        kept = [padded(plane << shift) for plane in planes[1:]]
        chroma = (kept[0].ctypes.data, kept[1].ctypes.data)
        chroma_pitch, step = kept[0].strides[0], 1
    tables = kernel.tables(plan)
    out = np.empty((3, size.height, size.width) if planar else (size.height, size.width, 3), kind)
    pointers = [ctypes.c_void_p(address) for address in (luma.ctypes.data, *chroma)]
    function(
        *pointers,
        ctypes.c_longlong(luma.strides[0]),
        ctypes.c_longlong(chroma_pitch),
        step,
        ctypes.c_void_p(tables.indices.ctypes.data),
        ctypes.c_void_p(tables.weights.ctypes.data),
        ctypes.c_void_p(out.ctypes.data),
    )
    return out.transpose(1, 2, 0) if planar else out


def padded(plane: NDArray[Any]) -> NDArray[Any]:
    return np.pad(plane, ((0, 0), (0, 10)), constant_values=0xA5)


def compiled(folder: Path, text: str) -> Any:
    compiler = shutil.which("g++")
    if compiler is None:
        pytest.skip("g++ is not installed, which compiles the kernel's text for the CPU")
    program, library = folder / "kernel.cpp", folder / "kernel.so"
    program.write_text(SHIM + text + LOOP, encoding="utf-8")
    options = ["-std=c++17", "-O1", "-ffp-contract=off", "-shared", "-fPIC"]
    subprocess.run([compiler, *options, str(program), "-o", str(library)], check=True)
    return ctypes.CDLL(str(library)).all
