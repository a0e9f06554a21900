"""Operations that give a frame transparent parts: by a colour, at its corners; and the shadow that such a frame casts."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from glrec_core.errors import ConfigError
from glrec_core.process.blur import blurred
from glrec_core.process.device import Resident, namespace, require
from glrec_core.process.layers import frame_of, layer_of, moved, rounded
from glrec_core.process.operation import WITH_ALPHA, Pixels, Work, operation
from glrec_core.process.values import BLACK, Rgb, number, pair, rgb
from glrec_core.values.color import BT709_FULL

_CBCR_ROWS = slice(1, 3)


@operation
def chroma_key(color: Rgb = (0, 255, 0), similarity: float = 40.0, softness: float = 20.0) -> Work:
    """Make the pixels whose hue and saturation are near `color` transparent: a green screen. The result has alpha.

        film = read("studio.mp4").chroma_key((0, 255, 0)).backdrop("stage.png")
        write_video("on-stage.mp4", film)

    Args:
        color: of the screen.
        similarity: up to which distance a pixel is wholly transparent; distances are in the plane of Cb and Cr (BT.709, full
            range), where green is 116 from grey.
        softness: over which further distance the pixel becomes opaque; 0 is a hard edge.

    Raises:
        ConfigError: `color` is not a colour, or a distance is negative.

    """
    rows = np.array(BT709_FULL.ycbcr_matrix().rows, np.float32)[_CBCR_ROWS] / 255
    matrix, key = Resident(rows.T), Resident(rows @ np.array(rgb("color", color), np.float32))
    near, soft = number("similarity", similarity, 0), max(number("softness", softness, 0), 1e-6)

    def work(_: float, frame: Pixels) -> Pixels:
        xp = namespace(frame)
        chroma = frame[..., :3].astype(np.float32) @ matrix.beside(frame) - key.beside(frame)
        distance = xp.hypot(chroma[..., 0], chroma[..., 1])
        return _masked(frame, xp.clip((distance - np.float32(near)) / np.float32(soft), 0, 1))

    return work


@operation
def round_corners(radius: float) -> Work:
    """Cut the corners off in quarter circles with a soft edge; beyond it the frame is transparent. The result has alpha.

        film = read("in.mp4").round_corners(24).backdrop((255, 255, 255))
        write_video("card.mp4", film)

    Raises:
        ConfigError: the radius in pixels is below 1, or more than half of the frame's shorter side.

    """
    size = number("radius", radius, 1)

    def work(_: float, frame: Pixels) -> Pixels:
        height, width = frame.shape[:2]
        if 2 * size > min(height, width):
            raise ConfigError(f"round_corners: radius={radius} does not fit into a frame of {width}x{height}")
        return _masked(frame, _corner_coverage(namespace(frame), height, width, size))

    return work


@operation
def shadow(
    offset: tuple[float, float] = (4, 4), sigma: float = 4.0, color: Rgb = BLACK, opacity: float = 0.6
) -> Work:
    """Lay a blurred shadow under what is opaque. The frame needs alpha and keeps its size: `pad` makes room.

        film = read("in.mp4").round_corners(24).pad(16, 16, 16, 16).shadow().backdrop((255, 255, 255))
        write_video("card.mp4", film)

    Args:
        offset: (x, y) in pixels, to the right and down.
        sigma: of the blur, in pixels.
        color: of the shadow.
        opacity: from 0 to 1.

    Raises:
        ConfigError: a value is not as described, SciPy is not installed, or the frame has no alpha, and so no shape.

    """
    require("scipy", "shadow")
    x, y = pair("offset", offset)
    sigma, opacity = number("sigma", sigma, 0), number("opacity", opacity, 0, 1)
    tint = Resident(np.array([*rgb("color", color), 1], np.float32))

    def work(_: float, frame: Pixels) -> Pixels:
        if frame.shape[2] != WITH_ALPHA:
            raise ConfigError("shadow: the frame has no alpha; round_corners() or chroma_key() give it one")
        height, width = frame.shape[:2]
        layer = layer_of(frame)
        cast = blurred(layer[..., 3:], sigma, "constant") * np.float32(opacity) * tint.beside(frame)
        return frame_of(layer + moved(cast, x, y, height, width) * (1 - layer[..., 3:]))

    return work


def _masked(frame: Pixels, coverage: Any) -> Pixels:
    """Return the frame with alpha times `coverage`, (height, width) from 0 to 1; colours stay as they are."""
    result: Pixels = namespace(frame).empty((*frame.shape[:2], 4), np.uint8)
    result[..., :3] = frame[..., :3]
    before = frame[..., 3] if frame.shape[2] == WITH_ALPHA else 255
    result[..., 3] = rounded(coverage * before)
    return result


@lru_cache(maxsize=4)
def _corner_coverage(xp: Any, height: int, width: int, radius: float) -> Any:
    """Return how much of each pixel is within, by the distance of its middle from the edge."""
    down, across = (
        np.maximum(0.0, np.abs(np.arange(side) + 0.5 - side / 2) - (side / 2 - radius))
        for side in (height, width)
    )
    distance = np.hypot(down[:, None], across[None, :])
    return xp.asarray(np.clip(radius + 0.5 - distance, 0, 1), np.float32)
