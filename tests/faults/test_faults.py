"""Faults on purpose: the host's loop goes on, what was promised is kept, nothing is left over."""

import errno
import itertools
import os
import subprocess
import sys
import threading
from pathlib import Path

import moderngl
import pytest

from glrec_core import EncodeError, ReplaySink, SinkError, record
from glrec_core.config import Overflow
from glrec_core.encode.pyav import PyAVEncoder
from glrec_core.recorder.frame_queue import FrameQueue
from glrec_core.sink.growing_file import GrowingFile
from glrec_core.testing import FailingSink, SlowEncoder
from tests.contract.test_recorder import assert_account_adds_up
from tests.support import video
from tests.support.contexts import standalone_context
from tests.support.displays import run_program
from tests.support.failing import fail, wrap_encoders
from tests.support.gl_names import names_alive
from tests.support.recording import BarcodeLoop


class Gate:
    """Holds the encode thread back until it is opened."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.opened = threading.Event()
        self._monkeypatch = monkeypatch
        wrap_encoders(monkeypatch, lambda encoder: SlowEncoder(encoder, self.opened.wait))

    def opens_when_the_loop_waits(self) -> None:
        """Open it once the render thread has found no room, however slow or fast everything is."""
        look = FrameQueue._try_to_reserve

        def look_and_tell(queue: FrameQueue, pending: int) -> bool | None:
            if (taken := look(queue, pending)) is None:
                self.opened.set()
            return taken

        self._monkeypatch.setattr(FrameQueue, "_try_to_reserve", look_and_tell)


def test_drop_skips_what_finds_no_room_and_counts_it(
    context: moderngl.Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(monkeypatch)
    recorder = record(None, tmp_path / "a.mp4", timing="step", overflow="drop", slots=4)
    loop = BarcodeLoop(context)
    loop.record(recorder, range(20))
    stats = recorder.stats
    assert (stats.recorded, stats.dropped) == (4, 16)
    gate.opened.set()
    path = recorder.close().path
    assert path is not None
    assert video.read_barcodes(path) == [0, 1, 2, 3]
    assert_account_adds_up(recorder)


def test_block_waits_and_loses_nothing(
    context: moderngl.Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(monkeypatch)
    recorder = record(None, tmp_path / "a.mp4", timing="step", overflow="block", slots=2)
    gate.opens_when_the_loop_waits()
    BarcodeLoop(context).record(recorder, range(30))
    path = recorder.close().path
    assert path is not None
    video.assert_recording(path, 30, (320, 240), fps=60)
    assert recorder.stats.waited_seconds > 0


@pytest.mark.parametrize("overflow", ["block", "drop"])
def test_an_encoder_that_dies_does_not_stop_the_loop(
    context: moderngl.Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, overflow: Overflow
) -> None:
    fail(monkeypatch, PyAVEncoder, "encode", range(41, 10**6), EncodeError("the encoder is on strike"))
    recorder = record(None, tmp_path / "a.mp4", timing="step", overflow=overflow)
    loop, numbers = BarcodeLoop(context), itertools.count()
    while recorder.error is None:
        number = next(numbers)
        loop.record(recorder, range(number, number + 1))
    loop.record(recorder, range(20))
    with pytest.raises(EncodeError, match="on strike"):
        recorder.close()
    path = recorder.recording.path
    assert path is not None
    kept = video.read_barcodes(path)
    assert kept == sorted(set(kept))
    assert len(kept) == recorder.recording.frames == recorder.stats.recorded == 40
    assert recorder.stats.failed >= 20
    assert_account_adds_up(recorder)


@pytest.mark.parametrize("writes", [0, 1, 2, 5])
def test_a_full_disk_keeps_a_playable_prefix_and_says_so(
    context: moderngl.Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writes: int
) -> None:
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    fail(monkeypatch, GrowingFile, "write", range(writes + 1, 10**6), full)
    recorder = record(None, tmp_path / "a.mp4", timing="step")
    BarcodeLoop(context).record(recorder, range(150))
    with pytest.raises(SinkError) as caught:
        recorder.close()
    assert caught.value.errno == errno.ENOSPC
    files = list(tmp_path.iterdir())
    kept = video.read_barcodes(files[0]) if files else []
    assert kept == list(range(len(kept)))
    assert bool(kept) == bool(files) == (writes >= 2)
    assert f"{len(kept)} frames are kept, {150 - len(kept)} are lost" in str(caught.value)
    stats = recorder.stats
    assert recorder.recording.frames == stats.recorded == len(kept)
    assert stats.lost + stats.failed == 150 - len(kept)
    assert_account_adds_up(recorder)


@pytest.mark.parametrize("beside", [False, True])
def test_a_file_that_fails_beside_another_sink_takes_nothing_from_the_account(
    context: moderngl.Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, beside: bool
) -> None:
    """What one sink has kept is recorded, whatever became of the other."""
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    write, bad = GrowingFile.write, tmp_path / "bad.mp4"
    written = itertools.count()

    def fails_late(file: GrowingFile, data: bytes) -> int:
        if file.name == str(bad) and next(written) >= 3:
            raise full
        return write(file, data)

    monkeypatch.setattr(GrowingFile, "write", fails_late)
    other = tmp_path / "good.mp4" if beside else ReplaySink()
    recorder = record(None, bad, other, timing="step")
    BarcodeLoop(context).record(recorder, range(90))
    with pytest.raises(SinkError, match=r"\d+ frames are kept, \d+ are lost"):
        recorder.close()
    assert (recorder.stats.recorded, recorder.stats.lost, recorder.stats.failed) == (90, 0, 0)


def test_a_sink_that_fails_is_left_out_and_the_others_go_on(
    context: moderngl.Context, tmp_path: Path
) -> None:
    broken = FailingSink(ConnectionError("the other side hung up"), at="write", nth=3)
    recorder = record(None, broken, tmp_path / "a.mp4", timing="step")
    BarcodeLoop(context).record(recorder, range(30))
    with pytest.raises(ConnectionError, match="hung up"):
        recorder.close()
    path = recorder.recording.path
    assert path is not None
    video.assert_recording(path, 30, (320, 240), fps=60)
    assert broken.calls == 3


def test_a_context_that_goes_first_loses_nothing_that_was_read(tmp_path: Path) -> None:
    context = standalone_context()
    recorder = record(None, tmp_path / "a.mp4", timing="step")
    BarcodeLoop(context).record(recorder, range(20))
    context.release()
    with standalone_context() as other:
        path = recorder.close().path
        assert other.error == "GL_NO_ERROR"
    assert path is not None
    video.assert_recording(path, 20, (320, 240), fps=60)


def test_an_error_in_the_block_is_the_one_that_is_raised(context: moderngl.Context, tmp_path: Path) -> None:
    def work() -> None:
        with record(None, tmp_path / "a.mp4", timing="step") as recorder:
            BarcodeLoop(context).record(recorder, range(10))
            raise RuntimeError("the simulation diverged")

    with pytest.raises(RuntimeError, match="diverged"):
        work()
    video.assert_recording(tmp_path / "a.mp4", 10, (320, 240), fps=60)


_PROGRAM = """
import sys
import moderngl
from tests.support.contexts import standalone_context
from glrec_core import record
from tests.support.failing import fail
from tests.support.gl_names import names_alive
from tests.support.recording import BarcodeLoop

