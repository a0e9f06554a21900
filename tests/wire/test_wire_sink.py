"""Sending a recording: the sink beside a file, and what arrives played as a file of its own."""

from pathlib import Path

import moderngl
import pytest

from glrec_core import FileSink, SinkError, record
from glrec_core.values.frame import Packet, StreamInfo
from glrec_core.wire import Impairment, Reassembler, WireSink, WireTrial
from glrec_core.wire.channel import ImpairedChannel, MemoryChannel
from tests.contract.test_recorder import assert_account_adds_up
from tests.support import video
from tests.support.recording import BarcodeLoop

pytest.importorskip("zfec", reason="zfec is not installed")


class Arrivals(FileSink):
    """A file that also remembers the description and the packets that it got."""

    stream: StreamInfo

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.packets: list[Packet] = []

    def open(self, stream: StreamInfo) -> None:
        self.stream = stream
        super().open(stream)

    def write(self, packet: Packet) -> None:
        self.packets.append(packet)
        super().write(packet)


@pytest.mark.parametrize("b_frames", [0, 2])
def test_a_recording_arrives_over_a_bad_wire(
    context: moderngl.Context, tmp_path: Path, b_frames: int
) -> None:
    reassembler, arrived = Reassembler(), []
    wire = ImpairedChannel(
        MemoryChannel(lambda datagram: arrived.extend(reassembler.take(datagram, 0))),
        Impairment(loss=0.05, reorder=0.05, duplicate=0.05, seed=11),
    )
    loop, file = BarcodeLoop(context), Arrivals(tmp_path / "here.mp4")
    sink = WireSink(wire, redundancy=6)  # enough whatever sizes the encoder's version gives
    recorder = record(None, file, sink, timing="step", fps=30, gop=10, b_frames=b_frames)
    loop.record(recorder, range(60))
    recorder.close()
    wire.close()
    assert_account_adds_up(recorder)
    assert [each.packet for each in arrived] == file.packets
    there = FileSink(tmp_path / "there.mp4")
    there.open(file.stream)
    for each in arrived:
        there.write(each.packet)
    there.close()
    for path in (*file.paths, *there.paths):
        video.assert_recording(path, 60, loop.size, 30)


def test_a_new_size_is_a_new_part(context: moderngl.Context, tmp_path: Path) -> None:
    with WireTrial(Impairment(loss=0.05, seed=1)) as trial:
        loops = [BarcodeLoop(context, size) for size in ((320, 240), (192, 128))]
        file = FileSink(tmp_path / "film.mp4")
        recorder = record(None, file, trial, timing="step", fps=30, on_resize="segment")
        for loop in loops:
            loop.record(recorder, range(10))
        recorder.close()
        report = trial.finish()
    assert report.passed
    assert (report.encoded, report.keyframes, len(file.paths)) == (20, 2, 2)


def test_a_wire_that_breaks_leaves_the_file_whole(context: moderngl.Context, tmp_path: Path) -> None:
    class Broken:
        sent = 0

        def send(self, _: bytes) -> None:
            self.sent += 1
            if self.sent > 20:
                raise SinkError(101, "Network is unreachable", "wire")

        def close(self) -> None:
            pass

    loop, path = BarcodeLoop(context), tmp_path / "film.mp4"
    recorder = record(None, path, WireSink(Broken()), timing="step", fps=30)
    loop.record(recorder, range(30))
    with pytest.raises(SinkError, match="Network is unreachable"):
        recorder.close()
    video.assert_recording(path, 30, loop.size, 30)


def test_every_codec_is_taken() -> None:
    WireSink(MemoryChannel(lambda _: None)).check("anything", alpha=True)
