"""What every sink must do, wherever it sends the stream."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest

from glrec_core.config import Config
from glrec_core.errors import ConfigError, SinkError
from glrec_core.sink.containers import CONTAINERS
from glrec_core.sink.file import FileSink
from glrec_core.sink.pictures import PICTURE_CODECS, PictureSink
from glrec_core.sink.replay import ReplaySink
from glrec_core.stages import Sink
from glrec_core.values.frame import Packet, Size, StreamInfo
from glrec_core.wire import Reassembler, Received, WireSink
from glrec_core.wire.channel import MemoryChannel
from tests.host_pipeline import encoded, regular
from tests.support import barcode
from tests.support.alpha import decode_rgba
from tests.support.video import read_barcodes

Play = Callable[[], list[list[int]]]
"""Gives the numbers of the frames that came out, for each part."""


@dataclass(frozen=True)
class Case:
    """One kind of sink: how to make it, and how to see what came out."""

    name: str
    codec: str
    refused_codec: str | None
    open: Callable[[Path], tuple[Sink, Play]]
    touched: Callable[[Path], bool]
    keeps_all_parts: bool = True


def _holds_files(folder: Path) -> bool:
    return any(folder.iterdir())


def _file(extension: str) -> Case:
    def make(folder: Path) -> tuple[Sink, Play]:
        sink = FileSink(folder / f"film{extension}")
        return sink, lambda: [_numbers(path) for path in sink.paths]

    refused = "h264" if extension == ".webm" else "mpeg2video"
    default = CONTAINERS[extension].codecs[0]
    return Case(f"file{extension}", default, refused, make, _holds_files)


def _numbers(path: Path) -> list[int]:
    """Return what Pillow reads where FFmpeg's decoders in PyAV do not know animated pictures, or sequences as one file."""
    if path.suffix in {".gif", ".webp", ".png", ".jpg"}:
        return [barcode.read(picture) for picture in decode_rgba(path)]
    return read_barcodes(path)


def _pictures(extension: str) -> Case:
    def make(folder: Path) -> tuple[Sink, Play]:
        sink = PictureSink(folder / f"%04d{extension}")
        return sink, lambda: [_numbers(path) for path in sink.paths]

    codec = PICTURE_CODECS[extension]
    return Case(f"pictures{extension}", codec, "h264", make, _holds_files)


def _replay(codec: str) -> Case:
    def make(folder: Path) -> tuple[Sink, Play]:
        sink = ReplaySink()
        saved = (folder / f"{number}.mkv" for number in count())
        return sink, lambda: [read_barcodes(sink.save(next(saved)))]

    return Case(f"replay of {codec}", codec, "mpeg2video", make, _holds_files, keeps_all_parts=False)


class Sender(WireSink):
    """Remembers what is told to the other end of a wire on another way."""

    def __init__(self, reassembler: Reassembler, arrived: list[Received]) -> None:
        # Without parity nothing but the standard library is needed.
        take = MemoryChannel(lambda datagram: arrived.extend(reassembler.take(datagram, 0)))
        super().__init__(take, redundancy=0)
        self.streams: list[StreamInfo] = []

    def open(self, stream: StreamInfo) -> None:
        super().open(stream)
        self.streams.append(stream)


def _wire(codec: str) -> Case:
    def make(folder: Path) -> tuple[Sink, Play]:
        arrived: list[Received] = []
        sender = Sender(Reassembler(), arrived)

        def played(part: int, stream: StreamInfo) -> list[int]:
            file = FileSink(folder / f"{part}.mkv")
            feed(file, stream, [each.packet for each in arrived if each.part == part])
            return read_barcodes(file.paths[0])

        return sender, lambda: [played(*each) for each in enumerate(sender.streams)]

    return Case(f"wire of {codec}", codec, None, make, _holds_files)


CASES = [
    *(_file(extension) for extension in CONTAINERS),
    *(_pictures(extension) for extension in (".png", ".jpg", ".webp")),
    *(_replay(codec) for codec in ("h264", "hevc", "vp9", "av1", "ffv1")),
    *(_wire(codec) for codec in ("h264", "ffv1")),
]


@pytest.fixture(params=CASES, ids=lambda case: case.name)
def case(request: pytest.FixtureRequest) -> Case:
    chosen: Case = request.param
    return chosen


def part(codec: str, size: Size = Size(160, 120), frames: int = 10) -> tuple[StreamInfo, list[Packet]]:  # noqa: B008
    return encoded(Config(codec=codec), regular(frames, 30), size)


def feed(sink: Sink, stream: StreamInfo, packets: list[Packet]) -> None:
    sink.open(stream)
    for packet in packets:
        sink.write(packet)
    sink.close()


def test_it_is_a_sink(case: Case, tmp_path: Path) -> None:
    assert isinstance(case.open(tmp_path)[0], Sink)


def test_everything_comes_out_in_order(case: Case, tmp_path: Path) -> None:
    sink, play = case.open(tmp_path)
    feed(sink, *part(case.codec))
    assert play() == [list(range(10))]


def test_each_round_is_a_part_of_its_own(case: Case, tmp_path: Path) -> None:
    sink, play = case.open(tmp_path)
    feed(sink, *part(case.codec))
    feed(sink, *part(case.codec, Size(192, 128), 6))
    parts = [list(range(10)), list(range(6))]
    assert play() == (parts if case.keeps_all_parts else parts[-1:])


def test_a_check_touches_nothing(case: Case, tmp_path: Path) -> None:
    sink, _ = case.open(tmp_path)
    sink.check(case.codec)
    if case.refused_codec is not None:
        with pytest.raises(ConfigError, match=case.refused_codec):
            sink.check(case.refused_codec)
    sink.close()
    assert not case.touched(tmp_path)


def test_a_packet_without_a_part_is_refused(case: Case, tmp_path: Path) -> None:
    sink, _ = case.open(tmp_path)
    stream, packets = part(case.codec)
    with pytest.raises(SinkError, match=r"open\(\)"):
        sink.write(packets[0])
    feed(sink, stream, packets)
    with pytest.raises(SinkError, match=r"open\(\)"):
        sink.write(packets[0])


def test_a_part_within_a_part_is_refused(case: Case, tmp_path: Path) -> None:
    sink, play = case.open(tmp_path)
    stream, packets = part(case.codec)
    sink.open(stream)
    with pytest.raises(SinkError, match=r"close\(\)"):
        sink.open(stream)
    for packet in packets:
        sink.write(packet)
    sink.close()
    assert play() == [list(range(10))]


def test_closing_twice_is_closing_once(case: Case, tmp_path: Path) -> None:
    sink, play = case.open(tmp_path)
    sink.close()
    feed(sink, *part(case.codec))
    sink.close()
    assert play() == [list(range(10))]
