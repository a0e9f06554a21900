"""`fork()` while frames are on disk: the child owns none of them, and does not keep them from being recovered."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from glrec_core import SpillError
from glrec_core.recover import recover
from glrec_core.spill.lock import DirectoryLock
from glrec_core.spill.segments import SEGMENT_BYTES
from glrec_core.spill.spill_file import SpillFile
from glrec_core.spill.stored_frames import StoredFrames, unfinished
from tests.support import video
from tests.support.leftovers import open_files
from tests.support.spill import STEP_NS, disk, rgba, same

pytestmark = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return disk(tmp_path) / "spill"


def in_child(act: Callable[[], object]) -> None:
    """Do something in a forked child, which must not fail."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            act()
            code = 0
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def refused(act: Callable[[], object]) -> None:
    with pytest.raises(SpillError):
        act()


@pytest.mark.parametrize("keep", [True, False])
def test_what_a_child_does_with_a_spill_changes_nothing(root: Path, *, keep: bool) -> None:
    file = SpillFile(root, {}, keep_all=False)
    numbers = [file.append(rgba(number)) for number in range(3)]
    segment = file.directory / "000000.segment"

    def use() -> None:
        assert not any(str(file.directory) in name for name in open_files())
        refused(lambda: file.append(rgba(9)))
        refused(lambda: file.load(numbers[0]))
        file.written(1 << 60)
        file._writer.close()
        file.close(keep=keep)

    in_child(use)
    assert segment.stat().st_size == SEGMENT_BYTES  # nothing was cut off
    numbers.append(file.append(rgba(3)))
    assert all(same(file.load(number), rgba(number).planes) for number in numbers)
    with pytest.raises(SpillError, match="still records here"):
        DirectoryLock(file.directory)
    file.close(keep=True)
    with StoredFrames(file.directory) as frames:
        assert [frame.pts_ns for frame in frames] == [number * STEP_NS for number in range(4)]


def test_a_child_removes_nothing_that_is_being_recovered(root: Path) -> None:
    file = SpillFile(root, {}, keep_all=False)
    file.append(rgba(0))
    file.close(keep=True)
    with StoredFrames(file.directory) as frames:
        in_child(frames.remove)
        in_child(frames.close)
        refused(lambda: DirectoryLock(file.directory))
        assert len(list(frames)) == 1
    assert file.directory.exists()


_PARENT = """
import json, os, signal, sys, time
import moderngl
from glrec_core import record
from glrec_core.encode.pyav import PyAVEncoder
from tests.support.recording import BarcodeLoop

path, spill_dir, overflow = sys.argv[1:]
encode = PyAVEncoder.encode
PyAVEncoder.encode = lambda encoder, frame: (time.sleep(0.01), encode(encoder, frame))[1]
context = moderngl.create_context(standalone=True, backend="egl")
options = {"backend": "spill"} if overflow == "everything" else {"overflow": overflow, "spill_memory_bytes": 0}
recorder = record(None, path, timing="step", fps=60, spill_dir=spill_dir, **options)
BarcodeLoop(context).record(recorder, range(60), lambda _: time.sleep(0.002))
child = os.fork()
if child == 0:
    os.close(1)
    time.sleep(120)
    os._exit(0)
print(json.dumps(child), flush=True)
BarcodeLoop(context).record(recorder, range(60, 100_000), lambda number: print(json.dumps(number), flush=True))
"""


@pytest.mark.parametrize("overflow", ["spill", "everything"])
def test_a_child_that_lives_on_keeps_no_one_from_recovering(root: Path, overflow: str) -> None:
    """The lock goes with the recording's process, whoever else got a copy of its descriptors."""
    film = root.parent / "a.mp4"
    command = [sys.executable, "-c", _PARENT, str(film), str(root), overflow]
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, cwd=Path(__file__).resolve().parents[2]
    ) as parent:
        assert parent.stdout is not None
        child: int = json.loads(parent.stdout.readline())
        try:
            while json.loads(parent.stdout.readline()) < 120:
                pass
            assert unfinished(str(root)) == []
            parent.kill()
            parent.wait()
            (found,) = unfinished(str(root))
            recover(found, root.parent / "b.mp4")
        finally:
            parent.kill()
            os.kill(child, signal.SIGKILL)
    numbers = video.read_barcodes(root.parent / "b.mp4")
    assert numbers == list(range(numbers[0], numbers[-1] + 1))
    assert numbers[-1] >= 110
    assert unfinished(str(root)) == []
