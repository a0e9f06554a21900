"""What an `ArrayEncoder` must do, whichever backend encodes: pictures, times, keyframes, latency, refusals."""

import io
import os
import re
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from fractions import Fraction
from functools import partial
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from glrec_core.arrays import ArrayEncoder
from glrec_core.errors import ArrayError, ClosedError, ConfigError, EncodeError, WrongThreadError
from glrec_core.values.frame import Packet
from tests.arrays.kinds import KINDS
from tests.support import reference
from tests.support.headers import header_values

WIDTH, HEIGHT, FRAMES = 178, 98, 12  # neither side is a multiple of the macroblock's 16
Pictures = list[NDArray[np.uint8]]


@dataclass(frozen=True)
class Case:
    """One way of encoding, and how far its pictures may be from what was given, of 255."""

    name: str
    options: dict[str, Any] = field(default_factory=dict)
    held: int = 0
    error: int = 0

    def open(self, **options: Any) -> ArrayEncoder:
        return ArrayEncoder(WIDTH, HEIGHT, **(self.options | options))


HOST = {"backend": "host", "quality": 1}
CASES = [
    Case("host-low-latency", {**HOST, "low_latency": True}, held=0, error=3),
    Case("host-ll", HOST, held=0, error=3),
    Case("host-hq", {**HOST, "tuning": "hq"}, held=1, error=3),
    Case("host-depth-4", {**HOST, "depth": 4}, held=4, error=3),
    Case("host-hevc", {**HOST, "codec": "hevc"}, held=0, error=3),
]
if "GLREC_ON_NVENC_STANDIN" in os.environ:  # set by test_array_standin.py, which runs this module
    from tests.gpu_support.array_route import use_as_backend

    use_as_backend()
    CASES = [Case("nvenc", {"backend": "nvenc"}, held=3), Case("nvenc-hq", {"tuning": "hq"}, held=3)]


@pytest.fixture(params=CASES, ids=lambda case: case.name)
def case(request: pytest.FixtureRequest) -> Case:
    chosen: Case = request.param
    return chosen


def drawn(count: int = FRAMES) -> Pictures:
    """Return RGB pictures that differ everywhere from one to the next, smooth enough for a codec."""
    across, down = np.meshgrid(np.linspace(0, 160, WIDTH), np.linspace(0, 90, HEIGHT))
    channels = [across, down, (across + down) / 2]
    return [
        np.stack([channel + 5 * number for channel in channels], axis=2).round().astype(np.uint8)
        for number in range(count)
    ]


def encode_all(
    encoder: ArrayEncoder, arrays: Iterable[object], idr: frozenset[int] = frozenset()
) -> list[Packet]:
    packets = []
    for number, array in enumerate(arrays):
        packets += encoder.packets(array, force_idr=number in idr)
    return packets + encoder.drain()


def decode(packets: Iterable[Packet | bytes], codec: str) -> Pictures:
    units = [unit if isinstance(unit, bytes) else unit.data for unit in packets]
    with av.open(io.BytesIO(b"".join(units)), "r", format=codec) as container:
        return [frame.to_ndarray(format="nv12").astype(np.uint8) for frame in container.decode(video=0)]


def assert_pictures(found: Pictures, wanted: Pictures, error: int) -> None:
    assert len(found) == len(wanted)
    for one, other in zip(found, wanted, strict=True):
        assert np.abs(one.astype(np.int16) - other).max() <= error + 1  # the converter's own 1


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_array_gives_the_reference_picture(case: Case, kind: str) -> None:
    pictures = drawn(4)
    with case.open() as encoder:
        packets = encode_all(encoder, map(KINDS[kind], pictures))
        codec = encoder.stream.codec
    assert_pictures(decode(packets, codec), [reference.nv12(rgb) for rgb in pictures], case.error)


class _Lent:
    """An array of a library that speaks DLPack and nothing else."""

    def __init__(self, array: NDArray[Any]) -> None:
        self._array = array

    def __dlpack_device__(self) -> tuple[int, int]:
        return self._array.__dlpack_device__()

    def __dlpack__(self, **asked: Any) -> Any:
        return self._array.__dlpack__(**asked)


@pytest.mark.parametrize("kind", ["nv12", "rgb", "planar", "float32", "cut out"])
def test_any_library_that_speaks_dlpack_will_do(case: Case, kind: str) -> None:
    with case.open() as encoder, case.open() as other:
        lent = [_Lent(KINDS[kind](rgb)) for rgb in drawn(3)]
        assert encode_all(encoder, lent) == encode_all(other, map(KINDS[kind], drawn(3)))


