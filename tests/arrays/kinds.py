"""The arrays in which one RGB picture, (height, width, 3) uint8, can be given to an encoder."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.support import reference

KINDS: dict[str, Callable[[NDArray[np.uint8]], NDArray[Any]]] = {
    "nv12": reference.nv12,
    "rgb": lambda rgb: rgb,
    "rgba": lambda rgb: np.dstack([rgb, np.full(rgb.shape[:2], 17, np.uint8)]),
    "planar": lambda rgb: np.ascontiguousarray(np.moveaxis(rgb, 2, 0)),
    "float16": lambda rgb: (rgb / 255).astype(np.float16),
    "float32": lambda rgb: (rgb / 255).astype(np.float32),
    "float64 planar": lambda rgb: np.moveaxis(rgb, 2, 0) / 255,
    "cut out": lambda rgb: np.pad(rgb, ((3, 2), (1, 4), (0, 0)))[3:-2, 1:-4],
    "upside down": lambda rgb: rgb[::-1].copy()[::-1],
    "bgr seen as rgb": lambda rgb: rgb[..., ::-1].copy()[..., ::-1],
    "columns first": np.asfortranarray,
    "nv12 cut out": lambda rgb: np.pad(reference.nv12(rgb), 5)[5:-5, 5:-5],
    "nv12 write-protected": lambda rgb: protected(reference.nv12(rgb)),
    "rgba write-protected": lambda rgb: protected(KINDS["rgba"](rgb)),
}


def protected(array: NDArray[Any]) -> NDArray[Any]:
    array.flags.writeable = False
    return array
