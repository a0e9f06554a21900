"""Ctrl-C at any moment, and an exception at any line: nothing hangs, nothing is left changed, the account adds up."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import moderngl
import pytest

from glrec_core import EncodeError, Packet, ReplaySink, WrongThreadError, record
from glrec_core.config import Overflow
from tests.support import video
from tests.support.displays import run_program
from tests.support.recording import BarcodeLoop

PROGRAMS = Path(__file__).parent / "programs"
SIGNALS = int(os.environ.get("GLREC_SIGNALS", "100"))
EVERY_LINE = "GLREC_EVERY_LINE" in os.environ
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


@pytest.mark.slow
@pytest.mark.parametrize("overflow", ["block", "spill"])
@pytest.mark.parametrize(("act", "step"), [("frame", 3), ("close", 11)])
def test_an_exception_at_any_line_neither_hangs_nor_spoils_the_film(
    tmp_path: Path, act: str, step: int, overflow: str
) -> None:
    steps = 1 if EVERY_LINE else step
    program = PROGRAMS / "any_line.py"
    done = run_program(
        program, str(tmp_path), act, overflow, str(steps), timeout_seconds=600 if EVERY_LINE else 110
    )
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(found) * steps > 100
    for each in found:
        assert each["drawn"] == each["accounted"], each
        assert len(each["film"]) == each["recorded"], each
        assert each["film"] == sorted(set(each["film"])), each
        assert act == "frame" or (each["recorded"], each["error"]) == (6, ""), each


@pytest.mark.parametrize("overflow", ["block", "drop", "spill"])
@pytest.mark.parametrize("raised", [SystemExit, KeyboardInterrupt, GeneratorExit])
@pytest.mark.parametrize("place", ["operation", "sink"])
def test_what_ends_the_encode_thread_ends_the_recording_and_nothing_waits_for_it(
    context: moderngl.Context, tmp_path: Path, overflow: Overflow, raised: type[BaseException], place: str
) -> None:
    """`sys.exit()` in an operation of the user's, or in a sink of theirs, is a failure like any other."""

    def operation(time: timedelta, frame: Any) -> Any:
        if place == "operation" and time > timedelta(0):
            raise raised(3)
        return frame

    class Leaving(ReplaySink):
        def write(self, packet: Packet) -> None:
            if place == "sink" and packet.pts > 0:
                raise raised(3)
            super().write(packet)

    options: dict[str, Any] = {"process": [operation]} if place == "operation" else {}
    recorder = record(None, Leaving(), timing="step", overflow=overflow, slots=3, b_frames=0, **options)
    loop = BarcodeLoop(context, (64, 48))
    loop.record(recorder, range(80))
    with pytest.raises(EncodeError, match=rf"{raised.__name__}\(3\) was raised in the encode thread") as told:
        recorder.close()
    assert isinstance(told.value.__cause__, raised)
    stats = recorder.stats
    assert stats.drawn == stats.accounted == 80
    assert stats.recorded < 80


def test_a_sink_that_leaves_is_left_out_and_the_others_go_on(
    context: moderngl.Context, tmp_path: Path
) -> None:
    class Leaving(ReplaySink):
        def write(self, packet: Packet) -> None:
            raise SystemExit(1)

    recorder = record(None, tmp_path / "a.mp4", Leaving(), timing="step")
    BarcodeLoop(context, (64, 48)).record(recorder, range(20))
    with pytest.raises(EncodeError, match=r"SystemExit\(1\) was raised in Leaving"):
        recorder.close()
    assert recorder.stats.recorded == 20
    video.assert_recording(tmp_path / "a.mp4", 20, (64, 48), fps=60)


def test_the_encode_thread_cannot_close_its_own_recorder(context: moderngl.Context, tmp_path: Path) -> None:
    told = list[Exception]()

    def operation(_: timedelta, frame: Any) -> Any:
        with suppress_into(told):
            recorder.close()
        return frame

    recorder = record(None, tmp_path / "a.mp4", timing="step", process=[operation])
    BarcodeLoop(context, (64, 48)).record(recorder, range(5))
    assert recorder.close().frames == 5
    assert [type(error) for error in told] == [WrongThreadError] * 5


@contextmanager
def suppress_into(errors: list[Exception]) -> Iterator[None]:
    """Keep what is raised."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - the test says which
        errors.append(error)


INTERRUPTED_CLOSE = """
import os, signal, sys, threading, time
from datetime import timedelta
import moderngl
from glrec_core import record
from tests.support.recording import BarcodeLoop

def slow(time_shown, frame):
    time.sleep(0.02)
    while time_shown >= timedelta(seconds=59 / 60) and interrupts == 0:  # the last frame: the close is not over before
        time.sleep(0.001)
    return frame

interrupts = 0
context = moderngl.create_context(standalone=True, backend="egl")
recorder = record(None, sys.argv[1], timing="step", overflow=sys.argv[2], process=[slow], frames=60)
BarcodeLoop(context, (64, 48)).record(recorder, range(60))
end = getattr(recorder, sys.argv[4])

def interrupt():
    while interrupts == 0 and not recorder.closed:
        time.sleep(0.001)
    os.kill(os.getpid(), signal.SIGINT)

thread = threading.Thread(target=interrupt)
thread.start()
try:
    end()
except KeyboardInterrupt:
    interrupts += 1
thread.join()
assert interrupts == 1
if sys.argv[3] == "again":
    print(end().frames, recorder.stats.recorded)
"""


@pytest.mark.parametrize("overflow", ["block", "spill"])
@pytest.mark.parametrize("how", ["again", "exit"])
@pytest.mark.parametrize("call", ["close", "wait"])
def test_an_interrupted_close_is_finished_by_the_next_or_by_the_end(
    tmp_path: Path, overflow: str, how: str, call: str
) -> None:
    path = tmp_path / "a.mp4"
    done = run_program(INTERRUPTED_CLOSE, str(path), overflow, how, call)
    assert done.stdout == ("60 60\n" if how == "again" else "")
    assert ("still open" in done.stderr) == (how == "exit")
    video.assert_recording(path, 60, (64, 48), fps=60)
    assert list(tmp_path.iterdir()) == [path]
