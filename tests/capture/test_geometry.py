"""Where pictures go: padding, letterboxes and halving steps."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glrec_core.capture.geometry import PaddedSize, Rect, fit, halvings
from glrec_core.values.frame import Size

sides = st.integers(1, 5000)
sizes = st.builds(Size, sides, sides)


def test_even_sizes_are_not_padded() -> None:
    assert PaddedSize.of(Size(64, 48), 2) == PaddedSize(Size(64, 48), Size(64, 48))


def test_odd_sizes_are_padded_at_the_right_and_at_the_bottom() -> None:
    padded = PaddedSize.of(Size(63, 47), 2)
    assert padded.coded == Size(64, 48)
    assert padded.place(Size(63, 47), keep_shape=True) == Rect(0, 1, 63, 48)
    assert "63x47" in padded.padding_note
    assert "64x48" in padded.padding_note


@pytest.mark.parametrize(
    ("source", "keep_shape", "place"),
    [
        (Size(200, 100), True, Rect(0, 25, 100, 75)),
        (Size(100, 200), True, Rect(25, 0, 75, 100)),
        (Size(50, 50), True, Rect(0, 0, 100, 100)),
        (Size(200, 100), False, Rect(0, 0, 100, 100)),
    ],
)
def test_placement(source: Size, *, keep_shape: bool, place: Rect) -> None:
    assert PaddedSize.of(Size(100, 100), 2).place(source, keep_shape=keep_shape) == place


@given(sizes, sizes)
def test_fitted_sizes_touch_the_frame_and_keep_the_shape(source: Size, within: Size) -> None:
    width, height = fit(source, within)
    assert 1 <= width <= within.width
    assert 1 <= height <= within.height
    assert width == within.width or height == within.height
    assert abs(width * source.height - height * source.width) <= max(source)


@given(sizes, sizes)
def test_no_step_shrinks_by_more_than_two(source: Size, target: Size) -> None:
    target = Size(min(source.width, target.width), min(source.height, target.height))
    steps = [source, *halvings(source, target), target]
    for before, after in pairwise(steps):
        assert after.width <= before.width <= 2 * after.width
        assert after.height <= before.height <= 2 * after.height
