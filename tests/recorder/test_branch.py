"""Two branches of one capture: a film that loses nothing, and a view that keeps the newest frame only and whose sink is slow.

No option makes a second branch yet; the seam is the `beside=` of `open_engine`.
"""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import moderngl
import pytest

from glrec_core import FileSink, Packet, Recorder, SinkError, record
from glrec_core.gl.functions import current_gl
from glrec_core.recorder import engine, recorder
from glrec_core.recorder.branch import Plan
from glrec_core.recorder.frame_queue import FrameQueue
from glrec_core.recorder.job import Job
from glrec_core.report.reports import Reports
from glrec_core.report.stats import Stats
from glrec_core.stages import Sink
from glrec_core.values.frame import Frame
from tests.support import video
from tests.support.gl_names import names_alive
from tests.support.recording import BarcodeLoop

SIZE = (64, 48)
SLOTS = 6


class NewestQueue(FrameQueue):
    """Keeps the newest frame only: who looks at what is drawn has no use for older ones."""

    waits_for_room = False

    def put(self, frame: Frame) -> None:
        with self._lock:
            older = list(self._frames)
            self._frames.clear()
            super().put(frame)
        for each in older:
            with each:
                pass


class GatedSink(FileSink):
    """A file that takes no packet until its gate is opened."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.gate = threading.Event()
        self.begun = threading.Event()

    def write(self, packet: Packet) -> None:
        self.begun.set()
        self.gate.wait()
        super().write(packet)


@pytest.fixture(params=[True, False], ids=["memory", "pixel buffers"])
def context_of_both_rings(
    request: pytest.FixtureRequest, context: moderngl.Context, monkeypatch: pytest.MonkeyPatch
) -> moderngl.Context:
    monkeypatch.setattr(current_gl(), "is_software", request.param)
    return context


Beside = Callable[[Recorder, Sink], Plan]


@pytest.fixture
def beside(monkeypatch: pytest.MonkeyPatch) -> Iterator[Beside]:
    """Give a function that lets the next recorder have a second branch; in the end its slots are all back."""
    plans = list[Plan]()

    def plan(film: Recorder, sink: Sink) -> Plan:
        job = replace(film._job, sinks=(sink,), stats=Stats(), reports=Reports())
        plans.append(Plan(NewestQueue(2), job))
        opening: Any = partial(engine.open_engine, beside=plans)
        monkeypatch.setattr(recorder, "open_engine", opening)
        return plans[-1]

    threads = threading.enumerate()
    yield plan
    assert [each.queue.used for each in plans] == [0] * len(plans)
    assert threading.enumerate() == threads


def film(path: Path | Sink, **options: Any) -> Recorder:
    """Each frame is a packet at once, so that a sink that does not go on stops its encode thread."""
    return record(None, path, timing="step", slots=SLOTS, codec="ffv1", **{"overflow": "block", **options})


def wait_for(condition: Callable[[], bool]) -> None:
    """Wait for another thread; the test's time limit is the limit."""
    while not condition():
        time.sleep(0.001)


@pytest.mark.parametrize("overflow", ["block", "spill", "drop"])
def test_the_film_does_not_wait_for_a_slow_view(
    context_of_both_rings: moderngl.Context, tmp_path: Path, beside: Beside, overflow: str
) -> None:
    """All is in the film while the view's sink still has its first packet in hand; then the view goes on with the newest."""
    recording, view = film(tmp_path / "film.mkv", overflow=overflow), GatedSink(tmp_path / "view.mkv")
    plan, loop, names = beside(recording, view), BarcodeLoop(context_of_both_rings, SIZE), names_alive()
    loop.record(recording, range(1))
    while not view.begun.is_set():
        loop.record(recording, range(1))
    first = recording.stats.drawn
    loop.record(recording, range(first, 150))
    recorded = recording.stats.recorded
    wait_for(lambda: recording.stats.packets >= recorded - SLOTS)
    assert plan.job.stats.packets == 0
    threading.Timer(0.01, view.gate.set).start()
    done = recording.close()
    assert names_alive() == names
    assert done.frames == recorded
    assert recorded == 150 or overflow == "drop"
    seen, kept = video.read_barcodes(tmp_path / "view.mkv"), video.read_barcodes(tmp_path / "film.mkv")
    assert kept[-1] == seen[-1]
    assert overflow == "drop" or kept[first:] == list(range(first, 150))
    assert all(early <= late for early, late in pairwise(seen))
    assert len(seen) < 150 - SLOTS
    assert set(seen) <= set(kept)


def test_the_view_does_not_wait_for_a_slow_film(
    context_of_both_rings: moderngl.Context, tmp_path: Path, beside: Beside
) -> None:
    slow = GatedSink(tmp_path / "film.mkv")
    recording, view = film(slow), FileSink(tmp_path / "view.mkv")
    plan, loop = beside(recording, view), BarcodeLoop(context_of_both_rings, SIZE)
    for number in range(SLOTS):  # the film has room for so many
        loop.record(recording, range(number, number + 1))
        wait_for(lambda: plan.queue.used == 0)
    arrived = SLOTS - pending(recording)
    assert plan.job.stats.packets == arrived
    assert recording.stats.packets == 0
    slow.gate.set()
    recording.close()
    assert video.read_barcodes(tmp_path / "film.mkv") == list(range(SLOTS))
    seen = video.read_barcodes(tmp_path / "view.mkv")
    assert (seen[:arrived], seen[-1]) == (list(range(arrived)), SLOTS - 1)


