"""Moments of a film as callers give and get them: `timedelta`, to the microsecond."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

from glrec_core.errors import ConfigError, VideoError

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
        given = value if isinstance(value, timedelta) else exact_moment(Fraction(value))
    except (TypeError, ValueError, OverflowError, VideoError):
        raise ConfigError(f"{name}={value!r} is not a time; give a timedelta or seconds") from None
    if given < timedelta(0):
        raise ConfigError(f"{name}={value!r} is before the first picture, which is at 0")
    return given


def seconds_of(time: timedelta) -> Fraction:
    """Return a timedelta's exact seconds."""
    return Fraction(time // timedelta(microseconds=1), _MICROSECONDS)
