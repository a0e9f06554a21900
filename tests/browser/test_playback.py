"""A recording in a real browser: it loads, has its length and size, and shows the drawn colours at the right time."""

from fractions import Fraction
from pathlib import Path

import moderngl
import numpy as np
import pytest

from glrec_core import Framebuffer, Size, record
from glrec_core.testing import barcode
from tests.support import browser
from tests.support.recording import BarcodeLoop


@pytest.mark.browser
@pytest.mark.skipif(browser.find_browser() is None, reason="no Chromium or Chrome is installed")
@pytest.mark.parametrize(("name", "codec"), [("a.mp4", "h264"), ("a.webm", "vp9"), ("a.mp4", "av1")])
def test_chromium_shows_the_drawn_colours(
    context: moderngl.Context, tmp_path: Path, name: str, codec: str
) -> None:
    recorder = record(None, tmp_path / name, timing="step", fps=30, codec=codec)
    BarcodeLoop(context).record(recorder, range(30))
    path = recorder.close().path
    assert path is not None
    points = barcode.quadrant_points((320, 240))
    played = browser.play(path, times=[Fraction(1, 60), Fraction(1, 2)], points=points)
    assert played.error is None
    assert (played.video_width, played.video_height) == (320, 240)
    assert played.duration_seconds == pytest.approx(1.0, abs=0.001)
    for colours in played.colours:
        difference = np.abs(np.array(colours) - barcode.QUADRANTS.reshape(4, 3).astype(int))
        assert difference.max() <= browser.COLOUR_ERROR


@pytest.mark.browser
@pytest.mark.skipif(browser.find_browser() is None, reason="no Chromium or Chrome is installed")
def test_chromium_shows_what_lies_behind_a_transparent_film(
    context: moderngl.Context, tmp_path: Path
) -> None:
    size = (320, 240)
    fbo = context.framebuffer([context.renderbuffer(size)])
    recorder = record(None, tmp_path / "a.webm", alpha="premultiplied", timing="step", fps=30)
    for _ in range(10):
        fbo.clear(0.0, 0.0, 0.0, 0.0)
        fbo.clear(
            0.5, 0.25, 0.0, 0.5, viewport=(0, 0, 160, 240)
        )  # orange, half transparent, in the left half
        recorder.frame_drawn(Framebuffer(fbo.glo, Size(*size)))
    path = recorder.close().path
    assert path is not None
    played = browser.play(path, times=[Fraction(1, 6)], points=[(80, 120), (240, 120)])
    assert played.error is None
    assert played.alphas[0] == pytest.approx((128, 0), abs=2)
    assert played.colours[0][0] == pytest.approx((255, 128, 0), abs=browser.COLOUR_ERROR)
