"""Operations that soften: a Gaussian blur by `ndimage`, and the dark corners of a vignette."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from glrec_core.process.device import namespace, require, scipy_module
from glrec_core.process.layers import frame_of, layer_of, rounded
from glrec_core.process.operation import WITH_ALPHA, Pixels, Work, operation
from glrec_core.process.values import Number, number, number_of_time


@operation
def gaussian_blur(sigma: Number) -> Work:
    """Blur the frame by a Gaussian of standard deviation `sigma` in pixels, cut off at 4 sigma; beyond the frame its edge pixels are repeated.

        film = read("in.mp4").gaussian_blur(3)
        write_video("soft.mp4", film)

    Raises:
        ConfigError: sigma is not a number or is negative, or SciPy is not installed.

    """
    require("scipy", "gaussian_blur")
    sigma_at = number_of_time("sigma", sigma, 0)

    def work(seconds: float, frame: Pixels) -> Pixels:
        width = sigma_at(seconds)
        if width == 0:
            return frame
        if frame.shape[2] == WITH_ALPHA:
            return frame_of(blurred(layer_of(frame), width, "nearest"))
        return rounded(blurred(frame.astype(np.float32), width, "nearest"))

    return work


@operation
def vignette(strength: float = 0.5, begin: float = 0.5) -> Work:
    """Darken the frame towards its corners.

        film = read("in.mp4").vignette(strength=0.4)
        write_video("dark-corners.mp4", film)

    Args:
        strength: how much of the light a corner loses, 0 to 1.
        begin: where the darkening begins: a share of the way from the middle to a corner, from 0 to below 1.

    Raises:
        ConfigError: a value is out of its range.

    """
    lost, start = number("strength", strength, 0, 1), number("begin", begin, 0, 0.999)

    def work(_: float, frame: Pixels) -> Pixels:
        result = frame.copy()
        result[..., :3] = rounded(frame[..., :3] * _light(namespace(frame), *frame.shape[:2], lost, start))
        return result

    return work


def blurred(values: Any, sigma: float, mode: str) -> Any:
    """Return float32 (height, width, channels) values blurred along rows and columns; `mode` is ndimage's for the edge."""
    ndimage = scipy_module(values, "ndimage")
    return ndimage.gaussian_filter(values, (sigma, sigma, 0), mode=mode)


@lru_cache(maxsize=4)
def _light(xp: Any, height: int, width: int, lost: float, start: float) -> Any:
    """Return (height, width, 1): the share of light that each pixel keeps, falling by the Hermite step 3s² - 2s³."""
    down, across = (np.abs(np.arange(side) + 0.5 - side / 2) / (side / 2) for side in (height, width))
    way = np.hypot(down[:, None], across[None, :]) / np.sqrt(2)
    share = np.clip((way - start) / (1 - start), 0, 1)
    return xp.asarray(1 - lost * share**2 * (3 - 2 * share), np.float32)[..., None]
