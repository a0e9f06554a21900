"""An encoder that dies mid-way: the next one goes on, in the same file where the stream allows, else in a numbered part."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import moderngl
import pytest

from glrec_core import BackendUnavailable, ConvertError, EncodeError, ReplaySink, record
from glrec_core.convert.host import SwscaleConverter
from glrec_core.encode.pyav import PyAVEncoder
from glrec_core.pipeline.chain import Batch, EncodeChain
from glrec_core.pipeline.outputs import Outputs
from glrec_core.report.stats import Stats
from glrec_core.stages import EncodeStages
from glrec_core.testing import FailingEncoder, MemorySink
from glrec_core.values.frame import Frame, FrameSpec, Packet, PixelFormat, Size, StreamInfo
from tests.contract.test_recorder import assert_account_adds_up
from tests.support import video
from tests.support.failing import fail
from tests.support.recording import BarcodeLoop

DEAD = EncodeError("the session is lost")


@pytest.mark.parametrize(
    ("name", "codec"), [("a.mp4", "h264"), ("a.mp4", "hevc"), ("a.webm", "vp9"), ("a.mkv", "ffv1")]
)
@pytest.mark.parametrize("call", [1, 2, 25, 60])
def test_the_next_encoder_goes_on_in_the_same_file(
    context: moderngl.Context,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    name: str,
    codec: str,
    call: int,
) -> None:
    fail(monkeypatch, PyAVEncoder, "encode", {call}, DEAD)
    recorder = record(None, tmp_path / name, timing="step", codec=codec, fps=50)
    BarcodeLoop(context).record(recorder, range(60))
    recording = recorder.close()
    assert [path.name for path in recording.paths] == [name]
    tick = Fraction(0) if name.endswith("mp4") else Fraction(1, 1000)
    video.assert_recording(recording.paths[0], 60, (320, 240), fps=50, tick=tick)
    assert len(recording.notes) == 1
    assert "successor went on: the session is lost" in recording.notes[0]
    assert (recording.frames, recording.stats.recorded, recording.stats.lost) == (60, 60, 0)
    assert_account_adds_up(recorder)


@pytest.mark.parametrize(
    ("target", "method", "error"),
    [(SwscaleConverter, "convert", ConvertError("swscale is unwell")), (PyAVEncoder, "encode", DEAD)],
)
def test_what_fails_every_time_ends_the_recording(
    context: moderngl.Context,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    target: type,
    method: str,
    error: Exception,
) -> None:
    calls = fail(monkeypatch, target, method, {31, 32}, error)
    recorder = record(None, tmp_path / "a.mp4", timing="step")
    BarcodeLoop(context).record(recorder, range(60))
    with pytest.raises(type(error), match=str(error)):
        recorder.close()
    assert calls.count == 32
    assert video.read_barcodes(tmp_path / "a.mp4") == list(range(30))
    assert recorder.recording.frames == 30
    assert_account_adds_up(recorder)


def test_a_failure_while_opening_counts_as_one(
    context: moderngl.Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail(monkeypatch, PyAVEncoder, "__init__", {1}, BackendUnavailable("no session is free"))
    recorder = record(None, tmp_path / "a.mp4", timing="step")
    BarcodeLoop(context).record(recorder, range(20))
    recording = recorder.close()
    video.assert_recording(tmp_path / "a.mp4", 20, (320, 240), fps=60)
    assert "no session is free" in recording.notes[0]


def test_another_kind_of_stream_begins_a_part_and_says_so(
    context: moderngl.Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail(monkeypatch, PyAVEncoder, "encode", {21}, DEAD)
    original, opened = vars(PyAVEncoder)["stream"], list[PyAVEncoder]()

    def tagged(encoder: PyAVEncoder) -> StreamInfo:
        if encoder not in opened:
            opened.append(encoder)
        stream: StreamInfo = original.__get__(encoder)
        return replace(stream, frame_rate=Fraction(60 + opened.index(encoder)))

    monkeypatch.setattr(PyAVEncoder, "stream", property(tagged))
    replay = ReplaySink()
    recorder = record(None, tmp_path / "a.mp4", replay, timing="step")
    BarcodeLoop(context).record(recorder, range(50))
    recording = recorder.close()
    assert [path.name for path in recording.paths] == ["a.mp4", "a-2.mp4"]
    video.assert_recording(recording.paths[0], 20, (320, 240), fps=60)
    video.assert_recording(recording.paths[1], range(20, 50), (320, 240), fps=60)
    video.assert_recording(replay.save(tmp_path / "last.mp4"), range(20, 50), (320, 240), fps=60)
    assert ["begins a new part" in note for note in recording.notes] == [False, True]
    assert recording.frames == 50


def test_frames_with_times_before_the_last_packet_begin_a_part(
    context: moderngl.Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Decoding times of a stream with B-frames begin before its first frame is shown."""
    fail(monkeypatch, PyAVEncoder, "encode", {31}, DEAD)
    recorder = record(None, tmp_path / "a.mp4", timing="step", b_frames=2)
    BarcodeLoop(context).record(recorder, range(60))
    recording = recorder.close()
    numbers = [number for path in recording.paths for number in video.read_barcodes(path)]
    assert numbers == list(range(60))
    for path in recording.paths:
        video.assert_timestamps(path, len(video.read_barcodes(path)), 60)


