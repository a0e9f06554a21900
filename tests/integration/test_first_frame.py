"""What a process's first frame waits for: no import, no encoder; and what becomes of those that fail or are under way.

Each program runs in an interpreter that has loaded nothing yet. Slow imports stand for slow disks.
"""

import pytest

from tests.support.displays import ProgramError, run_program

BEGIN = """
import os, sys, tempfile, threading
from pathlib import Path
import moderngl
import glrec_core
from glrec_core import Size, process
context = moderngl.create_context(standalone=True, backend="egl")
drawn = context.framebuffer([context.renderbuffer((64, 48))])
source = glrec_core.Framebuffer(drawn.glo, Size(64, 48))
folder = tempfile.TemporaryDirectory()
path = Path(folder.name) / "{name}"
path.parent.mkdir(exist_ok=True)
"""

SLOW = """
import time
class Slow:
    def find_spec(self, name, path=None, target=None):
        if name == "av._core":
            time.sleep({seconds})
sys.meta_path.insert(0, Slow())
"""

HELD = """
import time
class Held:
    gate = threading.Event()
    def find_spec(self, name, path=None, target=None):
        if name == "av._core":
            assert self.gate.wait(60)
sys.meta_path.insert(0, Held())
"""
"""The import does not go on before the program opens the gate."""

WAITING = """
import glrec_core.backends.preloading
glrec_core.backends.preloading._LONGEST_WAIT_SECONDS = {seconds}
"""
"""How long `record()` waits: 100, so that no machine is slower; 0, so that all comes at the same time."""

NOTHING_IS_IMPORTED = """
imported, here = [], threading.get_ident()
def note(event, arguments):
    if event == "import" and threading.get_ident() == here:
        imported.append(arguments[0])
recorder = glrec_core.record(None, path, **dict({options}))
sys.addaudithook(note)
for _ in range(3):
    recorder.frame_drawn(source)
print("imported by the render thread:", imported, len(threading.enumerate()))
recorder.close()
assert recorder.recording.frames == 3, recorder.recording
assert threading.enumerate() == [threading.main_thread()]
"""

ROUTES = {
    "film.mp4": "",
    "film.mkv": "codec='ffv1'",
    "film.webm": "codec='vp9'",
    "film.gif": "fps=20",
    "film.webp": "fps=20",
    "frames/%06d.png": "",
    "spilled.mp4": "backend='spill'",
    "worked_on.mp4": "process=[process.fade(0.5)]",
    "by_the_wall.mp4": "timing='wall'",
}


@pytest.mark.parametrize(("name", "options"), ROUTES.items())
def test_the_render_thread_imports_nothing_for_its_first_frames(name: str, options: str) -> None:
    program = BEGIN.format(name=name) + NOTHING_IS_IMPORTED.format(options=options)
    assert "by the render thread: [] " in run_program(program, fresh=True).stdout


def test_record_returns_when_all_is_imported() -> None:
    """So that no import goes on beside the first frames, which would take Python's lock from them."""
    program = (
        BEGIN.format(name="film.mp4")
        + SLOW.format(seconds=0.2)
        + WAITING.format(seconds=100)
        + (
            "recorder = glrec_core.record(None, path)\n"
            "assert threading.enumerate() == [threading.main_thread()]\n"
            "assert {'av.video', 'glrec_core.sink.muxer', 'glrec_core.encode.pyav'} <= set(sys.modules)\n"
            "recorder.close()\n"
            "imported = set(sys.modules)\n"
            "glrec_core.record(None, path).close()\n"
            "assert set(sys.modules) == imported\n"
        )
    )
    run_program(program, fresh=True)


def test_record_does_not_wait_long() -> None:
    program = (
        BEGIN.format(name="film.mp4")
        + HELD
        + (
            "recorder = glrec_core.record(None, path)\n"
            "assert any(thread.name == 'glrec-import' for thread in threading.enumerate())\n"
            "Held.gate.set()\n"
            "recorder.close()\n"
        )
    )
    run_program(program, fresh=True)


def test_the_first_frame_does_not_wait_for_an_import_that_is_under_way() -> None:
    """The encode thread does: all frames are in the film."""
    program = (
        BEGIN.format(name="film.mp4")
        + HELD
        + """
recorder = glrec_core.record(None, path, slots=8)
for _ in range(3):
    recorder.frame_drawn(source)
names = {thread.name for thread in threading.enumerate()}
assert {"glrec-import", "glrec-encode"} <= names, names
assert "av._core" not in sys.modules
Held.gate.set()
assert recorder.close().frames == 3
assert threading.enumerate() == [threading.main_thread()]
"""
    )
    run_program(program, fresh=True)


