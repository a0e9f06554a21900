"""Drives the stages that need no OpenGL, from pictures that carry their number to files, as the encode thread does."""

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from glrec_core.config import Config
from glrec_core.convert.host import open_converter
from glrec_core.encode import software
from glrec_core.encode.codecs import choose_codec
from glrec_core.encode.ffmpeg_encoder import FFmpegEncoder
from glrec_core.encode.ffmpeg_options import choose_process_codec
from glrec_core.ffmpeg.executable import any_ffmpeg
from glrec_core.sink.file import FileSink
from glrec_core.stages import Encoder, Sink
from glrec_core.values.clock import NANOSECONDS
from glrec_core.values.frame import Frame, FrameSpec, Packet, PixelFormat, Size, StreamInfo
from tests.support import barcode

SIZE = Size(160, 120)


def bottom_up(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the (height, width, 3 or 4) picture as (height, width, 4), a reversed view of rows as OpenGL reads them."""
    alpha = np.full((*picture.shape[:2], 4 - picture.shape[2]), 255, np.uint8)
    return np.ascontiguousarray(np.dstack([picture, alpha])[::-1])[::-1]


def rgba_frame(picture: NDArray[np.uint8], pts_ns: int = 0) -> Frame:
    """Return a captured frame of the (height, width, 3 or 4) picture."""
    size = Size(picture.shape[1], picture.shape[0])
    return Frame(FrameSpec(size, PixelFormat.RGBA), (bottom_up(picture),), pts_ns)


def barcode_frames(times_ns: Iterable[int], size: Size = SIZE) -> Iterator[Frame]:
    """Yield one captured frame for each time, numbered from 0."""
    for number, pts_ns in enumerate(times_ns):
        yield rgba_frame(barcode.expected(size, number), pts_ns)


def regular(count: int, fps: Fraction | int) -> list[int]:
    """Return the times of `count` frames as the step clock gives them."""
    return [round(number * NANOSECONDS / Fraction(fps)) for number in range(count)]


def irregular(count: int) -> list[int]:
    """Return `count` times that are 12 to 70 ms apart, always the same ones."""
    steps = np.random.default_rng(3).integers(12_000_000, 70_000_000, count - 1)
    return [0, *np.cumsum(steps).tolist()]


def open_encoder(config: Config, size: Size = SIZE) -> Encoder:
    """Open the encoder that the options ask for."""
    clock = config.make_clock()
    return software.open_encoder(size, config, choose_codec(config), clock.time_base, clock.frame_rate)


def open_by_executable(
    config: Config, size: Size = SIZE, executable: str | Path | None = None
) -> FFmpegEncoder:
    """Open FFmpeg's executable, or what stands in for it."""
    clock = config.make_clock()
    how = choose_process_codec("ffmpeg", config)
    program = str(executable or any_ffmpeg())
    return FFmpegEncoder(size, config, how, clock.time_base, clock.frame_rate, executable=program)


def encode(
    config: Config, frames: Iterable[Frame], size: Size = SIZE
) -> Iterator[tuple[StreamInfo, list[Packet]]]:
    """Convert and encode the frames; yield the stream and what is ready after each of them, and at the end."""
    encoder = open_encoder(config, size)
    converter = open_converter(FrameSpec(size, PixelFormat.RGBA), encoder.accepts.format, config)
    for frame in frames:
        with converter.convert(frame) as converted:
            packets = encoder.encode(converted)
        yield encoder.stream, packets
    packets = encoder.drain()
    yield encoder.stream, packets
    converter.close()
    encoder.close()


def encoded(config: Config, times_ns: Sequence[int], size: Size = SIZE) -> tuple[StreamInfo, list[Packet]]:
    """Return the whole stream of barcode pictures shown at the given times."""
    rounds = list(encode(config, barcode_frames(times_ns, size), size))
    return rounds[-1][0], [packet for _, packets in rounds for packet in packets]


def record(sink: Sink, config: Config, frames: Iterable[Frame], size: Size = SIZE) -> None:
    """Write one part of the sink."""
    opened = False
    for stream, packets in encode(config, frames, size):
        if packets and not opened:
            opened = True
            sink.open(stream)
        for packet in packets:
            sink.write(packet)
    sink.close()


def film(path: Path, config: Config, times_ns: Sequence[int], size: Size = SIZE) -> Path:
    """Record barcode pictures to a new file and return its path."""
    record(FileSink(path), config, barcode_frames(times_ns, size), size)
    return path
