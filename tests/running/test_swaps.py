"""`glrec run` and programs on toolkits that no adapter knows, on a private display or on the user's."""

import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.command import glrec
from tests.support.video import assert_recording, frame_count, read_barcodes

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="swaps are heard on Linux only")

PROGRAM = Path(__file__).parent / "programs" / "swaps.py"
SIZE, FPS, FRAMES = (320, 240), 30, 20
NO_SCREEN = {"DISPLAY": "", "WAYLAND_DISPLAY": ""}


@pytest.mark.parametrize("kind", ["glx", "egl", "buffer"])
def test_every_frame_headless(kind: str, tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    options = ("--headless", "--step", "--fps", str(FPS), "--frames", str(FRAMES), "-o", film)
    done = glrec("run", *options, PROGRAM, kind, "deaf", env=NO_SCREEN)
    assert done.returncode == 0, done.stderr
    assert_recording(film, range(FRAMES), SIZE, FPS)
    assert [path.name for path in tmp_path.iterdir()] == [film.name]


@pytest.mark.parametrize("kind", ["glx", "egl"])
@pytest.mark.parametrize("ending", ["by_itself", "without_closing"])
def test_every_frame_on_a_screen(kind: str, ending: str, display: dict[str, str], tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    done = glrec("run", "--overflow", "block", "-o", film, PROGRAM, kind, ending, env=display)
    assert done.returncode == 0, done.stderr
    assert_recording(film, range(10), SIZE)
    assert re.fullmatch(r"glrec: \S+film\.mp4: 10 frames, .*\n", done.stderr)


def test_each_window_has_a_film(tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    done = glrec(
        "run", "--headless", "--overflow", "block", "-o", film, PROGRAM, "glx", "two_windows", env=NO_SCREEN
    )
    assert done.returncode == 0, done.stderr
    assert read_barcodes(film) == list(range(10))
    assert read_barcodes(tmp_path / "film-2.mp4") == list(range(100, 110))


def test_a_program_ends_as_its_user_would_end_it(tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    done = glrec("run", "--headless", "--frames", "5", "-o", film, PROGRAM, "glx", "hears", env=NO_SCREEN)
    assert (done.returncode, done.stdout) == (7, "closed by its user\n")
    assert frame_count(film) == 5
    assert "goes on" not in done.stderr


def test_a_program_that_hears_no_event_is_interrupted(tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    done = glrec("run", "--headless", "--frames", "5", "-o", film, PROGRAM, "glx", "deaf", env=NO_SCREEN)
    assert done.returncode == 0, done.stderr
    assert frame_count(film) == 5
    assert "it is interrupted" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_program_that_goes_on_is_ended_when_its_film_is_whole(tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    done = glrec(
        "run", "--headless", "--frames", "5", "-o", film, PROGRAM, "buffer", "stubborn", env=NO_SCREEN
    )
    assert done.returncode == -signal.SIGTERM
    assert "I go on\n" in done.stdout
    assert frame_count(film) == 5
    told, insisted = done.stderr.splitlines()
    assert "film.mp4: 5 frames" in told
    assert "SIGTERM" in insisted


def test_a_still_picture_ends_in_time(tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    done = glrec("run", "--headless", "--seconds", "1", "-o", film, PROGRAM, "glx", "still", env=NO_SCREEN)
    assert done.returncode == 0, done.stderr
    assert read_barcodes(film) == [0, 1, 2]


def test_without_a_private_display_it_is_said(tmp_path: Path) -> None:
    environment = {**NO_SCREEN, "PATH": str(tmp_path)}
    done = glrec("run", "--headless", PROGRAM, "glx", "deaf", cwd=tmp_path, env=environment)
    assert done.returncode == 1
    assert done.stderr.count("there is no Xvfb") == 1
    assert "there is no X server" in done.stderr  # the program's own words


TELL_DISPLAY = "import os, sys\nsys.stdout.write(repr((os.environ.get('DISPLAY', '')[:1], os.environ.get('EGL_PLATFORM'))))"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ((), ("", "surfaceless")),
        (("--display", "egl"), ("", "surfaceless")),
        (("--display", "x11"), (":", None)),
    ],
)
def test_the_display_can_be_chosen(options: tuple[str, ...], told: tuple[str, str], tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(TELL_DISPLAY)
    done = glrec("run", "--headless", *options, tmp_path / "program.py", cwd=tmp_path, env=NO_SCREEN)
    assert done.stdout == repr(told)


def test_a_display_goes_with_headless(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(TELL_DISPLAY)
    done = glrec("run", "--display", "x11", tmp_path / "program.py", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "goes with --headless" in done.stderr


def test_an_executable_is_no_program_for_it(tmp_path: Path) -> None:
    done = glrec("run", shutil.which("true") or "", cwd=tmp_path)
    assert done.returncode == 2
    assert "is an executable of its own" in done.stderr


@pytest.mark.skipif(shutil.which("gcc") is None, reason="there is no compiler for the library")
def test_what_else_a_program_draws_with_is_said(tmp_path: Path) -> None:
    library = tmp_path / "libvulkan.so.1"
    subprocess.run(["gcc", "-shared", "-o", str(library), "-x", "c", "/dev/null"], check=True)
    program = tmp_path / "program.py"
    program.write_text(f"import ctypes\nctypes.CDLL({str(library)!r})")
    done = glrec("run", program, cwd=tmp_path)
    assert done.returncode == 1
    assert "drew no frame" in done.stderr
    assert "it has loaded Vulkan, which glrec does not record" in done.stderr


RAYLIB = """
import pyray
pyray.set_trace_log_level(7)
pyray.init_window(320, 240, "window")
number = 0
while not pyray.window_should_close():
    pyray.begin_drawing()
    pyray.clear_background((10 * number, 0, 255, 255))
    pyray.end_drawing()
    number += 1
pyray.close_window()
"""


def test_a_toolkit_within_an_extension(tmp_path: Path) -> None:
    """GLFW within raylib, whose black frame at a window's making is none of the program's."""
    pytest.importorskip("raylib")
    film, program = tmp_path / "film.mkv", tmp_path / "program.py"
    program.write_text(RAYLIB)
    options = ("--headless", "--step", "--codec", "ffv1", "--frames", "10", "-o", film)
    done = glrec("run", *options, program, env=NO_SCREEN)
    assert done.returncode == 0, done.stderr
    from tests.support.video import decode_rgb

    assert [int(picture[120, 160, 0]) for picture in decode_rgb(film)] == [
        10 * number for number in range(10)
    ]
