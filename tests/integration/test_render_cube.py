"""`examples/render_cube.py` as a user runs it, off screen and in a GLFW window: its file, its preview, its refusals."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support import video
from tests.support.displays import ProgramError, run_program, xvfb

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "render_cube.py"
BACKGROUND = (10, 13, 20)

# The example with an eye on what it shows: each picture that goes to the window, the last one kept. Its clock counts
# frames: on a slow machine the cube would have turned out of the light by the last one.
WATCHED = f"""
import itertools
import runpy
import sys

import glfw
import numpy as np

from tests.contract.adapter_programs import native

*arguments, kept = sys.argv[1:]
swap = glfw.swap_buffers

def watched_swap(window):
    np.save(kept, native.read_picture(0, glfw.get_framebuffer_size(window)))
    swap(window)
    assert native.error() == 0

ticks = itertools.count()
glfw.swap_buffers = watched_swap
glfw.get_time = lambda: next(ticks) / 60
sys.argv[1:] = arguments
runpy.run_path({str(EXAMPLE)!r}, run_name="__main__")
"""


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    with xvfb() as name:
        yield name


def assert_cube(picture: NDArray[np.uint8]) -> None:
    """Check that a lit thing stands amid the background, the light above it."""
    corners = picture[[2, 2, -3, -3], [2, -3, 2, -3], :3].astype(int)
    assert np.abs(corners - BACKGROUND).max() <= 6
    height, width = picture.shape[:2]
    amid = picture[height // 4 : -height // 4, width // 3 : -width // 3, :3].mean(axis=(1, 2))
    upper, lower = np.array_split(amid, 2)
    assert upper.mean() > lower.mean() + 10 > 30


@pytest.mark.parametrize(("option", "route"), [("--cpu", "host"), (None, "")])
def test_off_screen_each_frame_is_at_its_time(tmp_path: Path, option: str | None, route: str) -> None:
    arguments = ["--offscreen", "--frames", "50", "--size", "321", "179", "--fps_limit", "30000/1001"]
    arguments += ["--out_dir", str(tmp_path / "new" / "out"), *filter(None, [option])]
    said = run_program(EXAMPLE, *arguments, env={"DISPLAY": ""})
    [film] = (tmp_path / "new" / "out").iterdir()
    assert film.stem.startswith(f"render_cube_{route}")
    assert said.stdout.startswith(f"{film}: 50 frames, 322x180, 1.668 s")
    video.assert_timestamps(film, 50, Fraction(30_000, 1001))
    pictures = list(video.decode_rgb(film))
    assert len(pictures) == 50
    assert_cube(pictures[0])
    assert all(np.abs(now.astype(int) - then).mean() > 0.1 for then, now in pairwise(pictures))


def test_a_window_shows_what_is_recorded(display: str, tmp_path: Path) -> None:
    arguments = ["--frames", "20", "--size", "320", "180", "--out_dir", str(tmp_path)]
    shown_path = tmp_path / "shown.npy"
    run_program(WATCHED, *arguments, str(shown_path), env={"DISPLAY": display})
    [film] = tmp_path.glob("render_cube_*.mp4")
    video.assert_timestamps(film, 20)
    pictures = list(video.decode_rgb(film))
    shown = np.load(shown_path)[..., :3].astype(int)  # the last frame ends the loop before it is shown
    assert_cube(np.load(shown_path))
    assert np.abs(shown - pictures[-2]).mean() < 2


def test_nvenc_is_used_or_refused_but_never_replaced(tmp_path: Path) -> None:
    arguments = ["--offscreen", "--nvenc", "--frames", "5", "--out_dir", str(tmp_path)]
    try:
        refusal = ""
        run_program(EXAMPLE, *arguments, env={"DISPLAY": ""})
    except ProgramError as error:
        refusal = str(error)
    found = [path.name for path in tmp_path.iterdir()]
    assert found == ([] if "render_cube: " in refusal and "nvenc" in refusal else ["render_cube_nvenc.mp4"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "--offscreen needs none"),
        (["--offscreen", "--size", "0", "180"], "size="),
        (["--offscreen", "--fps_limit", "0"], "fps="),
        (["--offscreen", "--frames", "0"], "frames="),
        (["--offscreen", "--nvenc", "--cpu"], "not allowed with"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(tmp_path: Path, arguments: list[str], message: str) -> None:
    with pytest.raises(ProgramError) as caught:
        run_program(EXAMPLE, *arguments, "--out_dir", str(tmp_path), env={"DISPLAY": ""})
    assert message in str(caught.value)
    assert "Traceback" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []
