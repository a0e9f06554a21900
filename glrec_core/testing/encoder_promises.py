"""What every encoder promises, whichever codec it makes."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np

from glrec_core.errors import EncodeError
from glrec_core.stages import Encoder
from glrec_core.testing.promises import Promise, check_promises, expect, expect_refusal, expect_true
from glrec_core.testing.streams import irregular
from glrec_core.values.clock import NANOSECONDS
from glrec_core.values.frame import Frame, FrameSpec, Packet, PixelFormat, Size

_FRAMES = 24
_ANNEX_B = frozenset({"h264", "hevc"})
_GREY, _RAMP, _OVERWRITTEN = 128, 100, 77


def ramp_frame(spec: FrameSpec, level: int, pts_ns: int) -> Frame:
    """Return a grey frame in host memory with a ramp in its first plane, which begins at `level` more than grey.

    Examples:
        >>> ramp_frame(FrameSpec(Size(4, 2), PixelFormat.NV12), 5, pts_ns=0).planes[0][0]
        array([133, 134, 135, 136], dtype=uint8)

    """
    element = np.uint16 if "10" in spec.format.value else np.uint8
    planes = [np.full(shape, _GREY, element) for shape in _shapes(spec)]
    ramp = np.arange(planes[0].size) % _RAMP + level
    planes[0] += ramp.astype(np.uint8).reshape(planes[0].shape)
    return Frame(spec, tuple(planes), pts_ns)


def _shapes(spec: FrameSpec) -> list[tuple[int, ...]]:
    width, height = spec.size
    whole, half, half_wide = (height, width), (height // 2, width // 2), (height, width // 2)
    shapes: dict[PixelFormat, list[tuple[int, ...]]] = {
        PixelFormat.RGB24: [(*whole, 3)],
        PixelFormat.RGBA: [(*whole, 4)],
        PixelFormat.BGRA: [(*whole, 4)],
        PixelFormat.BGR0: [(*whole, 4)],
        PixelFormat.NV12: [whole, (*half, 2)],
        PixelFormat.P010: [whole, (*half, 2)],
        PixelFormat.YUV420P: [whole, half, half],
        PixelFormat.YUVA420P: [whole, half, half, whole],
        PixelFormat.YUV444P: [whole] * 3,
        PixelFormat.YUV422P10: [whole, half_wide, half_wide],
        PixelFormat.YUV444P10: [whole] * 3,
        PixelFormat.YUVA444P10: [whole] * 4,
    }
    return shapes[spec.format]


@dataclass(frozen=True, slots=True)
class EncoderCase:
    """A kind of encoder.

    Attributes:
        make: opens a new encoder of the same kind and size, called once or twice for each promise.
        make_frame: makes a frame that it accepts, by specification, level (0 to 24, each another picture) and time.

    Examples:
        >>> EncoderCase(lambda: open_encoder(Config())).make_frame is ramp_frame
        True

    """

    make: Callable[[], Encoder]
    make_frame: Callable[[FrameSpec, int, int], Frame] = ramp_frame

    def encode_all(self, encoder: Encoder) -> list[Packet]:
        """Encode all frames and drain."""
        packets = []
        for level, pts_ns in enumerate(times_ns()):
            with self.make_frame(encoder.accepts, level, pts_ns) as frame:
                packets += encoder.encode(frame)
        return packets + encoder.drain()


def times_ns() -> list[int]:
    """Return when the frames are shown: irregular, and far enough apart for GIF.

    Examples:
        >>> len(times_ns()), times_ns()[0]
        (24, 0)

    """
    return [2 * pts_ns for pts_ns in irregular(_FRAMES)]


def every_frame_becomes_one_packet_at_its_time(case: EncoderCase) -> None:
    """To the nearest tick of the stream's time base."""
    with closing(case.make()) as encoder:
        packets = case.encode_all(encoder)
        tick = encoder.stream.time_base
        due = [round(Fraction(pts_ns, NANOSECONDS) / tick) for pts_ns in times_ns()]
        expect(sorted(packet.pts for packet in packets), due, "the ticks of the packets")


def packets_come_in_decode_order_from_a_keyframe_on(case: EncoderCase) -> None:
    """And none is decoded after it is to be shown."""
    with closing(case.make()) as encoder:
        packets = case.encode_all(encoder)
        order = [packet.dts for packet in packets]
        expect_true(packets[0].keyframe, "the first packet is no keyframe")
        expect_true(all(early < late for early, late in pairwise(order)), f"dts do not rise: {order}")
        late = [packet for packet in packets if packet.dts > packet.pts]
        expect(late, [], "packets that are decoded too late to be shown")


def the_stream_is_complete_once_the_first_packet_is_out(case: EncoderCase) -> None:
    """Nothing of `stream` changes then, and it has the size of the frames."""
    with closing(case.make()) as encoder:
        packets: list[Packet] = []
        pending = iter(enumerate(times_ns()))
        for level, pts_ns in pending:
            if packets := encoder.encode(case.make_frame(encoder.accepts, level, pts_ns)):
                break
        packets = packets or encoder.drain()  # a process of its own may be as late as that
        expect_true(packets, "there is no packet")
        early = encoder.stream
        for level, pts_ns in pending:
            encoder.encode(case.make_frame(encoder.accepts, level, pts_ns))
        encoder.drain()
        expect(encoder.stream, early, "the stream at the end")
        expect(early.size, encoder.accepts.size, "the stream's size")