def test_kinds_can_change_from_one_picture_to_the_next(case: Case) -> None:
    pictures = drawn(len(KINDS))
    with case.open() as encoder:
        packets = encode_all(encoder, (KINDS[kind](rgb) for kind, rgb in zip(KINDS, pictures, strict=True)))
        codec = encoder.stream.codec
    assert_pictures(decode(packets, codec), [reference.nv12(rgb) for rgb in pictures], case.error)


def test_levels_outside_are_cut_off(case: Case) -> None:
    level = np.full((HEIGHT, WIDTH, 3), np.nan)
    level[:, :60], level[:, 60:120] = -np.inf, 1e300
    flat = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    flat[:, 60:120] = 255
    with case.open() as encoder:
        packets = encode_all(encoder, [level])
        codec = encoder.stream.codec
    assert_pictures(decode(packets, codec), [reference.nv12(flat)], 16 if case.error else 0)


def test_bytes_and_packets_are_the_same_stream(case: Case) -> None:
    pictures = drawn()
    with case.open() as encoder:
        packets = encode_all(encoder, pictures)
    with case.open() as encoder:
        units = [encoder.encode(rgb) for rgb in pictures]
        rest = encoder.flush()
    assert b"".join(units) + rest == b"".join(packet.data for packet in packets)


def test_no_more_is_held_back_than_promised(case: Case) -> None:
    with case.open() as encoder:
        counts = [len(encoder.packets(rgb)) for rgb in drawn()]
        assert encoder.held == case.held
        assert sum(counts) >= FRAMES - case.held
        assert counts[case.held :] == [1] * (FRAMES - case.held)
        assert len(encoder.drain()) == FRAMES - sum(counts)


def test_a_decoder_shows_each_access_unit_at_once(case: Case) -> None:
    with case.open() as encoder:
        packets = encode_all(encoder, drawn())
        decoder = av.CodecContext.create(encoder.stream.codec, "r")
    assert isinstance(decoder, av.VideoCodecContext)
    decoder.thread_count = 1
    for packet in packets:
        assert len(decoder.decode(av.Packet(packet.data))) == 1


def test_the_stream_says_that_nothing_is_reordered(case: Case) -> None:
    with case.open() as encoder:
        units = [packet.data for packet in encode_all(encoder, drawn(3))]
        stream = encoder.stream
    if stream.codec == "hevc":
        assert header_values(units, "sps_max_num_reorder_pics", "hevc") == {0}
        return
    for headers in (units, [stream.extradata, *units]):
        assert header_values(headers, "bitstream_restriction_flag") == {1}
        assert header_values(headers, "max_num_reorder_frames") == {0}


@pytest.mark.parametrize("fps", [24, "30000/1001", 59.94, Fraction(1, 2)])
def test_packets_have_the_times_of_their_frames(case: Case, fps: Any) -> None:
    with case.open(fps=fps) as encoder:
        packets = encode_all(encoder, drawn())
        assert encoder.stream.time_base == 1 / encoder.stream.frame_rate
        assert abs(float(encoder.stream.frame_rate) - float(Fraction(fps))) < 1e-3
    assert [packet.pts for packet in packets] == [packet.dts for packet in packets] == list(range(FRAMES))


def test_times_can_come_with_the_frames(case: Case) -> None:
    times = [timedelta(microseconds=1111 * number * number) for number in range(FRAMES)]
    with case.open(fps=None) as encoder:
        packets = []
        for rgb, at in zip(drawn(), times, strict=True):
            packets += encoder.packets(rgb, at=at)
        packets += encoder.drain()
        tick = encoder.stream.time_base
    assert [packet.pts for packet in packets] == [
        round(Fraction(at / timedelta(seconds=1)) / tick) for at in times
    ]


def test_a_time_that_is_missing_too_much_or_not_later_is_refused(case: Case) -> None:
    rgb = drawn(1)[0]
    with case.open(fps=None) as encoder:
        with pytest.raises(ArrayError, match="frame 0 has no time"):
            encoder.packets(rgb)
        encoder.packets(rgb, at=timedelta(seconds=1))
        with pytest.raises(EncodeError, match="not after"):
            encoder.packets(rgb, at=timedelta(seconds=1))
    with case.open() as encoder, pytest.raises(ArrayError, match="leave one out"):
        encoder.packets(rgb, at=timedelta(seconds=1))


