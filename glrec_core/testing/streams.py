"""Streams of the barcode picture, made by the very stages that record, without OpenGL: what a sink or a decoder is tried on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from glrec_core.config import Config
from glrec_core.encode import software
from glrec_core.encode.codecs import choose_codec
from glrec_core.encode.door import stream_for
from glrec_core.stages import Encoder
from glrec_core.testing import barcode
from glrec_core.values.clock import NANOSECONDS
from glrec_core.values.frame import Frame, FrameSpec, Packet, PixelFormat, Size, StreamInfo

SIZE = Size(160, 120)
"""Of the pictures, where nothing else is said: small, and read back from every codec."""


def regular(count: int, fps: Fraction | int) -> list[int]:
    """Return the times of `count` frames in nanoseconds, as the step clock gives them.

    Examples:
        >>> regular(3, 25)
        [0, 40000000, 80000000]

    """
    return [round(number * NANOSECONDS / Fraction(fps)) for number in range(count)]


def irregular(count: int) -> list[int]:
    """Return `count` times in nanoseconds that are 12 to 70 ms apart, always the same ones.

    Examples:
        >>> irregular(50) == irregular(50) != regular(50, 25)
        True

    """
    steps = np.random.default_rng(3).integers(12_000_000, 70_000_000, count - 1)
    return [0, *np.cumsum(steps).tolist()]


def bottom_up(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the (height, width, 3 or 4) picture as (height, width, 4), a reversed view of rows as OpenGL reads them."""
    alpha = np.full((*picture.shape[:2], 4 - picture.shape[2]), 255, np.uint8)
    return np.ascontiguousarray(np.dstack([picture, alpha])[::-1])[::-1]


def rgba_frame(picture: NDArray[np.uint8], pts_ns: int = 0) -> Frame:
    """Return a captured frame of the (height, width, 3 or 4) picture.

    Examples:
        >>> rgba_frame(barcode.expected((160, 120), 7))
        Frame(160x120 rgba in host memory, pts_ns=0)

    """
    size = Size(picture.shape[1], picture.shape[0])
    return Frame(FrameSpec(size, PixelFormat.RGBA), (bottom_up(picture),), pts_ns)


def barcode_frames(times_ns: Iterable[int], size: Size = SIZE) -> Iterator[Frame]:
    """Yield one captured frame for each time, numbered from 0.

    Examples:
        >>> [barcode.read(frame.planes[0]) for frame in barcode_frames(regular(3, 25))]
        [0, 1, 2]

    """
    for number, pts_ns in enumerate(times_ns):
        yield rgba_frame(barcode.expected(size, number), pts_ns)


def open_encoder(config: Config, size: Size = SIZE) -> Encoder:
    """Open glrec's own encoder on the CPU that the options ask for.

    Examples:
        >>> open_encoder(Config(codec="h264")).accepts.size
        Size(width=160, height=120)

    """
    codec = choose_codec(config)
    stream = stream_for(codec.name, codec.pixel_format, size, config, config.make_clock())
    return software.open_encoder(stream, config)


def encode(
    config: Config, frames: Iterable[Frame], size: Size = SIZE
) -> Iterator[tuple[StreamInfo, list[Packet]]]:
    """Convert and encode the frames; yield the stream and what is ready after each of them, and at the end."""
    from glrec_core.convert.host import open_converter  # loads PyAV, which takes its time

    with closing(open_encoder(config, size)) as encoder:
        captured = FrameSpec(size, PixelFormat.RGBA)
        with closing(open_converter(captured, encoder.accepts.format, config)) as converter:
            for frame in frames:
                with converter.convert(frame) as converted:
                    packets = encoder.encode(converted)
                yield encoder.stream, packets
            packets = encoder.drain()
            yield encoder.stream, packets


def encoded(config: Config, times_ns: Sequence[int], size: Size = SIZE) -> tuple[StreamInfo, list[Packet]]:
    """Return the whole stream of barcode pictures shown at the given times: what a sink is fed with.

    Examples:
        >>> stream, packets = encoded(Config(codec="h264"), regular(10, 30))
        >>> stream.codec, len(packets), packets[0].keyframe
        ('h264', 10, True)

    """
    rounds = list(encode(config, barcode_frames(times_ns, size), size))
    return rounds[-1][0], [packet for _, packets in rounds for packet in packets]
