"""vispy's canvases on all the backends that run here: EGL without a display, and glfw, pyglet and Qt on an X server."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import glrec_integrations.vispy as glrec_vispy
from glrec_core.testing import barcode
from tests.integration.vispy.programs import (
    FILM,
    FPS,
    FRAMES,
    LARGER,
    OTHER_FILM,
    OTHER_FIRST,
    PAUSED,
)
from tests.integration.vispy.scenes import FIG_REGION, SIZE
from tests.support.displays import run_program, xvfb
from tests.support.video import Region, assert_recording, decode_rgb, is_fast_start, read_barcodes

BACKENDS = ("egl", "glfw", "pyglet", "pyside6")
LARGER_REGION = Region(0, 24, 320, 192)
"""Where a picture of LARGER lies in a film of SIZE."""
PROGRAM = "import sys\nfrom tests.integration.vispy.programs import run\nrun(*sys.argv[1:])"

Play = Callable[..., str]


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    with xvfb() as name:
        yield name


@pytest.fixture
def play(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Play:
    """Return a call `play(backend, scenario, *arguments)` that runs it in `tmp_path` and returns what it printed."""

    def play(backend: str, *scenario: str) -> str:
        monkeypatch.delenv("DISPLAY", raising=False)
        environment = {"EGL_PLATFORM": "surfaceless"}
        if backend != "egl":
            environment = {"DISPLAY": request.getfixturevalue("display"), "QT_QPA_PLATFORM": "xcb"}
        result = run_program(PROGRAM, str(tmp_path), backend, *scenario, env=environment)
        assert "Traceback" not in result.stderr, (
            result.stderr
        )  # vispy reports an error in a handler and goes on
        return result.stdout

    return play


@pytest.mark.parametrize("kind", ["gloo", "scene", "fig"])
@pytest.mark.parametrize("backend", BACKENDS)
def test_every_frame_is_recorded(backend: str, kind: str, play: Play, tmp_path: Path) -> None:
    play(backend, "every_frame_is_recorded", kind)
    region = FIG_REGION if kind == "fig" else None
    assert_recording(tmp_path / FILM, FRAMES, SIZE, FPS, region=region)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("scenario", ["buffers_need_not_be_swapped", "the_window_may_come_later"])
def test_every_frame_is_recorded_when(scenario: str, backend: str, play: Play, tmp_path: Path) -> None:
    play(backend, scenario)
    assert_recording(tmp_path / FILM, FRAMES, SIZE, FPS)


@pytest.mark.parametrize("kind", ["gloo", "scene"])
@pytest.mark.parametrize("backend", BACKENDS)
def test_rendered_pictures_are_left_out(backend: str, kind: str, play: Play, tmp_path: Path) -> None:
    play(backend, "rendered_pictures_are_left_out", kind)
    assert_recording(tmp_path / FILM, FRAMES, SIZE, FPS)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_resized_canvas_is_letterboxed(backend: str, play: Play, tmp_path: Path) -> None:
    drawn = [tuple(size) for size in json.loads(play(backend, "a_resized_canvas_is_letterboxed"))]
    regions = {SIZE: Region(0, 0, *SIZE), LARGER: LARGER_REGION}
    assert set(drawn) == set(regions)
    pictures = list(decode_rgb(tmp_path / FILM))
    assert len(pictures) == len(drawn)
    for number, (picture, size) in enumerate(zip(pictures, drawn, strict=True)):
        barcode.check_orientation(picture, regions[size])
        assert barcode.read(picture, regions[size]) == number
    bars = pictures[-1][[0, LARGER_REGION.y - 4, LARGER_REGION.y + LARGER_REGION.height + 4, -1]]
    assert bars.max() < 8


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    "scenario", ["closing_the_canvas_ends_the_film", "a_recorder_may_be_closed_in_on_close"]
)
def test_the_film_is_whole_after(scenario: str, backend: str, play: Play, tmp_path: Path) -> None:
    _assert_whole(tmp_path / FILM, int(play(backend, scenario)))


@pytest.mark.parametrize(
    "backend", ["pyglet", "pyside6"]
)  # the others have no window to close but through vispy
def test_a_window_closed_by_its_user_keeps_its_film(backend: str, play: Play, tmp_path: Path) -> None:
    _assert_whole(tmp_path / FILM, int(play(backend, "a_window_closed_by_its_user_keeps_its_film")))


def test_a_deleted_widget_ends_the_film(play: Play, tmp_path: Path) -> None:
    recorded = int(play("pyside6", "a_deleted_widget_ends_the_film"))
    assert recorded > 0
    assert_recording(tmp_path / FILM, recorded, SIZE, FPS)
    assert is_fast_start(tmp_path / FILM)


def _assert_whole(film: Path, drawn: int) -> None:
    assert drawn >= FRAMES
    assert_recording(film, drawn, SIZE, FPS)
    assert is_fast_start(film)


def test_pausing_leaves_no_gap(play: Play, tmp_path: Path) -> None:
    play("egl", "pausing_leaves_no_gap")
    numbers = [number for number in range(FRAMES) if number not in PAUSED]
    assert_recording(tmp_path / FILM, numbers, SIZE, FPS)


@pytest.mark.parametrize("backend", BACKENDS)
def test_two_canvases_make_two_films(backend: str, play: Play, tmp_path: Path) -> None:
    play(backend, "two_canvases_make_two_films")
    assert_recording(tmp_path / FILM, FRAMES, SIZE, FPS)
    assert_recording(tmp_path / OTHER_FILM, range(OTHER_FIRST, OTHER_FIRST + FRAMES), SIZE, FPS)


@pytest.mark.parametrize("kind", ["gloo", "scene"])
@pytest.mark.parametrize("backend", BACKENDS)
def test_recorded_canvases_are_vispys_own(backend: str, kind: str, play: Play, tmp_path: Path) -> None:
    play(backend, "recorded_canvases_are_vispys_own", kind)
    assert_recording(tmp_path / FILM, FRAMES, SIZE, FPS)


def test_a_subclass_may_be_recorded(play: Play, tmp_path: Path) -> None:
    play("egl", "a_subclass_may_be_recorded")
    assert_recording(tmp_path / FILM, FRAMES, SIZE, FPS)


@pytest.mark.parametrize("kind", ["gloo", "scene"])
def test_a_subclass_hears_of_its_size_when_it_is_complete(kind: str, play: Play, tmp_path: Path) -> None:
    play("egl", "a_subclass_hears_of_its_size_when_it_is_complete", kind)
    assert_recording(tmp_path / FILM, FRAMES, SIZE, FPS)


@pytest.mark.parametrize("kind", ["gloo", "scene"])
@pytest.mark.parametrize("backend", BACKENDS)
def test_recorded_canvases_have_depth(backend: str, kind: str, play: Play) -> None:
    play(backend, "recorded_canvases_have_depth", kind)


def test_record_true_writes_a_dated_file(play: Play, tmp_path: Path) -> None:
    recorded = int(play("egl", "record_true_writes_a_dated_file"))
    (film,) = tmp_path.iterdir()
    assert re.fullmatch(r"glrec-\d{8}-\d{6}\.mp4", film.name)
    numbers = read_barcodes(film)
    assert len(numbers) == recorded > 0
    assert numbers == sorted(set(numbers))


def test_enabled_classes_take_record(play: Play, tmp_path: Path) -> None:
    play("egl", "enabled_classes_take_record")
    assert_recording(tmp_path / FILM, FRAMES, SIZE, FPS, region=FIG_REGION)
    assert_recording(tmp_path / OTHER_FILM, FRAMES, SIZE, FPS)
    assert {path.name for path in tmp_path.iterdir()} == {FILM, OTHER_FILM}


@pytest.mark.parametrize(
    ("scenario", "files"),
    [
        ("without_record_nothing_happens", set()),
        ("bad_options_come_before_the_window", {"taken.mp4"}),
        ("a_window_that_fails_leaves_no_recorder", set()),
        ("a_later_wrapper_survives_disable", set()),
        ("closed_canvases_are_refused", set()),
    ],
)
def test_no_file_is_touched_when(scenario: str, files: set[str], play: Play, tmp_path: Path) -> None:
    assert play("egl", scenario) == ""
    assert {path.name for path in tmp_path.iterdir()} == files


@pytest.mark.parametrize("kind", ["gloo", "scene", "fig"])
def test_detaching_leaves_the_canvas_as_found(kind: str, play: Play) -> None:
    play("egl", "detaching_leaves_the_canvas_as_found", kind)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(
    "scenario",
    [
        "what_was_current_is_given_back",
        "a_bound_framebuffer_stays_bound",
        "nothing_is_made_current_after_closing",
    ],
)
def test_the_guest_minds_its_manners(scenario: str, backend: str, play: Play) -> None:
    play(backend, scenario)


def test_names_are_found_lazily() -> None:
    assert {"Canvas", "SceneCanvas"} <= set(dir(glrec_vispy))
    with pytest.raises(AttributeError, match="Fig"):
        _ = glrec_vispy.Fig
