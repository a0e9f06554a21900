"""What every overflow policy promises, asked of each row of the table: order, bounds, every slot back once, and an end that ends.

A new policy is a class and a row; then it is asked here, and `Config` must know it.
"""

import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple, get_args

import pytest

from glrec_core.backends.table import agree
from glrec_core.config import SPILL_BACKEND, Config, Overflow
from glrec_core.recorder.frame_queue import FrameQueue
from glrec_core.recorder.job import Job
from glrec_core.recorder.overflow import POLICIES, open_queue
from glrec_core.system.interrupts import held_back
from glrec_core.values.frame import Frame
from tests.support.spill import STEP_NS, disk, rgba, same

SLOTS = 4

CASES = [
    *({"overflow": name} for name in POLICIES),
    {"backend": SPILL_BACKEND},
]
"""Every row, and what stores each frame first, which serves `backend="spill"`."""


class Ring:
    """A capture's slots: counts what is lent and what has come back."""

    def __init__(self) -> None:
        self.lent = 0
        self.most_lent = 0
        self.returned: Counter[int] = Counter()
        self._lock = threading.Lock()

    def frame(self, number: int) -> Frame:
        frame = rgba(number)
        frame.release = lambda: self._take_back(number)
        with self._lock:
            self.lent += 1
            self.most_lent = max(self.most_lent, self.lent)
        return frame

    def _take_back(self, number: int) -> None:
        with self._lock:
            self.lent -= 1
            self.returned[number] += 1


