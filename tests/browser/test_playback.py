"""A recording in a real browser: it loads, has its length and size, and shows the drawn colours at the right time."""

from fractions import Fraction
from pathlib import Path

import moderngl
import numpy as np
import pytest

from glrec_core import record
from tests.support import barcode, browser
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
