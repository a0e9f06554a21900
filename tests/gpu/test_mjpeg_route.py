"""OpenGL to CUDA to nvJPEG on a real GPU: every frame once, in order, right in colour, tags and time; nothing is left."""

from fractions import Fraction
from pathlib import Path

import av
import moderngl
import numpy as np
import pytest

from glrec_core import record
from glrec_core.backends import table
from glrec_core.config import Chroma, Config, Timing
from glrec_core.gl.functions import current_gl
from glrec_core.testing import barcode
from glrec_core.values.frame import Framebuffer, Size
from tests.gpu_support.nvidia import skip_without_nvidia_gpu, used_bytes
from tests.support.gl_names import names_alive
from tests.support.recording import BarcodeLoop

pytestmark = pytest.mark.gpu

FLAT = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255), (0, 0, 0), (200, 120, 40)]


@pytest.fixture
def gpu(context: moderngl.Context) -> moderngl.Context:
    skip_without_nvidia_gpu()
    if reason := table.MJPEG.unavailable(current_gl(), Config(codec="mjpeg"), None):
        pytest.skip(reason)
    return context


@pytest.mark.parametrize("timing", ["step", "wall"])
@pytest.mark.parametrize("name", ["film.mov", "film.mkv"])
@pytest.mark.parametrize("chroma", ["420", "444"])
def test_every_frame_comes_once_in_order_and_on_time(
    gpu: moderngl.Context, tmp_path: Path, name: str, chroma: Chroma, timing: Timing
) -> None:
    recorder = record(None, tmp_path / name, timing=timing, codec="mjpeg", chroma=chroma)
    BarcodeLoop(gpu).record(recorder, range(75))
    recording = recorder.close()
    assert (recording.route, recording.frames) == ("mjpeg", 75)
    with av.open(str(tmp_path / name)) as container:
        frames = list(container.decode(video=0))
        assert {frame.format.name for frame in frames} == {f"yuvj{chroma}p"}
        assert {int(frame.color_range) for frame in frames} == {2}
    assert [barcode.read(frame.to_ndarray(format="rgb24")) for frame in frames] == list(range(75))
    if timing == "step":
        wanted = [Fraction(number, 60) for number in range(75)]
        times = [(frame.pts or 0) * (frame.time_base or 0) for frame in frames]
        assert all(abs(got - due) <= Fraction(1, 1000) for got, due in zip(times, wanted, strict=True))


@pytest.mark.parametrize("chroma", ["420", "444"])
def test_colours_come_back_within_jpegs_error(gpu: moderngl.Context, tmp_path: Path, chroma: Chroma) -> None:
    size, path = Size(322, 242), tmp_path / "film.mov"
    fbo = gpu.framebuffer([gpu.texture(size, 4)])
    recorder = record(None, path, timing="step", codec="mjpeg", chroma=chroma, quality=95)
    for rgb in FLAT:
        red, green, blue = (value / 255 for value in rgb)
        fbo.clear(red, green, blue, 1.0)
        recorder.frame_drawn(Framebuffer(fbo.glo, size))
    recorder.close()
    with av.open(str(path)) as container:
        pictures = [frame.to_ndarray(format="rgb24").astype(int) for frame in container.decode(video=0)]
    assert [picture.shape for picture in pictures] == [(242, 322, 3)] * len(FLAT)
    for picture, rgb in zip(pictures, FLAT, strict=True):
        assert np.abs(picture - rgb).max() <= 3, rgb


def test_quality_decides_the_size(gpu: moderngl.Context, tmp_path: Path) -> None:
    size = Size(640, 480)
    noise = np.random.default_rng(1).integers(0, 256, (480, 640, 4), np.uint8)
    fbo = gpu.framebuffer([gpu.texture(size, 4, noise.tobytes())])
    sizes = []
    for quality in (1, 50, 100):
        path = tmp_path / f"{quality}.mov"
        with record(None, path, timing="step", codec="mjpeg", quality=quality) as recorder:
            recorder.frame_drawn(Framebuffer(fbo.glo, size))
        sizes.append(path.stat().st_size)
    assert sizes[0] < sizes[1] / 3 < sizes[2] / 6


def test_recordings_leave_nothing(gpu: moderngl.Context, tmp_path: Path) -> None:
    loop = BarcodeLoop(gpu)
    before: tuple[object, int] | None = None
    for number in range(120):
        recorder = record(None, tmp_path / "film.mov", timing="step", codec="mjpeg", overwrite=True)
        loop.record(recorder, range(20))
        assert recorder.close().frames == 20
        if number == 80:  # what the library keeps grows by a little until then
            before = names_alive(), used_bytes()
    assert (names_alive(), used_bytes()) == before
