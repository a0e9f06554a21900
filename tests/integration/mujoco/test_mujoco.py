"""Real MuJoCo simulations without a screen, each in an interpreter of its own, and the films that came of them."""

import os
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from glrec_integrations.mujoco.colours import depth_colours
from tests.support.displays import run_program
from tests.support.installed import is_installed
from tests.support.video import assert_timestamps, decode_rgb

PROGRAMS = Path(__file__).parent / "programs.py"
HEADLESS = {"DISPLAY": "", "MUJOCO_GL": "egl", "PYOPENGL_PLATFORM": "egl"}
FRAMES, FPS = 15, 30
XML = '<mujoco><worldbody><geom size=".3"/></worldbody></mujoco>'

needs_mujoco = pytest.mark.skipif(
    not is_installed("mujoco"), reason="mujoco is not installed (make test-frameworks)"
)


def run(scenario: str, folder: Path) -> None:
    run_program(PROGRAMS, scenario, str(folder), env=HEADLESS)


def middle_of_box(picture: np.ndarray) -> float:
    """Return the row in which the middle of what differs most in colour from the floor lies."""
    red = picture[..., 0].astype(int) - picture[..., 1] > 40
    assert red.any(), "the box is not seen"
    return float(np.nonzero(red)[0].mean())


@needs_mujoco
def test_a_box_falls_at_the_films_rate(tmp_path: Path) -> None:
    run("colour", tmp_path)
    assert_timestamps(tmp_path / "film.mp4", FRAMES, FPS)
    rows = [middle_of_box(picture) for picture in decode_rgb(tmp_path / "film.mp4")]
    assert all(later > earlier - 0.5 for earlier, later in pairwise(rows))
    assert rows[-1] > rows[0] + 40
    assert next(decode_rgb(tmp_path / "film.mp4")).shape == (240, 320, 3)


@needs_mujoco
def test_each_object_has_a_false_colour(tmp_path: Path) -> None:
    run("segmentation", tmp_path)
    assert_timestamps(tmp_path / "film.mp4", FRAMES, FPS)
    first = next(decode_rgb(tmp_path / "film.mp4")).astype(int)
    floor, box = first[220, 160], first[60:110, 150:170].reshape(-1, 3)
    assert np.abs(box - floor).sum(axis=1).max() > 60, "the box has the colour of the floor"
    assert np.ptp(first[215:225, 20:300], axis=(0, 1)).max() < 12, "the floor has one colour"


@needs_mujoco
def test_distances_have_false_colours(tmp_path: Path) -> None:
    run("depth", tmp_path)
    assert_timestamps(tmp_path / "film.mp4", FRAMES, FPS)
    first = next(decode_rgb(tmp_path / "film.mp4")).astype(int)
    assert first[235, 160, 0] > first[150, 10, 0] + 30, "what is near is yellow"
    assert first[10, 10, 0] < 90, "the sky is the farthest"


@needs_mujoco
def test_a_simulation_that_is_reset_goes_on_in_the_film(tmp_path: Path) -> None:
    run("reset", tmp_path)
    assert_timestamps(tmp_path / "film.mp4", 2 * FRAMES, FPS)


@needs_mujoco
def test_a_renderers_pictures_are_recorded_as_they_are_read(tmp_path: Path) -> None:
    run("attached", tmp_path)
    shown = list(decode_rgb(tmp_path / "film.mkv"))
    assert len(shown) == 8
    for number in range(0, 8, 2):
        assert np.array_equal(shown[number], np.load(tmp_path / f"{number}.npy"))
        assert np.array_equal(shown[number + 1], shown[number])


@needs_mujoco
def test_what_cannot_be_is_refused(tmp_path: Path) -> None:
    run("refused", tmp_path)
    assert list(tmp_path.iterdir()) == []


@needs_mujoco
def test_glrec_run_records_a_script_as_it_is(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import mujoco\n"
        f"model = mujoco.MjModel.from_xml_string({XML!r})\n"
        "data = mujoco.MjData(model)\n"
        "with mujoco.Renderer(model) as renderer:\n"
        "    for _ in range(5):\n"
        "        mujoco.mj_step(model, data)\n"
        "        renderer.update_scene(data)\n"
        "        renderer.render()\n"
    )
    command = f"import sys; sys.argv = ['glrec', 'run', '--step', '-o', {str(tmp_path / 'film.mp4')!r}, {str(script)!r}]\n"
    run_program(
        command + "from glrec_core.cli.main import main; sys.exit(main())", env={**os.environ, **HEADLESS}
    )
    assert_timestamps(tmp_path / "film.mp4", 5, 60)


def test_near_is_yellow_and_far_is_blue() -> None:
    depth = np.array([[0.5, 1, 2, 3, 9]], np.float32)
    colours = depth_colours(depth, 1, 3)[0].tolist()
    assert colours[0] == colours[1] == [253, 231, 37]
    assert colours[2] == pytest.approx([33, 145, 140], abs=2)
    assert colours[3] == colours[4] == [68, 1, 84]