def pending(recording: Recorder) -> int:
    opened = recording._closing.engine
    assert opened is not None
    return opened.capture.pending


def test_a_view_that_fails_costs_the_film_nothing(
    context: moderngl.Context, tmp_path: Path, beside: Beside
) -> None:
    class Gone(GatedSink):
        def write(self, packet: Packet) -> None:
            raise SinkError("the viewer has gone")

    recording = film(tmp_path / "film.mkv")
    plan = beside(recording, Gone(tmp_path / "view.mkv"))
    BarcodeLoop(context, SIZE).record(recording, range(40))
    assert recording.close().frames == 40
    assert recording.error is None
    assert isinstance(plan.job.reports.error, SinkError)
    assert video.read_barcodes(tmp_path / "film.mkv") == list(range(40))


def test_a_film_that_fails_ends_the_view_as_well(
    context: moderngl.Context, tmp_path: Path, beside: Beside
) -> None:
    class Full(GatedSink):
        def write(self, packet: Packet) -> None:
            raise SinkError("no space left")

    recording = film(Full(tmp_path / "film.mkv"))
    beside(recording, FileSink(tmp_path / "view.mkv"))
    loop = BarcodeLoop(context, SIZE)
    loop.record(recording, range(3))
    wait_for(lambda: recording.error is not None)
    loop.record(recording, range(3, 20))
    with pytest.raises(SinkError, match="no space left"):
        recording.close()
    seen = video.read_barcodes(tmp_path / "view.mkv")
    assert seen == sorted({*seen} & {0, 1, 2})


def test_screenshots_and_marks_are_the_films(
    context: moderngl.Context, tmp_path: Path, beside: Beside
) -> None:
    """A frame that is read for a screenshot alone is in neither."""
    recording = film(tmp_path / "film.mkv")
    beside(recording, FileSink(tmp_path / "view.mkv"))
    loop = BarcodeLoop(context, SIZE)
    loop.record(recording, range(5))
    recording.pause()
    shot = recording.screenshot(tmp_path / "a.png")
    loop.record(recording, range(9, 10))
    recording.resume()
    loop.record(recording, range(5, 8))
    recording.close()
    assert shot.result(0) == tmp_path / "a.png"
    assert video.read_barcodes(tmp_path / "film.mkv") == list(range(8))
    assert 9 not in video.read_barcodes(tmp_path / "view.mkv")


def test_a_branch_that_cannot_be_opened_leaves_no_other_behind(
    context: moderngl.Context, tmp_path: Path, beside: Beside
) -> None:
    recording = film(tmp_path / "film.mkv")
    plan = beside(recording, FileSink(tmp_path / "view.mkv"))
    broken: Any = partial(engine.open_engine, beside=[plan, Plan(NewestQueue(1), cast("Job", None))])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recorder, "open_engine", broken)
        BarcodeLoop(context, SIZE).record(recording, range(2))
    with pytest.raises(AttributeError):
        recording.close()
    wait_for(lambda: "glrec-encode" not in {thread.name for thread in threading.enumerate()})


def test_each_branch_has_slots_of_its_own(
    context_of_both_rings: moderngl.Context, tmp_path: Path, beside: Beside
) -> None:
    """A view that holds an old frame takes none of the film's: the ring has room for both when both are full."""
    kept, view = GatedSink(tmp_path / "film.mkv"), GatedSink(tmp_path / "view.mkv")
    kept.gate.set()
    recording = film(kept, overflow="drop")
    plan, loop = beside(recording, view), BarcodeLoop(context_of_both_rings, SIZE)
    while not view.begun.is_set() or recording.stats.packets < 2 * SLOTS:
        loop.record(recording, range(1))
    kept.gate.clear()
    before = recording.stats
    while recording.stats.dropped == before.dropped or recording.stats.queued < SLOTS:
        loop.record(recording, range(1, 2))
    assert plan.queue.used == plan.queue.slots
    assert recording.error is None
    kept.gate.set()
    view.gate.set()
    assert recording.close().frames == recording.stats.recorded
    assert video.read_barcodes(tmp_path / "film.mkv")[-1] == 1


def test_a_context_is_not_left_before_the_view_has_given_its_frames_back(
    context_of_both_rings: moderngl.Context, tmp_path: Path, beside: Beside
) -> None:
    recording, view = film(tmp_path / "film.mkv"), GatedSink(tmp_path / "view.mkv")
    plan, loop = beside(recording, view), BarcodeLoop(context_of_both_rings, SIZE)
    while not view.begun.is_set():
        loop.record(recording, range(1))
    threading.Timer(0.05, view.gate.set).start()
    recording.context_closing()
    assert plan.queue.used == 0
    recording.close()
