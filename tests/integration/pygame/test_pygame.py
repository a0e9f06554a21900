"""Real pygame programs, each in an interpreter of its own, and the films that came of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.displays import run_program, xvfb
from tests.support.video import assert_recording

PROGRAM = Path(__file__).parent / "programs" / "scenarios.py"
FRAMES, SIZE, FPS = 40, (320, 240), 30


@pytest.fixture(scope="module")
def display() -> Iterator[dict[str, str]]:
    with xvfb() as name:
        yield {"DISPLAY": name, "SDL_VIDEODRIVER": "x11"}


@pytest.mark.parametrize(
    "scenario", ["hotkey", "quit_while_recording", "mode_set_again", "window", "window_ended_by_the_display"]
)
def test_display(scenario: str, display: dict[str, str], tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    run_program(PROGRAM, scenario, str(film), env=display)
    assert_recording(film, FRAMES, SIZE, FPS)


def test_what_cannot_be_recorded_is_refused(display: dict[str, str], tmp_path: Path) -> None:
    run_program(PROGRAM, "refused", str(tmp_path / "film.mp4"), env=display)
    assert list(tmp_path.iterdir()) == []