def test_keyframes_come_with_the_gop_and_where_they_are_asked_for(case: Case) -> None:
    with case.open(gop=5) as encoder:
        packets = encode_all(encoder, drawn(), idr=frozenset({2}))
        codec = encoder.stream.codec
    keys = [packet.pts for packet in packets if packet.keyframe]
    assert {0, 2} <= set(keys)
    assert max(late - early for early, late in zip(keys, [*keys[1:], FRAMES], strict=True)) <= 5
    assert keys in ([0, 2, 7], [0, 2, 5, 10])  # counted from the last one, or through
    for key in keys:
        assert len(decode(packets[key:], codec)) == FRAMES - key


def test_the_array_may_be_written_again_when_encode_returns(case: Case) -> None:
    for kind in ("nv12", "rgb", "rgba", "float32"):
        slot = np.empty_like(KINDS[kind](drawn(1)[0]))
        found = []
        with case.open() as again, case.open() as once:
            for rgb in drawn():
                slot[:] = KINDS[kind](rgb)
                found += again.packets(slot)
                slot[:] = 0
            found += again.drain()
            assert found == encode_all(once, map(KINDS[kind], drawn()))


def test_the_stream_says_its_colours_and_size(case: Case) -> None:
    with case.open(color="bt601-full") as encoder:
        packets = encode_all(encoder, drawn(4))
        stream = encoder.stream
    assert stream.size == (WIDTH, HEIGHT)
    with av.open(io.BytesIO(packets[0].data), "r", format=stream.codec) as container:
        assert stream.extradata == container.streams.video[0].codec_context.extradata
        frame = next(container.decode(video=0))
    assert (frame.color_primaries, frame.color_trc, frame.colorspace, frame.color_range) == (6, 6, 6, 2)
    wanted = [reference.nv12(rgb, "bt601", full_range=True) for rgb in drawn(4)]
    assert_pictures(decode(packets, stream.codec), wanted, case.error)


class _Unready:
    """A tensor that its library does not give out."""

    def __init__(self, where: int) -> None:
        self._where = where

    def __dlpack_device__(self) -> tuple[int, int]:
        return self._where, 0

    def __dlpack__(self, **_: object) -> object:
        raise BufferError("it requires grad; use detach()")


