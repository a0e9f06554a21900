"""The power fails while a film is recorded: what was synced is a film, up to two seconds before the cut.

A film is recorded once for each policy and container, in a file system that writes down what is done to it. From that it is
known for any moment what a disk would hold: the synced alone, and with a part of what was not synced, drawn by lot.
"""

import hashlib
import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import av
import numpy as np
import pytest

from glrec_core.errors import SpillError
from glrec_core.recover import recover
from glrec_core.spill.stored_frames import StoredFrames
from glrec_core.testing import barcode
from tests.support import video
from tests.support.forgetful import Disk, Operation, forgetful_folder, operations

CUTS = int(os.environ.get("GLREC_POWER_CUTS", "12"))
"""At how many moments the power fails in each film; `GLREC_POWER_CUTS=100` is the long run of docs/reliability.md."""
FPS = 30
SECONDS = 12 if CUTS >= 100 else 5
LOST_SECONDS = 2
SYNC_SECONDS = 0.5
"""How long the sync of what a second has written may take, that no more is lost."""

POLICIES: dict[str, tuple[dict[str, Any], float]] = {
    "block": ({"overflow": "block"}, 0.0),
    "spill": ({"overflow": "spill", "spill_memory_bytes": 0, "slots": 8}, 0.1),
    "drop": ({"overflow": "drop", "slots": 4}, 0.05),
}
"""Options, and by how many seconds each frame of the first half is encoded more slowly."""
CONTAINERS = (".mp4", ".mov", ".mkv", ".webm")
FILMS = [
    (policy, suffix)
    for policy in POLICIES
    for suffix in CONTAINERS
    if CUTS >= 100 or suffix in {".mp4", ".mkv"}
]

# It draws no faster than the film plays, so that a second of film takes a second at least.
_PROGRAM = """
import json, sys, threading, time
import moderngl
from glrec_core import record
from glrec_core.encode.pyav import PyAVEncoder
from glrec_core.sink.file import FileSink
from glrec_core.spill import segments
from glrec_core.spill.spill_file import SpillFile
from glrec_core.system.durable import Syncing
from tests.support.recording import BarcodeLoop

path, options, slow_seconds, frames, fps = sys.argv[1], *map(json.loads, sys.argv[2:])
encode, write, append = PyAVEncoder.encode, FileSink.write, SpillFile.append
drawn, written, stored = [], [], []

def slowly(encoder, frame):
    time.sleep(slow_seconds if len(drawn) < frames // 2 else 0)
    return encode(encoder, frame)

def write_and_tell(sink, packet):
    write(sink, packet)
    written.append((time.monotonic(), packet.pts))

def append_and_tell(spill, frame, **how):
    number = append(spill, frame, **how)
    stored.append((time.monotonic(), round(frame.pts_ns * fps / 1e9)))
    return number

late, syncs, sync_once = [0.0], [0.0], Syncing._sync_once

def sleep_and_see():
    while True:
        began = time.monotonic()
        time.sleep(0.02)
        late.append(time.monotonic() - began - 0.02)

def timed_sync(syncing):
    began = time.monotonic()
    try:
        return sync_once(syncing)
    finally:
        syncs.append(time.monotonic() - began)

Syncing._sync_once = timed_sync
threading.Thread(target=sleep_and_see, daemon=True).start()
PyAVEncoder.encode, FileSink.write, SpillFile.append = slowly, write_and_tell, append_and_tell
segments.SEGMENT_BYTES = 100_000  # so that many are deleted while it records
context = moderngl.create_context(standalone=True, backend="egl")
recorder = record(None, path, timing="step", fps=fps, gop=fps, **options)
begin = time.monotonic()

def keep_time(number):
    drawn.append(time.monotonic())
    time.sleep(max(0, begin + (number + 1) / fps - time.monotonic()))
    if number == frames // 2:
        recorder.mark("half")

BarcodeLoop(context, (160, 120)).record(recorder, range(frames), keep_time)
recorder.close()
print(json.dumps({"drawn": drawn, "written": written, "stored": stored, "dropped": recorder.stats.dropped,
                  "late_seconds": max(late), "sync_seconds": max(syncs)}))
"""


class Told(NamedTuple):
    """What was done to the disk, and what the program says when."""

    done: list[Operation]
    drawn: list[float]
    written: list[tuple[float, int]]
    stored: list[tuple[float, int]]
    dropped: int
    late_seconds: float
    sync_seconds: float

    @property
    def lost_seconds(self) -> float:
        """Return how much a power cut may cost: more than usual by what the machine stood still, or its disk was too slow."""
        return LOST_SECONDS + 2 * self.late_seconds + max(0.0, self.sync_seconds - SYNC_SECONDS)

    def before(self, moment: float, log: list[tuple[float, int]]) -> set[int]:
        """Return the numbers of the frames in a log that came so long before a moment, or earlier."""
        return {number for when, number in log if when < moment - self.lost_seconds}


