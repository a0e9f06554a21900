"""Any thread may finish a recording, and a forked child owns nothing of it."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from glrec_core import CaptureError, Recorder, record
from glrec_core.gl import functions as g
from glrec_core.gl.functions import current_gl
from tests.contract.test_recorder import assert_account_adds_up
from tests.support import video
from tests.support.contexts import standalone_context
from tests.support.displays import run_program
from tests.support.recording import BarcodeLoop

SIZE = (64, 48)


class Drawing:
    """A thread that draws, and goes on for as long as it is not told to end; its context stays current there."""

    def __init__(self, path: Path, frames: int, before: Callable[[], None], **options: Any) -> None:
        self.recorder: Recorder | None = None
        self.errors: list[BaseException] = []
        self._arguments = path, frames, before, options
        self._drawn, self._end = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        self._drawn.wait()

    def end(self) -> None:
        """Let it draw some more frames and end."""
        self._end.set()
        self._thread.join()

    def _run(self) -> None:
        path, frames, before, options = self._arguments
        context = standalone_context()
        try:
            before()
            loop = BarcodeLoop(context, SIZE)
            self.recorder = record(None, path, timing="step", **options)
            loop.record(self.recorder, range(frames))
            self._drawn.set()
            self._end.wait()
            loop.record(self.recorder, range(frames, frames + 10))
        except BaseException as error:  # noqa: BLE001 - the test looks
            self.errors.append(error)
        finally:
            self._drawn.set()
            context.release()


@contextmanager
def drawing(
    path: Path, frames: int, before: Callable[[], None] = lambda: None, **options: Any
) -> Iterator[Drawing]:
    """Give a thread that has drawn so many frames and still holds its context."""
    thread = Drawing(path, frames, before, **options)
    try:
        yield thread
    finally:
        thread.end()


@pytest.mark.parametrize("overflow", ["block", "drop", "spill"])
def test_another_thread_finishes_while_the_one_that_draws_lives(tmp_path: Path, overflow: str) -> None:
    with drawing(tmp_path / "a.mp4", 60, overflow=overflow) as thread:
        assert thread.recorder is not None
        recording = thread.recorder.close()
        assert recording.frames == recording.stats.recorded
        assert_account_adds_up(thread.recorder)
    assert thread.errors == []  # what it draws afterwards is left alone
    assert thread.recorder.stats.drawn == 60
    numbers = video.read_barcodes(tmp_path / "a.mp4")
    assert len(numbers) == recording.frames
    assert overflow == "drop" or numbers == list(range(60))


def test_what_only_the_drawing_thread_could_read_is_counted_and_told(tmp_path: Path) -> None:
    """On a GPU that is behind, some frames are still being read; another thread cannot wait for them."""

    def behind() -> None:
        gl = current_gl()
        gl.is_software = False
        wait = gl.ClientWaitSync
        vars(gl)["ClientWaitSync"] = partial(_unless_waited_for, wait)

    with drawing(tmp_path / "a.mp4", 20, behind) as thread:
        assert thread.recorder is not None
        with pytest.raises(
            CaptureError, match=r"\d frames could not be read any more: .* in the thread that draws"
        ):
            thread.recorder.close()
        stats = thread.recorder.stats
        assert 0 < stats.lost < 8
        assert stats.recorded + stats.lost == 20
        assert_account_adds_up(thread.recorder)
    assert thread.errors == []
    assert video.read_barcodes(tmp_path / "a.mp4") == list(range(stats.recorded))


def _unless_waited_for(wait: Callable[[int, int, int], int], fence: int, flags: int, nanoseconds: int) -> int:
    return wait(fence, flags, nanoseconds) if nanoseconds else g.TIMEOUT_EXPIRED


def test_two_threads_may_close_at_once(tmp_path: Path) -> None:
    for number in range(10):
        with drawing(tmp_path / f"{number}.mp4", 10) as thread:
            recorder = thread.recorder
            assert recorder is not None
            frames = list[int]()

            def close(recorder: Recorder = recorder, frames: list[int] = frames) -> None:
                frames.append(recorder.close().frames)

            others = [threading.Thread(target=close) for _ in range(3)]
            for other in others:
                other.start()
            for other in others:
                other.join()
            assert frames == [10, 10, 10]


STILL_DRAWING = """
import sys, threading, time
import moderngl
from tests.support.contexts import standalone_context
from glrec_core import Framebuffer, Size, mark_frame, record
from tests.support.recording import BarcodeLoop

