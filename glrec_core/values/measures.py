"""Frame rates and picture sizes as they are given, in their one form."""

from __future__ import annotations

import re
from fractions import Fraction
from numbers import Rational, Real
from operator import index

from glrec_core.errors import ConfigError
from glrec_core.values.checks import shown
from glrec_core.values.frame import Size

Rate = int | float | str | Fraction

MAX_FPS = 90_000
"""One frame for each tick of the finest time base that is used (90 kHz)."""

MAX_SIDE = 16_384
"""Largest side in pixels: GL_MAX_TEXTURE_SIZE that OpenGL 4.1 and later guarantee, and libx264's own limit."""

_RATE = re.compile(r"\d{1,9}(\.\d{1,9})?|\d{1,9}/\d{1,9}")
"""What is taken for a frame rate in text: 60, 29.97 or 30000/1001."""


def parse_rate(value: object) -> Fraction:
    """Return a frame rate as an exact fraction; floats go to the nearest fraction with a denominator up to 1001.

    Raises:
        ConfigError: not a number, not finite or not positive.

    """
    try:
        if isinstance(value, str):
            if _RATE.fullmatch(value) is None:
                raise ValueError(value)  # Fraction would take "1e999999999" and never come back
            rate = Fraction(value)
        elif isinstance(value, Rational) and not isinstance(value, bool):
            rate = Fraction(int(value.numerator), int(value.denominator))  # NumPy's, too
        elif isinstance(value, Real) and not isinstance(value, bool):
            rate = Fraction(float(value)).limit_denominator(1001)
        else:
            raise TypeError(type(value).__name__)
    except (TypeError, ValueError, OverflowError, ZeroDivisionError) as error:
        raise ConfigError(
            f"fps={shown(value)} is not a frame rate; give a positive number such as 60 or '30000/1001'"
        ) from error
    if not 0 < rate <= MAX_FPS:
        raise ConfigError(f"fps={shown(value)} must be above 0 and at most {MAX_FPS}")
    return rate


def parse_size(value: object) -> Size:
    """Return (width, height) as a Size.

    Raises:
        ConfigError: not two whole numbers from 1 to 16384.

    """
    try:
        width, height = (index(side) for side in value)  # type: ignore[attr-defined]
    except (TypeError, ValueError) as error:
        raise ConfigError(
            f"size={shown(value)} must be (width, height), two whole numbers of pixels"
        ) from error
    if not (1 <= width <= MAX_SIDE and 1 <= height <= MAX_SIDE):
        raise ConfigError(f"size={shown(value)} must be two whole numbers from 1 to {MAX_SIDE}")
    return Size(width, height)
