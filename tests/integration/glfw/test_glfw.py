"""Real GLFW programs, each in an interpreter of its own, and the films that came of them."""

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
        yield {"DISPLAY": name}


@pytest.mark.parametrize("scenario", ["destroyed", "terminated", "hotkey"])
def test_window(scenario: str, display: dict[str, str], tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    run_program(PROGRAM, scenario, str(film), env=display)
    assert_recording(film, FRAMES, SIZE, FPS)


def test_two_windows_that_are_swapped_together(display: dict[str, str], tmp_path: Path) -> None:
    films = [tmp_path / "first.mp4", tmp_path / "second.mp4"]
    run_program(PROGRAM, "two_windows", *map(str, films), env=display)
    for film in films:
        assert_recording(film, FRAMES, SIZE, FPS)


def test_a_window_without_a_context(display: dict[str, str], tmp_path: Path) -> None:
    run_program(PROGRAM, "without_context", str(tmp_path / "film.mp4"), env=display)
    assert list(tmp_path.iterdir()) == []
