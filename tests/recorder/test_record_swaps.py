"""`record_swaps`: whatever a program swaps, switched on within it. On buffers of EGL, which need no window system."""

import sys
from pathlib import Path

import pytest

from tests.support.displays import run_program
from tests.support.video import assert_recording, read_barcodes

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="swaps are heard on Linux only")

SIZE, FPS = (160, 120), 30
PROGRAM = """
import logging, sys, threading
from pathlib import Path
import pytest
import glrec_core
from glrec_core import BackendUnavailable, ClosedError, ConfigError
from glrec_core.testing import barcode
from tests.contract.adapter_programs import native
from tests.support.swapping import EglBuffer
folder, size = Path(sys.argv[1]), (160, 120)
film = folder / "film.mp4"
def show(buffer, number, size=size):
    buffer.make_current()
    barcode.draw(native.fill, size, number)
    buffer.swap()
"""
BUFFER = {"EGL_PLATFORM": "surfaceless", "DISPLAY": ""}


def run(folder: Path, program: str) -> str:
    return run_program(PROGRAM + program, str(folder), env=BUFFER).stderr


def test_each_drawable_has_a_film_and_all_are_finished(tmp_path: Path) -> None:
    program = """
with glrec_core.record_swaps(film, fps=30, timing="step") as swaps:
    first, second = EglBuffer(size), EglBuffer(size)
    for number in range(10):
        show(first, number)
        if number % 2:
            show(second, 100 + number)
    assert len(swaps.recorders) == 2
assert [(each.path, each.frames) for each in swaps.recordings] == [(film, 10), (folder / "film-2.mp4", 5)]
show(first, 11)
assert swaps.close() == swaps.recordings
"""
    assert run(tmp_path, program) == ""
    assert_recording(tmp_path / "film.mp4", range(10), SIZE, FPS)
    assert read_barcodes(tmp_path / "film-2.mp4") == [101, 103, 105, 107, 109]


def test_from_another_thread_and_finished_from_any(tmp_path: Path) -> None:
    program = """
swaps = glrec_core.record_swaps(film, fps=30, timing="step", overflow="block")
shown, go_on = threading.Event(), threading.Event()
def draw():
    buffer = EglBuffer(size)
    for number in range(10):
        show(buffer, number)
    shown.set()
    go_on.wait()
    show(buffer, 10)
thread = threading.Thread(target=draw)
thread.start()
shown.wait()
[recording] = swaps.close()
go_on.set()
thread.join()
assert recording.frames == 10
"""
    run(tmp_path, program)
    assert read_barcodes(tmp_path / "film.mp4") == list(range(10))


def test_a_context_that_ends_finishes_its_film(tmp_path: Path) -> None:
    program = """
swaps = glrec_core.record_swaps(film, fps=30, timing="step")
for part in range(2):
    buffer = EglBuffer(size)
    for number in range(5):
        show(buffer, 10 * part + number)
    buffer.close()
    assert swaps.recorders[part].finished
    assert swaps.recorders[part].wait().frames == 5
"""
    assert run(tmp_path, program) == ""
    assert read_barcodes(tmp_path / "film-2.mp4") == list(range(10, 15))


def test_the_end_of_the_program_finishes_what_is_open(tmp_path: Path) -> None:
    program = """
glrec_core.record_swaps(film, fps=30, timing="step")
buffer = EglBuffer(size)
for number in range(5):
    show(buffer, number)
"""
    run(tmp_path, program)
    assert read_barcodes(tmp_path / "film.mp4") == list(range(5))


def test_what_cannot_be_done_is_said_at_once(tmp_path: Path) -> None:
    program = """
(folder / "there.mp4").touch()
for sinks, options, said in (
    ([folder / "film.avi"], {}, "extension"),
    ([folder / "there.mp4"], {}, "exists"),
    ([film], {"hotkey": "F9"}, "hotkey"),
    ([film], {"speed": 3}, "speed"),
):
    with pytest.raises(ConfigError, match=said):
        glrec_core.record_swaps(*sinks, **options)
assert "glrec_core.swaps.hub" not in sys.modules or not glrec_core.swaps.hub.hub().hearers
"""
    run(tmp_path, program)
    assert [path.name for path in tmp_path.iterdir()] == ["there.mp4"]


def test_a_film_that_fails_is_told_and_the_program_goes_on(tmp_path: Path) -> None:
    program = """
swaps = glrec_core.record_swaps(film, fps=30, timing="step")
film.touch()
buffer = EglBuffer(size)
for number in range(3):
    show(buffer, number)
with pytest.raises(ConfigError, match="exists"):
    swaps.close()
"""
    assert run(tmp_path, program).count("recording does not begin") <= 1


def test_what_is_not_asked_for_is_not_loaded() -> None:
    program = """
import sys, glrec, glrec_core, glrec_core.adapter, glrec_core.testing
assert not [name for name in sys.modules if name.startswith(("glrec_core.swaps", "glrec_core.hooks.swap"))]
assert glrec.record_swaps is glrec_core.record_swaps
assert not [name for name in sys.modules if name.startswith(("glrec_core.swaps", "glrec_core.hooks.swap"))]
"""
    run_program(program, fresh=True)
