"""Easing: through every key, never beyond, smooth where it is said to be."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glrec_core import ConfigError
from glrec_core.process import ease_in, ease_in_out, ease_out, eased, hold, linear
from tests.process.catalogue import steadily

EASINGS = [linear, ease_in, ease_out, ease_in_out, hold]
keys = st.lists(
    st.tuples(st.integers(-100, 100), st.floats(-1e3, 1e3)),
    min_size=1,
    max_size=5,
    unique_by=lambda key: key[0],
).map(sorted)


@steadily
@given(keys, st.sampled_from(EASINGS))
def test_every_key_is_met_and_the_ends_are_kept(points: list[tuple[int, float]], easing: Any) -> None:
    value = eased(*points, easing=easing)
    for time, due in points:
        assert value(time) == due
    assert value(points[0][0] - 7) == points[0][1]
    assert value(points[-1][0] + 7) == points[-1][1]


@steadily
@given(st.sampled_from(EASINGS), st.floats(0, 1), st.floats(0, 1))
def test_an_easing_rises_from_0_to_1(easing: Any, share: float, other: float) -> None:
    assert (easing(0), easing(1)) == (0, 1)
    low, high = sorted((share, other))
    assert 0 <= easing(low) <= easing(high) + 1e-12 <= 1 + 2e-12


@pytest.mark.parametrize(("easing", "begin", "end"), [(ease_in, 0, 2), (ease_out, 2, 0), (ease_in_out, 0, 0)])
def test_the_speed_at_the_keys_is_as_named(easing: Any, begin: float, end: float) -> None:
    step = 1e-6
    assert easing(step) / step == pytest.approx(begin, abs=1e-4)
    assert (1 - easing(1 - step)) / step == pytest.approx(end, abs=1e-4)


def test_positions_are_eased_on_both_axes() -> None:
    at = eased((1, (0, 100)), (3, (10, 0)), easing=linear)
    assert (at(0), at(1), at(2), at(2.5), at(3), at(4)) == (
        (0, 100),
        (0, 100),
        (5, 50),
        (7.5, 25),
        (10, 0),
        (10, 0),
    )


@pytest.mark.parametrize(
    ("points", "message"),
    [
        ((), "at least one key"),
        (((1, 0), (1, 1)), "must rise"),
        (((2, 0), (1, 1)), "must rise"),
        ((5,), "pairs"),
        (((0, 1), (1, (2, 3))), "mix numbers and positions"),
        (((0, "x"),), "key value='x'"),
        (((0, (1, 2, 3)),), "key value="),
        (((float("nan"), 1),), "key time=nan"),
    ],
)
def test_bad_keys_are_refused(points: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        eased(*points)