class Case(NamedTuple):
    """A queue of the policy that is asked, and the ring in front of it."""

    queue: FrameQueue
    ring: Ring
    root: Path

    def read(self, number: int) -> bool:
        """Read a frame as the render thread does; False where the policy leaves it out."""
        if not self.queue.reserve():
            return False
        frame = self.ring.frame(number)
        self.queue.lend(frame)
        self.queue.put(frame)
        return True

    def encode(self, numbers: list[int], *, wait: Callable[[], object] = lambda: None) -> None:
        """Take all frames as the encode thread does, and look at their pixels."""
        for frame in self.queue:
            with frame:
                wait()
                numbers.append(frame.pts_ns // STEP_NS)
                assert same(frame.planes, rgba(numbers[-1]).planes)
                self.queue.written(frame.pts_ns)


@pytest.fixture(params=CASES, ids=lambda options: "-".join(next(iter(options.items()))))
def case(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Case]:
    """Give a queue; then nothing of it may be left: no slot, no thread, nothing on disk."""
    root, threads = disk(tmp_path) / "spill", threading.enumerate()
    config = Config(**request.param, spill_dir=root, spill_memory_bytes=0)
    ring = Ring()
    queue = open_queue(SLOTS, Job.of(agree(config, ()), ()))
    yield Case(queue, ring, root)
    queue.close()
    queue.abandon()
    queue.finish()
    assert (queue.used, queue.backlog, ring.lent) == (0, 0, 0)
    assert set(ring.returned.values()) <= {1}
    assert threading.enumerate() == threads


def in_thread(act: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=act)
    thread.start()
    return thread


def test_the_table_has_what_config_knows() -> None:
    """`Config` stands on a lower floor and cannot read the table; type checkers need its names written out."""
    assert list(POLICIES) == list(get_args(Overflow))
    assert len({*POLICIES.values()}) == len(POLICIES)
    for policy in POLICIES.values():
        assert policy.__doc__ is not None
        assert "overflow=" in policy.__doc__


def test_frames_come_out_in_order_as_they_were_drawn(case: Case) -> None:
    numbers = list[int]()
    thread = in_thread(lambda: case.encode(numbers))
    read = [number for number in range(150) if case.read(number)]
    case.queue.close()
    thread.join()
    assert numbers == read
    assert case.ring.returned == Counter(read)
    assert case.ring.most_lent <= SLOTS
    assert not case.root.exists() or case.queue.finish() is None


def test_who_waits_loses_nothing_and_who_does_not_refuses(case: Case) -> None:
    """With an encoder that takes nothing until all that can be read is."""
    numbers, go = list[int](), threading.Event()
    thread = in_thread(lambda: case.encode(numbers, wait=go.wait))
    if not case.queue.waits_for_room:
        read = [number for number in range(50) if case.read(number)]
        assert len(read) == case.ring.lent == SLOTS
        go.set()
    else:
        wanted = iter(range(50))
        drawing = in_thread(lambda: [case.read(number) for number in wanted])
        drawing.join(0.05)
        go.set()
        drawing.join()
        read = list(range(50))
    case.queue.close()
    thread.join()
    assert numbers == read
    assert case.ring.most_lent <= SLOTS


def test_what_the_capture_still_holds_has_its_places(case: Case) -> None:
    """A place whose frame was lost to an exception is free again: each frame says anew what is reserved."""
    assert case.queue.reserve(0)
    assert case.queue.reserve(1)
    assert case.queue.reserve(1)
    assert case.queue.used == 2
    assert case.queue.close() == 2
    assert case.queue.used == 0


def test_the_end_ends_an_encoder_that_waits(case: Case) -> None:
    numbers = list[int]()
    thread = in_thread(lambda: case.encode(numbers))
    case.read(0)
    case.queue.close()
    thread.join()
    assert numbers == [0]
    assert case.queue.close() == 0


def test_an_encoder_that_gives_up_leaves_no_frame_and_no_waiting_loop(case: Case) -> None:
    answers = list[bool]()
    for number in range(SLOTS - 1):
        assert case.read(number)
    assert case.queue.reserve()
    thread = in_thread(lambda: answers.append(case.queue.reserve(SLOTS)))
    case.queue.abandon()
    thread.join()
    assert answers == [False]
    assert case.queue.abandoned
    late = case.ring.frame(SLOTS)
    case.queue.lend(late)
    case.queue.put(late)
    case.queue.wait_idle()
    assert case.ring.lent == 0
    assert not case.read(SLOTS + 1)
    case.queue.close()
    assert list(case.queue) == []


def test_a_frame_that_is_not_recorded_gives_its_place_back(case: Case) -> None:
    """It is lent to others alone, for a screenshot while paused."""
    assert case.queue.reserve()
    frame = case.ring.frame(0)
    case.queue.lend(frame)
    other = frame.shared()
    with frame:
        pass
    assert (case.queue.used, case.ring.lent) == (1, 1)
    with other:
        pass
    assert case.queue.close() == 0  # all that were expected have come
    case.queue.wait_idle()
    assert list(case.queue) == []


def test_a_shared_frame_keeps_its_slot_until_all_have_released_it(case: Case) -> None:
    assert case.queue.reserve()
    frame = case.ring.frame(7)
    case.queue.lend(frame)
    others = [frame.shared(), frame.shared()]
    case.queue.put(frame)
    case.queue.close()
    numbers = list[int]()
    case.encode(numbers)
    assert numbers == [7]
    for other in others:
        assert case.ring.lent == 1
        with other:
            assert same(other.planes, rgba(7).planes)
        with other:  # a second release of the same frame is none
            pass
    assert case.ring.returned == {7: 1}


def test_ctrl_c_is_not_made_to_wait_for_the_encoder(case: Case) -> None:
    """Signals wait for the end of a frame (see `interrupts`), so the frame must not wait for anything else."""
    assert case.queue.reserve()
    with pytest.raises(KeyboardInterrupt), held_back:
        signal.raise_signal(signal.SIGINT)
        assert not case.queue.reserve(SLOTS)
    assert case.queue.waits == 0


def test_waiting_for_the_ring_ends_when_nobody_could_give_a_slot_back(case: Case) -> None:
    lost = case.ring.frame(0)
    assert case.queue.reserve()
    case.queue.lend(lost)
    gone = iter([False, False, True])
    case.queue.wait_idle(lambda: next(gone))
    assert case.ring.lent == 1
    with lost:
        pass
    case.queue.wait_idle()


def test_waiting_for_the_ring_needs_no_patience_of_the_encoder(case: Case) -> None:
    """All slots come back while the encoder works, from whatever queue; nothing is lost by it."""
    numbers, read = list[int](), list[int]()
    thread = in_thread(lambda: case.encode(numbers))
    read += [number for number in range(30) if case.read(number)]
    case.queue.close()
    case.queue.wait_idle()
    assert case.ring.lent == 0
    thread.join()
    assert numbers == read
