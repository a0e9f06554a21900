"""A sink behind a thread: a slow one delays nobody and gets what can be decoded, and a failed one is told of in its own words."""

import threading
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import moderngl
import pytest

from glrec_core import ConfigError, FileSink, ReplaySink, SinkError, ThreadedSink, record
from glrec_core.config import Config
from glrec_core.testing.streams import encoded, regular
from glrec_core.values.frame import Packet, StreamInfo
from tests.support.recording import BarcodeLoop
from tests.support.video import read_barcodes

STREAM, PACKETS = encoded(Config(timing="step", fps=30, gop=10), regular(40, 30))


class Gate:
    """A sink that takes packets only while it is open, and keeps what it took."""

    def __init__(self) -> None:
        self.taken: list[Packet] = []
        self.parts = self.closed = 0
        self.opened = threading.Event()
        self.opened.set()

    def check(self, codec: str, *, alpha: bool = False) -> None:
        if codec == "vp9":
            raise ConfigError(f"no {codec}, alpha {alpha}")

    def open(self, stream: StreamInfo) -> None:
        self.parts += 1

    def write(self, packet: Packet) -> None:
        self.opened.wait()
        self.taken.append(packet)

    def close(self) -> None:
        self.closed += 1


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    yield
    assert [thread.name for thread in threading.enumerate() if thread.name == "glrec-sink"] == []


def written(sink: ThreadedSink, packets: list[Packet]) -> None:
    sink.open(STREAM)
    for packet in packets:
        sink.write(packet)


def test_all_packets_come_in_order_in_each_part() -> None:
    gate = Gate()
    sink = ThreadedSink(gate, packets=1000)
    for _ in range(2):
        written(sink, PACKETS)
        sink.close()
        sink.close()
    assert gate.taken == PACKETS * 2
    assert (gate.parts, gate.closed, sink.left_out) == (2, 2, 0)


def test_a_slow_sink_gets_what_can_be_decoded() -> None:
    """What is left out ends with a keyframe; the one who writes never waits."""
    gate = Gate()
    gate.opened.clear()
    sink = ThreadedSink(gate, packets=5)
    written(sink, PACKETS[:25])
    gate.opened.set()
    while sink._part is not None and sink._part.waiting:
        time.sleep(0.01)
    keyframe = next(number for number, packet in enumerate(PACKETS) if number >= 25 and packet.keyframe)
    end = keyframe + 4
    for packet in PACKETS[25:end]:
        sink.write(packet)
    sink.close()
    numbers = [PACKETS.index(packet) for packet in gate.taken]
    first, later = numbers[: numbers.index(keyframe)], numbers[numbers.index(keyframe) :]
    assert first == list(range(len(first)))
    assert len(first) <= 6
    assert later == list(range(keyframe, end))
    assert sink.left_out == end - len(numbers)


def test_a_failure_is_told_in_the_sinks_own_words_and_the_sink_is_closed() -> None:
    class Full(Gate):
        def write(self, packet: Packet) -> None:
            raise OSError("the line is dead")

    full = Full()
    sink = ThreadedSink(full)
    written(sink, PACKETS[:1])
    while sink._part is not None and sink._part.waiting:
        time.sleep(0.01)
    with pytest.raises(SinkError, match="Full: the line is dead"):
        sink.write(PACKETS[1])
    with pytest.raises(SinkError, match="Full: the line is dead"):
        sink.close()
    assert full.closed == 1


def test_a_sink_that_hangs_is_given_up() -> None:
    gate = Gate()
    gate.opened.clear()
    sink = ThreadedSink(gate, patience_seconds=0.3)
    written(sink, PACKETS[:3])
    with pytest.raises(SinkError, match=r"Gate: it took nothing for 0\.3 s, with \d packets waiting"):
        sink.close()
    gate.opened.set()  # and its thread ends
    for thread in threading.enumerate():
        if thread.name == "glrec-sink":
            thread.join(60)
    assert gate.closed == 1


@pytest.mark.parametrize("refused", ["a.mp4", FileSink("a.mp4"), None], ids=["path", "file", "none"])
def test_what_must_keep_every_frame_is_refused(refused: object) -> None:
    with pytest.raises(ConfigError, match="may leave frames out"):
        ThreadedSink(refused)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="packets=0"):
        ThreadedSink(ReplaySink(), packets=0)
    with pytest.raises(ConfigError, match="no vp9, alpha True"):
        ThreadedSink(Gate()).check("vp9", alpha=True)


def test_the_file_beside_a_sink_that_stands_still_is_whole(context: moderngl.Context, tmp_path: Path) -> None:
    gate = Gate()
    gate.opened.clear()
    sink = ThreadedSink(gate, packets=4)
    recorder = record(None, tmp_path / "a.mp4", sink, fps=30)
    BarcodeLoop(context).record(recorder, range(60))
    while recorder.stats.packets < 40:  # the encoder goes on, though nothing was sent
        time.sleep(0.01)
    gate.opened.set()
    recording = recorder.close()
    assert read_barcodes(tmp_path / "a.mp4") == list(range(60))
    assert recording.duration_seconds == Fraction(2)
    assert sink.left_out > 0
