"""vispy programs without a screen: they hear of their size before they draw, and have the framebuffer that they ask for."""

import json
from pathlib import Path

import pytest

from tests.cli.command import glrec
from tests.support.video import assert_recording

PROGRAM = Path(__file__).parent / "programs" / "vispy_headless.py"
FRAMES, SIZE, FPS = 10, (320, 240), 30


def run(kind: str, film: Path, frames: int) -> list[str]:
    """Record a program and return the lines that it printed."""
    done = glrec(
        *("run", "--headless", "--step", "--fps", str(FPS), "--frames", str(frames), "-o", film),
        *(PROGRAM, kind),
        env={"DISPLAY": "", "WAYLAND_DISPLAY": "", "PYOPENGL_PLATFORM": ""},
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr  # vispy reports an error in a handler and goes on
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    ("kind", "first"),
    [
        ("gloo_subclass", 0),
        ("scene_subclass", 0),
        ("handler_of_a_function", 0),
        ("rendered_before_it_is_shown", 1),
        ("own_loop_beside_a_closed_canvas", 0),
    ],
)
def test_the_size_is_told_once_before_the_first_drawing(kind: str, first: int, tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    assert run(kind, film, FRAMES) == ["resize 320x240", "draw"]
    assert_recording(film, range(first, first + FRAMES), SIZE, FPS)


@pytest.mark.parametrize(
    ("kind", "least"),
    [
        ("buffers_by_default", (24, 0, 0)),
        ("buffers_that_are_asked_for", (24, 8, 4)),
        ("buffers_that_are_not_to_be_had", (24, 0, 0)),
    ],
)
def test_the_framebuffer_is_as_on_a_screen(kind: str, least: tuple[int, ...], tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    (found,) = run(kind, film, 1)
    assert all(bits >= asked for bits, asked in zip(json.loads(found), least, strict=True)), found
    assert_recording(film, 1, SIZE)


def test_pyopengl_knows_the_context(tmp_path: Path) -> None:
    assert run("pyopengl", tmp_path / "film.mp4", 1) == ["True"]
