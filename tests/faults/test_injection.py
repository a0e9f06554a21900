"""A fault at every external call of a run, one at a time: OpenGL, encoder, muxer, file and rename.

Whatever fails, the program's own loop goes on, `close()` tells one error or the recording is whole, the account adds up, and
nothing is left over: no thread, GL name, open file, child process or temporary file.
"""

import errno
import os
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import moderngl
import pytest
from av.video.frame import VideoFrame

from glrec_core import CaptureError, EncodeError, GlrecError, Recorder, record
from glrec_core.capture import ring
from glrec_core.capture.ring import Direct
from glrec_core.encode import pyav
from glrec_core.encode.pyav import PyAVEncoder
from glrec_core.gl.functions import _BLOCKING, _QUICK, GL, current_gl
from glrec_core.sink import growing_file
from glrec_core.sink.growing_file import GrowingFile
from glrec_core.sink.muxer import Muxer
from glrec_core.system import durable
from tests.contract.test_recorder import assert_account_adds_up
from tests.support import video
from tests.support.failing import fail
from tests.support.gl_names import names_alive
from tests.support.leftovers import open_files
from tests.support.recording import BarcodeLoop

FRAMES = 8
OUT_OF_MEMORY = MemoryError("out of memory, on purpose")
FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def run(loop: BarcodeLoop, path: Path) -> tuple[Recorder, Exception | None]:
    """Record some frames, let the loop go on after that, and close; return the error that `close()` raised."""
    recorder = record(None, path, timing="step", slots=3, overwrite=True)
    loop.record(recorder, range(FRAMES))
    try:
        recorder.close()
    except Exception as error:  # noqa: BLE001 - which ones may come is asserted by the tests
        return recorder, error
    return recorder, None


def assert_whole_or_told(recorder: Recorder, error: Exception | None, path: Path) -> None:
    """Check that a run without an error has every frame, and that one with an error keeps a playable beginning."""
    assert_account_adds_up(recorder)
    kept = video.read_barcodes(path) if path.exists() else []
    if error is None:
        assert len(set(kept)) == FRAMES - recorder.stats.lost
        assert kept == sorted(kept)
    else:
        assert kept == list(range(len(kept)))
    assert recorder.recording.frames == len(kept)
    for each in path.parent.iterdir():
        assert each == path, "a temporary file is left"


