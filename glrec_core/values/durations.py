"""How long a stage takes, told by quantiles: a histogram of constant size, however long the recording is.

Its buckets grow with the value as in HdrHistogram: 16 in each octave, so that a quantile is right to a sixteenth.
"""

from __future__ import annotations

from typing import ClassVar

_STEP_BITS = 4  # 2**4 buckets in each octave
_LINEAR_BITS = _STEP_BITS + 1  # values of so few bits have a bucket each
_MAX_BITS = 40  # 18 minutes in nanoseconds; what takes longer counts as that
_BUCKETS = (_MAX_BITS - _LINEAR_BITS + 2) << _STEP_BITS
_NANOSECONDS_PER_MS = 1e6


class Durations:
    """Counts durations in nanoseconds. One thread adds; any may read."""

    __slots__ = ("_counts", "count", "max_ns", "total_ns")

    def __init__(self) -> None:
        self._counts = [0] * _BUCKETS
        self.count: int = 0
        self.total_ns: int = 0
        self.max_ns: int = 0

    def add(self, duration_ns: int) -> None:
        """Count one duration; takes a fraction of a microsecond and allocates nothing that stays."""
        shift = min(max(duration_ns.bit_length(), _LINEAR_BITS), _MAX_BITS) - _LINEAR_BITS
        step = duration_ns >> shift
        self._counts[min((shift << _STEP_BITS) + step, _BUCKETS - 1)] += 1
        self.count += 1
        self.total_ns += duration_ns
        self.max_ns = max(self.max_ns, duration_ns)

    def copy(self) -> Durations:
        """Return a snapshot."""
        copy = Durations()
        copy._counts = list(self._counts)
        copy.count, copy.total_ns, copy.max_ns = self.count, self.total_ns, self.max_ns
        return copy

    def quantile_ms(self, share: float) -> float:
        """Return the duration in ms that the given share (0 to 1) of all do not exceed, to a sixteenth; 0.0 for none."""
        wanted, seen = share * sum(self._counts), 0
        for index, count in enumerate(self._counts):
            seen += count
            if count and seen >= wanted:
                return min(_upper_bound_ns(index), self.max_ns) / _NANOSECONDS_PER_MS
        return 0.0

    @property
    def mean_ms(self) -> float:
        """Arithmetic mean in ms; 0.0 for none."""
        return self.total_ns / max(1, self.count) / _NANOSECONDS_PER_MS

    @property
    def p50_ms(self) -> float:
        """Median in ms."""
        return self.quantile_ms(0.5)

    @property
    def p95_ms(self) -> float:
        """What 95 of 100 do not exceed, in ms."""
        return self.quantile_ms(0.95)

    @property
    def max_ms(self) -> float:
        """The longest, in ms, exactly."""
        return self.max_ns / _NANOSECONDS_PER_MS

    def as_dict(self) -> dict[str, float]:
        """Return count, mean, p50, p95 and max, in ms, for JSON."""
        return {
            "count": self.count,
            "mean_ms": self.mean_ms,
            "p50_ms": self.p50_ms,
            "p95_ms": self.p95_ms,
            "max_ms": self.max_ms,
        }

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Durations) and self._counts == other._counts and self.total_ns == other.total_ns
        )

    __hash__: ClassVar[None] = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return (
            f"Durations({self.count}: p50 {self.p50_ms:.3f}, p95 {self.p95_ms:.3f}, max {self.max_ms:.3f} ms)"
        )


def _upper_bound_ns(index: int) -> int:
    """Return the largest duration that falls into a bucket."""
    if index < 1 << _LINEAR_BITS:
        return index
    shift = (index >> _STEP_BITS) - 1
    return ((index - (shift << _STEP_BITS) + 1) << shift) - 1
