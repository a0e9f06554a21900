"""What a video file says of itself: streams, tags, structure, and the time of each packet. Nothing is decoded but the
first picture, for the tags that the coded stream itself carries.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from glrec_core.frame import Size
from glrec_core.verify import matroska, mp4
from glrec_core.verify.color_tags import UNSPECIFIED, ColorTags
from glrec_core.verify.layout import Layout
from glrec_core.verify.source import VideoError, opened_video, reason

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

MAX_FRAMES = 20_000_000
"""More packets than a recording has: 92 hours at 60 frames per second."""

_LAYOUTS: dict[str, Callable[[BinaryIO, int], Layout]] = {"mov": mp4.read_layout, "matroska": matroska.read_layout}
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
        layout: the container's structure.

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
    layout: Layout

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
        packets = sorted(_packets(container, stream))
        codec = stream.codec_context
        timed = bool(packets) and packets[0][0] is not None
        return Film(
            name=path.name,
            file_bytes=path.stat().st_size,
            container=container.format.name,
            codec=codec.codec.canonical_name,
            profile=codec.profile,
            codec_tag=codec.codec_tag,
            pixel_format=codec.pix_fmt or "unknown",
            size=Size(codec.width, codec.height),
            time_base=stream.time_base or Fraction(1),
            ticks=tuple(pts for pts, _, _ in packets) if timed else (),
            frames=len(packets),
            keyframes=tuple(index for index, packet in enumerate(packets) if packet[2]),
            last_ticks=packets[-1][1] if packets else 0,
            declared_frames=stream.frames,
            stream_color=_stream_color(path),
            layout=_layout(path, container.format.name),
        )
