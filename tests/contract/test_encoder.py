"""What every encoder must do, whichever codec it makes."""

import io
import os
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import av
import numpy as np
import pytest

from glrec_core.config import Config
from glrec_core.encode.codecs import ALPHA_FORMATS, CODECS
from glrec_core.errors import EncodeError
from glrec_core.stages import Encoder
from glrec_core.values.clock import NANOSECONDS
from glrec_core.values.frame import Frame, FrameSpec, Memory, Packet, PixelFormat, Size
from tests.host_pipeline import irregular, open_by_executable, open_encoder

SIZE = Size(160, 64)
TIMES_NS = [2 * pts_ns for pts_ns in irregular(24)]  # far enough apart for GIF


@dataclass(frozen=True)
class Case:
    """One way of encoding."""

    name: str
    open: Callable[[], Encoder]
    b_frames: int = 0


def _software(codec: str, *, b_frames: int = 0, lossless: bool = False, alpha: bool = False) -> Case:
    config = Config(codec=codec, b_frames=b_frames, lossless=lossless, alpha="straight" if alpha else None)
    flags = {"lossless": lossless, f"{b_frames}-b-frames": b_frames > 0, "alpha": alpha}
    words = ["software", codec, *(word for word, given in flags.items() if given)]
    return Case("-".join(words), lambda: open_encoder(config, SIZE), b_frames)


def _executable(codec: str) -> Case:
    config = Config(codec=codec, backend="ffmpeg")
    return Case(f"ffmpeg's executable-{codec}", lambda: open_by_executable(config, SIZE))


def _nvenc(*, b_frames: int = 0) -> Case:
    from tests.gpu_support import nvenc_route

    config = Config(codec="h264", b_frames=b_frames)
    return Case(f"nvenc-{b_frames}-b-frames", lambda: nvenc_route.open_encoder(config, SIZE), b_frames)


CASES = [
    *(_software(codec) for codec in CODECS),
    _software("h264", b_frames=2),
    _software("hevc", b_frames=2),
    _software("h264", lossless=True),
    *(_software(codec, alpha=True) for codec in ALPHA_FORMATS),
    _executable("h264"),
    _executable("hevc"),
]
if "GLREC_ON_NVENC_STANDIN" in os.environ:  # set by tests/nvenc/test_nvenc_encoder.py, which runs this module
    CASES = [_nvenc(), _nvenc(b_frames=2)]


@pytest.fixture(params=CASES, ids=lambda case: case.name)
def case(request: pytest.FixtureRequest) -> Case:
    chosen: Case = request.param
    return chosen


