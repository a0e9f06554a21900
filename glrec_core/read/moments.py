"""Moments of a film as callers give and get them: `timedelta`, to the microsecond."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from numbers import Rational, Real

from glrec_core.errors import ConfigError, VideoError
from glrec_core.values.checks import shown

Moment = timedelta | float | Fraction
"""A time from the first picture on: a timedelta, or seconds."""

_MICROSECONDS = 1_000_000


def exact_moment(seconds: Fraction) -> timedelta:
    """Return an exact time to the nearest microsecond.

    Raises:
        VideoError: it is more than a timedelta holds, which no film has.

    """
    try:
        return timedelta(microseconds=round(seconds * _MICROSECONDS))
    except OverflowError:
        raise VideoError(f"a time of {float(seconds):.3g} s is not possible: the file is damaged") from None


def moment(name: str, value: Moment) -> timedelta:
    """Return a caller's time.

    Raises:
        ConfigError: it is none, or is negative.

    """
    try:
        given = value if isinstance(value, timedelta) else exact_moment(_seconds(value))
    except (TypeError, ValueError, OverflowError, VideoError):
        raise ConfigError(f"{name}={shown(value)} is not a time; give a timedelta or seconds") from None
    if given < timedelta(0):
        raise ConfigError(f"{name}={shown(value)} is before the first picture, which is at 0")
    return given


def _seconds(value: object) -> Fraction:
    """Return a number of any library as a fraction; of text, "1e999999999" would take for ever."""
    if isinstance(value, bool | str) or not isinstance(value, Real | Decimal):
        raise TypeError(type(value).__name__)
    if isinstance(value, Rational):
        return Fraction(int(value.numerator), int(value.denominator))  # NumPy's, too
    return Fraction(value) if isinstance(value, Decimal) else Fraction(float(value))


def seconds_of(time: timedelta) -> Fraction:
    """Return a timedelta's exact seconds."""
    return Fraction(time // timedelta(microseconds=1), _MICROSECONDS)
