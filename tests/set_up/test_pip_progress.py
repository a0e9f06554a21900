"""An installation says how far it is, in few lines: from what pip 23 and 25 really print."""

import os
from pathlib import Path

from scripts.pip_progress import Progress, lines

FETCHING = """\
Looking in indexes: https://index.invalid/simple
Collecting av==18.1.0 (from -r requirements-demo.lock (line 3))
  Downloading av-18.1.0-cp311-abi3-manylinux_2_28_x86_64.whl.metadata (4.7 kB)
  Downloading av-18.1.0-cp311-abi3-manylinux_2_28_x86_64.whl (41.3 MB)
Collecting glcontext==3.1.0
  Using cached glcontext-3.1.0-cp311-cp311-manylinux_2_17_x86_64.whl (50 kB)
Collecting hsluv==5.0.5
  Downloading hsluv-5.0.5-py3-none-any.whl (5.3 kB)
Processing /a/folder/numpy-2.4.6-cp311-cp311-manylinux_2_28_x86_64.whl
"""
UNPACKING = "Installing collected packages: av, glcontext, hsluv, numpy\n"
DONE = "Successfully installed av-18.1.0 glcontext-3.1.0 hsluv-5.0.5 numpy-2.4.6\n"


class Machine:
    """A clock that tests set, a count of packages, and what was said."""

    def __init__(self) -> None:
        self.now_seconds, self.packages = 0.0, 2
        self.said: list[str] = []
        self.progress = Progress(self.said.append, lambda: self.now_seconds, lambda: self.packages)

    def read(self, text: str) -> list[str]:
        """Return what is newly said."""
        before = len(self.said)
        for line in text.splitlines():
            self.progress.read(line)
        return self.said[before:]


def test_a_large_file_is_announced_and_small_ones_are_not() -> None:
    assert Machine().read(FETCHING) == ["  fetched 0 packages, 0 MB; now av-18.1.0, 41.3 MB"]


def test_the_sum_is_said_before_unpacking() -> None:
    machine = Machine()
    machine.read(FETCHING)
    assert machine.read(UNPACKING) == ["  fetched 4 packages, 41 MB; unpacking 4 packages"]
    assert machine.read(DONE) == []


def test_after_five_seconds_something_is_said_whatever_pip_says() -> None:
    machine = Machine()
    machine.read(FETCHING)
    machine.now_seconds = 5.0
    machine.progress.read("")
    assert machine.said[-1] == "  fetched 4 packages, 41 MB"
    machine.read(UNPACKING)
    machine.now_seconds, machine.packages = 10.0, 5
    machine.progress.read("")
    assert machine.said[-1] == "  unpacked 3 of 4 packages"


def test_lines_are_whole_however_they_arrive_and_silence_is_noticed(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    try:
        arriving = lines(reading, patience_seconds=0.01)
        os.write(writing, b"Collecting av\n  Download")
        assert next(arriving) == "Collecting av"
        assert next(arriving) == ""
        os.write(writing, b"ing av\n")
        assert next(line for line in arriving if line) == "  Downloading av"
        os.close(writing)
        writing = -1
        assert list(arriving) == []
    finally:
        os.close(reading)
        if writing >= 0:
            os.close(writing)
