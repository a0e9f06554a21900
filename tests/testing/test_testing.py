"""`glrec_core.testing` itself: what breaks a promise is found and named, and what is to fail does so when it was asked to."""

import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from glrec_core.config import Config
from glrec_core.errors import ConfigError, EncodeError
from glrec_core.stages import Encoder, Sink
from glrec_core.testing import (
    ENCODER_PROMISES,
    SINK_PROMISES,
    EncoderCase,
    FailingEncoder,
    FailingSink,
    ImpairedChannel,
    Impairment,
    LosingEncoder,
    MemoryChannel,
    MemorySink,
    SlowEncoder,
    barcode,
    check_encoder,
    check_sink,
    encoded,
    feed,
    ramp_frame,
    regular,
)
from glrec_core.testing.promises import text_of
from glrec_core.testing.sinks import SinkCall
from glrec_core.testing.streams import open_encoder
from glrec_core.values.frame import Frame, FrameSpec, Packet, PixelFormat, Size, StreamInfo
from tests.support.displays import run_program
from tests.support.film import write_film

H264 = Config(codec="h264")


def numbers_in(sink: Sink) -> list[list[int]]:
    """Return the numbers by the packets' times, which is all that these sinks change."""
    assert isinstance(sink, MemorySink)
    return [
        [round(packet.pts * part.stream.time_base * 30) for packet in part.packets] for part in sink.parts
    ]


class NoClose:
    def check(self, codec: str, *, alpha: bool = False) -> None: ...

    def open(self, stream: StreamInfo) -> None: ...

    def write(self, packet: Packet) -> None: ...


class Swaps(MemorySink):
    def write(self, packet: Packet) -> None:
        super().write(packet)
        self.parts[-1].packets.sort(key=lambda each: -each.pts)


class OnePart(MemorySink):
    def open(self, stream: StreamInfo) -> None:
        if self.parts and self.parts[-1].closed:
            self.parts[-1].closed = False
        else:
            super().open(stream)


class TakesAll(MemorySink):
    """Says yes to the codec that it was said to refuse."""


class VagueRefusal(MemorySink):
    def check(self, codec: str, *, alpha: bool = False) -> None:
        if codec == "vp9":
            raise ConfigError("no")


class LeavesTraces(MemorySink):
    made = 0

    def check(self, codec: str, *, alpha: bool = False) -> None:
        VagueRefusal.check(VagueRefusal(), codec)
        LeavesTraces.made += 1


class RefusesByRaisingAnything(MemorySink):
    def check(self, codec: str, *, alpha: bool = False) -> None:
        if codec == "vp9":
            raise KeyError(codec)


class WritesAnywhere(MemorySink):
    def write(self, packet: Packet) -> None:
        if self._open is not None:
            super().write(packet)


class OpensTwice(MemorySink):
    def open(self, stream: StreamInfo) -> None:
        self.close()
        super().open(stream)


class ClosesOnce(MemorySink):
    def close(self) -> None:
        if self.parts and self._open is None:
            raise RuntimeError("there is no part")
        super().close()


BROKEN_SINKS: list[tuple[str, Callable[[], Sink], str]] = [
    ("it is a sink", NoClose, "NoClose lacks one of"),  # type: ignore[list-item]
    ("everything comes out in order", Swaps, "found [[9, 8, 7"),
    ("each round is a part of its own", OnePart, "the frames of each part"),
    ("a check touches nothing", TakesAll, "check('vp9') raises no ConfigError"),
    ("a check touches nothing", VagueRefusal, "does not name 'vp9'"),
    ("a check touches nothing", RefusesByRaisingAnything, "raises KeyError('vp9'), not ConfigError"),
    ("a packet without a part is refused", WritesAnywhere, "write() before open() raises no SinkError"),
    ("a part within a part is refused", OpensTwice, "open() in an open part raises no SinkError"),
    ("closing twice is closing once", ClosesOnce, "RuntimeError('there is no part')"),
]


@pytest.mark.parametrize(("promise", "make", "how"), BROKEN_SINKS)
def test_a_sink_that_breaks_a_promise_is_told_which(promise: str, make: Callable[[], Sink], how: str) -> None:
    lenient = {"refused_codec": "vp9"} if promise == "a check touches nothing" else {}
    with pytest.raises(AssertionError) as caught:
        check_sink(make, played=numbers_in, **lenient)  # type: ignore[arg-type]
    assert str(caught.value).startswith(f"a promise is broken: {promise}: ")
    assert how in str(caught.value)


def test_what_a_check_leaves_is_seen() -> None:
    with pytest.raises(AssertionError, match="a check touches nothing: what a sink leaves"):
        check_sink(LeavesTraces, traces=lambda: LeavesTraces.made)


def test_every_promise_of_sinks_is_broken_by_one() -> None:
    assert {promise for promise, *_ in BROKEN_SINKS} == {text_of(promise) for promise in SINK_PROMISES}


