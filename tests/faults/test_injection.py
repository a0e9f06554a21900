"""A fault at every external call of a run, one at a time: OpenGL, encoder, muxer, file and rename.

Whatever fails, the program's own loop goes on, `close()` tells one error or the recording is whole, the account adds up, and
nothing is left over: no thread, GL name, open file, child process or temporary file.
"""

import errno
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import moderngl
import pytest

from glrec_core import GlrecError, Recorder, SinkError, record
from glrec_core.gl.functions import _BLOCKING, _QUICK, GL, current_gl
from glrec_core.sink.growing_file import GrowingFile
from tests.contract.test_recorder import assert_account_adds_up
from tests.support import video
from tests.support.failing import Failing, fail, open_files
from tests.support.gl_names import names_alive
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
        assert error is recorder.error or error.__cause__ is recorder.error
        return recorder, error
    return recorder, None


def assert_whole_or_told(recorder: Recorder, error: Exception | None, path: Path) -> None:
    """Check that a run without an error has every frame, and that one with an error keeps a playable beginning."""
    assert_account_adds_up(recorder)
    kept = video.read_barcodes(path) if path.exists() else []
    assert kept == list(range(FRAMES if error is None else len(kept)))
    assert recorder.recording.frames == len(kept)
    for each in path.parent.iterdir():
        assert each == path, "a temporary file is left"


@contextmanager
def nothing_left() -> Iterator[None]:
    before = threading.active_count(), names_alive(), open_files()
    yield
    assert (threading.active_count(), names_alive(), open_files()) == before


def hardware(gl: GL, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(gl, "is_software", False)


def old_hardware(gl: GL, patch: pytest.MonkeyPatch) -> None:
    hardware(gl, patch)
    patch.setattr(gl, "BufferStorage", None)


def software(gl: GL, patch: pytest.MonkeyPatch) -> None:
    assert gl.is_software, "these tests are for a renderer on the CPU"


ROUTES = [software, old_hardware, hardware]
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


@pytest.mark.parametrize("route", ROUTES)
def test_any_call_of_opengl_may_fail(context: moderngl.Context, tmp_path: Path, route: Route) -> None:
    loop, path, gl = BarcodeLoop(context, (64, 48)), tmp_path / "a.mp4", current_gl()
    for name, count in call_counts(loop, path, route).items():
        for call in sorted({1, 2, count // 2, count} & set(range(1, count + 1))):
            path.unlink(missing_ok=True)
            leaves_a_name = name.startswith("Delete")  # what cannot be deleted stays
            before = names_alive()
            with pytest.MonkeyPatch.context() as patch:
                route(gl, patch)
                failing = fail(patch, gl, name, {call}, OUT_OF_MEMORY)
                recorder, error = run(loop, path)
            assert failing.failed, f"call {call} of gl{name} never came"
            what = f"call {call} of {count} of gl{name}: {error!r}"
            assert error is OUT_OF_MEMORY, what
            assert_whole_or_told(recorder, error, path)
            assert leaves_a_name or names_alive() == before, what
            context.error  # noqa: B018 - reading it clears it
