"""The queue that goes on on disk: order, bounds, a loop that never waits, and nothing lost whatever fails."""

import random
import threading
import time
from bisect import bisect
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from glrec_core.errors import SpillError
from glrec_core.recorder.spill_queue import SpillQueue
from glrec_core.report.stats import Stats
from glrec_core.spill import segments, spill_file
from glrec_core.spill.journal import read_journal
from glrec_core.spill.pixels import frame_bytes
from glrec_core.spill.segments import first_segment
from glrec_core.spill.spill_file import SpillFile
from glrec_core.spill.stored_frames import StoredFrames
from glrec_core.values.frame import Frame, FrameSpec, Memory, PixelFormat, Size
from tests.support.spill import STEP_NS, disk, rgba, same

FRAME_BYTES = frame_bytes(rgba(0).spec)
SLOTS = 8


class Line:
    """A queue with a ring of slots that are counted, as a capture has them."""

    def __init__(
        self, root: Path, *, slots: int = SLOTS, open_file: Callable[[], Any] | None = None, **options: Any
    ) -> None:
        self.stats = Stats()
        self.notes = list[str]()
        self.in_use = 0
        self.most_in_use = 0
        self._counting = threading.Lock()
        options = {"memory_bytes": 0, "everything": False, "keep": False, **options}
        open_file = open_file or partial(SpillFile, root, {}, keep_all=options["everything"])
        self.queue = SpillQueue(slots, open_file, self.stats, self.notes.append, **options)

    def draw(self, number: int, frame: Frame | None = None) -> None:
        """Reserve a slot, fill it and hand it over."""
        assert self.queue.reserve()
        frame = frame or rgba(number)
        frame.release = self._released
        with self._counting:
            self.in_use += 1
            self.most_in_use = max(self.most_in_use, self.in_use)
        self.queue.lend(frame)
        self.queue.put(frame)

    def settle(self, least_used: int = 6) -> None:
        """Wait until less than so many slots are in use."""
        wait_for(lambda: self.queue.used < least_used)

    def end(self) -> list[int]:
        """Encode everything and return the numbers of the frames, which must be as they were drawn."""
        self.queue.close()
        numbers = list[int]()
        for frame in self.queue:
            with frame:
                numbers.append(frame.pts_ns // STEP_NS)
                assert same(frame.planes, rgba(numbers[-1]).planes)
        self.all_written()
        return numbers

    def all_written(self) -> None:
        """Say that every frame is in the file."""
        self.queue.written(1 << 60)

    def _released(self) -> None:
        with self._counting:
            self.in_use -= 1


def wait_for(condition: Callable[[], bool]) -> None:
    """Wait for another thread; the test's time limit is the limit."""
    while not condition():
        time.sleep(0.0005)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return disk(tmp_path) / "spill"


def spill_threads() -> int:
    return [thread.name for thread in threading.enumerate()].count("glrec-spill")


def test_a_loop_that_keeps_up_writes_nothing(root: Path) -> None:
    line = Line(root, open_file=partial(pytest.fail, "the disk was touched"))
    frames = iter(line.queue)
    for number in range(100):
        line.draw(number)
        if number % 5 == 4:
            for _ in range(5):
                with next(frames):
                    pass
    assert (line.stats.spilled, spill_threads(), line.queue.waits) == (0, 0, 0)
    assert line.queue.finish() is None
    assert not root.exists()


@pytest.mark.parametrize("memory_frames", [0, 2, 5])
def test_a_backlog_keeps_order_and_the_loop_never_waits(root: Path, memory_frames: int) -> None:
    line = Line(root, memory_bytes=memory_frames * FRAME_BYTES)
    for number in range(200):
        line.draw(number)
        line.settle()
    assert line.queue.waits == 0
    assert line.most_in_use <= SLOTS
    wait_for(
        lambda: not line.queue._in_memory
    )  # once one is on disk, all go there, but the first two and the last
    left = 200 - line.stats.spilled - line.in_use
    assert 0 <= left <= 2
    assert line.queue._memory_bytes == (memory_frames - left * (memory_frames > 2)) * FRAME_BYTES
    assert line.end() == list(range(200))
    assert line.queue.finish() is None
    assert (list(root.iterdir()), line.in_use, spill_threads()) == ([], 0, 0)
    assert line.queue._memory_bytes == memory_frames * FRAME_BYTES
    assert "frames waited on disk" in line.notes[0]


def test_the_thread_ends_with_the_backlog_and_comes_back_with_the_next(root: Path) -> None:
    line = Line(root)
    frames = iter(line.queue)
    for begin in (0, 40, 80):
        for number in range(begin, begin + 40):
            line.draw(number)
            line.settle()
        assert spill_threads() == 1
        for number in range(begin, begin + 40):
            with next(frames) as frame:
                assert frame.pts_ns // STEP_NS == number
        wait_for(lambda: spill_threads() == 0)
    assert line.end() == []
    line.queue.finish()


def stored(line: Line) -> tuple[list[int], list[int]]:
    """Return which frames could be recovered if the process died now, and before which of them one may be missing."""
    if line.queue._file is None:
        return [], []
    directory = line.queue._file.directory
    journal = read_journal(directory, first_segment(directory))
    return (journal.times_ns // STEP_NS).tolist(), (journal.begins_ns // STEP_NS).tolist()


def test_the_frame_that_is_being_encoded_is_not_stored(root: Path) -> None:
    """It is in a slot still, and the oldest; but the encoder reads it, and would find nothing."""
    line = Line(root)
    for number in range(3):
        line.draw(number)
    frames = iter(line.queue)
    for number in range(3):
        with next(frames) as frame:
            if number == 0:
                for later in range(3, 60):
                    line.draw(later)
                    line.settle()
            assert same(frame.planes, rgba(number).planes)
    assert 0 not in stored(line)[0]
    assert line.end() == list(range(3, 60))
    assert line.in_use == 0
    assert line.queue.finish() is None


@pytest.mark.parametrize("memory_frames", [0, 9])
@pytest.mark.parametrize("held", [0, 7, 30])
def test_what_a_killed_process_loses_is_its_newest_frames(
    root: Path, monkeypatch: pytest.MonkeyPatch, held: int, memory_frames: int
) -> None:
    """At every moment of a backlog, file and disk together have every frame up to those that wait in memory.

    Encoder and muxer hold so many frames back. What they held when storing began was in a slot, and is the only exception.
    """
    monkeypatch.setattr(segments, "SEGMENT_BYTES", 3 * 32 * 16 * 4)
    monkeypatch.setattr(spill_file, "has_lz4", lambda: False)
    monkeypatch.setattr(spill_file, "KEPT_NS", 0)
    monkeypatch.setattr(spill_file, "KEPT_SECONDS", 0.0)
    line, taken, choose = Line(root, memory_bytes=memory_frames * FRAME_BYTES), 0, random.Random(held)
    frames, deleted = iter(line.queue), False
    for number in range(400):
        line.draw(number)
        line.settle()
        if choose.random() < 0.6:
            with next(frames) as frame:
                assert frame.pts_ns == taken * STEP_NS
            taken += 1
            if taken > held:
                line.queue.written((taken - held - 1) * STEP_NS)
        on_disk, begins = stored(line)
        if not on_disk:
            continue
        deleted = deleted or on_disk[0] > 2 * SLOTS
        in_file = range(max(0, taken - held))
        lost = sorted({*range(number + 1)} - {*in_file} - {*on_disk})
        middle = [each for each in lost if each < on_disk[-1]]
        assert all(on_disk[bisect(on_disk, each)] in begins for each in middle)
        assert len(middle) <= held + SLOTS + memory_frames
        assert len(lost) - len(middle) <= SLOTS + memory_frames
    assert deleted
    assert line.end() == list(range(taken, 400))
    assert line.queue.finish() is None


def test_a_frame_that_follows_another_is_marked_so(root: Path) -> None:
    """Where one was encoded out of its slot in between, recovery must not take the line for whole."""
    line = Line(root)
    frames = iter(line.queue)
    for begin in (0, 40):
        for number in range(begin, begin + 40):
            line.draw(number)
            line.settle()
        assert line.queue._file is not None
        journal = read_journal(line.queue._file.directory)
        for _ in range(40):
            with next(frames):
                pass
        wait_for(lambda: spill_threads() == 0)
    begins = journal.begins_ns // STEP_NS
    assert len(begins) == 2
    assert begins[0] <= 2
    assert begins[1] >= 40
    line.all_written()
    assert line.queue.finish() is None


def test_a_queue_whose_encoder_is_as_fast_leaves_the_disk_again(root: Path) -> None:
    """One frame on disk must not make every later one take that way."""
    line = Line(root)
    frames = iter(line.queue)
    for number in range(12):
        line.draw(number)
        line.settle()
    for _ in range(12):
        with next(frames):
            pass
    before = line.stats.spilled
    for number in range(12, 60):
        line.draw(number)
        with next(frames):
            pass
    assert line.stats.spilled == before
    assert line.end() == []
    line.queue.finish()


def test_what_came_back_from_the_disk_but_not_into_the_file_is_kept(root: Path) -> None:
    """An encoder that dies holds frames; they are still stored, and it is said how many."""
    line = Line(root)
    for number in range(40):
        line.draw(number)
        line.settle()
    line.queue.close()
    line.queue.wait_idle()
    for frame in line.queue:
        with frame:
            pass
    line.queue.written(29 * STEP_NS)
    line.queue.abandon()
    kept = line.queue.finish()
    assert kept is not None
    assert any("10 frames on disk did not get into the file" in note for note in line.notes)
    with StoredFrames(kept) as frames:
        assert frames.times_ns[-1] == 39 * STEP_NS


def test_a_backlog_takes_next_to_no_memory(root: Path) -> None:
    import tracemalloc

    line = Line(root)
    for number in range(100):
        line.draw(number)
        line.settle()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for number in range(100, 1100):
        line.draw(number)
        line.settle()
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert grown / 1000 < 500  # of 2048 bytes of pixels
    assert len(line.end()) == 1100
    line.queue.finish()


class Broken:
    """A disk that takes some frames and then fails."""

    def __init__(self, root: Path, frames: int, error: Exception) -> None:
        self._file = SpillFile(root, {}, keep_all=False)
        self._left = frames
        self._error = error

    def append(self, frame: Frame, *, follows: bool) -> int:
        if self._left == 0:
            raise self._error
        self._left -= 1
        return self._file.append(frame, follows=follows)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


@pytest.mark.parametrize("frames", [0, 1, 7])
@pytest.mark.parametrize("everything", [False, True])
@pytest.mark.parametrize("error", [SpillError(28, "No space left"), MemoryError()])
def test_a_failed_spill_keeps_the_frame_and_makes_the_loop_wait(
    root: Path, frames: int, error: Exception, *, everything: bool
) -> None:
    line = Line(root, open_file=partial(Broken, root, frames, error), everything=everything)
    numbers = list[int]()

    def encode() -> None:
        wait_for(lambda: line.queue._failure is not None)
        for frame in line.queue:
            with frame:
                numbers.append(frame.pts_ns // STEP_NS)
                assert same(frame.planes, rgba(numbers[-1]).planes)

    thread = threading.Thread(target=encode)
    thread.start()
    for number in range(60):
        line.draw(number)
    line.queue.close()
    thread.join()
    line.all_written()
    line.queue.finish()
    assert numbers == list(range(60))
    assert (line.stats.spilled, line.in_use) == (frames, 0)
    assert line.most_in_use <= SLOTS
    assert sum("waits for the encoder" in note for note in line.notes) == 1
    assert list(root.iterdir()) == []


def test_frames_outside_of_host_memory_stay_in_their_slots(root: Path) -> None:
    line = Line(root)
    spec = FrameSpec(Size(32, 16), PixelFormat.NV12, Memory.CUDA)
    for number in range(SLOTS):
        line.draw(number, Frame(spec, (), number * STEP_NS))
    assert (line.in_use, spill_threads()) == (SLOTS, 0)
    line.queue.close()
    for frame in line.queue:
        with frame:
            pass
    assert line.in_use == 0
    assert line.queue.finish() is None


def test_a_frame_that_cannot_be_read_back_costs_only_itself(root: Path) -> None:
    line = Line(root)
    for number in range(40):
        line.draw(number)
        line.settle()
    assert line.queue._file is not None
    segment = line.queue._file.directory / "000000.segment"
    with segment.open("r+b") as file:
        file.seek(10)
        file.write(b"\xff\x00\xff\x00\xff\x00")
    numbers = line.end()
    assert len(numbers) == 39
    assert numbers == sorted(numbers)
    assert line.stats.unreadable == 1
    assert line.queue.finish() is None


def test_all_are_stored_before_the_first_is_encoded(root: Path) -> None:
    line = Line(root, everything=True, keep=True)
    got = list[Frame]()
    thread = threading.Thread(target=lambda: got.extend(line.queue))
    thread.start()
    for number in range(30):
        line.draw(number)
    line.settle(1)
    assert (got, line.stats.spilled) == ([], 30)
    line.queue.close()
    thread.join()
    assert [frame.pts_ns // STEP_NS for frame in got] == list(range(30))
    kept = line.queue.finish()
    assert kept is not None
    assert (kept / "journal").exists()


@pytest.mark.parametrize("everything", [False, True])
def test_what_an_encoder_leaves_on_disk_is_kept(root: Path, *, everything: bool) -> None:
    line = Line(root, everything=everything)
    for number in range(40):
        line.draw(number)
        line.settle()
    line.queue.close()
    with next(iter(line.queue)):
        pass
    line.queue.abandon()
    kept = line.queue.finish()
    assert kept is not None
    assert any(f"glrec recover {kept}" in note for note in line.notes)
    assert (line.in_use, spill_threads()) == (0, 0)


def test_the_ring_is_emptied_to_the_disk_when_its_context_goes(root: Path) -> None:
    """A window closes at once, however long the backlog is."""
    line = Line(root)
    for number in range(40):
        line.draw(number)
        line.settle()
    line.queue.close()
    line.queue.wait_idle()
    assert line.in_use == 0
    assert line.end() == list(range(40))
    assert line.queue.finish() is None


def test_without_a_backlog_nothing_is_stored_when_the_context_goes(root: Path) -> None:
    line = Line(root, open_file=partial(pytest.fail, "the disk was touched"))
    for number in range(4):
        line.draw(number)
    thread = threading.Thread(target=line.end)
    thread.start()
    line.queue.wait_idle()
    thread.join()
    assert line.stats.spilled == 0


@pytest.mark.parametrize("seed", range(20))
def test_stress(root: Path, seed: int) -> None:
    """Render, spill and encode threads at random speeds; every frame comes out once, in order, as it was drawn."""
    choose = random.Random(seed)
    slots = choose.randint(2, 9)
    fails_after = choose.choice([None, None, choose.randint(0, 60)])
    options: dict[str, Any] = {
        "memory_bytes": choose.randint(0, 8) * FRAME_BYTES,
        "everything": choose.random() < 0.3,
    }
    if fails_after is not None:
        options["open_file"] = partial(Broken, root, fails_after, SpillError(28, "No space left"))
    line = Line(root, slots=slots, **options)
    pauses = [choose.choice([0, 0, 0.0005]) for _ in range(150)]
    slow = choose.choice([0, 0.0003, 0.002])
    numbers = list[int]()

    def encode() -> None:
        for frame in line.queue:
            with frame:
                time.sleep(slow)
                numbers.append(frame.pts_ns // STEP_NS)
                assert same(frame.planes, rgba(numbers[-1]).planes)

    thread = threading.Thread(target=encode)
    thread.start()
    for number, pause in enumerate(pauses):
        line.draw(number)
        time.sleep(pause)
    line.queue.close()
    if choose.random() < 0.5:
        line.queue.wait_idle()
        assert line.in_use == 0
    thread.join()
    line.all_written()
    assert line.queue.finish() is None
    assert numbers == list(range(150))
    assert line.most_in_use <= slots
    assert (line.in_use, spill_threads()) == (0, 0)
    assert not root.exists() or list(root.iterdir()) == []


def test_the_test_can_tell_pixels_apart() -> None:
    assert not same(rgba(1).planes, rgba(2).planes)
    assert not np.array_equal(rgba(1).planes[0], rgba(257).planes[0])
