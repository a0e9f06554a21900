"""Real Qt programs, each in an interpreter of its own, and the films that came of them."""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.support.displays import run_program, xvfb
from tests.support.video import assert_recording

PROGRAM = Path(__file__).parent / "programs" / "scenarios.py"
FRAMES, SIZE, FPS = 40, (320, 240), 30
BINDINGS = [
    pytest.param(name, marks=pytest.mark.skipif(find_spec(name) is None, reason=f"{name} is not installed"))
    for name in ("PySide6", "PyQt6")
]


@pytest.fixture(scope="module")
def display() -> Iterator[dict[str, str]]:
    with xvfb() as name:
        yield {"DISPLAY": name, "QT_QPA_PLATFORM": "xcb"}


@pytest.mark.parametrize("binding", BINDINGS)
@pytest.mark.parametrize(
    "scenario", ["hotkey", "multisampled", "painter", "deleted", "moved_before_its_first_frame"]
)
def test_widget(binding: str, scenario: str, display: dict[str, str], tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    run_program(PROGRAM, binding, scenario, str(film), env=display)
    assert_recording(film, FRAMES, SIZE, FPS)


@pytest.mark.parametrize("binding", BINDINGS)
def test_two_widgets_of_one_window(binding: str, display: dict[str, str], tmp_path: Path) -> None:
    films = [tmp_path / "first.mp4", tmp_path / "second.mp4"]
    run_program(PROGRAM, binding, "two_widgets", *map(str, films), env=display)
    for film in films:
        assert_recording(film, FRAMES, SIZE, FPS)
