"""`record`: a loop of one's own, with framebuffers of all kinds, one context or two."""

from pathlib import Path

import pytest

from tests.integration.moderngl.loop_programs import FILMS, OTHER_FIRST
from tests.integration.moderngl.scenes import FILM, FPS, FRAMES, SIZE, run_scenario
from tests.support.displays import xvfb
from tests.support.video import assert_recording


def run(folder: Path, scenario: str, *arguments: str, display: str = "") -> Path:
    run_scenario(folder, "loop_programs", scenario, *arguments, display=display)
    return folder / FILM


@pytest.mark.parametrize("way", ["object", "name", "bound", "bound with size"])
@pytest.mark.parametrize("samples", ["0", "4"])
def test_framebuffer(tmp_path: Path, samples: str, way: str) -> None:
    assert_recording(run(tmp_path, "a_framebuffer", samples, way), FRAMES, SIZE, FPS)


def test_true_time_by_default(tmp_path: Path) -> None:
    assert_recording(run(tmp_path, "true_time_by_default"), FRAMES, SIZE)


@pytest.mark.parametrize("scenario", ["the_bound_framebuffer_stays_bound", "frames_end_the_recording"])
def test_film_is_whole(tmp_path: Path, scenario: str) -> None:
    assert_recording(run(tmp_path, scenario), FRAMES, SIZE, FPS)


@pytest.mark.parametrize("resize", ["", "resize"])
def test_window(tmp_path: Path, resize: str) -> None:
    with xvfb() as display:
        film = run(tmp_path, "a_window", resize, display=display)
    assert_recording(film, FRAMES, SIZE, FPS)


@pytest.mark.parametrize("scenario", ["two_contexts_in_turn", "two_contexts_in_threads"])
def test_two_contexts(tmp_path: Path, scenario: str) -> None:
    run(tmp_path, scenario)
    for index, film in enumerate(FILMS):
        first = index * OTHER_FIRST
        assert_recording(tmp_path / film, range(first, first + FRAMES), SIZE, FPS)


def test_pauses_are_left_out(tmp_path: Path) -> None:
    assert_recording(run(tmp_path, "pauses_are_left_out"), [*range(30), *range(50, FRAMES)], SIZE, FPS)


def test_an_error_leaves_what_was_drawn(tmp_path: Path) -> None:
    assert_recording(run(tmp_path, "an_error_in_the_loop"), 40, SIZE, FPS)


@pytest.mark.parametrize("scenario", ["a_context_that_is_gone", "misuse_is_explained"])
def test_end(tmp_path: Path, scenario: str) -> None:
    assert run(tmp_path, scenario).exists()