context = standalone_context()
recorder = record(None, sys.argv[1], timing="step", fps=60)
loop = BarcodeLoop(context)
"""


def test_a_forgotten_close_is_made_up_for_at_the_end_of_the_program(tmp_path: Path) -> None:
    program = _PROGRAM + "loop.record(recorder, range(25))\n"
    done = run_program(program, str(tmp_path / "a.mp4"))
    assert "still open" in done.stdout + done.stderr
    video.assert_recording(tmp_path / "a.mp4", 25, (320, 240), fps=60)


def test_what_ended_by_itself_is_finished_at_the_end_of_the_program_without_a_word(tmp_path: Path) -> None:
    program = _PROGRAM.replace("fps=60", "fps=60, frames=25") + "loop.record(recorder, range(30))\n"
    done = run_program(program, str(tmp_path / "a.mp4"))
    assert (done.stdout, done.stderr) == ("", "")
    video.assert_recording(tmp_path / "a.mp4", 25, (320, 240), fps=60)


@pytest.mark.parametrize("frames", [30, 61, 200])
def test_after_kill_9_the_file_plays_up_to_the_last_half_second(tmp_path: Path, frames: int) -> None:
    program = _PROGRAM + (
        f"loop.record(recorder, range({frames}))\n"
        "while recorder.stats.encoded < recorder.stats.recorded: pass\n"
        "print('ready', flush=True)\nsys.stdin.read()\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / "a.mp4")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).resolve().parents[2],
        text=True,
    )
    with child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        child.kill()
    kept = video.read_barcodes(tmp_path / "a.mp4")
    assert kept == list(range(len(kept)))
    assert len(kept) >= frames - 30


def test_many_recordings_leave_nothing_behind(context: moderngl.Context, tmp_path: Path) -> None:
    loop = BarcodeLoop(context, (64, 48))
    before = names_alive()
    for number in range(30):
        recorder = record(None, tmp_path / f"{number}.mp4", timing="step")
        loop.record(recorder, range(3))
        assert recorder.texture_id > 0
        recorder.close()
        assert recorder.texture_id == 0
    assert names_alive() == before
