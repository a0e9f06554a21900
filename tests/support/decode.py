"""What a file really holds, asked of two decoders that are not the product's own path.

Pictures and timestamps come from the FFmpeg executable that imageio-ffmpeg carries (a different FFmpeg from the
one inside PyAV, and no Python code of ours), planes and stream properties from PyAV.
"""

import io
import subprocess
import tempfile
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import IO, Any, NamedTuple, cast

import av
import imageio_ffmpeg
import numpy as np
from av.video.stream import VideoStream
from numpy.typing import NDArray

from tests.support.processes import process_group, text
from tests.support.reference import Planes

DECODE_SECONDS = 90.0
_PLANAR_420 = ("yuv420p", "yuvj420p")
_ELEMENTARY = {"h264": "h264", "hevc": "hevc", "av1": "obu"}
_FULL_RANGE = 2  # H.273 VideoFullRangeFlag as FFmpeg's AVColorRange counts it: 1 limited, 2 full
# Keeps every frame, with the time it has in the file: neither doubled, dropped nor moved to start at zero.
_VIDEO = ("-map", "0:v:0", "-fps_mode", "passthrough", "-enc_time_base", "demux")
# The plain fast path of swscale repeats chroma and truncates; this one interpolates and rounds.
_EXACT_RGB = ("-sws_flags", "bilinear+accurate_rnd+full_chroma_int+full_chroma_inp", "-pix_fmt", "rgb24")


class DecodeError(AssertionError):
    """A file cannot be decoded; the message carries what the decoder said."""


class NoFramesError(DecodeError):
    """A file is a video, but holds no frame that is whole: what a recording is that has just begun."""


class Colour(NamedTuple):
    """H.273 code points; BT.709 limited is (1, 1, 1, False), untagged (2, 2, 2, False)."""

    primaries: int
    transfer: int
    matrix: int
    full_range: bool


BT709_LIMITED = Colour(1, 1, 1, full_range=False)


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """The first video stream of a file, as its container and decoder describe it."""

    container: str
    codec: str
    profile: str | None
    codec_tag: str
    pixel_format: str
    size: tuple[int, int]
    colour: Colour
    time_base: Fraction
    average_rate: Fraction | None


@dataclass(frozen=True, slots=True)
class Timeline:
    """The exact time of every decoded frame in seconds, in order of display, and the decoder's complaints."""

    timestamps: list[Fraction]
    complaints: str


def decode_rgb(
    path: Path, tell: Callable[[Timeline], object] | None = None
) -> Generator[NDArray[np.uint8], None, None]:
    """Yield every frame as a player shows it, (height, width, 3) RGB, by the tags in the file.

    After the last one, `tell` is given what `timeline` returns, from the same decoding. Raises DecodeError when
    FFmpeg fails or takes longer than DECODE_SECONDS.
    """
    width, height = probe(path).size
    frame_bytes = width * height * 3
    source, pictures = ["-copyts", "-i", str(path)], [*_VIDEO, *_EXACT_RGB, "-f", "rawvideo"]
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as errors:
        times = Path(folder) / "times"
        if tell is not None:
            source += [*_VIDEO, "-f", "framecrc", "-y", str(times)]
        with _ffmpeg([*source, *pictures], errors) as output:
            while data := output.read(frame_bytes):
                if len(data) != frame_bytes:
                    raise DecodeError(
                        f"{path}: {len(data)} bytes instead of {frame_bytes} for {width}x{height}"
                    )
                yield np.frombuffer(data, np.uint8).reshape(height, width, 3)
        if tell is not None:
            tell(_timeline(times.read_text("ascii"), text(errors)))


def decode_yuv(path: Path) -> Generator[Planes, None, None]:
    """Yield the decoded planes of every frame of an 8-bit 4:2:0 file, untouched.

    Raises DecodeError for another pixel format.
    """
    with av.open(path) as container:
        for frame in container.decode(video=0):
            if frame.format.name not in _PLANAR_420:
                raise DecodeError(f"{path} is {frame.format.name}, not one of {_PLANAR_420}")
            yield _planes(frame)


def timeline(path: Path) -> Timeline:
    """Decode the whole file with FFmpeg and return when each frame is shown, and all that FFmpeg minded."""
    arguments = ["-copyts", "-i", str(path), *_VIDEO, "-f", "framecrc"]
    with tempfile.TemporaryFile() as errors:
        with _ffmpeg(arguments, errors) as output:
            listed = output.read().decode("ascii")
        return _timeline(listed, text(errors))


