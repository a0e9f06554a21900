"""`Recorder.wait`: for what has ended by itself, as long as it takes or as long as one likes, with `close()`'s errors."""

import math
import threading
from pathlib import Path
from typing import Any

import moderngl
import pytest

from glrec_core import ConfigError, NotFinishedError, ProcessError, Recorder, WrongThreadError, record
from glrec_core.values.frame import Packet, StreamInfo
from tests.support import video
from tests.support.recording import BarcodeLoop

FRAMES, SIZE = 4, (64, 48)


class Gate:
    """An operation that lets no frame through until it is opened."""

    def __init__(self) -> None:
        self._open = threading.Event()

    def __call__(self, _: Any, frame: Any) -> Any:
        assert self._open.wait(60)
        return frame

    def open(self) -> None:
        self._open.set()


def ended(context: moderngl.Context, path: Path, **options: Any) -> Recorder:
    """Record up to the frame limit."""
    recorder = record(None, path, timing="step", frames=FRAMES, **options)
    BarcodeLoop(context, SIZE).record(recorder, range(FRAMES))
    assert recorder.finished
    assert not recorder.closed
    return recorder


def test_it_waits_for_a_slow_encoder_and_gives_up_when_it_is_told_to(
    context: moderngl.Context, tmp_path: Path
) -> None:
    path, gate = tmp_path / "a.mp4", Gate()
    recorder = ended(context, path, process=[gate])
    try:
        for _ in range(2):
            with pytest.raises(NotFinishedError, match=r"wait\(timeout_seconds=0\.01\).*wait\(\) again"):
                recorder.wait(0.01)
        assert isinstance(NotFinishedError(""), TimeoutError)
        assert not recorder.closed
    finally:
        gate.open()
    recording = recorder.wait(timeout_seconds=60)
    video.assert_recording(path, FRAMES, SIZE, 60)
    assert (recording.path, recording.frames, recording.stats.recorded) == (path, FRAMES, FRAMES)
    assert recorder.closed
    assert recorder.wait() == recorder.close() == recording


@pytest.mark.parametrize("timeout_seconds", [None, 60])
def test_any_thread_may_wait(
    context: moderngl.Context, tmp_path: Path, timeout_seconds: float | None
) -> None:
    recorder, waited = ended(context, tmp_path / "a.mp4"), list[Any]()
    thread = threading.Thread(target=lambda: waited.append(recorder.wait(timeout_seconds)))
    thread.start()
    thread.join()
    assert [each.frames for each in waited] == [FRAMES]
    video.assert_recording(tmp_path / "a.mp4", FRAMES, SIZE, 60)


@pytest.mark.parametrize("drawn", [0, 3])
def test_what_nothing_has_ended_is_not_waited_for(
    context: moderngl.Context, tmp_path: Path, drawn: int
) -> None:
    recorder = record(None, tmp_path / "a.mp4", timing="step")
    BarcodeLoop(context, SIZE).record(recorder, range(drawn))
    for timeout_seconds in (None, 0.01):
        with pytest.raises(NotFinishedError, match=r"goes on.*close\(\)"):
            recorder.wait(timeout_seconds)
    BarcodeLoop(context, SIZE).record(recorder, range(drawn, 5))
    assert recorder.close().frames == 5


@pytest.mark.parametrize("timeout_seconds", [None, 60])
def test_it_raises_what_close_would(
    context: moderngl.Context, tmp_path: Path, timeout_seconds: float | None
) -> None:
    def fail(_: Any, __: Any) -> Any:
        raise ValueError("no picture")

    recorder = ended(context, tmp_path / "a.mp4", process=[fail])
    with pytest.raises(ProcessError, match="no picture") as first:
        recorder.wait(timeout_seconds)
    assert first.value is recorder.error
    assert recorder.wait() == recorder.close() == recorder.recording  # told once


class Waiting:
    """A sink that waits for its own recorder."""

    def __init__(self) -> None:
        self.recorder: Recorder | None = None
        self.drawn = threading.Event()
        self.errors: list[WrongThreadError] = []

    def check(self, codec: str, *, alpha: bool = False) -> None: ...

    def open(self, stream: StreamInfo) -> None: ...

    def write(self, packet: Packet) -> None:
        assert self.drawn.wait(60)
        assert self.recorder is not None
        for timeout_seconds in (None, 60):
            with pytest.raises(WrongThreadError, match=r"(wait|close)\(\) came from") as raised:
                self.recorder.wait(timeout_seconds)
            self.errors.append(raised.value)

    def close(self) -> None: ...


def test_the_encode_thread_cannot_wait_for_itself(context: moderngl.Context) -> None:
    sink = Waiting()
    sink.recorder = record(None, sink, timing="step", frames=FRAMES)
    BarcodeLoop(context, SIZE).record(sink.recorder, range(FRAMES))
    sink.drawn.set()
    sink.recorder.wait(60)
    assert len(sink.errors) == 2 * FRAMES


@pytest.mark.parametrize("timeout_seconds", [0, -1, math.nan, math.inf, "5", True, [], 10**400])
def test_a_time_that_is_none_is_refused(
    context: moderngl.Context, tmp_path: Path, timeout_seconds: Any
) -> None:
    recorder = ended(context, tmp_path / "a.mp4")
    with pytest.raises(ConfigError, match=r"timeout_seconds=.* must be a positive number of seconds"):
        recorder.wait(timeout_seconds)
    recorder.close()
