"""moderngl-window programs on its headless, glfw and pyglet backends: decorated classes and attached windows."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from glrec_core.testing import barcode
from tests.integration.moderngl.scenes import FILM, FPS, FRAMES, OTHER_FILM, SIZE, run_scenario
from tests.integration.moderngl.window_programs import NTSC, SIZES_FILE, WIDER
from tests.support.displays import xvfb
from tests.support.video import Region, assert_recording, assert_timestamps, decode_rgb

BACKENDS = ["headless", "glfw", "pyglet"]
WIDER_REGION = Region(0, 40, 320, 160)
"""Where a picture of WIDER lies in a film of SIZE."""


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    with xvfb() as name:
        yield name


def run(folder: Path, scenario: str, backend: str, display: str) -> Path:
    run_scenario(
        folder, "window_programs", scenario, backend, display="" if backend == "headless" else display
    )
    return folder / FILM


@pytest.mark.parametrize("backend", BACKENDS)
def test_class_ended_by_frames(tmp_path: Path, backend: str, display: str) -> None:
    assert_recording(run(tmp_path, "a_class_ended_by_frames", backend, display), FRAMES, SIZE, NTSC)


@pytest.mark.parametrize("backend", BACKENDS)
def test_class_that_closes_itself_keeps_true_time(tmp_path: Path, backend: str, display: str) -> None:
    assert_recording(run(tmp_path, "a_class_that_closes_itself", backend, display), FRAMES, SIZE)


def test_class_closed_by_its_user(tmp_path: Path, display: str) -> None:
    assert_recording(run(tmp_path, "a_class_closed_by_its_user", "pyglet", display), FRAMES, SIZE, FPS)


@pytest.mark.parametrize("backend", BACKENDS)
def test_class_that_fails_leaves_what_was_drawn(tmp_path: Path, backend: str, display: str) -> None:
    assert_recording(run(tmp_path, "a_class_that_fails", backend, display), 40, SIZE, FPS)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("scenario", ["a_config_that_attaches_itself", "an_existing_config", "multisampled"])
def test_film_is_whole(tmp_path: Path, scenario: str, backend: str, display: str) -> None:
    assert_recording(run(tmp_path, scenario, backend, display), FRAMES, SIZE, FPS)


@pytest.mark.parametrize("backend", BACKENDS)
def test_existing_window(tmp_path: Path, backend: str, display: str) -> None:
    run(tmp_path, "an_existing_window", backend, display)
    for film in (FILM, OTHER_FILM):
        assert_recording(tmp_path / film, FRAMES, SIZE, FPS)


@pytest.mark.parametrize("backend", BACKENDS)
def test_hotkey(tmp_path: Path, backend: str, display: str) -> None:
    film = run(tmp_path, "a_hotkey", backend, display)
    if backend == "headless":
        assert not film.exists()
    else:
        assert_recording(film, FRAMES, SIZE, FPS)


@pytest.mark.parametrize("backend", BACKENDS)
def test_resized_window_is_letterboxed(tmp_path: Path, backend: str, display: str) -> None:
    film = run(tmp_path, "a_resized_window", backend, display)
    sizes = [tuple(size) for size in json.loads((tmp_path / SIZES_FILE).read_text(encoding="utf-8"))]
    assert_timestamps(film, FRAMES, FPS)
    for number, (picture, size) in enumerate(zip(decode_rgb(film), sizes, strict=True)):
        region = WIDER_REGION if size == WIDER else None
        assert barcode.read(picture, region) == number
        barcode.check_orientation(picture, region)


@pytest.mark.parametrize("backend", BACKENDS)
def test_recording_that_fails_does_not_break_the_program(tmp_path: Path, backend: str, display: str) -> None:
    run(tmp_path, "a_recording_that_fails", backend, display)


@pytest.mark.parametrize("backend", BACKENDS)
def test_end_is_told_while_the_context_lives(tmp_path: Path, backend: str, display: str) -> None:
    run(tmp_path, "the_end_is_told_while_the_context_lives", backend, display)


@pytest.mark.parametrize("backend", BACKENDS)
def test_closed_windows_are_refused(tmp_path: Path, backend: str, display: str) -> None:
    assert not run(tmp_path, "closed_windows_are_refused", backend, display).exists()


@pytest.mark.parametrize(
    "scenario", ["bad_options_are_refused_when_decorating", "a_step_timer_counts_frames"]
)
def test_without_a_window(tmp_path: Path, scenario: str) -> None:
    run(tmp_path, scenario, "headless", "")
