"""Medians, spreads and ratios."""

import pytest

from glrec_bench.statistics import Summary, differences, quantile, ratio, summarize


@pytest.mark.parametrize(
    ("share", "expected"), [(0.0, 1.0), (0.25, 1.75), (0.5, 2.5), (0.99, 3.97), (1.0, 4.0)]
)
def test_a_quantile_lies_between_the_two_nearest_values(share: float, expected: float) -> None:
    assert quantile([4.0, 1.0, 3.0, 2.0], share) == pytest.approx(expected)


def test_a_summary_gives_median_deviation_and_quartiles() -> None:
    assert summarize([1.0, 2.0, 3.0, 4.0, 100.0]) == Summary(3.0, 1.0, 2.0, 4.0, 5)


def test_nothing_has_no_summary() -> None:
    assert summarize([]) is None
    assert quantile([], 0.5) is None


def test_a_ratio_compares_within_repetitions() -> None:
    """The machine is three times as slow in the second repetition: that does not show."""
    found = ratio({0: 1.0, 1: 3.0, 2: 1.2}, {0: 2.0, 1: 6.0, 2: 2.4})
    assert found is not None
    assert (found.median, found.mad) == pytest.approx((0.5, 0.0))


def test_a_ratio_takes_only_repetitions_that_both_have() -> None:
    found = ratio({0: 1.0, 1: 9.0}, {0: 2.0, 2: 1.0})
    assert found == Summary(0.5, 0.0, 0.5, 0.5, 1)
    assert ratio({0: 1.0}, {1: 1.0}) is None
    assert ratio({0: 1.0}, {0: 0.0}) is None


def test_differences_are_taken_within_repetitions() -> None:
    assert differences({0: 5.0, 1: 7.0}, {0: 4.0, 2: 1.0}) == {0: 1.0}