def test_an_encoder_that_dies_at_the_end_of_a_size_does_not_end_the_recording(
    context: moderngl.Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail(monkeypatch, PyAVEncoder, "drain", {1, 2}, DEAD)  # and when it is asked for what it still has
    recorder = record(None, tmp_path / "a.mp4", timing="step", on_resize="segment")
    BarcodeLoop(context).record(recorder, range(10))
    BarcodeLoop(context, (400, 200)).record(recorder, range(10, 30))
    recording = recorder.close()
    held = 10 - len(video.read_barcodes(recording.paths[0]))
    assert held > 0
    assert video.read_barcodes(recording.paths[1]) == list(range(10, 30))
    assert f"without {held} frames that it held" in recording.notes[0]
    assert (recording.frames, recording.stats.lost) == (30 - held, held)
    assert_account_adds_up(recorder)


SPEC = FrameSpec(Size(4, 4), PixelFormat.NV12)
STREAM = StreamInfo("h264", SPEC.size, Fraction(1, 60), Fraction(60))


class _Lent:
    """Passes frames through as they are, as a converter between stages of one kind of memory."""

    def convert(self, frame: Frame) -> Frame:
        return frame

    def close(self) -> None:
        """Have nothing to close."""


class _Encoder:
    """Turns each frame into a packet, and reads its planes as it does so."""

    accepts, latency, stream = SPEC, 0, STREAM

    def encode(self, frame: Frame) -> list[Packet]:
        assert frame.planes == ("pixels",)
        return [Packet(b"", frame.pts_ns, frame.pts_ns, keyframe=True)]

    def drain(self) -> list[Packet]:
        return []

    def close(self) -> None:
        """Have nothing to close."""


def test_a_frame_that_is_encoded_where_it_lies_is_there_for_the_next_encoder() -> None:
    lives = [3, 2, 5]
    openers: list[Callable[[FrameSpec], EncodeStages]] = [
        lambda _, life=life: EncodeStages(_Lent(), FailingEncoder(_Encoder(), DEAD, nth=life + 1))  # type: ignore[misc]
        for life in lives
    ]
    notes, released = list[str](), list[int]()
    chain = EncodeChain(openers, Stats(), notes.append)
    packets = list[Packet]()
    for number in range(10):
        with Frame(SPEC, ("pixels",), number, release=lambda number=number: released.append(number)) as frame:  # type: ignore[misc]
            packets += [packet for batch in chain.encode(frame) for packet in batch.packets]
    assert [packet.pts for packet in packets] == list(range(10))
    assert released == list(range(10))
    assert len(notes) == 2
    with Frame(SPEC, ("pixels",), 10) as frame, pytest.raises(EncodeError, match="session is lost"):
        list(chain.encode(frame))
    assert chain.rescue() == []


class _Counted:
    """A stage that notes how often it is opened and closed, fails where it is told to, and keeps what it works on."""

    accepts, latency, stream = SPEC, 0, STREAM
    opened, closed = 0, 0

    def __init__(self, fails_at: str, holds: int) -> None:
        type(self).opened += 1
        self._fails_at, self._holds = fails_at, holds
        self._held: list[int] = []
        self._closed = False

    def convert(self, frame: Frame) -> Frame:
        return frame

    def encode(self, frame: Frame) -> list[Packet]:
        if self._fails_at == f"encode {frame.pts_ns}":
            raise DEAD
        self._held.append(frame.pts_ns)
        return self._out(self._holds)

    def drain(self) -> list[Packet]:
        if self._fails_at:
            raise DEAD
        return self._out(0)

    def _out(self, holds: int) -> list[Packet]:
        ready, self._held = self._held[: len(self._held) - holds], self._held[len(self._held) - holds :]
        return [Packet(b"", number, number, keyframe=True) for number in ready]

    def close(self) -> None:
        type(self).closed += not self._closed
        self._closed = True


class _Keeping(_Counted):
    """An encoder that still has what it has not given out."""

    def unfinished(self) -> list[Frame]:
        return [Frame(SPEC, ("pixels",), number) for number in self._held]


@pytest.fixture
def counted() -> Iterator[None]:
    """Every stage that is opened is closed, however the chain ends."""
    _Counted.opened = _Counted.closed = _Keeping.opened = _Keeping.closed = 0
    yield
    assert (_Counted.opened, _Keeping.opened) == (_Counted.closed, _Keeping.closed)
    assert _Counted.opened > 0


def chained(encoder: type[_Counted], *fails_at: str) -> tuple[list[int], list[str], Exception | None]:
    """Encode ten frames, two of which are always held; return whose packets came, the notes and the error at the end."""
    openers: list[Callable[[FrameSpec], EncodeStages]] = [
        lambda _, at=at: EncodeStages(_Counted("", 0), encoder(at, 2))  # type: ignore[misc]
        for at in fails_at
    ]
    notes, packets, error = list[str](), list[int](), None
    chain = EncodeChain(openers, Stats(), notes.append)

    def take(batches: Iterable[Batch]) -> None:
        packets.extend(packet.pts for batch in batches for packet in batch.packets)

    try:
        for number in range(10):
            with Frame(SPEC, ("pixels",), number) as frame:
                take(chain.encode(frame))
        take(chain.drain())
    except EncodeError as raised:
        error = raised
    take(chain.rescue())
    assert list(chain.drain()) == []
    return packets, notes, error


@pytest.mark.usefixtures("counted")
def test_frames_that_a_failed_encoder_still_has_are_encoded_again() -> None:
    for fails_at in (
        ("encode 5", ""),
        ("at the end", ""),
        ("encode 0", ""),
        ("encode 5", "encode 4", ""),
        ("encode 5", "at the end", ""),
    ):
        packets, notes, error = chained(_Keeping, *fails_at)
        assert (packets, error) == (list(range(10)), None), fails_at
        assert len(notes) == len(fails_at) - 1
        assert all("without" not in note for note in notes), notes
    assert "went on, and encoded 2 frames again that it held: the session is lost" in notes[0]


@pytest.mark.usefixtures("counted")
def test_frames_that_it_has_lost_are_lost_and_at_the_end_that_is_an_error() -> None:
    packets, [note], error = chained(_Counted, "encode 5", "")
    assert (packets, error) == ([0, 1, 2, 5, 6, 7, 8, 9], None)
    assert "without 2 frames that it held" in note
    for encoder, fails_at in ((_Counted, ("at the end", "")), (_Keeping, ("at the end",))):
        packets, notes, error = chained(encoder, *fails_at)
        assert (packets, notes, error) == (list(range(8)), [], DEAD)


def test_each_part_begins_at_time_0() -> None:
    sink, notes = MemorySink(), list[str]()
    outputs = Outputs([sink], lambda error: pytest.fail(str(error)), notes.append)
    wide = replace(STREAM, size=Size(8, 4))
    for stream, ticks in (
        (STREAM, (0, 1)),
        (STREAM, (2,)),
        (wide, (3, 5)),
        (wide, (7,)),
        (STREAM, (9,)),
        (STREAM, (8,)),
    ):
        outputs.write(Batch(stream, [Packet(b"", tick, tick, keyframe=True) for tick in ticks]))
    outputs.close_part()
    assert [[packet.pts for packet in part.packets] for part in sink.parts] == [
        [0, 1, 2],
        [0, 2, 4],
        [0],
        [0],
    ]
    assert len(notes) == 1
