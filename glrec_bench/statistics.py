"""Medians with their spread, and ratios that noise shared by both sides does not touch."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Summary:
    """Repeated measurements of one thing.

    `mad` is the median absolute deviation from the median; `low` and `high` are the first and third quartile.
    """

    median: float
    mad: float
    low: float
    high: float
    count: int

    def __str__(self) -> str:
        return f"{self.median:.3g} ± {self.mad:.2g}"


def summarize(values: Sequence[float]) -> Summary | None:
    """Return median and spread; None for no values."""
    if not values:
        return None
    median = statistics.median(values)
    mad = statistics.median(abs(value - median) for value in values)
    return Summary(median, mad, quantile(values, 0.25) or 0.0, quantile(values, 0.75) or 0.0, len(values))


def quantile(values: Sequence[float], share: float) -> float | None:
    """Return the value that the given share (0 to 1) of all do not exceed, between the two nearest; None for no values."""
    if not values:
        return None
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


def ratio(own: Mapping[int, float], other: Mapping[int, float]) -> Summary | None:
    """Return own / other over the repetitions that both have, each compared with the other's of the same repetition.

    Recorders take turns, so what slows the machine down for a while slows both sides of a repetition.
    """
    shared = sorted(own.keys() & other.keys())
    return summarize([own[number] / other[number] for number in shared if other[number] > 0])


def differences(own: Mapping[int, float], other: Mapping[int, float]) -> dict[int, float]:
    """Return own - other for each repetition that both have."""
    return {number: own[number] - other[number] for number in sorted(own.keys() & other.keys())}
