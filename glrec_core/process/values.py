"""What operations are asked for: numbers, positions and colours, fixed or as functions of the time, checked once here."""

from __future__ import annotations

import math
from collections.abc import Callable
from operator import index
from typing import Any

from glrec_core.errors import ConfigError
from glrec_core.values.checks import shown, whole_number

Number = float | Callable[[float], float]
"""A number, or a function of the time in seconds that gives one."""

Position = tuple[float, float] | Callable[[float], tuple[float, float]]
"""(x, y) in pixels from the top left corner, fractions allowed, or a function of the time in seconds that gives it."""

Rgb = tuple[int, int, int]
"""Red, green, blue from 0 to 255, gamma-coded (R'G'B') as in the frames."""

BLACK: Rgb = (0, 0, 0)
WHITE: Rgb = (255, 255, 255)

_COLOR_TOP = 255
_MOST_PIXELS = 1 << 15
"""Of a side; more than any encoder takes."""


def number_of_time(
    name: str, value: Number, least: float = -math.inf, most: float = math.inf
) -> Callable[[float], float]:
    """Return a number as a function of the time; what a function gives is checked each time.

    Raises:
        ConfigError: not a finite number from `least` to `most`, or not a number at all.

    """
    if callable(value):
        return lambda seconds: number(name, value(seconds), least, most)
    fixed = number(name, value, least, most)
    return lambda _: fixed


def position_of_time(name: str, value: Position) -> Callable[[float], tuple[float, float]]:
    """Return a position as a function of the time; see `number_of_time`."""
    if callable(value):
        return lambda seconds: pair(name, value(seconds))
    fixed = pair(name, value)
    return lambda _: fixed


def number(name: str, value: Any, least: float = -math.inf, most: float = math.inf) -> float:
    """Return a finite number within a range as a float, or raise ConfigError."""
    if isinstance(value, str | bytes | bool):
        raise ConfigError(f"{name}={shown(value)} must be a number")
    try:
        found = float(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise ConfigError(f"{name}={shown(value)} must be a number") from error
    if not (math.isfinite(found) and least <= found <= most):
        bounds = "" if (least, most) == (-math.inf, math.inf) else f" from {least:g} to {most:g}"
        raise ConfigError(f"{name}={shown(value)} must be a finite number{bounds}")
    return found


def pair(name: str, value: Any) -> tuple[float, float]:
    """Return two finite numbers, or raise ConfigError."""
    try:
        x, y = value
    except (TypeError, ValueError) as error:
        raise ConfigError(f"{name}={shown(value)} must be (x, y), two numbers") from error
    return number(name, x), number(name, y)


def side(name: str, value: Any, least: int) -> int:
    """Return a whole number of pixels that a frame may have or grow by, or raise ConfigError."""
    return whole_number(name, value, least, _MOST_PIXELS)


def rgb(name: str, value: Any) -> Rgb:
    """Return a colour, or raise ConfigError."""
    try:
        red, green, blue = (index(channel) for channel in value)
    except (TypeError, ValueError) as error:
        raise ConfigError(
            f"{name}={shown(value)} must be (red, green, blue), whole numbers to 255"
        ) from error
    if not all(0 <= channel <= _COLOR_TOP for channel in (red, green, blue)):
        raise ConfigError(f"{name}={shown(value)} must be (red, green, blue), each from 0 to 255")
    return red, green, blue
