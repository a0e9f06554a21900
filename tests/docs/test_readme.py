"""README.md is true: its programs run as they stand and record, and its tables name what there is."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from glrec_core.cli.main import COMMANDS
from tests.docs.pages import ROOT, Block, blocks
from tests.support.displays import run_program, xvfb
from tests.support.video import assert_timestamps, frame_count

README = ROOT / "README.md"

# Somebody closes the window once it has been drawn a few times.
COUNTED = """
from glrec_core import Recorder
drawn, frame_drawn = [], Recorder.frame_drawn
Recorder.frame_drawn = lambda recorder, source: (frame_drawn(recorder, source), drawn.append(source))
"""
CLOSED = {
    "pyglet": COUNTED
    + "import pyglet\n"
    + "pyglet.clock.schedule_interval(lambda _: window.dispatch_event('on_close') if len(drawn) > 2 else None, 0.2)\n",
    "vispy": COUNTED
    + "import vispy.app\nvispy.app.use_app('glfw')\n"
    + "patience = vispy.app.Timer(0.2, connect=lambda _: canvas.close() if len(drawn) > 2 else None, start=True)\n",
}


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    with xvfb() as name:
        yield name


@pytest.mark.parametrize("block", blocks("python", page=README), ids=str)
def test_its_programs_record(
    block: Block, display: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    closing = "".join(text for name, text in CLOSED.items() if f"import {name}" in block.code)
    done = run_program(closing + block.code, env={"DISPLAY": display})
    assert done.stderr == ""  # nothing has been left open
    [film] = tmp_path.glob("*.mp4")
    assert_timestamps(film, frame_count(film))
    assert frame_count(film) > 2


def test_it_is_three_programs_and_a_picture() -> None:
    text = README.read_text(encoding="utf-8")
    assert len(blocks("python", page=README)) == 3
    assert text.count("![") == 1


@pytest.mark.parametrize("command", [each.name for each in COMMANDS])
def test_it_names_every_command(command: str) -> None:
    assert f"| `glrec {command}" in README.read_text(encoding="utf-8")
