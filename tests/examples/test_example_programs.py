"""The programs in `examples`: each is short, and each is run by a test that decodes what it recorded."""

import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.displays import run_program, xvfb
from tests.support.video import assert_timestamps, decode_rgb, probe

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
PROGRAMS = sorted(path.name for path in EXAMPLES.glob("*.py"))
TOO_MANY_LINES = 40
LONG = {"render_cube.py"}
"""A program with options, as one would install it; the others show one feature each."""
SIZE = (640, 360)


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    with xvfb() as name:
        yield name


def pictures_of(path: Path) -> list[NDArray[np.uint8]]:
    """Return all pictures of a film, having checked that they are of one size and change."""
    assert probe(path).size == SIZE
    pictures = list(decode_rgb(path))
    changed = np.abs(pictures[0].astype(int) - pictures[-1])
    assert changed.max() > 100
    return pictures


def test_pyglet_window(display: str, tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    said = run_program(EXAMPLES / "pyglet_window.py", str(film), env={"DISPLAY": display}).stdout
    pictures = pictures_of(film)
    assert f"{film}: {len(pictures)} frames" in said
    assert_timestamps(film, len(pictures))
    first = pictures[0]
    assert (
        np.abs(first[180, 80:600:120].mean(axis=0) - (255, 120, 120)).max() < 10
    )  # the middle of each square
    assert first[:100].max() < 10


def test_moderngl_offline(tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    run_program(EXAMPLES / "moderngl_offline.py", str(film), env={"DISPLAY": ""})
    assert len(pictures_of(film)) == 90
    assert_timestamps(film, 90, Fraction(30))


def test_vispy_canvas(tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    env = {"DISPLAY": "", "EGL_PLATFORM": "surfaceless"}
    run_program(EXAMPLES / "vispy_canvas.py", str(film), env=env)
    pictures = pictures_of(film)
    assert len(pictures) == 60
    assert_timestamps(film, 60, Fraction(30))
    assert all(np.abs(picture[:20, :20].astype(int) - (16, 16, 24)).max() < 8 for picture in pictures)
    assert all(picture[100:260, 200:440].max() > 200 for picture in pictures)


@pytest.mark.parametrize("name", PROGRAMS)
def test_an_example_is_run_by_a_test(name: str) -> None:
    texts = (path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    named = re.compile(rf"\b{Path(name).stem}(\.py)?\"")
    assert any(named.search(text) for text in texts), f"no test names {name}"


@pytest.mark.parametrize("name", PROGRAMS)
def test_an_example_is_short_and_says_how_to_run_it(name: str) -> None:
    text = (EXAMPLES / name).read_text(encoding="utf-8")
    assert text.startswith('"""')
    assert re.search(rf"python (examples/)?{name}", text.split('"""')[1])
    lines = [line for line in text.splitlines() if line]
    assert name in LONG or len(lines) < TOO_MANY_LINES