def a_frames_memory_is_free_when_latency_says_so(case: EncoderCase) -> None:
    """Overwriting the memory of frames that the encoder is done with changes nothing in the stream."""
    with closing(case.make()) as first, closing(case.make()) as second:
        wanted = case.encode_all(first)
        found, lent = list[Packet](), list[Frame]()
        for level, pts_ns in enumerate(times_ns()):
            lent.append(case.make_frame(second.accepts, level, pts_ns))
            found += second.encode(lent[-1])
            if len(lent) > second.latency:
                for plane in lent.pop(0).planes:
                    plane.fill(_OVERWRITTEN)
        found += second.drain()
        expect(len(found), len(wanted), "packets")
        changed = [early.pts for early, late in zip(wanted, found, strict=True) if early.data != late.data]
        expect(changed, [], f"packets changed by frames overwritten after latency={second.latency}, by pts")


def annex_b_codecs_can_be_decoded_from_any_keyframe(case: EncoderCase) -> None:
    """The parameter sets of H.264 and HEVC are in band; no other codec looks like that."""
    with closing(case.make()) as encoder:
        packets = case.encode_all(encoder)
        codec = encoder.stream.codec
    if codec in _ANNEX_B:
        expect(_decoded(codec, packets), _FRAMES, f"frames that can be decoded of the bare {codec} stream")
    else:
        looks_like_it = packets[0].data.startswith((b"\0\0\1", b"\0\0\0\1"))
        expect_true(not looks_like_it, f"a packet of {codec} begins with a start code of Annex B")


def _decoded(codec: str, packets: list[Packet]) -> int:
    import av

    stream = io.BytesIO(b"".join(packet.data for packet in packets))
    with av.open(stream, "r", format=codec) as container:
        return len(list(container.decode(video=0)))


def a_frame_of_another_size_is_refused(case: EncoderCase) -> None:
    """With an error that names it."""
    with closing(case.make()) as encoder:
        accepts = encoder.accepts
        other = FrameSpec(Size(accepts.size.width * 2, accepts.size.height), accepts.format, accepts.memory)
        frame = case.make_frame(other, 0, 0)
        error = expect_refusal(EncodeError, lambda: encoder.encode(frame), f"encode() of {other.size}")
        expect_true(str(other.size) in str(error), f"the error does not name {other.size}: {error}")


def the_second_drain_gives_nothing(case: EncoderCase) -> None:
    """The first has given all."""
    with closing(case.make()) as encoder:
        expect(len(case.encode_all(encoder)), _FRAMES, "packets")
        expect(encoder.drain(), [], "the second drain()")


def an_encoder_that_got_no_frame_drains_to_nothing(case: EncoderCase) -> None:
    """A part may end before it has begun."""
    with closing(case.make()) as encoder:
        expect(encoder.drain(), [], "drain()")


def the_end_is_the_end(case: EncoderCase) -> None:
    """After `drain` and after `close` a frame is refused; `close` may be called twice."""
    with closing(case.make()) as drained, closing(case.make()) as closed:
        case.encode_all(drained)
        closed.close()
        for encoder, end in ((drained, "drain()"), (closed, "close()")):
            frame = case.make_frame(encoder.accepts, 0, times_ns()[-1] + NANOSECONDS)
            expect_refusal(EncodeError, lambda: encoder.encode(frame), f"encode() after {end}")  # noqa: B023 - called at once


ENCODER_PROMISES: tuple[Promise[EncoderCase], ...] = (
    every_frame_becomes_one_packet_at_its_time,
    packets_come_in_decode_order_from_a_keyframe_on,
    the_stream_is_complete_once_the_first_packet_is_out,
    a_frames_memory_is_free_when_latency_says_so,
    annex_b_codecs_can_be_decoded_from_any_keyframe,
    a_frame_of_another_size_is_refused,
    the_second_drain_gives_nothing,
    an_encoder_that_got_no_frame_drains_to_nothing,
    the_end_is_the_end,
)
"""Each takes an `EncoderCase`: for test runners that ask for one after the other."""


def check_encoder(
    make: Callable[[], Encoder], *, make_frame: Callable[[FrameSpec, int, int], Frame] = ramp_frame
) -> None:
    """Hold an encoder to all that every encoder promises; the arguments are those of `EncoderCase`.

    Raises:
        AssertionError: a promise is broken; the message says which and how.

    Examples:
        >>> check_encoder(lambda: open_encoder(Config()))
        >>> check_encoder(lambda: LosingEncoder(open_encoder(Config()), frames=24))
        Traceback (most recent call last):
        AssertionError: a promise is broken: every frame becomes one packet at its time: ...

    """
    check_promises(ENCODER_PROMISES, EncoderCase(make, make_frame))
