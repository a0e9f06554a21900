"""Easing between key values: functions of the time for positions, opacities and angles.

    overlay(logo, at=eased((0, (20, 20)), (2, (400, 20))))     # moves for two seconds, starts and ends softly
    fade(eased((0, 0), (1, 1), easing=linear))                 # from black within the first second

An easing maps the share of the time between two keys, 0 to 1, to the share of the way.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, TypeVar

from glrec_core.errors import ConfigError
from glrec_core.process.values import number, pair
from glrec_core.values.checks import shown

Easing = Callable[[float], float]

Value = TypeVar("Value", float, tuple[float, float])


def linear(share: float) -> float:
    """Move at an even speed.

    For example:

        opacity = eased((0, 0), (1, 1), easing=linear)
        print(opacity(0.25))  # 0.25
    """
    return share


def ease_in(share: float) -> float:
    """Start softly: quadratic.

    For example:

        slide = eased((0, (0, 0)), (1, (640, 0)), easing=ease_in)
        film = read("in.mp4").overlay("logo.png", at=slide)
    """
    return share * share


def ease_out(share: float) -> float:
    """End softly: quadratic.

    For example:

        opacity = eased((0, 0), (1, 1), easing=ease_out)
        film = read("in.mp4").fade(opacity)
    """
    return share * (2 - share)


def ease_in_out(share: float) -> float:
    """Start and end softly: the cubic Hermite step 3s² - 2s³.

    For example:

        opacity = eased((0, 0), (1, 1), easing=ease_in_out)
        film = read("in.mp4").fade(opacity)
    """
    return share * share * (3 - 2 * share)


def hold(share: float) -> float:
    """Stay at the earlier key until the time of the next one.

    For example:

        opacity = eased((0, 0), (1, 1), easing=hold)
        print(opacity(0.5))  # 0.0
    """
    return math.floor(share)


def eased(*keys: tuple[float, Value], easing: Easing = ease_in_out) -> Callable[[float], Value]:
    """Return a function of the time in seconds that passes through the keys and holds the first and last value outside.

        opacity = eased((0, 0), (1, 1))
        print(opacity(0.5))  # 0.5

    Args:
        keys: (time in seconds, value), the times rising; a value is a number or a position (x, y), the same kind in all.
        easing: how to go from each key to the next.

    Raises:
        ConfigError: there is no key, the times do not rise, or the values are not all numbers or all positions.

    """
    if not callable(easing):
        raise ConfigError(
            f"easing={shown(easing)} must be a function of the share of the time, such as `linear`"
        )
    pairs = _pairs(keys)
    times, values = _times(pairs), _values(pairs)

    def at(seconds: float) -> Value:
        after = bisect_right(times, seconds)
        if after == 0 or after == len(times):
            first_or_last: Value = pairs[max(after - 1, 0)][1]
            return first_or_last
        begin, end = times[after - 1], times[after]
        share = easing((seconds - begin) / (end - begin))
        way = [a + (b - a) * share for a, b in zip(values[after - 1], values[after], strict=True)]
        found: Value = (way[0], way[1]) if len(way) > 1 else way[0]  # type: ignore[assignment]  # of the keys' kind
        return found

    return at


def _pairs(keys: Sequence[Any]) -> list[tuple[Any, Any]]:
    try:
        return [(time, value) for time, value in keys]
    except (TypeError, ValueError) as error:
        raise ConfigError(f"keys={shown(keys)} must be pairs (time in seconds, value): {error}") from error


def _times(keys: Sequence[Any]) -> list[float]:
    times = [number("key time", time) for time, _ in keys]
    if not times or any(early >= late for early, late in pairwise(times)):
        raise ConfigError(f"the keys' times {times} must rise; give at least one key (seconds, value)")
    return times


def _values(keys: Sequence[Any]) -> list[tuple[float, ...]]:
    """Return every value as a tuple of its one or two numbers."""
    values: list[tuple[float, ...]] = []
    for _, value in keys:
        values.append(pair("key value", value) if isinstance(value, tuple) else (number("key value", value),))
    if len({len(value) for value in values}) > 1:
        raise ConfigError(f"keys={shown(keys)} mix numbers and positions; give one kind")
    return values
