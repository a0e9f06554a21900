"""Ctrl-C at any moment, and an exception at any line: nothing hangs, nothing is left changed, the account adds up."""

import json
import os
from itertools import pairwise
from pathlib import Path

import pytest

from tests.support import video
from tests.support.displays import run_program

PROGRAMS = Path(__file__).parent / "programs"
SIGNALS = int(os.environ.get("GLREC_SIGNALS", "150"))
PICTURES = 16


@pytest.mark.slow
@pytest.mark.parametrize("overflow", ["block", "drop", "spill"])
def test_a_storm_of_ctrl_c_neither_hangs_nor_loses_a_frame(tmp_path: Path, overflow: str) -> None:
    path = tmp_path / "a.mp4"
    done = run_program(PROGRAMS / "storm.py", str(path), overflow, str(SIGNALS), timeout_seconds=110)
    found = json.loads(done.stdout)
    assert found["caught"] >= SIGNALS
    assert (found["changed"], found["handler"], found["names"]) == (0, True, True)
    assert found["threads"] == ["MainThread"]
    assert found["drawn"] == found["accounted"]
    assert (found["failed"], found["lost"]) == (0, 0)
    assert found["frames"] == found["recorded"] == found["packets"]
    numbers = video.read_barcodes(path)
    assert len(numbers) == found["frames"]
    if overflow != "drop":  # an interrupt between two frames may leave the number as it was
        assert {(late - early) % PICTURES for early, late in pairwise(numbers)} <= {0, 1}
