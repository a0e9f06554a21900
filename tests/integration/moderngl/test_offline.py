"""`@recorded` on functions: a context of its own, every frame in the file, nothing left behind."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from glrec_core import ConfigError
from glrec_integrations.moderngl import recorded
from tests.integration.moderngl.offline_programs import NTSC
from tests.integration.moderngl.scenes import FILM, FPS, FRAMES, SIZE, run_scenario
from tests.support.displays import xvfb
from tests.support.video import assert_recording


def run(folder: Path, scenario: str, *arguments: str, display: str = "") -> Path:
    run_scenario(folder, "offline_programs", scenario, *arguments, display=display)
    return folder / FILM


@pytest.mark.parametrize("samples", ["0", "4"])
def test_function(tmp_path: Path, samples: str) -> None:
    assert_recording(run(tmp_path, "a_function", samples), FRAMES, SIZE, Fraction(NTSC))


@pytest.mark.parametrize(
    "scenario",
    [
        "a_generator_ended_by_frames",
        "a_generator_ended_by_returning",
        "other_framebuffers_do_not_disturb",
        "everything_is_released",
        "the_callers_context_stays_current",
    ],
)
def test_film_is_whole(tmp_path: Path, scenario: str) -> None:
    assert_recording(run(tmp_path, scenario), FRAMES, SIZE, FPS)


def test_arguments_are_passed_on(tmp_path: Path) -> None:
    film = run(tmp_path, "arguments_are_passed_on")
    assert_recording(film, range(1000, 1000 + 2 * FRAMES, 2), SIZE, FPS)


@pytest.mark.parametrize("kind", ["function", "generator"])
def test_an_error_leaves_what_was_drawn(tmp_path: Path, kind: str) -> None:
    assert_recording(run(tmp_path, "an_error_in", kind), 40, SIZE, FPS)


def test_context_without_display(tmp_path: Path) -> None:
    assert_recording(run(tmp_path, "the_context_is_of", "EGL"), FRAMES, SIZE, FPS)


def test_context_with_display(tmp_path: Path) -> None:
    with xvfb() as display:
        film = run(tmp_path, "the_context_is_of", "GLX", display=display)
    assert_recording(film, FRAMES, SIZE, FPS)


def test_context_when_the_display_cannot_be_used(tmp_path: Path) -> None:
    assert_recording(run(tmp_path, "without_x11", display=":0"), FRAMES, SIZE, FPS)


def test_no_context_at_all(tmp_path: Path) -> None:
    assert not run(tmp_path, "without_any_opengl", display=":0").exists()


@pytest.mark.parametrize("backend", ["default", "egl"])
def test_windows_may_come_before_and_after(tmp_path: Path, backend: str) -> None:
    with xvfb() as display:
        film = run(tmp_path, "windows_may_come_before_and_after", backend, display=display)
    assert_recording(film, FRAMES, SIZE, FPS)


def test_true_time_on_demand(tmp_path: Path) -> None:
    assert_recording(run(tmp_path, "true_time_on_demand"), FRAMES, SIZE)


def test_what_the_machine_cannot_do_is_refused(tmp_path: Path) -> None:
    assert not run(tmp_path, "sizes_beyond_the_context_are_refused").exists()


@pytest.mark.parametrize(
    "options",
    [
        {"size": (0, 240)},
        {"size": (320.5, 240)},
        {"size": 320},
        {"samples": 3},
        {"samples": -4},
        {"samples": 4.0},
        {"fps": 0},
        {"fps": float("nan")},
        {"frames": 0},
        {"no_such_option": 1},
    ],
)
def test_bad_options_are_refused_when_decorating(options: dict[str, Any]) -> None:
    def render(ctx: object, frame: object) -> None:
        raise AssertionError("never called")

    decorate: Any = recorded(FILM, **{"frames": 1, **options})
    with pytest.raises(ConfigError, match=next(iter(options))):
        decorate(render)


def test_a_function_needs_the_number_of_frames_and_a_generator_does_not() -> None:
    def function(ctx: Any, frame: Any) -> None:
        raise AssertionError("never called")

    def generator(ctx: Any, frame: Any) -> Iterator[None]:
        yield

    with pytest.raises(ConfigError, match="frames="):
        recorded(FILM)(function)
    recorded(FILM)(generator)


def test_forgotten_parentheses_are_pointed_out() -> None:
    def render(ctx: object, frame: object) -> None:
        raise AssertionError("never called")

    forgotten: Any = recorded
    with pytest.raises(ConfigError, match="parentheses"):
        forgotten(render)


def test_a_class_that_is_no_window_config_is_refused() -> None:
    class Other:
        pass

    decorate: Any = recorded(FILM)
    with pytest.raises(ConfigError, match="WindowConfig"):
        decorate(Other)