def recorded(folder: Path, policy: str, suffix: str) -> Told:
    options, slow_seconds = POLICIES[policy]
    try:
        with forgetful_folder(folder) as disk:
            options = {**options, "spill_dir": str(disk / "spill")}
            arguments = [
                str(disk / f"a{suffix}"),
                *map(json.dumps, (options, slow_seconds, SECONDS * FPS, FPS)),
            ]
            done = subprocess.run(
                [sys.executable, "-c", _PROGRAM, *arguments],
                cwd=Path(__file__).resolve().parents[2],
                stdout=subprocess.PIPE,
                text=True,
                check=True,
                timeout=100,
            )
    except (OSError, ImportError) as error:
        if isinstance(error, subprocess.SubprocessError):
            raise
        pytest.skip(str(error))
    return Told(operations(folder), **json.loads(done.stdout))


def cuts(told: Told, seed: str) -> Iterator[tuple[float, Disk]]:
    """Yield moments, half of them anywhere and half right before an operation, and what the disk holds then."""
    lot = random.Random(seed)
    begin, end = told.done[0].moment, told.done[-1].moment
    moments = [lot.uniform(begin, end) for _ in range(CUTS // 2)]
    moments += [lot.choice(told.done).moment for _ in range(CUTS - CUTS // 2 - 1)]
    disk, done = Disk(), iter([*told.done, Operation(end + 60, "nothing more", ())])
    operation = next(done)
    for moment in [*sorted(moments), end + 30]:
        while operation.moment < moment:
            disk.do(operation)
            operation = next(done)
        yield moment, disk


class Films:
    """Reads the numbers of the frames that play; a film that was seen before is not read again."""

    def __init__(self) -> None:
        self._seen: dict[str, list[int]] = {}

    def numbers(self, path: Path) -> list[int]:
        if not path.exists():
            return []
        key = hashlib.sha256(path.read_bytes()).hexdigest()
        if key not in self._seen:
            self._seen[key] = list(_playing(path))
        return self._seen[key]


def _playing(path: Path) -> Iterator[int]:
    """Yield numbers as a player goes on: up to where it cannot read any further, or shows something damaged."""
    try:
        with av.open(path) as film:
            for frame in film.decode(video=0):
                yield barcode.read(np.asarray(frame.to_ndarray(format="rgb24")))
    except (
        av.FFmpegError,
        IndexError,
        barcode.BarcodeError,
    ):  # IndexError: there is no stream, since nothing was complete
        return


def stored(folder: Path) -> set[int]:
    """Return the numbers of the frames in the spill that are whole."""
    numbers = set[int]()
    for journal in folder.glob("spill/*/journal"):
        try:
            with StoredFrames(journal.parent) as frames:
                numbers |= {round(Fraction(frame.pts_ns * FPS, 10**9)) for frame in frames}
        except SpillError:  # its header did not reach the disk, nor then did a frame
            continue
    return numbers


@pytest.mark.timeout(900)
@pytest.mark.parametrize(("policy", "suffix"), FILMS)
def test_a_power_cut_costs_two_seconds_at_most(tmp_path: Path, policy: str, suffix: str) -> None:
    told, films = recorded(tmp_path / "disk", policy, suffix), Films()
    assert (len(told.stored) > 0, told.dropped > 0) == (policy == "spill", policy == "drop")
    lot = random.Random(7)
    for moment, disk in cuts(told, f"{policy}{suffix}"):
        due = told.before(moment, told.written)
        for chance in (None, lot):
            left = disk.restore(tmp_path / "left", chance)
            played = films.numbers(left / f"a{suffix}")
            cut = f"{moment - told.drawn[0]:.2f} s, {'synced' if chance is None else 'by lot'}"
            assert chance is not None or played == sorted(set(played)), cut
            assert due - set(played) == set(), f"{cut}: {played[-1:]} play"
            assert told.before(moment, told.stored) - set(played) - stored(left) == set(), (
                f"{cut}: {played[-1:]} play"
            )
    assert films.numbers(left / f"a{suffix}")[-1] == SECONDS * FPS - 1 or policy == "drop"
    assert [path.name for path in left.iterdir() if path.name != "spill"] == [f"a{suffix}"]


def test_a_spill_that_was_cut_off_is_recovered(tmp_path: Path) -> None:
    told = recorded(tmp_path / "disk", "spill", ".mp4")
    disk, moment = Disk(), told.drawn[len(told.drawn) // 2]
    for operation in told.done:
        if operation.moment < moment:
            disk.do(operation)
    left = disk.restore(tmp_path / "left")
    (directory,) = (left / "spill").iterdir()
    numbers = sorted(stored(left))
    recover(directory, tmp_path / "b.mp4", keep=True)
    assert video.read_barcodes(tmp_path / "b.mp4") == numbers
    assert len(numbers) > FPS // 2