@pytest.mark.parametrize("last", ["recorder.close()", "", "os._exit(0)", "recorder.discard()"])
def test_no_thread_outlives_a_recorder_without_a_frame(last: str) -> None:
    program = (
        BEGIN.format(name="film.mp4")
        + HELD
        + f"""
recorder = glrec_core.record(None, path)
assert any(thread.name == "glrec-import" for thread in threading.enumerate())
opening = threading.Timer(0.3, Held.gate.set)
opening.start()
{last}
opening.join()
if {last!r}:
    assert threading.enumerate() == [threading.main_thread()]
    assert "av.container" in sys.modules
    assert not path.exists()
"""
    )
    run_program(program, fresh=True)


def test_a_target_that_cannot_be_recorded_leaves_no_thread() -> None:
    program = BEGIN.format(name="film.mp4") + (
        "try:\n    glrec_core.record(object(), path)\nexcept glrec_core.AdapterNotFound:\n"
        "    assert threading.enumerate() == [threading.main_thread()]\nelse:\n    raise AssertionError\n"
    )
    run_program(program, fresh=True)


@pytest.mark.parametrize("how", ["raise ImportError('half installed')", "raise SystemExit('not me')"])
def test_an_import_that_fails_is_told_at_close_and_not_in_the_loop(how: str) -> None:
    program = (
        BEGIN.format(name="film.mp4")
        + f"""
site = Path(folder.name) / "site"
site.mkdir()
(site / "av.py").write_text({how!r})
sys.path.insert(0, str(site))
recorder = glrec_core.record(None, path)
for _ in range(3):
    recorder.frame_drawn(source)
try:
    recorder.close()
except (ImportError, glrec_core.GlrecError) as error:
    assert {how.split("'")[1]!r} in str(error), error
    assert recorder.error is error
else:
    raise AssertionError("nothing was told")
stats = recorder.stats
assert stats.drawn == stats.lost + stats.failed == 3, stats
assert not path.exists()
assert threading.enumerate() == [threading.main_thread()]
"""
    )
    run_program(program, fresh=True)


FORK = """
recorder = glrec_core.record(None, path)
assert "av" in sys.modules and "av._core" not in sys.modules
threading.Timer(0.5, Held.gate.set).start()
child = os.fork()
if child == 0:
    import signal
    signal.alarm(20)
    import av
    os._exit(7)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
recorder.frame_drawn(source)
assert recorder.close().frames == 1
"""


def test_a_child_that_is_forked_meanwhile_can_import_the_same() -> None:
    """A child has no thread that would open the lock of an import that was under way."""
    run_program(BEGIN.format(name="film.mp4") + HELD + FORK, fresh=True)


def test_a_fork_within_an_import_that_the_other_thread_waits_for_does_not_hang() -> None:
    """The program forks while it is itself in the midst of importing PyAV: who waits for whom must come to an end."""
    program = BEGIN.format(name="film.mp4") + (
        "class Forking:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'av._core' and threading.current_thread() is threading.main_thread():\n"
        "            globals()['recorder'] = glrec_core.record(None, globals()['path'])\n"
        "            child = os.fork()\n"
        "            if child == 0:\n"
        "                os._exit(7)\n"
        "            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7\n"
        "sys.meta_path.insert(0, Forking())\n"
        "import av\n"
        "recorder.frame_drawn(source)\n"
        "assert recorder.close().frames == 1\n"
    )
    run_program(program, fresh=True, timeout_seconds=60)


def test_a_program_that_imports_the_same_at_the_same_time_gets_whole_modules() -> None:
    program = (
        BEGIN.format(name="film.mp4")
        + SLOW.format(seconds=0.2)
        + WAITING.format(seconds=0)
        + """
recorder = glrec_core.record(None, path)
import av.filter, av.container, glrec_core.encode.pyav, glrec_core.sink.muxer
from av.video.frame import VideoFrame  # CPython 3.11 enters `av.video` into `av` a moment after others may import it
assert av.VideoFrame is VideoFrame
recorder.frame_drawn(source)
assert recorder.close().frames == 1
"""
    )
    run_program(program, fresh=True)


def test_wrong_options_begin_nothing() -> None:
    program = BEGIN.format(name="film.mp4") + (
        "for options in (dict(codec='vp8'), dict(backend='none'), dict(spill_dir=path / 'nothing' / 'x', fps=-1)):\n"
        "    try:\n        glrec_core.record(None, path, **options)\n"
        "    except glrec_core.ConfigError:\n"
        "        assert threading.enumerate() == [threading.main_thread()]\n"
        "        assert 'av' not in sys.modules and not path.exists()\n"
        "    else:\n        raise AssertionError(options)\n"
    )
    run_program(program, fresh=True)


def test_the_slow_import_is_slow() -> None:
    """The tests above would say nothing if their hook were not asked."""
    program = BEGIN.format(name="film.mp4") + SLOW.format(seconds="'no number'") + "import av\n"
    with pytest.raises(ProgramError, match="TypeError"):
        run_program(program, fresh=True)
