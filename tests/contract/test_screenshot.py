"""Screenshots: the very next picture, in its colours, by every way that frames are read, and nothing lost beside it."""

import threading
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import moderngl
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from glrec_core import CaptureError, ClosedError, ConfigError, Recorder, SinkError, record
from glrec_core.gl.functions import current_gl
from glrec_core.stages import Capture
from glrec_core.testing import barcode
from glrec_core.values.frame import Frame, Framebuffer
from tests.contract.test_recorder import assert_account_adds_up
from tests.support import video
from tests.support.contexts import standalone_context
from tests.support.recording import BarcodeLoop

SIZE = (320, 240)


@pytest.fixture
def hardware(context: moderngl.Context, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the context's renderer be taken for a GPU, which writes NV12 into a ring that lags four frames behind."""
    monkeypatch.setattr(current_gl(), "is_software", False)


def pixels(path: Path) -> NDArray[np.uint8]:
    with Image.open(path) as image:
        assert (image.format, image.mode) == ("PNG", "RGB")
        return np.asarray(image)


def shots_of(
    recorder: Recorder, loop: BarcodeLoop, folder: Path, wanted: set[int], frames: int
) -> dict[int, Path]:
    """Record frames and ask for a screenshot before each of those that are wanted; wait for them at the end."""
    futures: dict[int, Future[Path]] = {}
    for number in range(frames):
        if number in wanted:
            futures[number] = recorder.screenshot(folder / f"{number}.png")
        loop.record(recorder, range(number, number + 1))
    recorder.close()
    return {number: future.result(0) for number, future in futures.items()}


def test_the_next_frame_is_written_exactly(context: moderngl.Context, tmp_path: Path) -> None:
    recorder = record(None, tmp_path / "a.mp4", timing="step")
    shots = shots_of(recorder, BarcodeLoop(context), tmp_path, {0, 7, 8, 29}, 30)
    for number, path in shots.items():
        assert path == tmp_path / f"{number}.png"
        assert np.array_equal(pixels(path), barcode.expected(SIZE, number))
    video.assert_recording(tmp_path / "a.mp4", 30, SIZE, fps=60)
    assert_account_adds_up(recorder)


@pytest.mark.parametrize(
    "options", [{"codec": "ffv1"}, {"overflow": "drop", "slots": 2}, {"overflow": "spill"}]
)
def test_every_policy_and_pixel_buffers_too(
    context: moderngl.Context, hardware: None, tmp_path: Path, options: dict[str, Any]
) -> None:
    """FFV1 on a GPU is read as RGBA through pixel buffers; the others as NV12."""
    recorder = record(None, tmp_path / "a.mkv", timing="step", **{"overflow": "block", **options})
    shots = shots_of(recorder, BarcodeLoop(context), tmp_path, {3}, 20)
    found = pixels(shots[3])
    if "codec" in options:
        assert np.array_equal(found, barcode.expected(SIZE, 3))
    assert barcode.read(found) == 3
    assert_account_adds_up(recorder)


@pytest.mark.parametrize("color", ["bt709", "bt709-full", "bt601", "bt601-full"])
def test_nv12_is_converted_back(
    context: moderngl.Context, hardware: None, tmp_path: Path, color: str
) -> None:
    recorder = record(None, tmp_path / "a.mp4", timing="step", color=color)
    shots = shots_of(recorder, BarcodeLoop(context), tmp_path, {2, 19}, 20)
    assert "NV12" in recorder.stats.reason
    for number, path in shots.items():
        picture = pixels(path)
        barcode.check_orientation(picture)
        assert barcode.read(picture) == number
        assert np.abs(barcode.quadrant_colours(picture) - barcode.QUADRANTS).max() <= 2
        difference = np.abs(picture.astype(int) - barcode.expected(SIZE, number))
        assert difference.mean() <= 1.5  # most of it along the edges of colours


def test_a_frame_that_is_stored_first_is_there_before_the_end(
    context: moderngl.Context, tmp_path: Path
) -> None:
    recorder = record(None, tmp_path / "a.mp4", timing="step", backend="spill", spill_dir=tmp_path)
    loop = BarcodeLoop(context)
    future = recorder.screenshot(tmp_path / "a.png")
    loop.record(recorder, range(6))
    assert np.array_equal(pixels(future.result(60)), barcode.expected(SIZE, 0))
    recorder.close()
    video.assert_recording(tmp_path / "a.mp4", 6, SIZE, fps=60)


@pytest.mark.parametrize("on_gpu", [False, True])
@pytest.mark.parametrize("before", [0, 5])
def test_while_paused_the_next_drawn_frame_serves_and_is_not_recorded(
    context: moderngl.Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: int, *, on_gpu: bool
) -> None:
    monkeypatch.setattr(current_gl(), "is_software", not on_gpu)
    recorder, loop = record(None, tmp_path / "a.mp4", timing="step"), BarcodeLoop(context)
    loop.record(recorder, range(before))
    recorder.pause()
    loop.record(recorder, range(50, 53))
    future = recorder.screenshot(tmp_path / "a.png")
    loop.record(recorder, range(60, 70))
    assert barcode.read(pixels(future.result(60))) == 60  # it came out of the ring though nothing is recorded
    recorder.resume()
    loop.record(recorder, range(before, before + 4))
    recorder.close()
    video.assert_recording(tmp_path / "a.mp4", before + 4, SIZE, fps=60)
    assert (recorder.stats.recorded, recorder.stats.paused) == (before + 4, 13)
    assert_account_adds_up(recorder)


def test_a_recording_may_end_while_one_is_on_its_way(
    context: moderngl.Context, hardware: None, tmp_path: Path
) -> None:
    """The ring holds the frame back when the recorder is closed, paused or not."""
    for paused in (False, True):
        recorder, loop = record(None, tmp_path / f"{paused}.mp4", timing="step"), BarcodeLoop(context)
        loop.record(recorder, range(3))
        if paused:
            recorder.pause()
        future = recorder.screenshot(tmp_path / f"{paused}.png")
        loop.record(recorder, range(3, 4))
        recorder.close()
        assert barcode.read(pixels(future.result(0))) == 3
        assert recorder.stats.recorded == (3 if paused else 4)
        assert recorder.stats.lost == 0
        assert_account_adds_up(recorder)


class Lagging:
    """A capture in front of another that holds each frame back until so many have followed, as a busy GPU does."""

    def __init__(self, capture: Capture, lag: int) -> None:
        self._capture = capture
        self._lag = lag
        self._held = list[Frame]()

    @property
    def pending(self) -> int:
        return len(self._held)

    def grab(self, source: Framebuffer, pts_ns: int) -> list[Frame]:
        self._held += self._capture.grab(source, pts_ns)
        count = max(0, len(self._held) - self._lag)
        arrived, self._held = self._held[:count], self._held[count:]
        return arrived

    def drain(self) -> list[Frame]:
        arrived, self._held = self._held, []
        return arrived

    def abandon(self) -> int:
        self._capture.abandon()
        return len(self.drain())

    def __getattr__(self, name: str) -> Any:
        return getattr(self._capture, name)


def lagging(context: moderngl.Context, path: Path) -> tuple[Recorder, BarcodeLoop]:
    """Return a recorder whose first frame has come and whose next ones lag, and its loop."""
    recorder, loop = record(None, path, timing="step"), BarcodeLoop(context)
    loop.record(recorder, range(1))
    engine = recorder._closing.engine
    assert engine is not None
    engine.capture = Lagging(engine.capture, 3)
    return recorder, loop


def test_frames_of_both_kinds_find_their_way_through_a_lagging_ring(
    context: moderngl.Context, tmp_path: Path
) -> None:
    recorder, loop = lagging(context, tmp_path / "a.mp4")
    shots = dict[int, Future[Path]]()
    for number in range(1, 12):
        paused = number % 3 == 0
        recorder.pause() if paused else recorder.resume()
        shots[number] = recorder.screenshot(tmp_path / f"{number}.png")
        loop.record(recorder, range(number, number + 1))
    recorder.close()
    for number, future in shots.items():
        assert np.array_equal(pixels(future.result(0)), barcode.expected(SIZE, number))
    kept = [number for number in range(12) if number == 0 or number % 3]
    assert video.read_barcodes(tmp_path / "a.mp4") == kept
    assert_account_adds_up(recorder)


def test_a_frame_that_is_read_for_a_screenshot_alone_is_not_lost_from_the_film(
    context: moderngl.Context, tmp_path: Path
) -> None:
    """Another thread ends the recording, and cannot read what is in the ring: two frames of the film, and that one."""
    recorder, loop = lagging(context, tmp_path / "a.mp4")
    loop.record(recorder, range(1, 3))
    recorder.pause()
    future = recorder.screenshot(tmp_path / "a.png")
    loop.record(recorder, range(3, 4))
    thread = threading.Thread(target=recorder.context_closing)
    thread.start()
    thread.join()
    assert (recorder.stats.recorded, recorder.stats.lost, recorder.stats.paused) == (1, 2, 1)
    with pytest.raises(CaptureError, match="3 frames could not be read any more"):
        recorder.close()
    with pytest.raises(CaptureError, match="no frame came for the screenshot"):
        future.result(0)
    assert_account_adds_up(recorder)


def test_one_frame_serves_all_who_wait(context: moderngl.Context, tmp_path: Path) -> None:
    recorder, loop = record(None, tmp_path / "a.mp4", timing="step"), BarcodeLoop(context)
    loop.record(recorder, range(2))
    futures = [recorder.screenshot(tmp_path / f"{name}.png") for name in "abc"]
    assert futures[1].cancel()
    loop.record(recorder, range(2, 4))
    recorder.close()
    for future in (futures[0], futures[2]):
        assert np.array_equal(pixels(future.result(0)), barcode.expected(SIZE, 2))
    assert not (tmp_path / "b.png").exists()


def test_a_frame_above_the_rate_serves_as_well(context: moderngl.Context, tmp_path: Path) -> None:
    recorder, loop = (
        record(None, tmp_path / "a.mp4", timing="wall", fps=1, overflow="block"),
        BarcodeLoop(context),
    )
    loop.record(recorder, range(4))  # within a second, of which at most two are recorded
    future = recorder.screenshot(tmp_path / "a.png")
    loop.record(recorder, range(4, 5))
    recorder.close()
    assert barcode.read(pixels(future.result(0))) == 4
    assert_account_adds_up(recorder)


def test_an_odd_size_is_padded_as_in_the_film(context: moderngl.Context, tmp_path: Path) -> None:
    recorder = record(None, tmp_path / "a.mp4", timing="step")
    shots = shots_of(recorder, BarcodeLoop(context, (201, 121)), tmp_path, {1}, 3)
    found = pixels(shots[1])
    assert found.shape == (122, 202, 3)
    assert np.array_equal(found[:121, :201], barcode.expected((201, 121), 1))


def test_what_cannot_be_written_is_refused_at_once(context: moderngl.Context, tmp_path: Path) -> None:
    recorder = record(None, tmp_path / "a.mp4", timing="step")
    (tmp_path / "there.png").write_bytes(b"mine")
    for path, text in (
        (tmp_path / "a.jpg", r"PNG files; name it x\.png"),
        (tmp_path / "missing" / "a.png", "does not exist"),
        (tmp_path / "there.png", "exists; choose another name"),
    ):
        with pytest.raises(ConfigError, match=text):
            recorder.screenshot(path)
    assert (tmp_path / "there.png").read_bytes() == b"mine"
    replaced = recorder.screenshot(tmp_path / "there.png", overwrite=True)
    BarcodeLoop(context).record(recorder, range(1))
    recorder.close()
    assert barcode.read(pixels(replaced.result(0))) == 0


def test_a_file_that_comes_between_is_not_replaced(context: moderngl.Context, tmp_path: Path) -> None:
    recorder = record(None, tmp_path / "a.mp4", timing="step")
    future = recorder.screenshot(tmp_path / "a.png")
    (tmp_path / "a.png").write_bytes(b"mine")
    BarcodeLoop(context).record(recorder, range(3))
    recorder.close()  # the recording is none the worse
    with pytest.raises(SinkError, match="cannot write the screenshot: File exists"):
        future.result(0)
    assert (tmp_path / "a.png").read_bytes() == b"mine"
    video.assert_recording(tmp_path / "a.mp4", 3, SIZE, fps=60)


def test_who_waits_for_a_frame_that_never_comes_is_told(context: moderngl.Context, tmp_path: Path) -> None:
    recorder, loop = record(None, tmp_path / "a.mp4", timing="step"), BarcodeLoop(context)
    loop.record(recorder, range(2))
    future = recorder.screenshot(tmp_path / "a.png")
    recorder.close()
    with pytest.raises(CaptureError, match="no frame came for the screenshot"):
        future.result(0)
    with pytest.raises(ClosedError):
        recorder.screenshot(tmp_path / "a.png")


def test_after_the_frame_limit_there_is_no_further_frame(context: moderngl.Context, tmp_path: Path) -> None:
    recorder, loop = record(None, tmp_path / "a.mp4", timing="step", frames=3), BarcodeLoop(context)
    loop.record(recorder, range(2))
    last = recorder.screenshot(tmp_path / "last.png")
    loop.record(recorder, range(2, 5))
    with pytest.raises(ClosedError, match="recording has ended"):
        recorder.screenshot(tmp_path / "a.png")
    recorder.close()
    assert barcode.read(pixels(last.result(0))) == 2


def test_a_failed_recording_tells_why(context: moderngl.Context, tmp_path: Path) -> None:
    recorder, loop = record(None, tmp_path / "a.mp4", timing="step"), BarcodeLoop(context)
    loop.record(recorder, range(2))
    future = recorder.screenshot(tmp_path / "a.png")
    other = standalone_context()
    recorder.frame_drawn(loop.framebuffer)  # another context is current: the recording stops
    recorder.frame_drawn(loop.framebuffer)
    with pytest.raises(CaptureError, match="another OpenGL context is current") as caught:
        future.result(0)
    assert caught.value.__cause__ is recorder.error
    other.release()
    with context, pytest.raises(CaptureError):
        recorder.close()
