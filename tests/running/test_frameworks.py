"""Unmodified programs on every framework: each frame is recorded once, in order, upright, and the program ends."""

from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.cli.command import glrec
from tests.support.video import assert_recording, read_barcodes

PROGRAM = Path(__file__).parent / "programs" / "frameworks.py"
FRAMES, SIZE, FPS = 30, (320, 240), 30
NO_SCREEN = {"DISPLAY": "", "WAYLAND_DISPLAY": ""}

FRAMEWORKS = [
    "pyglet_loop",
    "pyglet_own_loop",
    "moderngl_window",
    "vispy_default",
    "vispy_glfw",
    "vispy_pyglet",
    "vispy_qt",
    "glfw_by_name",
    "glfw_deaf",
    "pygame_display",
    "pygame_window",
    "qt",
    "marked",
]
if find_spec("PySide6") is None:  # as on a Windows that cannot load it; see docs/platforms.md
    FRAMEWORKS = [name for name in FRAMEWORKS if name not in {"qt", "vispy_qt"}]


def run(name: str, mode: str, film: Path, *options: str, env: dict[str, str]) -> None:
    done = glrec("run", "--frames", str(FRAMES), "-o", film, *options, PROGRAM, name, mode, env=env)
    assert done.returncode == 0, done.stderr
    assert [path.name for path in film.parent.iterdir()] == [film.name], done.stderr


def numbers(name: str) -> range:
    """Return the numbers of the recorded pictures: Qt paints the first one twice before it shows anything."""
    first = 1 if name == "qt" else 0
    return range(first, first + FRAMES)


@pytest.mark.parametrize("name", FRAMEWORKS)
def test_every_frame_headless(name: str, tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    run(name, "count", film, "--headless", "--step", "--fps", str(FPS), env=NO_SCREEN)
    assert_recording(film, numbers(name), SIZE, FPS)


@pytest.mark.parametrize("name", [name for name in FRAMEWORKS if name != "marked"])
def test_every_frame_on_a_screen(name: str, display: dict[str, str], tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    run(name, "count", film, "--overflow", "block", env=display)
    assert_recording(film, numbers(name), SIZE)


@pytest.mark.parametrize("name", FRAMEWORKS)
def test_every_clock_advances_by_one_frame(name: str, tmp_path: Path) -> None:
    """The pictures carry the time that the framework tells, in frames."""
    film = tmp_path / "film.mp4"
    run(name, "clock", film, "--headless", "--step", "--fps", str(FPS), env=NO_SCREEN)
    steady = read_barcodes(film)[
        2:
    ]  # before that a timer has not begun to count, or Qt has painted before its loop
    assert steady[0] in {1, 2, 3}
    assert steady == list(range(steady[0], steady[0] + FRAMES - 2))


def test_size_is_the_recordings(tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    run(
        "glfw_by_name",
        "count",
        film,
        "--headless",
        "--step",
        "--fps",
        "30",
        "--size",
        "640x480",
        env=NO_SCREEN,
    )
    assert_recording(film, FRAMES, (640, 480), FPS)
