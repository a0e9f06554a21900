"""Colour spaces of the encoded picture: coefficients and stream tags, stated once.

The NV12 kernel, the compute shader, the software converter and the encoders all take their numbers from here, so that
what is computed and what is written into the stream cannot disagree.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from glrec_core.errors import ConfigError

_Row = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class YCbCrMatrix:
    """An affine map from R'G'B' in [0, 1] to code values: `code = offset + row · rgb`, before rounding.

    `rows` are Y', Cb, Cr, each with the weights of R', G', B' already scaled to code values.
    """

    rows: tuple[_Row, _Row, _Row]
    offsets: _Row


@dataclass(frozen=True, slots=True)
class ColorSpace:
    """How R'G'B' becomes Y'CbCr, and how a stream says so.

    `kr` and `kb` are the luma weights of red and blue. `primaries`, `transfer` and `matrix` are the code points of
    ITU-T H.273 (2021-07), tables 2 to 4, as they stand in H.264/HEVC VUI, AV1 and the `colr` box.
    """

    name: str
    kr: Fraction
    kb: Fraction
    full_range: bool
    primaries: int
    transfer: int
    matrix: int

    def ycbcr_matrix(self, bits: int = 8) -> YCbCrMatrix:
        """Return the map to `bits`-bit code values (ITU-R BT.709-6 item 3.4, BT.601-7 section 2.5.3; H.273 8.3)."""
        kr, kb = self.kr, self.kb
        kg = 1 - kr - kb
        step = 1 << (bits - 8)
        top = (1 << bits) - 1
        luma_range = top if self.full_range else 219 * step
        chroma_range = top if self.full_range else 224 * step
        blue = Fraction(chroma_range) / (2 * (1 - kb))
        red = Fraction(chroma_range) / (2 * (1 - kr))
        rows = (
            _scaled(luma_range, kr, kg, kb),
            _scaled(blue, -kr, -kg, 1 - kb),
            _scaled(red, 1 - kr, -kg, -kb),
        )
        centre = float(128 * step)
        return YCbCrMatrix(rows, (0.0 if self.full_range else float(16 * step), centre, centre))


def _scaled(factor: Fraction | int, red: Fraction, green: Fraction, blue: Fraction) -> _Row:
    return float(factor * red), float(factor * green), float(factor * blue)


_BT709 = (Fraction(2126, 10000), Fraction(722, 10000))  # ITU-R BT.709-6, item 3.2
_BT601 = (Fraction(299, 1000), Fraction(114, 1000))  # ITU-R BT.601-7, section 2.5.1
_BT2020 = (Fraction(2627, 10000), Fraction(593, 10000))  # ITU-R BT.2020-2, table 4

LUMA_WEIGHTS = {
    1: _BT709,
    4: (Fraction(30, 100), Fraction(11, 100)),  # FCC, United States Title 47, 73.682
    5: _BT601,
    6: _BT601,
    7: (Fraction(212, 1000), Fraction(87, 1000)),  # SMPTE ST 240
    9: _BT2020,
}
"""Luma weights of red and blue by the matrix code point of ITU-T H.273 (2021-07), table 4, equations 38 and 39: what files are
tagged with. Non-constant luminance only."""

BT709 = ColorSpace("bt709", *_BT709, full_range=False, primaries=1, transfer=1, matrix=1)
BT709_FULL = ColorSpace("bt709-full", *_BT709, full_range=True, primaries=1, transfer=1, matrix=1)
BT601 = ColorSpace("bt601", *_BT601, full_range=False, primaries=6, transfer=6, matrix=6)
BT601_FULL = ColorSpace("bt601-full", *_BT601, full_range=True, primaries=6, transfer=6, matrix=6)

COLOR_SPACES = {space.name: space for space in (BT709, BT709_FULL, BT601, BT601_FULL)}


def color_space(name: str) -> ColorSpace:
    """Return the colour space called `name`.

    Raises:
        ConfigError: the name is unknown.

    """
    try:
        return COLOR_SPACES[name]
    except KeyError:
        known = ", ".join(COLOR_SPACES)
        raise ConfigError(f"color={name!r} is not known; choose one of: {known}") from None
