"""What only Windows can show: processes that TerminateProcess ends, Ctrl-Break, films that other programs hold open."""

import os
import random
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import moderngl
import pytest

from glrec_core import record
from glrec_core.recover import recover
from glrec_core.spill.stored_frames import unfinished
from tests.cli.command import environment, glrec
from tests.support import systems
from tests.support.recording import BarcodeLoop
from tests.support.video import assert_recording, read_barcodes

pytestmark = pytest.mark.skipif(not systems.on_windows, reason="what is tested is Windows' own")

KILLS = int(os.environ.get("GLREC_KILLS", "3"))
LEAST_BYTES_OF_A_FILM = 4096
FRAMES = 120
PROGRAM = Path(__file__).parents[1] / "running" / "programs" / "frameworks.py"

SPILLS = f"""
import sys
import time
from pathlib import Path
from glrec_core import record
from tests.support.contexts import standalone_context
from tests.support.recording import BarcodeLoop

folder = Path(sys.argv[1])
loop = BarcodeLoop(standalone_context(), (320, 240))
recorder = record(
    None, folder / "film.mp4", fps=30, timing="step", codec="h264", preset="veryslow", slots=4, overflow="spill",
    spill_dir=folder / "spill", spill_memory_bytes=1,
)
loop.record(recorder, range({FRAMES}), lambda number: print(number, flush=True))
print("drawn", flush=True)
sys.stdin.read()
"""

HOLDS = "import sys; file = open(sys.argv[1], 'rb'); print('open', flush=True); sys.stdin.read()"

INTERRUPTS = """
import runpy, signal, sys, threading

def interrupt():
    signal.raise_signal(signal.{name})

threading.Timer(3.0, interrupt).start()
sys.argv[:] = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def started(program: str, *arguments: object) -> "subprocess.Popen[bytes]":
    words = [sys.executable, "-c", program, *map(str, arguments)]
    return systems.popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment()
    )


@pytest.mark.parametrize("seed", range(KILLS))
def test_a_killed_recording_is_whole_again(tmp_path: Path, seed: int) -> None:
    """All that was drawn is there but for the last frames, which waited in memory, and the first, which the encoder held."""
    last = random.Random(seed).randrange(30, FRAMES)
    with started(SPILLS, tmp_path) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.strip() == str(last).encode():
                break
        process.kill()
    film, whole = tmp_path / "film.mp4", tmp_path / "whole.mp4"
    plays = film.exists() and film.stat().st_size > LEAST_BYTES_OF_A_FILM
    in_film = read_barcodes(film) if plays else []
    assert in_film == list(range(len(in_film)))
    found = unfinished(str(tmp_path / "spill"))
    if not found:
        assert len(in_film) > last - 16
        return
    recover(found[0], whole, with_film=film if plays else None)
    numbers = read_barcodes(whole)
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert numbers[0] <= (0 if plays else 16)
    assert numbers[-1] > last - 16
    assert list((tmp_path / "spill").iterdir()) == []


@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGBREAK", 149)])
@pytest.mark.parametrize("framework", ["pyglet_loop", "glfw_deaf", "marked"])
def test_ctrl_c_and_ctrl_break_end_with_a_finished_film(
    tmp_path: Path, framework: str, name: str, code: int
) -> None:
    """The signal is raised in the process, as the C library does when a console sends it: wine's pipes have no console."""
    film, program = tmp_path / "film.mp4", tmp_path / "program.py"
    program.write_text(INTERRUPTS.format(name=name), encoding="utf-8")
    done = glrec("run", "--headless", "-o", film, program, PROGRAM, framework, "count")
    assert done.returncode == code, done.stderr
    numbers = read_barcodes(film)
    assert numbers == list(range(len(numbers)))
    assert numbers
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".mp4"] == ["film.mp4"]


@pytest.mark.skipif(find_spec("PySide6") is None, reason="PySide6 is not installed")
def test_qt_shows_its_windows_when_it_is_asked_not_to_and_says_so(tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    done = glrec("run", "--headless", "--frames", "10", "-o", film, PROGRAM, "qt", "count")
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("its windows are, in spite of --headless") == 1
    assert len(read_barcodes(film)) == 10


def test_a_film_that_a_player_holds_is_kept_as_it_plays(tmp_path: Path, context: moderngl.Context) -> None:
    film, holders = tmp_path / "film.mp4", list[subprocess.Popen[bytes]]()

    def hold(number: int) -> None:
        if number == 59:
            while not film.exists():
                time.sleep(0.01)
            holders.append(started(HOLDS, film))
            assert holders[0].stdout is not None
            assert holders[0].stdout.readline().strip() == b"open"

    recorder = record(None, film, timing="step", fps=30)
    BarcodeLoop(context, (320, 240)).record(recorder, range(60), hold)
    (note,) = recorder.close().notes
    for holder in holders:
        with holder:
            holder.kill()
    assert "another program holds it open" in note
    assert_recording(film, 60, (320, 240))
    assert list(tmp_path.iterdir()) == [film]
