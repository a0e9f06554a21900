"""Real Panda3D and Ursina programs, each in an interpreter of its own: the films hold what Panda3D says that its window shows."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from tests.support.displays import run_program, xvfb
from tests.support.installed import is_installed
from tests.support.video import assert_timestamps, decode_rgb

pytestmark = pytest.mark.skipif(
    not is_installed("panda3d"), reason="panda3d is not installed (make test-frameworks)"
)

PROGRAMS = Path(__file__).parent / "programs.py"
HEADLESS = {"DISPLAY": "", "EGL_PLATFORM": "surfaceless"}
FRAMES, FPS = 12, 30

GAME = """
from direct.showbase.ShowBase import ShowBase
from panda3d.core import CardMaker, NodePath

class Game(ShowBase):
    def __init__(self):
        ShowBase.__init__(self)
        self.setBackgroundColor(0, 0, 0)
        maker = CardMaker("card")
        maker.setFrame(0, 0.2, -1, 1)
        self.card = NodePath(maker.generate())
        self.card.reparentTo(self.aspect2d)
        self.taskMgr.add(self.move, "move")

    def move(self, task):
        self.card.setX(-1 + task.time)
        return task.cont

Game().run()
"""


@pytest.fixture(scope="module")
def display() -> Iterator[dict[str, str]]:
    with xvfb() as name:
        yield {"DISPLAY": name}


def assert_film(folder: Path) -> None:
    """Check that a lossless film shows what Panda3D told of each frame, pixel by pixel."""
    path = folder / "film.mkv"
    pictures = list(decode_rgb(path))
    assert_timestamps(path, FRAMES, FPS, tick=Fraction(1, 1000))
    for number, picture in enumerate(pictures):
        assert np.array_equal(picture, np.load(folder / f"{number}.npy")), f"frame {number}"
    assert len({picture.tobytes() for picture in pictures}) == len(pictures)
    assert (pictures[0][..., 0] > 200).any(), "the card is not seen"


@pytest.mark.parametrize(
    "scenario",
    ["destroyed", "window_closed", "closed_by_the_recorder", "left_open", "frames_limit", "multisampled"],
)
def test_a_window_off_screen(scenario: str, tmp_path: Path) -> None:
    run_program(PROGRAMS, scenario, str(tmp_path), env=HEADLESS)
    assert_film(tmp_path)


@pytest.mark.parametrize("scenario", ["destroyed", "frames_limit"])
def test_a_window_on_a_screen(scenario: str, tmp_path: Path, display: dict[str, str]) -> None:
    run_program(PROGRAMS, scenario, str(tmp_path), "onscreen", env=display)
    assert_film(tmp_path)


def test_no_base_is_kept_alive(tmp_path: Path) -> None:
    run_program(PROGRAMS, "collected", str(tmp_path), env=HEADLESS)


@pytest.mark.skipif(not is_installed("ursina"), reason="ursina is not installed (make test-frameworks)")
def test_ursina(tmp_path: Path) -> None:
    run_program(PROGRAMS, "ursina", str(tmp_path), env=HEADLESS)
    pictures = list(decode_rgb(tmp_path / "film.mp4"))
    assert_timestamps(tmp_path / "film.mp4", FRAMES, FPS)
    reds = [int(((picture[..., 0] > 100) & (picture[..., 1] < 80)).sum()) for picture in pictures]
    assert min(reds) > 100, "the box is not seen"
    assert len(set(reds)) > 3, "the box does not turn"


def test_glrec_run_steps_a_game_by_the_frame(tmp_path: Path, display: dict[str, str]) -> None:
    """The card is at t - 1 in frame t * 60: its place is that of the film's time, twice the same."""
    script = tmp_path / "game.py"
    script.write_text(GAME)
    films = [tmp_path / f"{name}.mp4" for name in "ab"]
    for film in films:
        words = ["glrec", "run", "--step", "--frames", "31", "-o", str(film), str(script)]
        run_program(
            f"import sys; sys.argv = {words!r}\nfrom glrec_core.cli.main import main; sys.exit(main())",
            env=display,
        )
        assert_timestamps(film, 31, 60)
    one, two = (list(decode_rgb(film)) for film in films)
    assert all(np.array_equal(*pair) for pair in zip(one, two, strict=True))
    left = [np.nonzero(picture[picture.shape[0] // 2, :, 0] > 128)[0].min() for picture in one]
    assert left[30] - left[0] == pytest.approx(
        one[0].shape[0] / 2 / 2, abs=4
    )  # half a second: a quarter of the height
