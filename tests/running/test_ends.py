"""How a run ends: exit codes, tracebacks, messages, signals; and what it leaves behind."""

import re
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.command import COMMAND, environment, glrec
from tests.support.processes import is_running
from tests.support.video import frame_count, read_barcodes

PROGRAM = Path(__file__).parent / "programs" / "frameworks.py"
DRAW = """
import sys, moderngl, glrec_core
context = moderngl.create_context(standalone=True)
framebuffer = context.simple_framebuffer((160, 120))
def draw(count):
    for number in range(count):
        framebuffer.clear(number / count, 0.5, 0.5)
        glrec_core.mark_frame(framebuffer)
draw(5)
"""


def script(folder: Path, source: str) -> Path:
    path = folder / "program.py"
    path.write_text(source)
    return path


@pytest.mark.parametrize(
    ("ending", "code", "said"),
    [
        ("", 0, ""),
        ("sys.exit()", 0, ""),
        ("sys.exit(7)", 7, ""),
        ("sys.exit('it is over')", 1, "it is over\n"),
        ("raise KeyboardInterrupt", 130, ""),
    ],
)
def test_the_programs_exit_code_is_kept(ending: str, code: int, said: str, tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    done = glrec("run", "--headless", "-o", film, script(tmp_path, DRAW + ending))
    assert (done.returncode, frame_count(film)) == (code, 5)
    told = done.stderr.replace(said, "", 1)
    assert re.fullmatch(r"glrec: \S+film\.mp4: 5 frames, .*\n", told), done.stderr


def test_a_programs_error_is_shown_as_python_does(tmp_path: Path) -> None:
    program = script(tmp_path, f"{DRAW}\ndef fail():\n    raise ValueError('no more')\nfail()\n")
    done = glrec("run", "--headless", "-o", tmp_path / "film.mp4", program)
    plain = subprocess.run(
        [COMMAND[0], str(program)],
        env=environment({"EGL_PLATFORM": "surfaceless"}),
        capture_output=True,
        text=True,
        check=False,
    )
    traceback = done.stderr[: done.stderr.index("glrec: ")]
    assert done.returncode == 1
    assert traceback.startswith("Traceback (most recent call last):\n  File")
    assert traceback.endswith("ValueError: no more\n")
    assert "glrec_core" not in traceback
    assert "no more" not in plain.stdout
    assert frame_count(tmp_path / "film.mp4") == 5


SEEN = "import sys\nprint(sys.argv[1:], sys.path[0], __name__, __file__, sys.modules['__main__'].__dict__ is globals())"


@pytest.mark.parametrize("way", ["script", "module"])
def test_the_program_sees_what_python_would_show_it(way: str, tmp_path: Path) -> None:
    path = script(tmp_path, SEEN)
    program = ["program.py"] if way == "script" else ["-m", "program"]
    words = [*program, "a", "--fps", "-x"]
    ours = glrec("run", *words, cwd=tmp_path)
    plain = subprocess.run(
        [COMMAND[0], *words], cwd=tmp_path, env=environment(), capture_output=True, text=True, check=True
    )
    assert ours.stdout == plain.stdout
    assert str(path) in ours.stdout


def test_a_program_that_draws_nothing(tmp_path: Path) -> None:
    done = glrec("run", script(tmp_path, "print('hello')"), cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "hello\n")
    assert re.fullmatch(r"glrec: the program drew no frame, .*mark_frame.*\n", done.stderr)
    assert [path.name for path in tmp_path.iterdir()] == ["program.py"]


def test_a_program_that_draws_nothing_and_goes_on(tmp_path: Path) -> None:
    program = script(tmp_path, "import sys\nsys.stdin.read()")
    with subprocess.Popen(
        [*COMMAND, "run", str(program)],
        env=environment(),
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        assert "has drawn no frame for 10 s" in process.stderr.readline()
        process.communicate("", timeout=100)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--bogus", "program.py"], "--bogus"),
        (["missing.py"], "can't open 'missing.py': No such file or directory"),
        (["-m", "missing.module"], "no module named 'missing.module'"),
        (["-m"], "-m needs the name of a module"),
        ([], "which program?"),
        (["--size", "10", "program.py"], "'10' is not a size"),
        (["--fps", "0", "program.py"], "--fps: '0'"),
        (["--frames", "none", "program.py"], "'none' is not a whole number"),
        (["--seconds", "-1", "program.py"], "'-1' is not a time"),
        (["--codec", "xvid", "program.py"], "--codec 'xvid' is not known"),
        (["--preset", "warp", "program.py"], "--preset 'warp' is not known"),
        (["--overflow", "burst", "program.py"], "--overflow: 'burst' is not known"),
        (["--backend", "magic", "program.py"], "--backend 'magic' is not known"),
        (["-o", "film.avi", "program.py"], "extension '.avi' is not known"),
        (["-o", "missing/film.mp4", "program.py"], "make it first"),
        (["-o", "there.mp4", "program.py"], "pass --overwrite to replace it"),
    ],
)
def test_what_cannot_be_done_is_said_before_the_program_starts(
    words: list[str], said: str, tmp_path: Path
) -> None:
    script(tmp_path, "print('started')")
    (tmp_path / "there.mp4").touch()
    done = glrec("run", *words, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert len([line for line in done.stderr.splitlines() if line.startswith("glrec run:")]) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["program.py", "there.mp4"]


def test_a_syntax_error(tmp_path: Path) -> None:
    done = glrec("run", script(tmp_path, "def f(:\n"))
    assert done.returncode == 1
    assert done.stderr.lstrip().startswith("File ")
    assert done.stderr.endswith("SyntaxError: invalid syntax\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(
    "name", ["pyglet_loop", "vispy_default", "glfw_by_name", "glfw_deaf", "qt", "marked"]
)
def test_signals_end_the_recording_properly(name: str, number: signal.Signals, tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    with subprocess.Popen(
        [*COMMAND, "run", "--headless", "--overflow", "block", "-o", str(film), str(PROGRAM), name, "count"],
        env=environment(),
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        wait_until(film.exists)
        process.send_signal(number)
        _, said = process.communicate(timeout=100)
    assert process.returncode == 128 + number
    assert "Traceback" not in said
    found = read_barcodes(film)
    assert found == list(range(found[0], found[0] + len(found)))
    assert found[0] in {0, 1}  # Qt paints its first picture twice


TELL_SERVER = """
import os, glfw
from tests.support.displays import server_process
glfw.init()
print(server_process(os.environ["DISPLAY"]), flush=True)
"""


def test_the_private_display_ends_with_the_program(tmp_path: Path) -> None:
    done = glrec("run", "--headless", script(tmp_path, TELL_SERVER), env={"DISPLAY": ""})
    wait_until(lambda: not is_running(int(done.stdout)))


def test_the_private_display_ends_with_a_program_that_is_killed(tmp_path: Path) -> None:
    program = script(tmp_path, f"{TELL_SERVER}\nos.kill(os.getpid(), 9)")
    done = glrec("run", "--headless", program, env={"DISPLAY": ""})
    assert done.returncode == -signal.SIGKILL
    wait_until(lambda: not is_running(int(done.stdout)))


def test_without_xvfb(tmp_path: Path) -> None:
    program = script(tmp_path, "import glfw")
    done = glrec("run", "--headless", program, env={"PATH": str(tmp_path), "DISPLAY": ":99"})
    assert done.returncode != 0
    assert "there is no Xvfb" in done.stderr


def wait_until(met: Callable[[], bool]) -> None:
    """Wait for a condition; the test's own timeout ends it."""
    while not met():
        time.sleep(0.05)
