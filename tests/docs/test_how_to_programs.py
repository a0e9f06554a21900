"""The programs of the how-to pages do what the pages say: a game that is played, cells of a notebook that are run."""

from collections.abc import Iterator
from pathlib import Path

import av
import pytest
from PIL import Image

from tests.docs.pages import ROOT, blocks
from tests.support.displays import run_program, xvfb
from tests.support.sound import hear, make_sound
from tests.support.video import decode_rgb, frame_count

HOW_TO = ROOT / "docs" / "how-to"
_RUN = "pyglet.app.run()\n"
_PLAY = """
played = 0


def play(_):
    global played
    played += 1
    ball.x += 3
    keys = {10: "F9", 20: "F9", 30: "F10", 40: "ENTER"}
    if name := keys.get(played):
        window.dispatch_event("on_key_press", getattr(pyglet.window.key, name), 0)
    if played > 60 and replay.held_bytes:  # the encoder has given something out
        window.dispatch_event("on_key_press", pyglet.window.key.F11, 0)
        pyglet.app.exit()


pyglet.clock.schedule_interval(play, 1 / 60)
"""


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    with xvfb() as name:
        yield name


def test_record_a_game(tmp_path: Path, display: str) -> None:
    make_sound(tmp_path / "music.wav", "pcm_s16le", [0.1], seconds=60)
    (block,) = blocks("python", page=HOW_TO / "record-a-game.md")
    assert block.code.count(_RUN) == 1
    program = f"import os\nos.chdir({str(tmp_path)!r})\n" + block.code.replace(_RUN, _PLAY + _RUN)
    assert "game.mp4: " in run_program(program, env={"DISPLAY": display}).stdout
    with av.open(tmp_path / "game.mp4") as film:
        assert [chapter["metadata"]["title"] for chapter in film.chapters()] == ["start", "level up"]
    assert hear(tmp_path / "game.mp4").tones[0] == pytest.approx(0.1, abs=0.002)
    assert frame_count(tmp_path / "highlight.mp4") > 0
    for picture in decode_rgb(tmp_path / "game.mp4"):
        assert picture[:40, :40].max() < 40, "the dot is in the film"
    with Image.open(tmp_path / "moment.png") as moment:
        assert moment.size == (640, 360)
        assert moment.getpixel((10, 10)) == (0, 0, 0)


def test_notebooks(tmp_path: Path) -> None:
    for number, block in enumerate(blocks("python", page=HOW_TO / "notebooks.md")):
        cell, _, last = block.code.rstrip().rpartition("\n")
        program = f"import os\nos.chdir({str(tmp_path)!r})\n{cell}\nshown = {last}\n"
        program += "print(shown._repr_mimebundle_()['text/html'])\n"
        if number == 1:
            program += "recorder.close()\n"
        said = run_program(program, env={"DISPLAY": ""}).stdout
        assert ("<video controls" if number == 0 else "<th>frames</th>") in said
    assert frame_count(tmp_path / "spin.mp4") == 60
