"""Quantiles of durations: right to a sixteenth for any values, in memory that does not grow."""

import math
import sys

from hypothesis import example, given
from hypothesis import strategies as st

from glrec_core.values.durations import Durations


def counted(values: list[int]) -> Durations:
    durations = Durations()
    for value in values:
        durations.add(value)
    return durations


@given(st.lists(st.integers(0, 2**40 - 1), min_size=1), st.sampled_from([0.01, 0.5, 0.95, 1.0]))
@example([31, 32, 33, 63, 64, 65], 0.5)
def test_a_quantile_is_the_value_of_its_rank_or_a_sixteenth_above(values: list[int], share: float) -> None:
    exact_ns = sorted(values)[max(0, math.ceil(share * len(values)) - 1)]
    found_ns = counted(values).quantile_ms(share) * 1e6
    assert exact_ns - 1e-3 <= found_ns <= exact_ns * (1 + 1 / 16) + 1e-3


@given(st.lists(st.integers(0, 2**60), min_size=1))
def test_count_mean_and_maximum_are_exact(values: list[int]) -> None:
    durations = counted(values)
    assert durations.count == len(values)
    assert math.isclose(durations.mean_ms, sum(values) / len(values) / 1e6, rel_tol=1e-12)
    assert durations.max_ms == max(values) / 1e6
    assert durations.quantile_ms(1) <= durations.max_ms


def test_without_any_all_is_zero() -> None:
    assert set(Durations().as_dict().values()) == {0}


def test_a_copy_stays_as_it_is() -> None:
    durations = counted([1000])
    copy = durations.copy()
    assert copy == durations
    durations.add(2000)
    assert (copy.count, copy.max_ns, copy.p95_ms) == (1, 1000, 0.001)
    assert copy != durations


def test_memory_does_not_grow_with_the_number_of_values() -> None:
    durations = counted([1])
    before = sys.getsizeof(durations._counts)
    for value in range(0, 10_000_000, 997):
        durations.add(value)
    assert sys.getsizeof(durations._counts) == before