def frame(spec: FrameSpec, level: int, pts_ns: int) -> Frame:
    """Return a frame with a ramp in its first plane."""
    width, height = spec.size
    if spec.memory is Memory.CUDA:
        return _posing_frame(spec, level, pts_ns)
    half = (height // 2, width // 2)
    whole = (height, width)
    shapes: dict[PixelFormat, list[tuple[int, ...]]] = {
        PixelFormat.RGB24: [(*whole, 3)],
        PixelFormat.RGBA: [(*whole, 4)],
        PixelFormat.BGRA: [(*whole, 4)],
        PixelFormat.BGR0: [(*whole, 4)],
        PixelFormat.NV12: [whole, (*half, 2)],
        PixelFormat.YUV420P: [whole, half, half],
        PixelFormat.YUVA420P: [whole, half, half, whole],
        PixelFormat.YUV422P10: [whole, (height, width // 2), (height, width // 2)],
        PixelFormat.YUVA444P10: [whole] * 4,
    }
    element = np.uint16 if "10" in spec.format.value else np.uint8
    planes = [np.full(shape, 128, element) for shape in shapes[spec.format]]
    planes[0] += (np.arange(planes[0].size) % 100 + level).astype(np.uint8).reshape(planes[0].shape)
    return Frame(spec, tuple(planes), pts_ns)


def _posing_frame(spec: FrameSpec, level: int, pts_ns: int) -> Frame:
    from tests.gpu_support import nvenc_route

    rows = np.full((nvenc_route.row_count(spec), spec.size.width), 128, np.uint8)
    rows[: spec.size.height] += (np.arange(spec.size.width) % 100 + level).astype(np.uint8)
    return nvenc_route.lend(spec, rows, pts_ns)


def encode_all(encoder: Encoder) -> list[Packet]:
    packets = []
    for index, pts_ns in enumerate(TIMES_NS):
        with frame(encoder.accepts, index, pts_ns) as given:
            packets += encoder.encode(given)
    return packets + encoder.drain()


def test_every_frame_becomes_one_packet_at_its_time(case: Case) -> None:
    encoder = case.open()
    packets = encode_all(encoder)
    tick = encoder.stream.time_base
    assert sorted(packet.pts for packet in packets) == [
        round(Fraction(pts_ns, NANOSECONDS) / tick) for pts_ns in TIMES_NS
    ]
    encoder.close()


def test_packets_come_in_decode_order_from_a_keyframe_on(case: Case) -> None:
    encoder = case.open()
    packets = encode_all(encoder)
    assert packets[0].keyframe
    assert all(early.dts < late.dts for early, late in pairwise(packets))
    assert all(packet.dts <= packet.pts for packet in packets)
    encoder.close()


def test_the_stream_is_complete_once_the_first_packet_is_out(case: Case) -> None:
    encoder = case.open()
    packets: list[Packet] = []
    pending = iter(enumerate(TIMES_NS))
    for given in pending:
        if packets := encoder.encode(frame(encoder.accepts, *given)):
            break
    packets = packets or encoder.drain()  # a process of its own may be as late as that
    assert packets
    early = encoder.stream
    for index, pts_ns in pending:
        encoder.encode(frame(encoder.accepts, index, pts_ns))
    assert encoder.drain() is not None
    assert encoder.stream == early
    assert (early.size, early.rgb) == (SIZE, encoder.accepts.format.is_rgb)
    encoder.close()


def test_a_frames_memory_is_free_when_latency_says_so(case: Case) -> None:
    """Overwriting the memory of frames that the encoder is done with changes nothing in the stream."""
    first, second = case.open(), case.open()
    expected = encode_all(first)
    found, lent = [], []
    for index, pts_ns in enumerate(TIMES_NS):
        lent.append(frame(second.accepts, index, pts_ns))
        found += second.encode(lent[-1])
        if len(lent) > second.latency:
            for plane in lent.pop(0).planes:
                plane.fill(77)
    found += second.drain()
    assert [packet.data for packet in found] == [packet.data for packet in expected]
    first.close()
    second.close()


def test_annex_b_codecs_can_be_decoded_from_any_keyframe(case: Case) -> None:
    encoder = case.open()
    packets = encode_all(encoder)
    codec = encoder.stream.codec
    encoder.close()
    if codec not in {"h264", "hevc"}:
        assert not packets[0].data.startswith((b"\0\0\1", b"\0\0\0\1"))
        return
    stream = io.BytesIO(b"".join(packet.data for packet in packets))
    with av.open(stream, "r", format=codec) as container:
        assert len(list(container.decode(video=0))) == len(TIMES_NS)


def test_a_frame_of_another_kind_is_refused(case: Case) -> None:
    encoder = case.open()
    other = FrameSpec(Size(SIZE.width * 2, SIZE.height), encoder.accepts.format, encoder.accepts.memory)
    with pytest.raises(EncodeError, match="320x64"):
        encoder.encode(frame(other, 0, 0))
    encoder.close()


def test_the_second_drain_gives_nothing(case: Case) -> None:
    encoder = case.open()
    assert len(encode_all(encoder)) == len(TIMES_NS)
    assert encoder.drain() == []
    encoder.close()


def test_an_encoder_that_got_no_frame_drains_to_nothing(case: Case) -> None:
    encoder = case.open()
    assert encoder.drain() == []
    encoder.close()


def test_the_end_is_the_end(case: Case) -> None:
    drained, closed = case.open(), case.open()
    encode_all(drained)
    closed.close()
    closed.close()
    for encoder in (drained, closed):
        with pytest.raises(EncodeError, match="takes no more frames"):
            encoder.encode(frame(encoder.accepts, 0, TIMES_NS[-1] + NANOSECONDS))
        encoder.close()
