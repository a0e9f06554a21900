"""`--seconds`: the film is as long as asked, by its own timestamps, however long the first frame and the end take."""

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import pytest

from tests.cli.command import glrec
from tests.support.video import assert_recording, read_barcodes, timestamps

PROGRAMS = Path(__file__).parent / "programs"
NO_SCREEN = {"DISPLAY": "", "WAYLAND_DISPLAY": ""}
FRAMEWORKS = [
    "pyglet_loop",
    "pyglet_own_loop",
    "moderngl_window",
    "vispy_default",
    "vispy_glfw",
    "glfw_by_name",
    "glfw_deaf",
    "pygame_display",
    "qt",
]
SECONDS = Fraction(1)
LATE_SECONDS = Fraction(1, 4)
"""How late the frame after the last one may come on a busy machine; then the film ends that much earlier."""
TRIES = 5
"""A machine that stands still for longer at the end of a film says nothing of the others."""


def run(program: str, name: str, film: Path, *options: str) -> None:
    done = glrec("run", "--headless", *options, "-o", film, PROGRAMS / program, name, "count", env=NO_SCREEN)
    assert done.returncode == 0, done.stderr
    assert list(film.parent.iterdir()) == [film]


def duration(film: Path) -> Fraction:
    with av.open(film) as container:
        stream = container.streams.video[0]
        assert stream.duration is not None
        assert stream.time_base is not None
        return stream.duration * stream.time_base


@pytest.mark.parametrize("name", FRAMEWORKS)
def test_a_film_of_the_wall_clock_is_as_long_as_asked_but_for_a_frame(name: str, tmp_path: Path) -> None:
    shortfalls = (shortfall(name, tmp_path / str(number) / "film.mp4") for number in range(TRIES))
    assert any(each < 0 for each in shortfalls)


def shortfall(name: str, film: Path) -> Fraction:
    """Record a film, check that it is not too long, and return by how many seconds it is shorter than it may be."""
    film.parent.mkdir()
    run("slow_opening.py", name, film, "--seconds", str(SECONDS))
    times = timestamps(film)
    steady = times[1:]  # the first one stays while the recording opens
    frame = max(late - early for early, late in pairwise(steady))
    assert times[-1] < SECONDS + frame, "frames after the end were recorded"
    assert duration(film) < SECONDS + 2 * frame
    numbers = read_barcodes(film)
    assert numbers == sorted(set(numbers))
    return SECONDS - max(frame, LATE_SECONDS) - duration(film)


@pytest.mark.parametrize("name", FRAMEWORKS)
def test_a_stepped_film_is_as_long_as_asked_exactly(name: str, tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    run("frameworks.py", name, film, "--step", "--fps", "20", "--seconds", "0.5")
    first = 1 if name == "qt" else 0  # Qt paints the first one twice before it shows anything
    assert_recording(film, range(first, first + 10), (320, 240), 20)
    assert duration(film) == Fraction(1, 2)