def _timeline(listed: str, complaints: str) -> Timeline:
    lines = listed.splitlines()
    time_base = Fraction(next(line for line in lines if line.startswith("#tb 0:")).split()[-1])
    fields = [line.split(",") for line in lines if not line.startswith("#")]
    return Timeline([int(pts) * time_base for _, _, pts, *_ in fields], complaints)


def timestamps(path: Path) -> list[Fraction]:
    """Return the exact time in seconds of every frame, in order of display."""
    return timeline(path).timestamps


def frame_count(path: Path) -> int:
    """Return how many frames decode."""
    return len(timestamps(path))


def pyav_timestamps(path: Path) -> list[Fraction]:
    """Return the same as `timestamps` according to PyAV, as a second witness."""
    with av.open(path) as container:
        frames = container.decode(video=0)
        return [cast("int", frame.pts) * cast("Fraction", frame.time_base) for frame in frames]


def probe(path: Path) -> VideoInfo:
    """Describe the first video stream; the first frame is decoded for what only the decoder knows.

    Raises NoFramesError where there is none.
    """
    with av.open(path) as container:
        stream = container.streams.video[0]
        if next(container.decode(stream), None) is None:
            raise NoFramesError(f"{path} is a video without a frame")
        codec = stream.codec_context
        return VideoInfo(
            container=container.format.name,
            codec=codec.codec.canonical_name,
            profile=codec.profile,
            codec_tag=codec.codec_tag,
            pixel_format=str(codec.pix_fmt),
            size=(codec.width, codec.height),
            colour=_colour(stream),
            time_base=cast("Fraction", stream.time_base),
            average_rate=cast("Any", stream.average_rate),
        )


def bitstream_colour(path: Path) -> Colour:
    """Return the colour tags of the coded stream alone (the VUI of H.264 and HEVC), without the container's.

    Raises DecodeError for a codec without a stream format of its own, which has no such tags.
    """
    codec = probe(path).codec
    if codec not in _ELEMENTARY:
        raise DecodeError(f"{path} is {codec}; colour tags can be read from {', '.join(_ELEMENTARY)}")
    format_name = _ELEMENTARY[codec]
    arguments = ["-i", str(path), "-map", "0:v:0", "-c", "copy", "-frames:v", "1", "-f", format_name]
    with _ffmpeg(arguments) as output:
        stream = io.BytesIO(output.read())
    with av.open(stream, "r", format=format_name) as container:
        video = container.streams.video[0]
        next(container.decode(video))
        return _colour(video)


@contextmanager
def _ffmpeg(arguments: Sequence[str], errors: IO[bytes] | None = None) -> Iterator[IO[bytes]]:
    """Run FFmpeg with its output as a stream; a failure or a time-out raises DecodeError at the end."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", *arguments, "pipe:1"]
    with (
        tempfile.TemporaryFile() as own_errors,
        process_group(command, stdout=subprocess.PIPE, stderr=errors or own_errors) as process,
    ):
        deadline = threading.Timer(DECODE_SECONDS, process.kill)
        deadline.daemon = True  # a reader that stopped half-way does not hold up the interpreter's end
        deadline.start()
        output = cast("IO[bytes]", process.stdout)
        try:
            yield output
            process.wait()
        finally:
            deadline.cancel()
            deadline.join()  # so that tests that count threads do not see it
            output.close()  # FFmpeg does not end while it waits for a reader that has stopped half-way
        if process.returncode != 0:
            said = text(errors or own_errors)
            raise DecodeError(f"FFmpeg returned {process.returncode} for {arguments}:\n{said}")


def _planes(frame: av.VideoFrame) -> Planes:
    packed = cast("NDArray[np.uint8]", frame.to_ndarray())
    half_width, half_height = frame.width // 2, frame.height // 2
    chroma = packed[frame.height :].reshape(2, half_height, half_width)
    return Planes(packed[: frame.height], chroma[0], chroma[1])


def _colour(stream: VideoStream) -> Colour:
    codec = stream.codec_context
    full_range = codec.color_range == _FULL_RANGE
    return Colour(int(codec.color_primaries), int(codec.color_trc), int(codec.colorspace), full_range)
