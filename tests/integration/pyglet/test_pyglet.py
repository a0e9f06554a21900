"""Real pyglet and arcade programs, each in an interpreter of its own, and the films that came of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from glrec_core.testing import barcode
from tests.support import systems
from tests.support.displays import run_program, xvfb
from tests.support.video import Region, assert_recording, assert_timestamps, decode_rgb, read_barcodes

PROGRAMS = Path(__file__).parent / "programs"
FRAMES, SIZE, FPS = 70, (320, 240), 30
DEBUG_GL = {"PYGLET_DEBUG_GL": "true"}
HEADLESS = {
    "PYGLET_HEADLESS": "true",
    "ARCADE_HEADLESS": "true",
    "DISPLAY": "",
    "EGL_PLATFORM": "surfaceless",
}
RGB565_ERROR = 10.0  # 7 of 255 by the framebuffer, the rest by the codec

WINDOWED = [
    "event_loop",
    "manual_loop",
    "hidden",
    "multisampled",
    "default_config",
    "scissor_left_on",
    "srgb_switch_left_on",
    "flip_overridden",
    "closed_while_recording",
    "frame_limit",
    "left_open_at_the_end_of_the_program",
    "wrapped_by_somebody_else",
]
WITHOUT_A_SCREEN = [
    "event_loop",
    "manual_loop",
    "multisampled",
    "closed_while_recording",
    "dropped_without_being_closed",
]
SCREENS = ["window", pytest.param("headless", marks=systems.linux)]

one_at_a_time = pytest.mark.skipif(
    systems.on_windows, reason="two windows of pyglet's never come to an end of their events under wine"
)


@pytest.fixture(scope="module")
def display() -> Iterator[dict[str, str]]:
    with xvfb() as name:
        yield {"DISPLAY": name}


def play(name: str, environment: dict[str, str], *films: Path) -> None:
    arguments = [name, *map(str, films)]
    run_program(PROGRAMS / "scenarios.py", *arguments, env=environment)


@pytest.mark.parametrize("scenario", WINDOWED)
def test_window(scenario: str, display: dict[str, str], tmp_path: Path) -> None:
    play(scenario, {**display, **DEBUG_GL}, tmp_path / "film.mp4")
    assert_recording(tmp_path / "film.mp4", FRAMES, SIZE, FPS)


@systems.linux
@pytest.mark.parametrize("scenario", WITHOUT_A_SCREEN)
def test_headless(scenario: str, tmp_path: Path) -> None:
    play(scenario, {**HEADLESS, **DEBUG_GL}, tmp_path / "film.mp4")
    assert_recording(tmp_path / "film.mp4", FRAMES, SIZE, FPS)


@systems.linux
def test_without_debug_gl(tmp_path: Path) -> None:
    play("event_loop", {**HEADLESS, "PYGLET_DEBUG_GL": "false"}, tmp_path / "film.mp4")
    assert_recording(tmp_path / "film.mp4", FRAMES, SIZE, FPS)


@systems.linux
def test_rgb565(tmp_path: Path) -> None:
    play("rgb565", HEADLESS, tmp_path / "film.mp4")
    assert_recording(tmp_path / "film.mp4", FRAMES, SIZE, FPS, colour_error=RGB565_ERROR)


@one_at_a_time
@pytest.mark.parametrize("screen", SCREENS)
def test_two_windows(screen: str, display: dict[str, str], tmp_path: Path) -> None:
    films = (tmp_path / "first.mp4", tmp_path / "second.mp4")
    play("two_windows", {**(HEADLESS if screen == "headless" else display), **DEBUG_GL}, *films)
    assert_recording(films[0], FRAMES, SIZE, FPS)
    assert_recording(films[1], range(1000, 1000 + FRAMES), SIZE, FPS)


def test_resized(display: dict[str, str], tmp_path: Path) -> None:
    """400x240 and 200x300 are letterboxed into 320x240 as 320x192 and 160x240, the bars black."""
    play("resized", {**display, **DEBUG_GL}, tmp_path / "film.mp4")
    assert_timestamps(tmp_path / "film.mp4", FRAMES, FPS)
    regions = [Region(0, 0, 320, 240)] * 28 + [Region(0, 24, 320, 192)] * 21 + [Region(80, 0, 160, 240)] * 21
    for number, (picture, region) in enumerate(zip(decode_rgb(tmp_path / "film.mp4"), regions, strict=True)):
        assert barcode.read(picture, region) == number
        barcode.check_orientation(picture, region)
        left, top = max(0, region.x - 4), max(0, region.y - 4)  # away from the codec's ringing at the edges
        assert picture[:top].max(initial=0) <= 12
        assert picture[:, :left].max(initial=0) <= 12


def test_readme(display: dict[str, str], tmp_path: Path) -> None:
    """Nothing closes the recorder: closing the window finishes the film, under the wall clock and at most 60 fps."""
    program = run_program(PROGRAMS / "readme.py", str(tmp_path), env=display)
    numbers = read_barcodes(tmp_path / "demo.mp4")
    assert program.stdout.split() == [str(FRAMES), str(len(numbers))]
    assert_recording(tmp_path / "demo.mp4", numbers, SIZE)
    assert numbers == sorted(set(numbers))
    assert set(numbers) <= set(range(FRAMES))


@pytest.mark.parametrize("screen", SCREENS)
def test_arcade(screen: str, display: dict[str, str], tmp_path: Path) -> None:
    pytest.importorskip("arcade", reason="arcade is not installed")
    environment = HEADLESS if screen == "headless" else display
    run_program(PROGRAMS / "arcade_window.py", str(tmp_path / "film.mp4"), env={**environment, **DEBUG_GL})
    assert_recording(tmp_path / "film.mp4", FRAMES, SIZE, FPS)
