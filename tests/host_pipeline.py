"""Drives the stages that need no OpenGL, from pictures that carry their number to files, as the encode thread does."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from glrec_core.config import Config
from glrec_core.encode.door import stream_for
from glrec_core.encode.ffmpeg_encoder import FFmpegEncoder
from glrec_core.encode.ffmpeg_options import choose_process_codec
from glrec_core.ffmpeg.executable import any_ffmpeg
from glrec_core.sink.file import FileSink
from glrec_core.stages import Sink
from glrec_core.testing.streams import SIZE, barcode_frames, encode
from glrec_core.values.frame import Frame, Size


def open_by_executable(
    config: Config, size: Size = SIZE, executable: str | Path | None = None
) -> FFmpegEncoder:
    """Open FFmpeg's executable, or what stands in for it."""
    how = choose_process_codec("ffmpeg", config)
    stream = stream_for(how.codec.name, how.codec.pixel_format, size, config, config.make_clock())
    return FFmpegEncoder(stream, config, how=how, executable=str(executable or any_ffmpeg()))


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
