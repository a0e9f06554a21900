"""Distances as colours: yellow is near, dark blue is far, through colours whose lightness falls evenly (those of viridis)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_ANCHORS = np.array([(253, 231, 37), (94, 201, 98), (33, 145, 140), (59, 82, 139), (68, 1, 84)], np.float64)
_LEVELS = 256
_AT = np.linspace(0, _LEVELS - 1, len(_ANCHORS))
_TABLE = np.stack(
    [np.interp(np.arange(_LEVELS), _AT, _ANCHORS[:, channel]) for channel in range(3)], axis=1
).astype(np.uint8)


def depth_colours(depth: NDArray[np.float32], nearest: float, farthest: float) -> NDArray[np.uint8]:
    """Return distances, in metres, as an RGB picture; what is nearer or farther than the range gets its first or last colour."""
    part = np.clip((depth - nearest) / (farthest - nearest), 0, 1)
    colours: NDArray[np.uint8] = _TABLE[np.rint(part * (_LEVELS - 1)).astype(np.uint8)]
    return colours
