"""The exact answer to RGBA -> Y'CbCr 4:2:0, so that a converter can be held to the last bit.

Everything is int64 arithmetic on one fraction that is rounded once, half up. The coefficients are derived here
from the Kr and Kb of ITU-R BT.709-6 (item 3.2) and BT.601-7 (table 2), and the scaling from ITU-T H.273
(8.3, equations 23-31), on purpose not from the product's own table. Chroma is left-sited (H.273 ChromaLocType 0):
[1 2 1]/4 across, centred on even columns, and the mean of two rows down, edges repeated.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Matrix = Literal["bt709", "bt601"]
Integers = NDArray[np.int64]

_K_DENOMINATOR = 10_000
_K_RED_BLUE: dict[Matrix, tuple[int, int]] = {"bt709": (2126, 722), "bt601": (2990, 1140)}
_CHROMA_ZERO = 128
_CHROMA_WEIGHT = 8  # sum of the chroma filter's weights, both when sampling down and up


class Planes(NamedTuple):
    """Y' (height, width) and Cb, Cr (height / 2, width / 2), all uint8."""

    y: NDArray[np.uint8]
    cb: NDArray[np.uint8]
    cr: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class _Scale:
    """Kr, Kg, Kb in units of 1/10000, and the offset and spans of the 8-bit codes."""

    kr: int
    kg: int
    kb: int
    y_zero: int
    y_span: int
    chroma_span: int


def yuv420p(rgb: NDArray[np.uint8], matrix: Matrix = "bt709", *, full_range: bool = False) -> Planes:
    """Return the exact planes of a (height, width, 3 or 4) picture, odd sizes padded to even ones first."""
    scale = _scale(matrix, full_range=full_range)
    pixels = pad_to_even(rgb)[..., :3].astype(np.int64)
    smooth = _chroma_sums(pixels)
    y = _round(_luma(pixels, scale) * scale.y_span, 255 * _K_DENOMINATOR) + scale.y_zero
    cb = _chroma(smooth, smooth[..., 2], scale.kb, scale)
    cr = _chroma(smooth, smooth[..., 0], scale.kr, scale)
    return Planes(_bytes(y), _bytes(cb), _bytes(cr))


def nv12(rgb: NDArray[np.uint8], matrix: Matrix = "bt709", *, full_range: bool = False) -> NDArray[np.uint8]:
    """Return `yuv420p` laid out as NV12: (height * 3 / 2, width), rows of Y' and then rows of Cb Cr pairs."""
    y, cb, cr = yuv420p(rgb, matrix, full_range=full_range)
    pairs = np.stack([cb, cr], axis=2).reshape(cb.shape[0], y.shape[1])
    return np.concatenate([y, pairs])


def rgb(planes: Planes, matrix: Matrix = "bt709", *, full_range: bool = False) -> NDArray[np.uint8]:
    """Return the (height, width, 3) picture of `planes`, chroma interpolated linearly between its sites."""
    scale = _scale(matrix, full_range=full_range)
    luma = planes.y.astype(np.int64) - scale.y_zero
    cb, cr = (_chroma_upsampled(plane) for plane in (planes.cb, planes.cr))
    unit = scale.kg * _K_DENOMINATOR  # makes every coefficient of the inverse an integer
    red = 2 * (_K_DENOMINATOR - scale.kr) * scale.kg
    blue = 2 * (_K_DENOMINATOR - scale.kb) * scale.kg
    green_cb = 2 * (_K_DENOMINATOR - scale.kb) * scale.kb
    green_cr = 2 * (_K_DENOMINATOR - scale.kr) * scale.kr
    differences = [red * cr, -green_cb * cb - green_cr * cr, blue * cb]
    channels = [_primary(luma, difference, unit, scale) for difference in differences]
    return _bytes(np.stack(channels, axis=2))


def pad_to_even(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return (height, width, channels) with the last row or column repeated once where the size is odd."""
    height, width = picture.shape[:2]
    return np.pad(picture, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")


def _scale(matrix: Matrix, *, full_range: bool) -> _Scale:
    kr, kb = _K_RED_BLUE[matrix]
    kg = _K_DENOMINATOR - kr - kb
    y_zero, y_span, chroma_span = (0, 255, 255) if full_range else (16, 219, 224)
    return _Scale(kr, kg, kb, y_zero, y_span, chroma_span)


def _luma(pixels: Integers, scale: _Scale) -> Integers:
    red, green, blue = (pixels[..., channel] for channel in range(3))
    return scale.kr * red + scale.kg * green + scale.kb * blue


def _chroma_sums(pixels: Integers) -> Integers:
    """Return (height / 2, width / 2, 3): the filter's sums, `_CHROMA_WEIGHT` times the mean."""
    rows: Integers = pixels[0::2] + pixels[1::2]
    left = np.concatenate([rows[:, :1], rows[:, 1:-1:2]], axis=1)
    return left + 2 * rows[:, 0::2] + rows[:, 1::2]


def _chroma(smooth: Integers, primary: Integers, k: int, scale: _Scale) -> Integers:
    """Return span * (primary - luma) / (2 * (1 - k)) + 128, in whole codes."""
    difference = primary * _K_DENOMINATOR - _luma(smooth, scale)
    divisor = 2 * (_K_DENOMINATOR - k) * 255 * _CHROMA_WEIGHT
    return _round(difference * scale.chroma_span, divisor) + _CHROMA_ZERO


def _chroma_upsampled(plane: NDArray[np.uint8]) -> Integers:
    """Return the plane less 128 at twice the size, times `_CHROMA_WEIGHT`: left-sited, midway between rows."""
    sites = plane.astype(np.int64) - _CHROMA_ZERO
    padded = np.pad(sites, ((1, 1), (0, 1)), mode="edge")
    above, here, below = padded[:-2], padded[1:-1], padded[2:]
    rows = np.stack([above + 3 * here, 3 * here + below], axis=1).reshape(-1, padded.shape[1])
    columns = np.stack([2 * rows[:, :-1], rows[:, :-1] + rows[:, 1:]], axis=2)
    return columns.reshape(rows.shape[0], -1)


def _primary(luma: Integers, difference: Integers, unit: int, scale: _Scale) -> Integers:
    """Return 255 * (luma / y_span + difference / (unit * weight * chroma_span)), rounded."""
    luma_unit = unit * _CHROMA_WEIGHT * scale.chroma_span
    return _round(255 * (luma * luma_unit + difference * scale.y_span), luma_unit * scale.y_span)


def _round(numerator: Integers, denominator: int) -> Integers:
    """Return numerator / denominator rounded to the nearest integer, halves up."""
    return (2 * numerator + denominator) // (2 * denominator)


def _bytes(values: Integers) -> NDArray[np.uint8]:
    return values.clip(0, 255).astype(np.uint8)
