"""From colours premultiplied by alpha to straight ones, which files hold: exact, by a table of all pairs.

A program that blends with `glBlendFuncSeparate(GL_SRC_ALPHA, GL_ONE_MINUS_SRC_ALPHA, GL_ONE, GL_ONE_MINUS_SRC_ALPHA)` into a
framebuffer that was cleared to (0, 0, 0, 0) leaves premultiplied colours there. A player that blends the film over
something else multiplies by alpha again, so colours must have been divided by it.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from glrec_core.stages import Converter
from glrec_core.values.frame import Frame


class Unmultiply:
    """RGBA or BGRA to the same with straight colours, and on to another converter. Implements `Converter`."""

    def __init__(self, converter: Converter) -> None:
        self._converter = converter
        self._straight = _straight_values()

    def convert(self, frame: Frame) -> Frame:
        """Return the converted frame; the input's memory is not read any more after that.

        Raises:
            ConvertError: the converter refused it.

        """
        (pixels,) = frame.planes
        return self._converter.convert(Frame(frame.spec, (self._unmultiplied(pixels),), frame.pts_ns))

    def close(self) -> None:
        """Release the converter."""
        self._converter.close()

    def _unmultiplied(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        straight = np.empty(pixels.shape, np.uint8)
        straight[..., 3] = alpha = pixels[..., 3]
        row = alpha.astype(np.uint16) << 8
        for channel in range(3):
            straight[..., channel] = self._straight[row | pixels[..., channel]]
        return straight


@cache
def _straight_values() -> NDArray[np.uint8]:
    """Return 255 * value / alpha, rounded to the nearest with halves up, at 256 * alpha + value.

    Where alpha is 0 there is no colour, and black is given. A value above alpha, which blending does not give, is 255. Any
    other comes back exactly when it is multiplied again and rounded likewise.
    """
    alpha, value = np.ogrid[:256, :256]
    divisor = np.maximum(alpha, 1)
    straight = np.minimum((2 * 255 * value + divisor) // (2 * divisor), 255)
    return np.where(alpha == 0, 0, straight).astype(np.uint8).reshape(-1)
