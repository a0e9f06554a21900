"""The conversion to R'G'B' by definition: float64 in a fixed order of operations, rounded once, half up.

It is the measure of the other two. The CUDA kernel does the same operations in the same order and gives the same bits;
swscale, which is far faster in host memory, stays within 1 of 255 of it. Frames deeper than 8 bits, and what swscale reads
wrongly, are converted here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glrec_core.read.coding import Coding, RgbMap, rgb_map
from glrec_core.read.geometry import Region
from glrec_core.read.taps import Taps, taps
from glrec_core.values.frame import Size

_STRIP_SAMPLES = 1 << 16
"""Pixels that are worked on at a time: a few arrays of float64 of that size fit a core's cache."""


@dataclass(frozen=True, slots=True)
class Resampling:
    """The taps of a picture's columns and rows, for luma (or R'G'B') and for chroma."""

    columns: Taps
    rows: Taps
    chroma_columns: Taps
    chroma_rows: Taps


def resampling(coding: Coding, region: Region, size: Size) -> Resampling:
    """Return how pixels of the wanted size are made of the samples of a region."""
    left = 0.0 if not coding.centred else (coding.across - 1) / 2
    middle = (coding.down - 1) / 2
    return Resampling(
        taps(region.left, region.width, size.width),
        taps(region.top, region.height, size.height),
        taps(region.left, region.width, size.width, shared=coding.across, offset=left),
        taps(region.top, region.height, size.height, shared=coding.down, offset=middle),
    )


def convert(
    planes: Sequence[NDArray[Any]],
    coding: Coding,
    plan: Resampling,
    out: NDArray[np.uint8] | NDArray[np.uint16],
) -> None:
    """Fill `out`, (height, width, 3) of any strides, with R'G'B' from 0 to the largest value of its type.

    `planes` are luma, Cb and Cr, luma alone, or R', G', B': (rows, columns) of unsigned integers.
    """
    top = int(np.iinfo(out.dtype).max)
    values = rgb_map(coding, top)
    step = max(1, _STRIP_SAMPLES // out.shape[1])
    for first in range(0, out.shape[0], step):
        rows = slice(first, min(first + step, out.shape[0]))
        samples = _samples(planes, coding, plan, rows)
        for channel in range(3):
            out[rows, :, channel] = _codes(samples, values, channel, top)


def _samples(
    planes: Sequence[NDArray[Any]], coding: Coding, plan: Resampling, rows: slice
) -> list[NDArray[np.float64]]:
    luma = (plan.columns, plan.rows)
    chroma = luma if coding.is_rgb else (plan.chroma_columns, plan.chroma_rows)
    return [_resampled(plane, *(chroma if index else luma), rows) for index, plane in enumerate(planes)]


def _resampled(plane: NDArray[Any], columns: Taps, rows: Taps, strip: slice) -> NDArray[np.float64]:
    total: NDArray[np.float64] | None = None
    for tap in range(rows.count):
        line = _across(plane[rows.indices[strip, tap]], columns)
        term = rows.weights[strip, tap, None] * line
        total = term if total is None else total + term
    assert total is not None
    return total


def _across(lines: NDArray[Any], columns: Taps) -> NDArray[np.float64]:
    if columns.identity:
        first = columns.indices[0, 0]
        return lines[:, first : first + len(columns.indices)].astype(np.float64)
    total: NDArray[np.float64] | None = None
    for tap in range(columns.count):
        term = columns.weights[:, tap] * lines[:, columns.indices[:, tap]]
        total = term if total is None else total + term
    assert total is not None
    return total


def _codes(
    samples: Sequence[NDArray[np.float64]], values: RgbMap, channel: int, top: int
) -> NDArray[np.float64]:
    total: NDArray[np.float64] | None = None
    for weight, offset, sample in zip(values.rows[channel], values.offsets, samples, strict=False):
        term = weight * (sample - offset)
        total = term if total is None else total + term
    assert total is not None
    return np.clip(np.floor(total + 0.5), 0.0, float(top))