drawn = threading.Event()

def draw():
    context = standalone_context()
    loop = BarcodeLoop(context, (64, 48))
    recorder = record(None, sys.argv[1], timing="step", overflow="block") if len(sys.argv) > 1 else None
    number = 0
    while True:
        loop.draw(number)
        if recorder is None:
            mark_frame(loop.framebuffer)
        else:
            recorder.frame_drawn(loop.framebuffer)
        number += 1
        if number == 40:
            drawn.set()
        time.sleep(0.0001 if number < 40 else 0.01)

threading.Thread(target=draw, daemon=True).start()
drawn.wait()
"""


def test_the_end_of_the_program_finishes_what_a_daemon_thread_still_draws(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    done = run_program(STILL_DRAWING, str(path))
    assert "still open" in done.stderr
    assert "Error" not in done.stderr
    numbers = video.read_barcodes(path)
    assert numbers == list(range(len(numbers)))
    assert len(numbers) >= 40
    assert list(tmp_path.iterdir()) == [path]


def test_run_finishes_what_a_daemon_thread_still_draws(tmp_path: Path) -> None:
    program, path = tmp_path / "program.py", tmp_path / "a.mp4"
    program.write_text(STILL_DRAWING, encoding="utf-8")
    command = "import runpy, sys; sys.argv[0] = 'glrec'; runpy.run_module('glrec_core', run_name='__main__')"
    done = run_program(command, "run", "-o", str(path), str(program))
    assert "failed" not in done.stderr
    numbers = video.read_barcodes(path)
    assert numbers == sorted(set(numbers))
    assert f"{len(numbers)} frames" in done.stderr


FORK = """
import multiprocessing, os, sys, threading, time
import moderngl
from tests.support.contexts import standalone_context
from glrec_core import record
from tests.support.recording import BarcodeLoop

path, overflow, end, codec = sys.argv[1:]
slow = [lambda _, frame: (time.sleep(0.004), frame)[1]]
context = standalone_context()
loop = BarcodeLoop(context, (64, 48))
recorder = record(None, path, timing="step", overflow=overflow, slots=4, process=slow, codec=codec)

def child():
    if end == "draw":
        recorder.frame_drawn(loop.framebuffer)
        recorder.context_closing()
        recorder.close()
    elif end == "raise":
        with recorder:
            raise SystemExit(0)
    elif end == "collect":
        import gc
        globals().pop("recorder")
        gc.collect()

def in_child():
    child = os.fork()
    if child:
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        return
    globals()["child"]()
    if end == "quick":
        os._exit(0)
    sys.exit()

loop.record(recorder, range(100))
if end == "multiprocessing":
    process = multiprocessing.get_context("fork").Process(target=child)
    process.start()
    process.join()
    assert process.exitcode == 0
else:
    in_child()
loop.record(recorder, range(100, 250))
recording = recorder.close()
print(recording.frames, recording.stats.recorded)
"""


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("overflow", ["block", "drop", "spill"])
@pytest.mark.parametrize("end", ["exit", "quick", "raise", "draw", "collect", "multiprocessing"])
def test_a_forked_child_owns_nothing(tmp_path: Path, overflow: str, end: str) -> None:
    path = tmp_path / "a.mp4"
    done = run_program(FORK, str(path), overflow, end, "h264")
    frames, recorded = map(int, done.stdout.split())
    assert frames == recorded == len(video.read_barcodes(path))
    assert overflow == "drop" or video.read_barcodes(path) == list(range(250))
    assert "still open" not in done.stderr
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("codec", ["hevc", "av1", "ffv1", "vp9"])
def test_a_forked_child_frees_no_encoder(tmp_path: Path, codec: str) -> None:
    """An encoder with threads would wait for them for ever in a child, where they are not."""
    path = tmp_path / "a.mkv"
    done = run_program(FORK, str(path), "block", "collect", codec)
    assert done.stdout == "250 250\n"
    assert len(video.read_barcodes(path)) == 250
