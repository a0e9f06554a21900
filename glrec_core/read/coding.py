"""How the samples of a video become R'G'B': by the tags of the file where it has them, by custom where it has none.

The map is computed here once, from the luma weights of `glrec_core.values.color`; swscale is only told its name, and both
routes that do not use swscale take their numbers from `rgb_map`.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from glrec_core.errors import VideoError
from glrec_core.values.color import LUMA_WEIGHTS

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

_UNSPECIFIED = 2  # ITU-T H.273 (2021-07), table 4
_FULL_RANGE, _LIMITED_RANGE = 2, 1  # AVCOL_RANGE_JPEG and AVCOL_RANGE_MPEG, libavutil/pixfmt.h
_BT709, _BT601 = 1, 6
_LEAST_BITS, _MOST_BITS = 8, 16
_LARGEST_SD = (1279, 576)
"""Wider or higher pictures without a tag are read as BT.709, smaller ones as BT.601: mpv does the same (csputils.c)."""

_Row = tuple[float, float, float]


class ColorGuess(UserWarning):
    """A file does not say how its colours are coded, and they were guessed."""


@dataclass(frozen=True, slots=True)
class Coding:
    """What the samples of a picture mean.

    Attributes:
        matrix: ITU-T H.273, table 4; 0 where the planes are R'G'B' themselves.
        full_range: whether black and white are the ends of the scale, rather than 16 and 235 of 255.
        bits: of a sample.
        gray: whether there is luma alone.
        across, down: how many columns and rows of luma share one sample of chroma.
        centred: whether chroma sits amid its columns of luma, as in JPEG, rather than on the first.

    """

    matrix: int
    full_range: bool
    bits: int
    gray: bool = False
    across: int = 1
    down: int = 1
    centred: bool = False

    @property
    def is_rgb(self) -> bool:
        """Whether nothing is to be converted."""
        return self.matrix == 0


@dataclass(frozen=True, slots=True)
class RgbMap:
    """An affine map from samples to R'G'B' codes: `rgb = rows · (samples - offsets)`, before rounding."""

    rows: tuple[_Row, _Row, _Row]
    offsets: _Row


def rgb_map(coding: Coding, top: int) -> RgbMap:
    """Return the map to codes from 0 to `top` (ITU-T H.273, 8.3, equations 23 to 40, solved for R'G'B')."""
    whole = (1 << coding.bits) - 1
    step = 1 << (coding.bits - 8)
    if coding.is_rgb:
        scale = top / whole
        return RgbMap(((scale, 0.0, 0.0), (0.0, scale, 0.0), (0.0, 0.0, scale)), (0.0, 0.0, 0.0))
    luma_span, chroma_span = (whole, whole) if coding.full_range else (219 * step, 224 * step)
    luma, chroma = Fraction(top, luma_span), Fraction(2 * top, chroma_span)
    kr, kb = LUMA_WEIGHTS[coding.matrix]
    kg = 1 - kr - kb
    red, blue = chroma * (1 - kr), chroma * (1 - kb)
    rows = (
        (float(luma), 0.0, float(red)),
        (float(luma), float(-blue * kb / kg), float(-red * kr / kg)),
        (float(luma), float(blue), 0.0),
    )
    centre = float(128 * step)
    return RgbMap(rows, (0.0 if coding.full_range else float(16 * step), centre, centre))


def coding_of(name: str, picture: VideoFrame, codec: str) -> Coding:
    """Return how a file's first picture is coded; what it does not say is guessed, with one `ColorGuess`.

    Args:
        name: the file's, for messages.
        picture: as FFmpeg decoded it.
        codec: FFmpeg's name.

    Raises:
        VideoError: the matrix is none that is known here.

    """
    components = [each for each in picture.format.components if not each.is_alpha]
    is_rgb, bits = picture.format.is_rgb or picture.format.has_palette, components[0].bits
    if bits > _MOST_BITS or not (is_rgb or bits >= _LEAST_BITS):
        raise VideoError(
            f"{name} has samples of {bits} bits ({picture.format.name}); from 8 to 16 can be read"
        )
    if is_rgb:
        return Coding(0, full_range=True, bits=max(bits, _LEAST_BITS))
    gray = len(components) == 1
    matrix, full_range = _matrix(name, picture, gray=gray), _full_range(name, picture, gray=gray)
    if gray:
        return Coding(matrix, full_range, bits, gray=True)
    # PyAV does not tell where chroma sits: H.264, HEVC and AV1 default to the left (H.273, ChromaLocType 0), JPEG to the middle.
    across = _ratio(picture.width, components[1].width)
    down = _ratio(picture.height, components[1].height)
    return Coding(matrix, full_range, bits, False, across, down, centred=codec == "mjpeg")


def _ratio(luma: int, chroma: int) -> int:
    return 1 << max(0, -(-luma // chroma) - 1).bit_length()


def _matrix(name: str, picture: VideoFrame, *, gray: bool) -> int:
    matrix = int(picture.colorspace)
    if gray:
        return _BT709  # of no effect
    if matrix in (_UNSPECIFIED, 0):
        is_sd = picture.width <= _LARGEST_SD[0] and picture.height <= _LARGEST_SD[1]
        guess, called = (_BT601, "BT.601") if is_sd else (_BT709, "BT.709")
        size = f"{picture.width}x{picture.height}"
        _warn(f"{name} does not say how its colours are coded; read as {called}, by its size of {size}")
        return guess
    if matrix not in LUMA_WEIGHTS:
        known = ", ".join(map(str, LUMA_WEIGHTS))
        raise VideoError(
            f"{name} is coded with matrix {matrix} of ITU-T H.273, table 4; those known here are {known}"
        )
    return matrix


def _full_range(name: str, picture: VideoFrame, *, gray: bool) -> bool:
    """Return the range; without a tag it is limited (H.264, E.2.1), but full where FFmpeg's pixel format says so."""
    if picture.format.name.startswith("yuvj"):
        return True
    tagged = int(picture.color_range)
    if tagged in (_FULL_RANGE, _LIMITED_RANGE):
        return tagged == _FULL_RANGE
    if gray:
        _warn(f"{name} does not say its range; read as full, which is FFmpeg's custom for gray pictures")
        return True
    return False


def _warn(text: str) -> None:
    warnings.warn(text, ColorGuess, stacklevel=2)