class Around:
    """An encoder that keeps all promises, for those that break one."""

    def __init__(self) -> None:
        self.within = open_encoder(H264, Size(160, 64))
        self.accepts, self.latency = self.within.accepts, self.within.latency

    @property
    def stream(self) -> StreamInfo:
        return self.within.stream

    def encode(self, frame: Frame) -> list[Packet]:
        return self.within.encode(frame)

    def drain(self) -> list[Packet]:
        return self.within.drain()

    def close(self) -> None:
        self.within.close()


class Late(Around):
    def encode(self, frame: Frame) -> list[Packet]:
        frame.pts_ns += 10**9
        return super().encode(frame)


class Backwards(Around):
    def encode(self, frame: Frame) -> list[Packet]:
        return [replace(packet, dts=-packet.dts) for packet in super().encode(frame)]


class NoKeyframe(Around):
    def encode(self, frame: Frame) -> list[Packet]:
        return [replace(packet, keyframe=False) for packet in super().encode(frame)]


class LateParameters(Around):
    frames = 0

    @property
    def stream(self) -> StreamInfo:
        return replace(self.within.stream, frame_rate=Fraction(1 + self.frames // 24))

    def encode(self, frame: Frame) -> list[Packet]:
        self.frames += 1
        return super().encode(frame)


class ReadsLater(Around):
    """Encodes the frame before with each frame, and says that it reads from none afterwards."""

    def __init__(self) -> None:
        super().__init__()
        self.latency = 0
        self._kept: list[tuple[Frame, tuple[object, ...]]] = []

    def encode(self, frame: Frame) -> list[Packet]:
        if frame.spec != self.accepts:
            return super().encode(frame)
        self._kept.append((frame, frame.planes))
        return self._next() if len(self._kept) > 1 else []

    def drain(self) -> list[Packet]:
        packets = self._next() if self._kept else []
        return packets + super().drain()

    def _next(self) -> list[Packet]:
        frame, planes = self._kept.pop(0)
        return super().encode(Frame(frame.spec, planes, frame.pts_ns))


class NoStartCodes(Around):
    def encode(self, frame: Frame) -> list[Packet]:
        return [replace(packet, data=packet.data[8:]) for packet in super().encode(frame)]


class Scales(Around):
    def encode(self, frame: Frame) -> list[Packet]:
        return super().encode(frame) if frame.spec == self.accepts else []


class DrainsAgain(Around):
    frames = 0

    def encode(self, frame: Frame) -> list[Packet]:
        self.frames += 1
        return super().encode(frame)

    def drain(self) -> list[Packet]:
        packets = super().drain()
        again = Packet(b"0", 0, 0, keyframe=True)
        return packets or ([again] if self.frames == 24 else [])


class BeginsByItself(Around):
    frames = 0

    def encode(self, frame: Frame) -> list[Packet]:
        self.frames += 1
        return super().encode(frame)

    def drain(self) -> list[Packet]:
        return super().drain() if self.frames else [Packet(b"0", 0, 0, keyframe=True)]


class NeverEnds(Around):
    ended = False

    def encode(self, frame: Frame) -> list[Packet]:
        return [] if self.ended else super().encode(frame)

    def drain(self) -> list[Packet]:
        self.ended = True
        return super().drain()


BROKEN_ENCODERS: list[tuple[str, Callable[[], Encoder], str]] = [
    ("every frame becomes one packet at its time", Late, "the ticks of the packets: found [90000"),
    (
        "every frame becomes one packet at its time",
        lambda: LosingEncoder(Around(), frames=2),
        "the ticks of the packets",
    ),
    ("packets come in decode order from a keyframe on", Backwards, "dts do not rise"),
    ("packets come in decode order from a keyframe on", NoKeyframe, "the first packet is no keyframe"),
    ("the stream is complete once the first packet is out", LateParameters, "the stream at the end"),
    ("a frames memory is free when latency says so", ReadsLater, "changed by frames overwritten"),
    ("annex b codecs can be decoded from any keyframe", NoStartCodes, "Error"),
    ("a frame of another size is refused", Scales, "encode() of 320x64 raises no EncodeError"),
    ("the second drain gives nothing", DrainsAgain, "the second drain()"),
    ("an encoder that got no frame drains to nothing", BeginsByItself, "drain(): found [Packet"),
    ("the end is the end", NeverEnds, "encode() after drain() raises no EncodeError"),
]


@pytest.mark.parametrize(("promise", "make", "how"), BROKEN_ENCODERS)
def test_an_encoder_that_breaks_a_promise_is_told_which(
    promise: str, make: Callable[[], Encoder], how: str
) -> None:
    with pytest.raises(AssertionError) as caught:
        check_encoder(make)
    assert str(caught.value).startswith(f"a promise is broken: {promise}: ")
    assert how in str(caught.value)


def test_every_promise_of_encoders_is_broken_by_one() -> None:
    assert {promise for promise, *_ in BROKEN_ENCODERS} == {text_of(each) for each in ENCODER_PROMISES}


def test_broken_promises_are_found_with_asserts_left_out() -> None:
    program = (
        "from glrec_core.testing import FailingSink, check_sink\n"
        "assert False, 'asserts are left out here'\n"
        "try: check_sink(lambda: FailingSink(OSError('gone')))\n"
        "except AssertionError as error: print(error)\n"
    )
    run = f"import subprocess, sys\nsubprocess.run([sys.executable, '-O', '-c', {program!r}], check=True)"
    said = run_program(run).stdout
    assert said == "a promise is broken: everything comes out in order: OSError('gone')\n"


@pytest.mark.parametrize(
    "form", [PixelFormat.YUV420P, PixelFormat.NV12, PixelFormat.YUV444P, PixelFormat.BGR0]
)
def test_every_format_that_a_plugin_may_accept_has_a_frame(form: PixelFormat) -> None:
    frame = ramp_frame(FrameSpec(Size(160, 64), form), 3, 0)
    per_pixel = {PixelFormat.YUV444P: 3.0, PixelFormat.BGR0: 4.0}.get(form, 1.5)
    assert sum(plane.size for plane in frame.planes) == per_pixel * 160 * 64


@pytest.mark.parametrize(
    ("at", "nth", "kept"),
    [("check", 1, 0), ("open", 1, 0), ("write", 1, 0), ("write", 4, 3), ("close", 1, 10)],
)
def test_a_failing_sink_fails_at_its_call_and_keeps_what_came_before(
    at: SinkCall, nth: int, kept: int
) -> None:
    error = ConnectionError("gone")
    sink = FailingSink(error, at=at, nth=nth)

    def use() -> None:
        sink.check("h264")
        feed(sink, *encoded(H264, regular(10, 30)))

    for _ in range(2):  # what is broken stays so
        with pytest.raises(ConnectionError) as caught:
            use()
        assert caught.value is error
        sink.sink.close()
    assert isinstance(sink.sink, MemorySink)
    assert len(sink.sink.packets) in {kept, 2 * kept}
    assert sink.calls >= nth


def frames(encoder: Encoder, count: int) -> list[Frame]:
    return [ramp_frame(encoder.accepts, number, pts_ns) for number, pts_ns in enumerate(regular(count, 30))]


def test_a_slow_encoder_waits_for_each_frame() -> None:
    go, taken = threading.Semaphore(0), list[int]()

    def work() -> None:
        with closing(SlowEncoder(open_encoder(H264), go.acquire)) as encoder:
            for number, frame in enumerate(frames(encoder, 2)):
                encoder.encode(frame)
                taken.append(number)

    thread = threading.Thread(target=work)
    thread.start()
    assert taken == []
    go.release(2)
    thread.join()
    assert taken == [0, 1]


def test_a_failing_encoder_is_dead_from_its_frame_on() -> None:
    error = EncodeError("the session is lost")
    with closing(FailingEncoder(open_encoder(H264), error, nth=3)) as encoder:
        first, second, *rest = frames(encoder, 4)
        encoder.encode(first)
        encoder.encode(second)
        for act in (*(lambda frame=frame: encoder.encode(frame) for frame in rest), encoder.drain):
            with pytest.raises(EncodeError) as caught:
                act()
            assert caught.value is error


@pytest.mark.parametrize("lost", [0, 1, 5, 10, 20])
def test_a_losing_encoder_has_lost_the_last_packets(lost: int) -> None:
    with closing(LosingEncoder(open_encoder(H264), lost)) as encoder:
        packets = [packet for frame in frames(encoder, 10) for packet in encoder.encode(frame)]
        packets += encoder.drain()
        assert len(packets) == max(0, 10 - lost)
        assert encoder.drain() == []


def test_a_case_may_make_its_own_frames() -> None:
    made = []

    def make_frame(spec: FrameSpec, level: int, pts_ns: int) -> Frame:
        made.append(level)
        return ramp_frame(spec, level, pts_ns)

    ENCODER_PROMISES[0](EncoderCase(Around, make_frame))
    assert made == list(range(24))


def test_a_lossy_channel_is_at_hand() -> None:
    arrived: list[bytes] = []
    channel = ImpairedChannel(MemoryChannel(arrived.append), Impairment(loss=0.5, seed=1))
    for number in range(100):
        channel.send(bytes([number]))
    channel.close()
    assert 0 < channel.lost == 100 - len(arrived) < 100


def test_the_numbers_of_a_film_are_read_in_order_of_display(tmp_path: Path) -> None:
    film = write_film(tmp_path / "a.mp4", [3, 1, 4, 1, 5])
    assert barcode.read_film(film) == [3, 1, 4, 1, 5]
    assert barcode.read_film(str(film)) == [3, 1, 4, 1, 5]
    with pytest.raises(barcode.BarcodeError):
        barcode.read_film(film, barcode.Region(0, 0, 80, 60))
