"""`glrec recover` on what a killed recording leaves."""

import shutil
from pathlib import Path

import pytest

from tests.cli.command import assert_refused, glrec, glrec_json
from tests.support import systems
from tests.support.displays import ProgramError, run_program
from tests.support.spill import disk

KILLED = """
import sys, time
import psutil

from tests.support.contexts import standalone_context
from glrec_core import record
from tests.support.recording import BarcodeLoop

context = standalone_context()
recorder = record(None, sys.argv[1], timing="step", fps=50, backend="spill", spill_dir=sys.argv[2])

def end(number):
    if number == 39:
        while recorder.stats.spilled < 40:
            time.sleep(0.01)
        psutil.Process().kill()

BarcodeLoop(context).record(recorder, range(40), end)
"""


@pytest.fixture
def spill(tmp_path: Path) -> Path:
    """Return the directory of a recording of 40 frames that was killed."""
    folder = disk(tmp_path) / "spill"
    with pytest.raises(ProgramError, match=f"returned {systems.KILLED}"):
        run_program(KILLED, str(tmp_path / "a.mp4"), str(folder))
    (directory,) = folder.iterdir()
    return directory


def test_a_killed_recording_is_finished(spill: Path, tmp_path: Path) -> None:
    film = tmp_path / "b.mp4"
    result = glrec("recover", spill, "-o", film)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith(f"{film}: 40 frames, 320x240, 0.800 s, h264")
    report = glrec_json("verify", film, "--barcode", "--frames", "40", "--fps", "50")
    assert report["passed"] is True
    assert not spill.exists()


def test_the_directory_can_be_kept(spill: Path, tmp_path: Path) -> None:
    assert glrec("recover", spill, "-o", tmp_path / "b.mp4", "--keep").returncode == 0
    assert_refused(glrec("recover", spill, "-o", tmp_path / "b.mp4"), 2, "b.mp4 exists")
    assert glrec("recover", spill, "-o", tmp_path / "b.mp4", "--overwrite").returncode == 0
    assert not spill.exists()


def test_nothing_that_waits_is_said_and_is_no_failure(tmp_path: Path) -> None:
    variables, place = systems.cache_below(tmp_path)
    result = glrec("recover", env=variables)
    assert (result.returncode, result.stdout) == (0, "")
    assert result.stderr == f"glrec recover: nothing waits to be recovered in {place}\n"


def test_what_waits_is_listed(spill: Path, tmp_path: Path) -> None:
    variables, place = systems.cache_below(tmp_path / "cache")
    shutil.move(spill.parent, place)
    result = glrec("recover", env=variables)
    assert (result.returncode, result.stderr) == (0, "")
    assert [Path(line).name for line in result.stdout.splitlines()] == [spill.name]


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (["gone", "-o", "b.mp4"], 2, "gone is not a folder"),
        ([".", "-o", "b.mp4"], 1, "journal"),
        (["."], 2, "-o FILE is missing"),
    ],
)
def test_what_cannot_be_done_is_refused(tmp_path: Path, arguments: list[str], code: int, word: str) -> None:
    assert_refused(glrec("recover", *arguments, cwd=tmp_path), code, word)
    assert list(tmp_path.iterdir()) == []