REFUSED: dict[str, tuple[object, str]] = {
    "size": (
        np.zeros((HEIGHT, WIDTH + 2, 3), np.uint8),
        r"is \(98, 180, 3\) uint8; for 178x98 give NV12 \(147, 178\)",
    ),
    "grey": (np.zeros((HEIGHT, WIDTH), np.uint8), r"is \(98, 178\)"),
    "two channels": (np.zeros((HEIGHT, WIDTH, 2), np.uint8), r"is \(98, 178, 2\)"),
    "planar RGBA": (np.zeros((4, HEIGHT, WIDTH), np.uint8), r"is \(4, 98, 178\)"),
    "a batch": (np.zeros((1, HEIGHT, WIDTH, 3), np.uint8), r"is \(1, 98, 178, 3\)"),
    "nothing": (np.zeros((0,), np.uint8), r"is \(0,\)"),
    "integers": (np.zeros((HEIGHT, WIDTH, 3), np.int32), "int32; for 178x98"),
    "truth": (np.zeros((HEIGHT, WIDTH, 3), np.bool_), "bool; for 178x98"),
    "deep": (np.zeros((HEIGHT, WIDTH, 3), np.uint16), "uint16; for 178x98"),
    "complex": (np.zeros((HEIGHT, WIDTH, 3), np.complex64), "complex64; for 178x98"),
    "objects": (np.zeros((HEIGHT, WIDTH, 3), object), "object; for 178x98"),
    "NV12 of float": (np.zeros((HEIGHT * 3 // 2, WIDTH), np.float32), "float32; for 178x98"),
    "a list": ([[0, 0, 0]], r"builtins\.list is not an array; give one of NumPy"),
    "None": (None, r"NoneType is not an array"),
    "bytes": (bytes(WIDTH * HEIGHT * 3), r"builtins\.bytes is not an array"),
    "gradient": (_Unready(1), r"_Unready cannot be read: it requires grad"),
    "AMD's memory": (_Unready(10), "DLPack's type 10; copy it to the host's"),
}


def refusal(call: Callable[[], object], kind: type[Exception]) -> str:
    """Return what a call is refused with, or that it was not."""
    try:
        call()
    except kind as error:
        return str(error)
    return "it was not refused"


def test_what_is_no_picture_is_refused_and_spoils_nothing(case: Case) -> None:
    first, second = drawn(2)
    with case.open() as undisturbed:
        wanted = encode_all(undisturbed, [first, second])
    for name, (array, said) in REFUSED.items():
        with case.open() as encoder:
            packets = encoder.packets(first)
            found = refusal(partial(encoder.encode, array), ArrayError)
            assert re.search(said, found), f"{name}: {found}"
            packets += encoder.packets(second) + encoder.drain()
            assert packets == wanted, f"after {name}"


def test_the_end_is_the_end(case: Case) -> None:
    rgb = drawn(1)[0]
    flushed, closed = case.open(), case.open()
    flushed.encode(rgb)
    flushed.flush()
    closed.encode(rgb)
    closed.close()
    closed.close()
    for encoder in (flushed, closed):
        calls: list[Callable[[], object]] = [partial(encoder.encode, rgb), encoder.flush, encoder.drain]
        for call in calls:
            with pytest.raises(ClosedError, match="has been closed or flushed; make another one"):
                call()
        encoder.close()
    unused = case.open()
    assert unused.flush() == b""


def test_another_thread_is_refused_but_may_close(case: Case) -> None:
    encoder, rgb = case.open(), drawn(1)[0]
    with ThreadPoolExecutor(1, thread_name_prefix="other") as other:
        with pytest.raises(
            WrongThreadError, match="belongs to the thread 'MainThread' that made it, not to 'other"
        ):
            other.submit(encoder.encode, rgb).result()
        encoder.encode(rgb)
        other.submit(encoder.close).result()
    with pytest.raises(ClosedError):
        encoder.encode(rgb)


def test_bad_options_are_refused_at_once(case: Case) -> None:
    for options, said in (
        ({"codec": "h266"}, "codec='h266'"),
        ({"preset": "warp"}, "preset='warp' is not known"),
        ({"tuning": "film"}, "tuning='film' is not known"),
        ({"fps": 0}, "fps=0 must be above 0"),
        ({"fps": "soon"}, "fps='soon' is not a frame rate"),
        ({"gop": 0}, "gop=0 must be a whole number"),
        ({"bitrate": 4}, "bitrate=4 must be a whole number from 1000 to"),
        ({"bitrate": 4000, "quality": 20}, "cannot be combined"),
        ({"quality": 90}, "quality=90"),
        ({"color": "bt2020"}, "color='bt2020' is not known"),
        ({"backend": "amf"}, "backend='amf' is not known; choose one of: auto, "),
        ({"low_latency": True, "depth": 4}, "contradict each other"),
        ({"depth": -1}, "depth=-1 must be a whole number"),
        ({"depth": 2.5}, "depth=2.5 must be a whole number"),
        ({"device": -1}, "device=-1 must be the number of a GPU"),
    ):
        wanted: dict[str, Any] = {"backend": case.options.get("backend"), **options}
        found = refusal(partial(ArrayEncoder, WIDTH, HEIGHT, **wanted), ConfigError)
        assert said in found, f"{options}: {found}"


def test_sizes_that_cannot_be_are_refused(case: Case) -> None:
    sizes: list[tuple[tuple[Any, Any], str]] = [
        ((177, 98), "an even width and height, not 177x98; crop or pad"),
        ((178, 97), "an even width and height, not 178x97"),
        ((0, 98), "size="),
        ((-2, 98), "size="),
        ((1.5, 98), "size="),
        ((20_000, 98), "size="),
    ]
    for size, said in sizes:
        found = refusal(partial(ArrayEncoder, *size, **case.options), ConfigError)
        assert said in found, f"{size}: {found}"


def test_a_bit_rate_is_kept_within_reason(case: Case) -> None:
    if case.error == 0:
        pytest.skip("the stand-in writes every sample and has no rate control")
    noise = np.random.default_rng(5).integers(0, 256, (60, HEIGHT, WIDTH, 3), np.uint8)
    options = {name: value for name, value in case.options.items() if name != "quality"}
    with ArrayEncoder(WIDTH, HEIGHT, **options, bitrate=300_000, fps=30) as encoder:
        packets = encode_all(encoder, noise)
    assert sum(len(packet.data) for packet in packets) * 8 / 2 < 3 * 300_000  # 2 s; lossless takes 12 Mbit/s


@pytest.mark.parametrize("codec", ["h264", "hevc", "av1", "vp9", "mjpeg", "ffv1", "prores"])
def test_every_codec_of_the_host_gives_each_frame_at_once(codec: str) -> None:
    if "GLREC_ON_NVENC_STANDIN" in os.environ:
        pytest.skip("NVENC alone is there")
    with ArrayEncoder(WIDTH, HEIGHT, codec=codec, backend="host", low_latency=True) as encoder:
        assert [len(encoder.packets(rgb)) for rgb in drawn()] == [1] * FRAMES
        assert encoder.drain() == []
