"""Screenshots by every route of a real GPU: they come out of CUDA memory, or out of the ring that a shader writes."""

import time
from pathlib import Path

import moderngl
import numpy as np
import pytest
from PIL import Image

from glrec_core import record
from glrec_core.backends import table
from glrec_core.config import Config, Overflow
from glrec_core.gl.functions import current_gl
from glrec_core.testing import barcode
from tests.gpu_support.nvidia import skip_without_nvidia_gpu
from tests.support.recording import BarcodeLoop

pytestmark = pytest.mark.gpu

ROUTES = [("nvenc", "h264"), ("mjpeg", "mjpeg"), ("host", "h264"), ("host", "ffv1")]


@pytest.mark.parametrize(("backend", "codec"), ROUTES)
@pytest.mark.parametrize("overflow", ["block", "drop"])
def test_the_next_frame_comes_in_its_colours(
    context: moderngl.Context, tmp_path: Path, backend: str, codec: str, overflow: Overflow
) -> None:
    skip_without_nvidia_gpu()
    config, row = Config(codec=codec), {each.name: each for each in table.BACKENDS}[backend]
    if reason := row.unavailable(current_gl(), config, None):
        pytest.skip(reason)
    recorder = record(
        None, tmp_path / "a.mkv", timing="step", backend=backend, codec=codec, overflow=overflow
    )
    loop = BarcodeLoop(context)

    def leave_time(_: object) -> None:
        time.sleep(0.01)  # for the encoder: a frame that finds no room would be dropped

    loop.record(recorder, range(9), leave_time)
    recorded = recorder.screenshot(tmp_path / "recorded.png")
    loop.record(recorder, range(9, 20), leave_time)
    recorder.pause()
    paused = recorder.screenshot(tmp_path / "paused.png")
    loop.record(recorder, range(40, 60), leave_time)
    assert recorder.close().route == backend
    for future, number in ((recorded, 9), (paused, 40)):
        with Image.open(future.result(0)) as image:
            picture = np.asarray(image)
        barcode.check_orientation(picture)
        assert barcode.read(picture) == number
        if codec == "ffv1":
            assert np.array_equal(picture, barcode.expected((320, 240), number))
        assert np.abs(barcode.quadrant_colours(picture) - barcode.QUADRANTS).max() <= 2
