"""`--step`: a slow machine gives the same film as a fast one, twice."""

import hashlib
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.command import COMMAND, environment, glrec
from tests.support.processes import process_group
from tests.support.video import assert_timestamps, decode_rgb

PROGRAMS = Path(__file__).parent / "programs"
FRAMES = 24


def record(film: Path, frames: int, *program: str | Path) -> list[str]:
    """Record a program and return a digest of each decoded frame."""
    done = glrec(
        "run", "--headless", "--step", "--frames", str(frames), "-o", film, *program, timeout_seconds=100
    )
    assert done.returncode == 0, done.stderr
    return [hashlib.sha256(picture.tobytes()).hexdigest() for picture in decode_rgb(film)]


@contextmanager
def busy_machine() -> Iterator[None]:
    program = (
        "import os; os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0)); tests = os.getppid()\n"
        "while os.getppid() == tests: pass"  # tests that are killed leave no loop behind
    )
    loop = [sys.executable, "-S", "-c", program]
    with process_group(loop, stdout=subprocess.DEVNULL), process_group(loop), process_group(loop):
        yield


@pytest.mark.slow
def test_frames_of_50_ms_play_at_60_fps(tmp_path: Path) -> None:
    record(tmp_path / "film.mp4", 300, PROGRAMS / "unsteady.py")
    assert_timestamps(tmp_path / "film.mp4", 300, 60)


@pytest.mark.parametrize(
    "program",
    [
        (PROGRAMS / "unsteady.py",),
        ("-m", "arcade.examples.particle_fireworks"),
        ("-m", "arcade.examples.snow"),
    ],
    ids=lambda program: Path(program[-1]).name,
)
def test_twice_the_same_frames_under_load(program: tuple[str | Path, ...], tmp_path: Path) -> None:
    first = record(tmp_path / "first.mp4", FRAMES, *program)
    with busy_machine():
        second = record(tmp_path / "second.mp4", FRAMES, *program)
    assert len(first) == FRAMES
    assert len(set(first)) > FRAMES // 2  # it moves
    assert first == second


LOTTERY = """
import random, sys, time
began = time.perf_counter()
time.sleep(0.05)
import numpy
print(time.perf_counter() - began < 0.05, random.random(), numpy.random.random(), numpy.random.default_rng().random())
"""


def lottery(program: Path, *options: str) -> list[str]:
    """Run a program in an interpreter of its own: copies of a warm one begin with the same chance."""
    command = [*COMMAND, "run", "--headless", *options, "-o", str(program.with_suffix(".mp4")), str(program)]
    done = subprocess.run(
        command, env=environment(), capture_output=True, text=True, check=False, timeout=100
    )
    return done.stdout.split()


@pytest.mark.parametrize("options", [["--step"], []], ids=["step", "wall"])
def test_only_by_step_time_stands_still_and_chance_is_the_same(options: list[str], tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(LOTTERY)
    said = [lottery(program, *options) for _ in range(2)]
    alike = [one == two for one, two in zip(*said, strict=True)]
    assert [time for time, *_ in said] == [str(bool(options))] * 2
    assert alike[1:] == [bool(options)] * 3


def test_windows_are_numbered_in_the_same_order(tmp_path: Path) -> None:
    """By a set's order, that of addresses in memory, six would be so once in 720 runs."""
    record(tmp_path / "film.mp4", 5, PROGRAMS / "many_windows.py")
    films = [tmp_path / "film.mp4", *(tmp_path / f"film-{number}.mp4" for number in range(2, 7))]
    greys = [float(next(iter(decode_rgb(film))).mean()) for film in films]
    assert greys == pytest.approx([0, 51, 102, 153, 204, 255], abs=4)
