"""The examples of chapters, screenshots and the replay buffer, by what they leave on the disk."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image

from tests.docs.pages import ROOT
from tests.support.displays import run_program
from tests.support.video import assert_timestamps, decode_rgb

EXAMPLES = ROOT / "examples"
COLORS = {"blue": (26, 51, 204), "green": (26, 153, 51), "red": (204, 26, 26)}


def test_screenshot(tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    said = run_program(EXAMPLES / "screenshot.py", str(film), env={"DISPLAY": ""}).stdout
    assert_timestamps(film, 90, 30)
    with av.open(film) as container:
        found = [
            (each["metadata"]["title"], each["start"] * (each["time_base"] or 0))
            for each in container.chapters()
        ]
    assert found == [("blue", 0), ("green", 1), ("red", 2)]
    for number, (name, color) in enumerate(COLORS.items()):
        assert str(tmp_path / f"{name}.png") in said
        with Image.open(tmp_path / f"{name}.png") as image:
            picture = np.asarray(image)
        assert np.abs(picture[:50, :50].astype(int) - color).max() <= 1
        shown = list(decode_rgb(film))[30 * number]
        assert np.abs(picture.astype(int) - shown).mean() < 3


def test_replay(tmp_path: Path) -> None:
    run_program(EXAMPLES / "replay.py", str(tmp_path), env={"DISPLAY": ""})
    films = sorted(tmp_path.iterdir())
    assert [film.name for film in films] == ["hit-2.mp4", "hit-3.mp4"]
    for film in films:
        pictures = list(decode_rgb(film))
        assert_timestamps(film, len(pictures), Fraction(60))
        assert 60 <= len(pictures) < 120
        assert pictures[0][20:300].max() > 200  # the ball is in the air
