"""What every sink must do, wherever it sends the stream."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

import pytest

from glrec_core.errors import SinkError
from glrec_core.sink.containers import CONTAINERS
from glrec_core.sink.file import FileSink
from glrec_core.sink.pictures import PICTURE_CODECS, PictureSink
from glrec_core.sink.replay import ReplaySink
from glrec_core.stages import Sink
from glrec_core.testing import SINK_PROMISES, FailingSink, MemoryChannel, MemorySink, SinkCase, barcode, feed
from glrec_core.testing.promises import Promise, text_of
from glrec_core.values.frame import Packet, StreamInfo
from glrec_core.wire import Reassembler, Received, WireSink
from tests.support.alpha import decode_rgba
from tests.support.video import read_barcodes


@dataclass(frozen=True)
class Kind:
    """One kind of sink, which works in a folder of its own."""

    name: str
    case: Callable[[Path], SinkCase]


def _names_in(folder: Path) -> Callable[[], list[str]]:
    return lambda: sorted(path.name for path in folder.iterdir())


def _file(extension: str) -> Kind:
    refused = "h264" if extension == ".webm" else "mpeg2video"

    def case(folder: Path) -> SinkCase:
        return SinkCase(
            lambda: FileSink(folder / f"film{extension}"),
            CONTAINERS[extension].codecs[0],
            refused,
            _played_from_files,
            traces=_names_in(folder),
        )

    return Kind(f"file{extension}", case)


def _played_from_files(sink: Sink) -> list[list[int]]:
    assert isinstance(sink, FileSink | PictureSink)
    return [_numbers(path) for path in sink.paths]


def _numbers(path: Path) -> list[int]:
    """Return what Pillow reads where FFmpeg's decoders in PyAV do not know animated pictures, or sequences as one file."""
    if path.suffix in {".gif", ".webp", ".png", ".jpg"}:
        return [barcode.read(picture) for picture in decode_rgba(path)]
    return read_barcodes(path)


def _pictures(extension: str) -> Kind:
    def case(folder: Path) -> SinkCase:
        return SinkCase(
            lambda: PictureSink(folder / f"%04d{extension}"),
            PICTURE_CODECS[extension],
            "h264",
            _played_from_files,
            traces=_names_in(folder),
        )

    return Kind(f"pictures{extension}", case)


def _replay(codec: str) -> Kind:
    def case(folder: Path) -> SinkCase:
        saved = (folder / f"{number}.mkv" for number in count())

        def played(sink: Sink) -> list[list[int]]:
            assert isinstance(sink, ReplaySink)
            return [read_barcodes(sink.save(next(saved)))]

        return SinkCase(
            ReplaySink, codec, "mpeg2video", played, keeps_all_parts=False, traces=_names_in(folder)
        )

    return Kind(f"replay of {codec}", case)


def _film_of(folder: Path, number: int, stream: StreamInfo, packets: list[Packet]) -> list[int]:
    """Return the numbers in a part, read from a file that is made of it."""
    file = FileSink(folder / f"{number}.mkv", overwrite=True)
    feed(file, stream, packets)
    return read_barcodes(file.paths[0])


def _memory(codec: str) -> Kind:
    def case(folder: Path) -> SinkCase:
        def played(sink: Sink) -> list[list[int]]:
            assert isinstance(sink, MemorySink)
            assert all(part.closed for part in sink.parts)
            return [_film_of(folder, n, part.stream, part.packets) for n, part in enumerate(sink.parts)]

        return SinkCase(MemorySink, codec, played=played, traces=_names_in(folder))

    return Kind(f"memory of {codec}", case)


def _failing_later(codec: str) -> Kind:
    """What fails on purpose is a sink like any other until then."""

    def case(folder: Path) -> SinkCase:
        inner = _memory(codec).case(folder)
        assert inner.played is not None
        played = inner.played

        def played_within(sink: Sink) -> Sequence[Sequence[int]]:
            assert isinstance(sink, FailingSink)
            return played(sink.sink)

        return replace(inner, make=lambda: FailingSink(OSError("full"), nth=1000), played=played_within)

    return Kind(f"failing after long of {codec}", case)


class Sender(WireSink):
    """Remembers what is told to the other end of a wire on another way, and what arrives there."""

    def __init__(self) -> None:
        self.arrived: list[Received] = []
        self.streams: list[StreamInfo] = []
        reassembler = Reassembler()
        take = MemoryChannel(lambda datagram: self.arrived.extend(reassembler.take(datagram, 0)))
        super().__init__(take, redundancy=0)  # without parity nothing but the standard library is needed

    def open(self, stream: StreamInfo) -> None:
        super().open(stream)
        self.streams.append(stream)


def _wire(codec: str) -> Kind:
    def case(folder: Path) -> SinkCase:
        def played(sink: Sink) -> list[list[int]]:
            assert isinstance(sink, Sender)
            parts = [
                [each.packet for each in sink.arrived if each.part == n] for n in range(len(sink.streams))
            ]
            return [_film_of(folder, n, stream, parts[n]) for n, stream in enumerate(sink.streams)]

        return SinkCase(Sender, codec, played=played, traces=_names_in(folder))

    return Kind(f"wire of {codec}", case)


KINDS = [
    *(_file(extension) for extension in CONTAINERS),
    *(_pictures(extension) for extension in (".png", ".jpg", ".webp")),
    *(_replay(codec) for codec in ("h264", "hevc", "vp9", "av1", "ffv1")),
    *(_wire(codec) for codec in ("h264", "ffv1")),
    _memory("h264"),
    _failing_later("h264"),
]


@pytest.fixture(params=KINDS, ids=lambda kind: kind.name)
def case(request: pytest.FixtureRequest, tmp_path: Path) -> SinkCase:
    kind: Kind = request.param
    return kind.case(tmp_path)


@pytest.mark.parametrize("promise", SINK_PROMISES, ids=text_of)
def test_it_keeps(promise: Promise[SinkCase], case: SinkCase) -> None:
    promise(case)


def test_an_error_says_which_call_is_missing(case: SinkCase) -> None:
    sink = case.make()
    stream, packets = case.stream()
    with pytest.raises(SinkError, match=r"open\(\)"):
        sink.write(packets[0])
    sink.open(stream)
    with pytest.raises(SinkError, match=r"close\(\)"):
        sink.open(stream)
    sink.close()
