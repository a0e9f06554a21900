"""Moving, cutting and turning frames, against NumPy's slices and exact arithmetic."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glrec_core import ConfigError
from glrec_core.process import crop, eased, linear, overlay, pad, rotate, scale, translate
from tests.process.catalogue import Pixels, applied, noise, steadily

frames = st.builds(
    noise, st.sampled_from([3, 4]), st.integers(1, 24), st.integers(1, 24), st.integers(0, 1000)
)


@steadily
@given(frames)
def test_doing_nothing_changes_nothing(frame: Pixels) -> None:
    height, width = frame.shape[:2]
    for operation in (
        scale(width, height),
        rotate(0),
        rotate(360),
        translate((0, 0)),
        pad(),
        crop((0, 0), width, height),
    ):
        assert np.array_equal(applied(operation, frame), frame), operation


@steadily
@given(frames, st.integers(-30, 30), st.integers(-30, 30))
def test_whole_pixels_are_moved_exactly(frame: Pixels, x: int, y: int) -> None:
    height, width = frame.shape[:2]
    wide = np.zeros((height + 60, width + 60, frame.shape[2]), np.uint8)
    wide[..., :3] = (7, 8, 9) if frame.shape[2] == 3 else 0
    wide[30 + y : 30 + y + height, 30 + x : 30 + x + width] = frame
    expected = wide[30 : 30 + height, 30 : 30 + width]
    assert np.array_equal(applied(translate((x, y), color=(7, 8, 9)), frame), expected)


@steadily
@given(frames, st.tuples(*[st.integers(0, 5)] * 4))
def test_padding_is_cut_off_again(frame: Pixels, widths: tuple[int, int, int, int]) -> None:
    left, top, right, bottom = widths
    height, width = frame.shape[:2]
    padded = applied(pad(left, top, right, bottom, color=(1, 2, 3)), frame)
    assert padded.shape == (height + top + bottom, width + left + right, frame.shape[2])
    assert np.array_equal(applied(crop((left, top), width, height), padded), frame)
    around = np.ones(padded.shape[:2], bool)
    around[top : top + height, left : left + width] = False
    empty = (1, 2, 3) if frame.shape[2] == 3 else (0, 0, 0, 0)
    assert (padded[around] == empty).all()


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("quarters", [1, 2, 3, -1])
@pytest.mark.parametrize("side", [20, 21])
def test_quarter_turns_are_exact(channels: int, quarters: int, side: int) -> None:
    frame = noise(channels, side, side)
    if channels == 4:
        frame[frame[..., 3] == 0] = 0  # transparent pixels have no colour to keep
    assert np.array_equal(applied(rotate(90 * quarters), frame), np.rot90(frame, quarters))


def test_a_turn_keeps_what_is_in_the_middle_and_the_size() -> None:
    frame = np.full((41, 61, 3), 200, np.uint8)
    turned = applied(rotate(30, color=(10, 20, 30)), frame)
    assert turned.shape == frame.shape
    assert (turned[10:31, 20:41] == 200).all()
    assert tuple(turned[0, 0]) == (10, 20, 30)


def test_turning_forth_and_back_returns_a_smooth_picture() -> None:
    y, x = np.mgrid[:80, :80]
    smooth = (127 + 100 * np.sin(x / 13) * np.cos(y / 11))[..., None].repeat(3, 2).astype(np.uint8)
    back = applied(rotate(-17), applied(rotate(17), smooth))
    middle = np.s_[20:60, 20:60]
    assert np.abs(back[middle].astype(int) - smooth[middle]).max() <= 3


def shifted_exactly(frame: Pixels, x: float, y: float) -> Pixels:
    """Return an opaque frame moved by less than a pixel over black: the weights of linear interpolation, in float64."""
    wide = np.pad(frame.astype(float), ((1, 0), (1, 0), (0, 0)))
    mixed = (1 - y) * ((1 - x) * wide[1:, 1:] + x * wide[1:, :-1])
    mixed += y * ((1 - x) * wide[:-1, 1:] + x * wide[:-1, :-1])
    moved: Pixels = np.rint(mixed).astype(np.uint8)
    return moved


@steadily
@given(st.integers(0, 15), st.integers(0, 15), st.integers(-9, 9), st.integers(-9, 9))
def test_between_pixels_weights_are_linear(x16: int, y16: int, right: int, down: int) -> None:
    frame = np.pad(noise(3, 12, 14), ((12, 12), (12, 12), (0, 0)))
    x, y = x16 / 16, y16 / 16
    expected = shifted_exactly(applied(translate((right, down)), frame), x, y)
    found = applied(translate((right + x, down + y)), frame)
    assert np.abs(found.astype(int) - expected).max() <= 1  # float32 may fall to the other side of a half


def test_a_crop_between_pixels_is_a_move() -> None:
    frame = noise(3, 30, 40)
    moved = applied(translate((-5.25, -3.5)), frame)
    assert np.array_equal(applied(crop((5.25, 3.5), 20, 10), frame), moved[:10, :20])


@pytest.mark.parametrize("channels", [3, 4])
def test_a_slow_move_does_not_jitter(channels: int) -> None:
    """The centre of mass of what is overlaid lies on the line, at every fraction of a pixel."""
    dot = np.full((6, 8, 3), 240, np.uint8)
    frame = np.zeros((40, 80, channels), np.uint8)
    frame[..., 3:] = 255
    operation = overlay(dot, at=eased((0, (4, 5)), (10, (36.5, 11.25)), easing=linear))
    for seconds in np.linspace(0, 10, 101):
        light = applied(operation, frame, seconds)[..., 0].astype(float)
        y, x = np.mgrid[:40, :80]
        found = (light * x).sum() / light.sum(), (light * y).sum() / light.sum()
        due = 4 + 3.25 * seconds + 3.5, 5 + 0.625 * seconds + 2.5
        assert np.allclose(found, due, atol=0.02)


def test_a_moving_crop_follows_its_keys() -> None:
    ramp = np.tile(np.arange(0, 200, 2, dtype=np.uint8)[None, :, None], (10, 1, 3))
    operation = crop(eased((0, (0, 0)), (1, (50, 0)), easing=linear), 20, 10)
    for seconds in (0, 0.25, 0.33, 0.5, 1):
        cut = applied(operation, ramp, seconds)
        assert cut.shape == (10, 20, 3)
        assert np.abs(cut[0, :, 0] - (2 * (50 * seconds + np.arange(20)))).max() <= 0.51


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: crop((0, 0), 0, 5), "width=0"),
        (lambda: crop((0, 0), 5, 2.5), "height=2.5"),  # type: ignore[arg-type]
        (lambda: crop(3, 5, 5), "at=3"),  # type: ignore[arg-type]
        (lambda: crop((0, float("nan")), 5, 5), "at=nan"),
        (lambda: pad(left=-1), "left=-1"),
        (lambda: pad(color=(0, 0, 256)), "color="),
        (lambda: pad(color="red"), "color="),  # type: ignore[arg-type]
        (lambda: translate((1, 2, 3)), "by="),  # type: ignore[arg-type]
        (lambda: rotate("left"), "angle="),  # type: ignore[arg-type]
        (lambda: rotate(float("inf")), "angle=inf"),
        (scale, "width=, height="),
        (lambda: scale(0, 10), "width=0"),
        (lambda: scale(10, 10, filter="nearest"), "filter='nearest'"),
    ],
)
def test_bad_arguments_are_refused_when_the_operation_is_made(make: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        make()


@pytest.mark.parametrize("at", [(-1, 0), (0, -0.5), (21, 0), (0, 20.5), (20.5, 0)])
def test_a_crop_outside_of_the_frame_is_refused(at: tuple[float, float]) -> None:
    with pytest.raises(ConfigError, match=r"crop: 40x30 at .* is not within the frame of 60x50"):
        applied(crop(at, 40, 30), noise(3, 50, 60))


@pytest.mark.parametrize(
    "bad",
    [
        None,
        "x",
        5,
        [[[1, 2, 3]]],
        memoryview(bytes(48)).cast("B", (4, 4, 3)),
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4, 2), np.uint8),
        np.zeros((4, 4, 3), np.float32),
        np.zeros((0, 4, 3), np.uint8),
    ],
    ids=lambda bad: type(bad).__name__,
)
def test_what_is_no_frame_is_refused(bad: Any) -> None:
    with pytest.raises(ConfigError, match=r"the frame is .*must be"):
        applied(translate((1, 1)), bad)


def test_a_function_of_time_is_checked_when_it_answers() -> None:
    with pytest.raises(ConfigError, match="angle=nan"):
        applied(rotate(lambda _: float("nan")), noise())
    with pytest.raises(ConfigError, match="by=None"):
        applied(translate(lambda _: None), noise())  # type: ignore[arg-type, return-value]


def test_an_operation_tells_how_it_was_made() -> None:
    assert repr(crop((1, 2), width=3, height=4)) == "crop((1, 2), width=3, height=4)"
    assert "uint8 array 60x80x3" in repr(overlay(noise()))
