"""Which samples of a row or column make one pixel, and how much of each: crop, scale and chroma siting in one table.

The filter is a triangle as wide as two samples of the coarser grid: linear interpolation where a picture grows or stays,
a weighted mean where it shrinks. swscale's "bilinear" is the same filter.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import floor
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Taps:
    """For each pixel of one axis the samples that it is made of: `indices` and `weights`, (pixels, samples).

    The weights of a pixel add up to 1. `identity` says that each pixel is one sample and that they follow each other.
    """

    indices: NDArray[np.int32]
    weights: NDArray[np.float64]

    @property
    def count(self) -> int:
        """How many samples a pixel is made of."""
        return int(self.indices.shape[1])

    @property
    def identity(self) -> bool:
        """Whether the samples from the first index on are the pixels."""
        return self.count == 1 and bool((np.diff(self.indices[:, 0]) == 1).all())


def taps(first: int, length: int, pixels: int, *, shared: int = 1, offset: float = 0.0) -> Taps:
    """Return the taps of an axis on which `pixels` are made of `length` columns (or rows) of luma from `first` on.

    `shared` is how many columns of luma one sample stands for, and `offset` how far behind the first of them, in columns, it
    sits. Samples outside of the crop are not looked at: those at its border stand for them.
    """
    step = length / pixels
    centres = (first + (np.arange(pixels) + 0.5) * step - 0.5 - offset) / shared
    reach = max(1.0, step / shared)
    low, high = first // shared, -(-(first + length) // shared) - 1
    span = floor(2 * reach) + 1
    starts = np.ceil(centres - reach).astype(np.int64)
    positions = starts[:, None] + np.arange(span)
    weights = np.maximum(0.0, 1.0 - np.abs(positions - centres[:, None]) / reach)
    return _trimmed(np.clip(positions, low, high).astype(np.int32), weights)


def _trimmed(indices: NDArray[np.int32], weights: NDArray[Any]) -> Taps:
    """Leave out the columns of the table that weigh nothing."""
    used = weights.any(axis=0)
    kept = np.ascontiguousarray(weights[:, used])
    return Taps(np.ascontiguousarray(indices[:, used]), kept / kept.sum(axis=1, keepdims=True))
