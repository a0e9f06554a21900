"""vispy programs that place their picture in `on_resize`: without a screen they hear of their size before they draw."""

from pathlib import Path

import pytest

from tests.cli.command import glrec
from tests.support.video import assert_recording

PROGRAM = Path(__file__).parent / "programs" / "vispy_resize.py"
FRAMES, SIZE, FPS = 10, (320, 240), 30


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
    done = glrec(
        *("run", "--headless", "--step", "--fps", str(FPS), "--frames", str(FRAMES), "-o", film),
        *(PROGRAM, kind),
        env={"DISPLAY": "", "WAYLAND_DISPLAY": ""},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n")[:-1] == ["resize 320x240", "draw"]
    assert "Traceback" not in done.stderr  # vispy reports an error in a handler and goes on
    assert_recording(film, range(first, first + FRAMES), SIZE, FPS)
