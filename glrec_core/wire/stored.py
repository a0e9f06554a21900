"""The access units of a file as a stream, as they are: a source for the wire that needs neither a GPU nor an encoder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from glrec_core.errors import VideoError
from glrec_core.media.source import check_path, opened_video
from glrec_core.values.color import BT709, ColorSpace
from glrec_core.values.foreign import FFMPEG, reason, translated
from glrec_core.values.frame import Packet, PixelFormat, Size, StreamInfo

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.codeccontext import VideoCodecContext
    from av.video.stream import VideoStream

_FULL_RANGE = 2  # AVCOL_RANGE_JPEG, libavutil/pixfmt.h


@contextmanager
def stored_stream(path: Path) -> Iterator[tuple[StreamInfo, Iterator[Packet]]]:
    """Open a file and give its first video stream: the description, and the access units in decode order.

    H.264 and HEVC are in the file's own form, which `extradata` tells: with lengths, not start codes, in MP4 and Matroska.

    Raises:
        ConfigError: there is no such file.
        VideoError: it is no video; or, from the iterator, it is damaged or has no times.

    """
    with opened_video(check_path(path)) as (container, stream):
        yield _description(stream), _packets(path, container, stream)


def _description(stream: VideoStream) -> StreamInfo:
    codec = stream.codec_context
    return StreamInfo(
        codec=codec.codec.canonical_name,
        size=Size(codec.width, codec.height),
        # PyAV 19 has rational numbers of its own, which its types do not show to be such.
        time_base=Fraction(cast("Any", stream.time_base) or Fraction(1, 1000)),
        frame_rate=Fraction(cast("Any", stream.average_rate or stream.guessed_rate) or 1),
        color=_color(codec),
        extradata=codec.extradata or b"",
        pixel_format=_pixel_format(codec.pix_fmt),
    )


def _color(codec: VideoCodecContext) -> ColorSpace:
    """Return the file's own tags, whichever they are: nothing is computed from them."""
    return replace(
        BT709,
        name="as in the file",
        primaries=int(codec.color_primaries),
        transfer=int(codec.color_trc),
        matrix=int(codec.colorspace),
        full_range=int(codec.color_range) == _FULL_RANGE,
    )


def _pixel_format(name: str | None) -> PixelFormat:
    return next((known for known in PixelFormat if known.value == name), PixelFormat.YUV420P)


def _packets(path: Path, container: InputContainer, stream: VideoStream) -> Iterator[Packet]:
    from glrec_core.ffmpeg.terms import alpha_of

    with translated(VideoError, f"{path.name} cannot be read to its end", FFMPEG, words=reason):
        for packet in container.demux(stream):
            if not packet.size:  # the last one is empty and means the end
                continue
            if packet.pts is None or packet.dts is None:
                raise VideoError(
                    f"{path.name} holds no times; put the stream into a container such as MP4 first"
                )
            times = (packet.pts, packet.dts, packet.is_keyframe, packet.duration or 0)
            yield Packet(bytes(packet), *times, alpha=alpha_of(packet))