def hardware(gl: GL, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(gl, "is_software", False)


def old_hardware(gl: GL, patch: pytest.MonkeyPatch) -> None:
    hardware(gl, patch)
    patch.setattr(gl, "BufferStorage", None)


def software(gl: GL, patch: pytest.MonkeyPatch) -> None:
    assert gl.is_software, "these tests are for a renderer on the CPU"


def software_copying(gl: GL, patch: pytest.MonkeyPatch) -> None:
    """Frames of a renderer on the CPU, as of sources that must be copied before they are read."""
    software(gl, patch)
    nothing = SimpleNamespace(FRAMEBUFFER=Direct.NOTHING, NOTHING=Direct.NOTHING)
    patch.setattr(ring, "Direct", nothing)  # where the backend takes it from


ROUTES = [software, software_copying, old_hardware, hardware]
Route = Callable[[GL, pytest.MonkeyPatch], None]


def call_counts(loop: BarcodeLoop, path: Path, route: Route) -> dict[str, int]:
    """Return how often a run calls each entry point."""
    with pytest.MonkeyPatch.context() as patch:
        gl = current_gl()
        route(gl, patch)
        names = [name for name in (*_QUICK, *_BLOCKING) if getattr(gl, name) is not None]
        counters = {name: fail(patch, gl, name, (), OUT_OF_MEMORY) for name in names}
        _, error = run(loop, path)
        assert error is None
    return {name: counter.count for name, counter in counters.items() if counter.count}


def is_release_or_state(name: str) -> bool:
    """Whether an entry point frees, reads or sets what is there: OpenGL's cannot fail, and if one did, a name may stay."""
    return name.startswith(("Delete", "Get", "Is", "Bind", "Use", "Enable", "Disable", "MemoryBarrier"))


@pytest.mark.parametrize("route", ROUTES)
def test_any_call_of_opengl_may_fail(context: moderngl.Context, tmp_path: Path, route: Route) -> None:
    """The first, the second, the middle and the last call of each entry point raise."""
    loop, path, gl = BarcodeLoop(context, (64, 48)), tmp_path / "a.mp4", current_gl()
    failed = 0
    for name, count in call_counts(loop, path, route).items():
        for call in sorted({1, 2, count // 2, count} & set(range(1, count + 1))):
            path.unlink(missing_ok=True)
            before = names_alive()
            with pytest.MonkeyPatch.context() as patch:
                route(gl, patch)
                failing = fail(patch, gl, name, {call}, OUT_OF_MEMORY)
                recorder, error = run(loop, path)
            what = f"call {call} of {count} of gl{name}: {error!r}"
            assert error is (OUT_OF_MEMORY if failing.failed else None), (
                what
            )  # how often slots are mapped varies
            assert_whole_or_told(recorder, error, path)
            assert is_release_or_state(name) or names_alive() == before, what
            failed += failing.failed
    _ = context.error  # of a buffer that a fault left mapped: reading it clears it
    assert failed > 30


FAILED_RESULTS = {
    "CheckFramebufferStatus": (software, old_hardware, hardware),
    "BufferData": (old_hardware,),
    "BufferStorage": (hardware,),
    "MapBufferRange": (old_hardware, hardware),
    "FenceSync": (old_hardware, hardware),
    "ClientWaitSync": (old_hardware, hardware),
    "TexImage2D": (software_copying, old_hardware, hardware),
    "CompileShader": (hardware,),
    "LinkProgram": (hardware,),
}


@pytest.mark.parametrize("name", FAILED_RESULTS)
def test_a_driver_that_refuses_is_told(context: moderngl.Context, tmp_path: Path, name: str) -> None:
    """Any call of the entry points that can fail does nothing and returns 0, as drivers do; then it works again."""
    loop, path, gl = BarcodeLoop(context, (64, 48)), tmp_path / "a.mp4", current_gl()
    told = 0
    for route in FAILED_RESULTS[name]:
        for call in range(1, call_counts(loop, path, route)[name] + 1):
            path.unlink(missing_ok=True)
            before = names_alive()
            with pytest.MonkeyPatch.context() as patch:
                route(gl, patch)
                refusing = Refusing(getattr(gl, name), call)
                patch.setattr(gl, name, refusing)
                recorder, error = run(loop, path)
            what = f"call {call} of gl{name}, {route.__name__}: {error!r}"
            assert isinstance(error, CaptureError) or (error is None and refusing.count < call), what
            assert_whole_or_told(recorder, error, path)
            assert names_alive() == before, what
            assert (
                context.error
            )  # the driver's own, which is asked for here so that the context is clean again
            told += error is not None
    assert told


class Refusing:
    """Stands in for an entry point; one call does nothing and returns 0."""

    def __init__(self, original: Callable[..., Any], call: int) -> None:
        self._original = original
        self._call = call
        self.count = 0

    def __call__(self, *arguments: Any) -> Any:
        self.count += 1
        return 0 if self.count == self._call else self._original(*arguments)


@pytest.mark.parametrize("route", ROUTES)
def test_the_first_frame_may_fail_without_an_error_in_the_loop(
    context: moderngl.Context, tmp_path: Path, route: Route
) -> None:
    """A driver that cannot make our texture is no misuse: the loop goes on."""
    gl = current_gl()
    with pytest.MonkeyPatch.context() as patch:
        route(gl, patch)
        patch.setattr(gl, "CheckFramebufferStatus", lambda _: 0)
        recorder, error = run(BarcodeLoop(context, (64, 48)), tmp_path / "a.mp4")
    assert isinstance(error, CaptureError)
    assert recorder.stats.failed + recorder.stats.lost == FRAMES  # a frame that was begun is lost
    assert list(tmp_path.iterdir()) == []


def test_the_encode_thread_may_fail_to_start(
    context: moderngl.Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop, before = BarcodeLoop(context, (64, 48)), names_alive()
    fail(monkeypatch, threading.Thread, "start", range(1, 10**6), RuntimeError("can't start new thread"))
    recorder, error = run(loop, tmp_path / "a.mp4")
    assert str(error) == "can't start new thread"
    assert recorder.stats.failed == FRAMES
    assert names_alive() == before


def av_calls() -> dict[str, tuple[object, str, Exception]]:
    """Return the calls into FFmpeg and the system that the encode thread makes."""
    broken = av.FFmpegError(errno.EIO, "broken, on purpose")
    return {
        "open the encoder": (av.CodecContext, "create", broken),
        "make the filter graph": (av.filter, "Graph", broken),
        "wrap the captured pixels": (VideoFrame, "from_numpy_buffer", OUT_OF_MEMORY),
        "read the parameter sets": (pyav, "parameter_sets", broken),
        "encode": (PyAVEncoder, "_send", EncodeError("broken, on purpose")),
        "open the muxer": (av, "open", broken),
        "make the file": (Path, "open", FULL),
        "mux": (Muxer, "_av_packet", broken),
        "write": (GrowingFile, "write", FULL),
        "make the temporary file": (tempfile, "mkstemp", FULL),
        "flush to the disk": (os, "fsync", FULL),
        "bring the data to the disk": (growing_file, "sync_data", FULL),
        "set the mode": (Path, "chmod", FULL),
        "rename": (Path, "replace", FULL),
    }


@pytest.mark.parametrize("what", av_calls())
def test_any_call_of_the_encode_thread_may_fail(
    context: moderngl.Context, tmp_path: Path, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each call in turn, alone and with all that follow; a failure of the encoder alone is made up for by the next."""
    monkeypatch.setattr(durable, "INTERVAL_SECONDS", 600)  # the sync at the end is to be the only one
    loop, path = BarcodeLoop(context, (64, 48)), tmp_path / "a.mp4"
    target, name, reason = av_calls()[what]
    with pytest.MonkeyPatch.context() as patch:
        counter = fail(patch, target, name, (), reason)
        assert run(loop, path)[1] is None
    assert counter.count
    for call in range(1, counter.count + 1):
        for calls in ({call}, range(call, 10**6)):
            path.unlink(missing_ok=True)
            before = names_alive(), threading.enumerate(), open_files()
            with pytest.MonkeyPatch.context() as patch:
                fail(patch, target, name, calls, reason)
                recorder, error = run(loop, path)
            told = f"{what}, {'from ' if len(calls) > 1 else ''}call {call} of {counter.count}: {error!r}"
            assert error is None or isinstance(error, GlrecError) or error is reason, told
            assert error is not None or recorder.recording.notes, told
            assert_whole_or_told(recorder, error, path)
            assert (names_alive(), threading.enumerate(), open_files()) == before, told
