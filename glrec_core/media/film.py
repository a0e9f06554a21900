"""What a video file says of itself: streams, tags, structure, and the time of each packet. Nothing is decoded but the
first picture, for the tags that the coded stream itself carries.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from itertools import islice, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from glrec_core.errors import VideoError
from glrec_core.media import matroska, mp4
from glrec_core.media.source import opened_video
from glrec_core.media.structure import ColorTags, ContainerStructure
from glrec_core.values.foreign import FFMPEG, reason, translated
from glrec_core.values.frame import Size

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

MAX_FRAMES = 20_000_000
"""More packets than a recording has: 92 hours at 60 frames per second."""

_READERS: dict[str, Callable[[BinaryIO, int], ContainerStructure]] = {
    "mov": mp4.read_structure,
    "matroska": matroska.read_structure,
}
"""By FFmpeg's first name of the demuxer."""

_FULL_RANGE, _LIMITED_RANGE = 2, 1  # AVCOL_RANGE_JPEG and AVCOL_RANGE_MPEG, libavutil/pixfmt.h
_FIRST_PICTURE_PACKETS = 100


@dataclass(frozen=True, slots=True)
class Film:
    """A video file as its container describes it.

    Attributes:
        name: the file's name.
        file_bytes: its size.
        container: FFmpeg's name of the demuxer.
        codec, profile, codec_tag, pixel_format: FFmpeg's names; the profile may be unknown.
        size: (width, height) in pixels.
        time_base: seconds per tick.
        ticks: the time of each frame, in order of presentation; empty if packets have no times.
        frames: number of packets that are to be shown.
        keyframes: which of these are keyframes, counted from 0 in order of presentation.
        last_ticks: how long the last frame is shown, if the container says so, else 0.
        declared_frames: how many frames the index says there are; 0 if it does not.
        stream_color: tags of the coded stream alone; None if its first picture cannot be decoded.
        structure: the container's structure.

    """

    name: str
    file_bytes: int
    container: str
    codec: str
    profile: str | None
    codec_tag: str
    pixel_format: str
    size: Size
    time_base: Fraction
    ticks: tuple[int, ...]
    frames: int
    keyframes: tuple[int, ...]
    last_ticks: int
    declared_frames: int
    stream_color: ColorTags | None
    structure: ContainerStructure

    @property
    def intervals(self) -> list[int]:
        """Ticks from each frame to the next."""
        return [later - earlier for earlier, later in pairwise(self.ticks)]

    @property
    def start_seconds(self) -> Fraction:
        """Time of the first frame."""
        return min(self.ticks, default=0) * self.time_base

    @property
    def duration_seconds(self) -> Fraction:
        """Time from the first frame to the end of the last, which lasts as long as the one before if nobody says."""
        if not self.ticks:
            return Fraction(0)
        last = self.last_ticks or (self.intervals or [0])[-1]
        return (self.ticks[-1] - self.ticks[0] + last) * self.time_base

    @property
    def longest_gop(self) -> int:
        """Largest distance of two keyframes, or of one to the end, in frames."""
        return max((after - before for before, after in pairwise((*self.keyframes, self.frames))), default=0)


def read_film(path: Path) -> Film:
    """Read a file in this process, without a limit on the time it takes.

    Raises:
        VideoError: it is no video.

    """
    with opened_video(path) as (container, stream):
        packets = _shown_packets(path, container, stream)
        times = [packet.pts for packet in packets]
        codec = stream.codec_context
        return Film(
            name=path.name,
            file_bytes=path.stat().st_size,
            container=container.format.name,
            codec=codec.codec.canonical_name,
            profile=codec.profile,
            codec_tag=codec.codec_tag,
            pixel_format=codec.pix_fmt or "unknown",
            size=Size(codec.width, codec.height),
            time_base=_fraction(stream.time_base),
            ticks=tuple(time for time in times if time is not None) if None not in times else (),
            frames=len(packets),
            keyframes=tuple(index for index, packet in enumerate(packets) if packet.keyframe),
            last_ticks=packets[-1].duration if packets else 0,
            declared_frames=stream.frames,
            stream_color=_stream_color(path),
            structure=read_structure(path, container.format.name),
        )


def film_as_json(film: Film) -> dict[str, Any]:
    """Return what `film_from_json` takes, from one process to another."""
    return {**asdict(film), "time_base": str(film.time_base)}


def film_from_json(data: Mapping[str, Any]) -> Film:
    """Return the film that `film_as_json` was given."""
    structure = data["structure"]
    restored = {
        "time_base": Fraction(data["time_base"]),
        "size": Size(*data["size"]),
        "ticks": tuple(data["ticks"]),
        "keyframes": tuple(data["keyframes"]),
        "stream_color": _tags(data["stream_color"]),
        "structure": ContainerStructure(
            **{**structure, "color": _tags(structure["color"]), "faults": tuple(structure["faults"])}
        ),
    }
    return Film(**{**data, **restored})


def _tags(values: Sequence[Any] | None) -> ColorTags | None:
    return None if values is None else ColorTags(*values)


def _fraction(time_base: Any) -> Fraction:
    """Return a time base as a Fraction, which PyAV's own number is not from version 19 on."""
    return Fraction(1) if time_base is None else Fraction(time_base.numerator, time_base.denominator)


class _Shown(NamedTuple):
    """A packet that is to be shown."""

    pts: int | None
    duration: int
    keyframe: bool


def _shown_packets(path: Path, container: InputContainer, stream: VideoStream) -> list[_Shown]:
    """Return the packets in order of presentation, or of storage if they have no times."""
    packets = list(islice(_packets(path, container, stream), MAX_FRAMES + 1))
    if len(packets) > MAX_FRAMES:
        raise VideoError(f"{path.name} claims more than {MAX_FRAMES} frames")
    return sorted(packets) if all(packet.pts is not None for packet in packets) else packets


def _packets(path: Path, container: InputContainer, stream: VideoStream) -> Iterator[_Shown]:
    with translated(VideoError, f"{path.name} cannot be read to its end", FFMPEG, words=reason):
        for packet in container.demux(stream):
            if packet.size and not packet.is_discard:  # the last one is empty and means the end
                yield _Shown(packet.pts, packet.duration or 0, packet.is_keyframe)


def _stream_color(path: Path) -> ColorTags | None:
    """Decode the first picture with a decoder that is told nothing of what the container says."""
    import av

    with opened_video(path) as (container, stream):
        told = stream.codec_context
        decoder = av.CodecContext.create(told.codec.name, "r")
        assert isinstance(decoder, av.VideoCodecContext)
        decoder.extradata = told.extradata
        try:
            for packet in islice(container.demux(stream), _FIRST_PICTURE_PACKETS):
                if pictures := decoder.decode(packet):
                    return _frame_color(pictures[0])
        except av.FFmpegError:
            return None  # decoding the whole file will tell
    return None


def _frame_color(frame: VideoFrame) -> ColorTags:
    ranges = {_FULL_RANGE: True, _LIMITED_RANGE: False}
    points = (int(frame.color_primaries), int(frame.color_trc), int(frame.colorspace))
    return ColorTags(*points, full_range=ranges.get(int(frame.color_range)))


def read_structure(path: Path, container: str) -> ContainerStructure:
    """Return the structure of a file by FFmpeg's name of its demuxer; nothing is told of most kinds."""
    read = _READERS.get(container.partition(",")[0])
    if read is None:
        return ContainerStructure()
    with path.open("rb") as file:
        return read(file, path.stat().st_size)
