"""Only what is seen of a picture is worked on, and the pixels are those of working on all of it."""

import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from glrec_core.process import FrameOperation, crop, overlay, text, translate
from glrec_core.process.layers import Layer, moved, over, placed
from tests.process.catalogue import applied, noise, steadily

sides = st.integers(1, 9)
places = st.one_of(st.integers(-12, 12), st.sampled_from([-9.5, -1e-20, 1e-20, 0.25]), st.floats(-12, 12))
shares = st.sampled_from([1.0, 0.5, 0.1, 1e-9])


def moved_as_a_whole(layer: Layer, x: float, y: float, height: int, width: int) -> tuple[Layer, NDArray[Any]]:
    """Return the empty layer with a whole layer in it, interpolated first and cut afterwards, and where that is."""
    left, top = int(np.floor(x)), int(np.floor(y))
    right, down = x - left, y - top
    part = layer
    if right or down:
        framed = np.pad(layer, ((1, 1), (1, 1), (0, 0)))
        part = np.zeros((layer.shape[0] + 1, layer.shape[1] + 1, 4), np.float32)
        for above, row_share in ((0, down), (1, 1 - down)):
            for before, column_share in ((0, right), (1, 1 - right)):
                if weight := row_share * column_share:
                    part += framed[
                        above : above + part.shape[0], before : before + part.shape[1]
                    ] * np.float32(weight)
    canvas, covered = np.zeros((height, width, 4), np.float32), np.zeros((height, width), bool)
    for row in range(max(top, 0), min(top + part.shape[0], height)):
        for column in range(max(left, 0), min(left + part.shape[1], width)):
            canvas[row, column] = part[row - top, column - left]
            covered[row, column] = True
    return canvas, covered


def layer_like(height: int, width: int, seed: int) -> Layer:
    layer = np.random.default_rng(seed).random((height, width, 4), np.float32)
    layer[..., :3] *= 255 * layer[..., 3:]
    return layer


@steadily
@given(sides, sides, sides, sides, places, places, shares, st.sampled_from([3, 4]), st.integers(0, 99))
def test_pixels_are_those_of_working_on_the_whole_picture(  # noqa: PLR0917 - one for each property drawn
    height: int,
    width: int,
    frame_height: int,
    frame_width: int,
    x: float,
    y: float,
    opacity: float,
    channels: int,
    seed: int,
) -> None:
    layer, frame = layer_like(height, width, seed), noise(channels, frame_height, frame_width, seed)
    canvas, _ = moved_as_a_whole(layer, x, y, frame_height, frame_width)
    assert np.array_equal(moved(layer, x, y, frame_height, frame_width), canvas)
    faint = layer if opacity == 1 else layer * np.float32(opacity)
    canvas, covered = moved_as_a_whole(faint, x, y, frame_height, frame_width)
    expected = np.where(covered[..., None], over(canvas, frame), frame)
    assert np.array_equal(placed(layer, frame, x, y, opacity), expected)


LARGE = noise(4, 1024, 1536)
FRAME_BYTES = 90 * 160 * 4 * np.dtype(np.float32).itemsize
"""Of a frame as a layer."""
OPERATIONS: dict[str, FrameOperation] = {
    "a fractional place": overlay(LARGE, at=(-700.3, -400.6)),
    "a whole place, half transparent": overlay(LARGE, at=(-700, -400), alpha=0.5),
    "both": overlay(LARGE, at=(-700.3, -400), alpha=0.5),
    "out of sight": overlay(LARGE, at=(-7000.3, -400), alpha=0.5),
    "a picture that begins within": overlay(LARGE, at=(70.3, 40.6)),
    "a text that is wider than the frame": text("wide " * 200, at=(-1000.5, 0), size=40),
    "a part of the frame": crop(at=(0.5, 0.5), width=20, height=20),
    "a frame that is moved out": translate(by=(150.5, 80.5)),
}


def most_bytes(work: Callable[[], object]) -> int:
    """Return how much memory was in use at the most, beyond what was before."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("channels", [3, 4])
def test_a_large_picture_costs_no_more_than_the_frame(name: str, channels: int) -> None:
    """In memory, which each step over pixels takes for its result."""
    frame, operation = noise(channels, 90, 160), OPERATIONS[name]
    applied(operation, frame)  # a text is drawn once
    assert most_bytes(lambda: applied(operation, frame)) < 9 * FRAME_BYTES


def test_the_measure_sees_what_numpy_takes() -> None:
    assert most_bytes(lambda: np.zeros((1024, 1536), np.float32)) >= 1024 * 1536 * 4
