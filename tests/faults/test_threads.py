"""Several threads and contexts: each recorder serves one context, from the thread that owns it."""

import threading
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from pathlib import Path

import moderngl
import pytest

from glrec_core import CaptureError, Recorder, WrongThreadError, record
from glrec_core.gl.functions import TIMEOUT_EXPIRED, current_gl
from tests.contract.test_recorder import assert_account_adds_up
from tests.support import video
from tests.support.contexts import standalone_context
from tests.support.recording import BarcodeLoop

FRAMES = 60


def in_thread(work: Callable[[], None]) -> None:
    """Run `work` in a thread of its own and raise what it raises."""
    errors = list[BaseException]()

    def guarded() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - raised below
            errors.append(error)

    thread = threading.Thread(target=guarded)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]


def new_context() -> moderngl.Context:
    return standalone_context()


def release(context: moderngl.Context) -> None:
    """Make the context current, check that it has no error, and release it."""
    context.__enter__()  # type: ignore[no-untyped-call]
    assert context.error == "GL_NO_ERROR"
    context.release()


def test_two_threads_record_a_context_each(tmp_path: Path) -> None:
    """They draw frame by frame in turn, different pictures of different sizes, and neither sees anything of the other."""
    sizes, turn = ((64, 48), (80, 64)), threading.Barrier(2)

    def work(index: int) -> None:
        context = new_context()
        recorder = record(None, tmp_path / f"{index}.mp4", timing="step")
        loop = BarcodeLoop(context, sizes[index])
        for number in range(index * 100, index * 100 + FRAMES):
            turn.wait()
            loop.record(recorder, range(number, number + 1))
        recorder.close()
        assert_account_adds_up(recorder)
        release(context)

    other = threading.Thread(target=work, args=(1,))
    other.start()
    work(0)
    other.join()
    for index, size in enumerate(sizes):
        numbers = range(index * 100, index * 100 + FRAMES)
        video.assert_recording(tmp_path / f"{index}.mp4", numbers, size, fps=60)


def test_two_contexts_of_one_thread_have_a_recorder_each(tmp_path: Path) -> None:
    contexts = [new_context(), new_context()]
    recorders, loops = list[Recorder](), list[BarcodeLoop]()
    for index, context in enumerate(contexts):
        with context:
            loops.append(BarcodeLoop(context, (64, 48)))
            recorders.append(record(None, tmp_path / f"{index}.mp4", timing="step"))
    for number in range(FRAMES):
        for index, context in enumerate(contexts):
            with context:
                loops[index].record(recorders[index], range(2 * number + index, 2 * number + index + 1))
    for index, context in enumerate(contexts):
        with context:
            recorders[index].close()
        release(context)
        video.assert_recording(tmp_path / f"{index}.mp4", range(index, 2 * FRAMES, 2), (64, 48), fps=60)


def test_the_context_of_the_other_window_is_refused_and_nothing_of_it_recorded(tmp_path: Path) -> None:
    own, other = new_context(), new_context()
    with own:
        loop = BarcodeLoop(own, (64, 48))
        recorder = record(None, tmp_path / "a.mp4", timing="step")
        loop.record(recorder, range(10))
    with other:
        recorder.frame_drawn(BarcodeLoop(other, (64, 48)).framebuffer)
    with own, pytest.raises(CaptureError, match="another OpenGL context"):
        recorder.close()
    release(own)
    release(other)
    assert (recorder.stats.recorded, recorder.stats.failed) == (10, 1)
    assert_account_adds_up(recorder)
    video.assert_recording(tmp_path / "a.mp4", 10, (64, 48), fps=60)


def test_the_wrong_thread_is_refused_in_the_middle_and_costs_nothing(
    context: moderngl.Context, tmp_path: Path
) -> None:
    recorder = record(None, tmp_path / "a.mp4", timing="step")
    loop = BarcodeLoop(context, (64, 48))

    def misuse() -> None:
        with pytest.raises(WrongThreadError, match="belongs to"):
            recorder.frame_drawn(loop.framebuffer)

    loop.record(recorder, range(10))
    in_thread(misuse)
    loop.record(recorder, range(10, 20))
    recorder.close()
    assert recorder.stats.drawn == 20
    assert_account_adds_up(recorder)
    video.assert_recording(tmp_path / "a.mp4", 20, (64, 48), fps=60)


@pytest.mark.parametrize("is_software", [True, False])
def test_a_recorder_whose_thread_has_ended_is_closed_by_any(tmp_path: Path, *, is_software: bool) -> None:
    """Its context went with the thread: what was read is in the file, the rest is told."""
    recorders, contexts = list[Recorder](), list[moderngl.Context]()

    def draw() -> None:
        contexts.append(new_context())
        gl = current_gl()
        if not is_software:
            gl.is_software = False
            vars(gl)["ClientWaitSync"] = partial(_waiting_only, gl.ClientWaitSync)
        recorders.append(record(None, tmp_path / "a.mp4", timing="step"))
        BarcodeLoop(contexts[0], (64, 48)).record(recorders[0], range(20))

    in_thread(draw)
    recorder = recorders[0]
    if is_software:
        recorder.close()
    else:
        with pytest.raises(CaptureError, match=r"4 frames could not be read any more: their OpenGL context"):
            recorder.close()
    assert recorder.stats.lost == (0 if is_software else 4)
    assert_account_adds_up(recorder)
    assert video.read_barcodes(tmp_path / "a.mp4") == list(range(20 - recorder.stats.lost))
    release(contexts[0])


def _waiting_only(wait: Callable[[int, int, int], int], fence: int, flags: int, nanoseconds: int) -> int:
    """Let no fence pass that nobody waits for, as on a GPU that is behind."""
    return wait(fence, flags, nanoseconds) if nanoseconds else TIMEOUT_EXPIRED


def test_stats_pause_and_resume_belong_to_any_thread(context: moderngl.Context, tmp_path: Path) -> None:
    """A second thread meddles all the time; every snapshot is consistent to one frame, and the files to the account."""
    recorder = record(None, tmp_path / "a.mp4", timing="step", overflow="block")
    ended, drawn = threading.Event(), list[tuple[int, int]]()

    def meddle() -> None:
        while not ended.is_set():
            recorder.pause()
            stats = recorder.stats
            drawn.append((stats.drawn, stats.drawn - stats.accounted))
            recorder.force_idr()
            recorder.resume()

    thread = threading.Thread(target=meddle)
    thread.start()
    BarcodeLoop(context, (64, 48)).record(recorder, range(400))
    ended.set()
    thread.join()
    stats = recorder.close().stats
    assert stats.recorded + stats.paused == stats.drawn == 400
    assert all(early[0] <= late[0] for early, late in pairwise(drawn))
    kept = video.read_barcodes(tmp_path / "a.mp4") if stats.recorded else []
    assert len(kept) == stats.recorded
    assert kept == sorted(kept)
