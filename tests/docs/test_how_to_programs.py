"""The how-to pages do what they say, for a reader who has nothing but the page.

Their programs run in order, each in a process of its own, in one folder that is empty at first: what a program needs, it
imports itself, and what a page needs, the page makes.
"""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import pytest
from PIL import Image

from tests.cli.command import glrec
from tests.docs.pages import ROOT, Block, blocks
from tests.process.catalogue import has_libass
from tests.support.displays import run_program, xvfb
from tests.support.sound import hear
from tests.support.video import decode_rgb, frame_count

HOW_TO = ROOT / "docs" / "how-to"
PAGES = sorted(path.stem for path in HOW_TO.glob("*.md"))
FILMS = {
    "any-opengl-program": {},
    "alpha": {"title.webm": 90},
    "encode-arrays": {"film.mp4": 90, "one-by-one.mp4": 90},
    "gpu-without-nvenc": {"film.mp4": 60},
    "headless-cluster": {"job.mp4": 60},
    "notebooks": {"spin.mp4": 60, "run.mp4": 100},
    "plot-for-a-paper": {"figure-s1.mp4": 90},
    "read-video": {"film.mp4": 75},
    "record-a-training-run": {},
    "streaming": {},
    "work-on-frames": {
        "in.mp4": 60,
        "out.mp4": 60,
        "recording.mp4": 60,
        "captioned.mp4": 60,
        "moving.mp4": 60,
    },
}
"""What is there at the end, with how many frames."""

NEED_A_DISPLAY = {"any-opengl-program"}

ELSEWHERE = {
    "record-a-game": "somebody must play it: test_record_a_game",
    "film-a-simulation": "MuJoCo is heavy: tests/integration/mujoco, by make test-frameworks",
    "film-vtk-and-pyvista": "VTK is heavy: tests/integration/vtk, by make test-frameworks",
    "record-panda3d-and-ursina": "Panda3D is heavy: tests/integration/panda3d, by make test-frameworks",
}
"""Pages that are not run here, and why."""

NEEDED: dict[str, Callable[[], bool]] = {
    'device="cuda"': lambda: shutil.which("nvidia-smi") is not None,
    ".captions(": has_libass,
    "UdpReceiver(": lambda: False,  # what another machine sends
}
"""What a machine must have for the programs that have such words in them."""

_SAID = re.compile(r"print\(.*\)  # (\S+\.\w+: \d+ frames.*?)(?:, …)?$", re.MULTILINE)
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


def programs(page: str) -> list[Block]:
    return blocks("python", page=HOW_TO / f"{page}.md")


def run_in(folder: Path, code: str, display: str = "") -> str:
    """Run a program there, and return what it prints."""
    program = f"import os\nos.chdir({str(folder)!r})\n{code}"
    return run_program(program, env={"DISPLAY": display}, timeout_seconds=300).stdout


def can_run(code: str) -> bool:
    return all(is_here() for words, is_here in NEEDED.items() if words in code)


def test_each_page_is_run() -> None:
    assert sorted([*FILMS, *ELSEWHERE]) == PAGES


@pytest.mark.timeout(600)
@pytest.mark.parametrize("page", FILMS)
def test_a_page_runs_in_an_empty_folder(page: str, tmp_path: Path, display: str) -> None:
    left_out = set()
    for block in programs(page):
        if not can_run(block.code):
            left_out |= set(re.findall(r"[\w-]+\.mp4", block.code))
            continue
        told = run_in(tmp_path, block.code, display if page in NEED_A_DISPLAY else "")
        for said in _SAID.findall(block.code):
            assert said in told, block
    for film, frames in FILMS[page].items():
        if film not in left_out or (tmp_path / film).exists():
            assert frame_count(tmp_path / film) == frames, film


def test_record_a_game(tmp_path: Path, display: str) -> None:
    music, game = programs("record-a-game")
    run_in(tmp_path, music.code)
    assert game.code.count(_RUN) == 1
    assert "game.mp4: " in run_in(tmp_path, game.code.replace(_RUN, _PLAY + _RUN), display)
    with av.open(tmp_path / "game.mp4") as film:
        assert [chapter["metadata"]["title"] for chapter in film.chapters()] == ["start", "level up"]
    assert hear(tmp_path / "game.mp4").tones[0] == pytest.approx(0.1, abs=0.003)
    assert frame_count(tmp_path / "highlight.mp4") > 0
    for picture in decode_rgb(tmp_path / "game.mp4"):
        assert picture[:40, :40].max() < 40, "the dot is in the film"
    with Image.open(tmp_path / "moment.png") as moment:
        assert moment.size == (640, 360)
        assert moment.getpixel((10, 10)) == (0, 0, 0)


def test_notebooks_show_what_their_last_line_is(tmp_path: Path) -> None:
    for block, expected in zip(programs("notebooks"), ("<video controls", "<th>frames</th>"), strict=True):
        cell, _, last = block.code.rstrip().rpartition("\n")
        shown = f"{cell}\nshown = {last}\nprint(shown._repr_mimebundle_()['text/html'])\n"
        assert expected in run_in(tmp_path, shown)


def test_doctor_has_the_line_that_a_page_names() -> None:
    [line] = re.findall(r'the line "([^"]+)"', (HOW_TO / "headless-cluster.md").read_text(encoding="utf-8"))
    assert re.search(rf"^ *{line}  ", glrec("doctor").stdout, re.MULTILINE)
