"""What is known of a video before it is read: from its header and its first picture, which FFmpeg decodes."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from glrec_core.errors import VideoError
from glrec_core.read.coding import Coding, coding_of
from glrec_core.read.decoding import SoftwareDecoder, decoded
from glrec_core.values.frame import Size

if TYPE_CHECKING:
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

_QUARTER_TURN = 90
_UNKNOWN_RATE = Fraction(25)
"""What FFmpeg's demuxers of raw streams assume."""

NVDEC_CODECS = {"h264": "H264", "hevc": "HEVC", "av1": "AV1", "vp9": "VP9"}
"""FFmpeg's names and PyNvVideoCodec's, of the codecs whose packets NVDEC's parser takes as the demuxer gives them."""


@dataclass(frozen=True, slots=True)
class Facts:
    """A video as its file describes it.

    Attributes:
        path: absolute.
        codec: FFmpeg's name.
        pixel_format: FFmpeg's name of what its decoder gives.
        coded: the size of the decoded picture.
        turns: how many quarter turns against the clock make it upright.
        coding: what its samples mean.
        time_base: seconds per tick.
        first_ticks: the time of the first picture.
        has_times: whether pictures have times; where they have none, they come at the nominal rate.
        rate: nominal pictures per second.

    """

    path: Path
    codec: str
    pixel_format: str
    coded: Size
    turns: int
    coding: Coding
    time_base: Fraction
    first_ticks: int
    has_times: bool
    rate: Fraction

    def seconds(self, ticks: int) -> Fraction:
        """Return the time of a picture after the first."""
        return (ticks - self.first_ticks) * self.time_base


def read_facts(path: Path) -> Facts:
    """Read the header and decode the first picture.

    Raises:
        VideoError: it is no video, or nothing of it can be decoded.

    """
    headers: list[_Header] = []

    def open_decoder(stream: VideoStream) -> SoftwareDecoder:
        headers.append(_header(stream))
        stream.thread_type = "SLICE"  # pictures after the first are not begun at the same time
        return SoftwareDecoder(stream)

    with closing(decoded(path, open_decoder)) as pictures:
        first = next(pictures, None)
    if first is None:
        raise VideoError(f"{path.name}: not one picture of it can be decoded")
    codec, rate, time_base = headers[0]
    picture: VideoFrame = first.content
    return Facts(
        path=path,
        codec=codec,
        pixel_format=picture.format.name,
        coded=Size(picture.width, picture.height),
        turns=_turns(picture.rotation),
        coding=coding_of(path.name, picture, codec),
        time_base=time_base if first.ticks is not None else 1 / rate,
        first_ticks=first.ticks or 0,
        has_times=first.ticks is not None,
        rate=rate,
    )


class _Header(NamedTuple):
    """What the container says."""

    codec: str
    rate: Fraction
    time_base: Fraction


def _header(stream: VideoStream) -> _Header:
    rate = _rate(stream.average_rate or stream.guessed_rate)
    return _Header(stream.codec_context.codec.canonical_name, rate, _rate(stream.time_base))


def _rate(value: object) -> Fraction:
    """Return PyAV's own kind of number as a Fraction."""
    numerator, denominator = getattr(value, "numerator", 0), getattr(value, "denominator", 1)
    return Fraction(numerator, denominator) if numerator > 0 and denominator > 0 else _UNKNOWN_RATE


def _turns(degrees: int) -> int:
    """Return quarter turns; FFmpeg counts degrees against the clock (libavutil/display.h). Others are not applied."""
    return degrees // _QUARTER_TURN % 4 if degrees % _QUARTER_TURN == 0 else 0
