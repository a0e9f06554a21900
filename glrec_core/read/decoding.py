"""Takes a file's pictures out of it one after the other, from any moment on; which decoder does it is the caller's choice.

Everything that is open belongs to the generator and ends with it. A file that ends in the middle, or whose pictures do not
decode, is an error at the place where it is damaged: what comes before is given.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

import av
from av.packet import Packet

from glrec_core.errors import VideoError
from glrec_core.media.film import read_structure
from glrec_core.media.source import opened_video
from glrec_core.values.foreign import FFMPEG, reason, translated

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

    VideoPacket = Packet[Any]

_END: VideoPacket = Packet()
_BACK_SECONDS = (0, 1, 4, 16, 64)
"""How far before the wanted time a seek is tried until a picture comes that is not later. The demuxer's keyframe is not
always early enough: pictures of an open GOP are shown before theirs, and MPEG-TS has no index."""


@dataclass(frozen=True, slots=True)
class DecodedPicture:
    """A decoded picture: its time in ticks of the stream, if it has one, and what the decoder made of it."""

    ticks: int | None
    content: Any
    damaged: bool = False


class Decoder(Protocol):
    """Turns packets into pictures, in order of presentation. `content` need not outlive the next call."""

    def decode(self, packet: VideoPacket) -> list[DecodedPicture]:
        """Return what is ready; a packet without data ends the stream and gives out what was held back.

        Raises:
            VideoError: it cannot be decoded; the text is the reason.

        """
        ...

    def close(self) -> None:
        """Release everything."""
        ...


DecoderFactory = Callable[["VideoStream"], Decoder]


class SoftwareDecoder:
    """FFmpeg's own decoder; `content` is an `av.VideoFrame`, which owns its memory."""

    def __init__(self, stream: VideoStream) -> None:
        self._codec = stream.codec_context

    def decode(self, packet: VideoPacket) -> list[DecodedPicture]:
        with translated(VideoError, "", FFMPEG, words=reason):
            return [DecodedPicture(each.pts, each, each.is_corrupt) for each in self._codec.decode(packet)]

    def close(self) -> None:
        """Nothing to do: the codec context ends with its container."""


def decoded(
    path: Path, open_decoder: DecoderFactory, start_ticks: int | None = None
) -> Generator[DecodedPicture, None, None]:
    """Yield the pictures of a file, from the one that is shown at `start_ticks` on, or from an earlier one.

    Raises:
        VideoError: the file is damaged; the pictures before that have been given.

    """
    for back in _BACK_SECONDS if start_ticks is not None else ():
        with closing(_one_pass(path, open_decoder, start_ticks, back)) as pictures:
            first = _first(pictures)
            if first is not None and first.ticks is not None and first.ticks <= (start_ticks or 0):
                yield first
                yield from pictures
                return
    with closing(_one_pass(path, open_decoder)) as pictures:
        yield from pictures


def nearest_keyframe(path: Path, ticks: int) -> int | None:
    """Return the time of the keyframe that is nearest to a time; None if the file cannot be searched."""
    with opened_video(path) as (container, stream):
        for back in _BACK_SECONDS:
            try:
                container.seek(ticks - _ticks(stream, back), stream=stream)
            except av.FFmpegError:
                return None
            with suppress(VideoError):  # decoding will tell
                if (found := _nearest(_packets(path, container, stream), ticks)) is not None:
                    return found
    return None


def _nearest(packets: Iterator[VideoPacket], ticks: int) -> int | None:
    """Return the time of the nearest keyframe, if the packets begin with one that is early enough to know."""
    best: int | None = None
    for packet in packets:
        if best is not None and packet.dts is not None and packet.dts > 2 * ticks - best:
            break  # all that follow are further away
        if not (packet.is_keyframe and packet.size) or packet.is_discard or packet.pts is None:
            continue
        if best is None and packet.pts > ticks:
            return None
        if best is not None and abs(packet.pts - ticks) >= abs(best - ticks):
            break
        best = packet.pts
    return best


def _first(pictures: Iterator[DecodedPicture]) -> DecodedPicture | None:
    try:
        return next(pictures, None)
    except VideoError:
        return None  # an earlier start will tell, the file's own at the latest


def _one_pass(
    path: Path, open_decoder: DecoderFactory, start_ticks: int | None = None, back_seconds: int = 0
) -> Generator[DecodedPicture, None, None]:
    """Open the file and yield its pictures, from its begin or from what a seek finds; nothing if it cannot seek."""
    with opened_video(path) as (container, stream):
        if start_ticks is not None:
            try:
                container.seek(start_ticks - _ticks(stream, back_seconds), stream=stream)
            except av.FFmpegError:
                return
        with closing(open_decoder(stream)) as decoder:
            packets = _packets(path, container, stream)
            if start_ticks is None:
                yield from _decode(path, decoder, packets, None)
            else:
                yield from _decode(path, decoder, *_from_keyframe(packets))
        structure = read_structure(path, container.format.name)
    if structure.faults:
        raise VideoError(f"{path.name} is damaged: {'; '.join(structure.faults)}")


def _packets(path: Path, container: InputContainer, stream: VideoStream) -> Iterator[VideoPacket]:
    """Yield the packets, and one without data at the end. There cannot be more of them than the file has bytes."""
    packets = container.demux(stream)
    left = path.stat().st_size
    while True:
        with translated(VideoError, f"{path.name} cannot be read to its end", FFMPEG, words=reason):
            packet = next(packets, None)
        if packet is None:
            return
        left -= 1
        if left < 0:
            raise VideoError(f"{path.name} claims more pictures than it has bytes")
        yield packet


def _from_keyframe(packets: Iterator[VideoPacket]) -> tuple[Iterator[VideoPacket], int | None]:
    """Return the packets from the first keyframe on, and its time: what is shown earlier needs pictures before it."""
    for packet in packets:
        if packet.is_keyframe and packet.size:
            return _chained(packet, packets), packet.pts
    return iter(()), None


def _chained(first: VideoPacket, others: Iterator[VideoPacket]) -> Iterator[VideoPacket]:
    yield first
    yield from others


def _decode(
    path: Path, decoder: Decoder, packets: Iterator[VideoPacket], earliest_ticks: int | None
) -> Generator[DecodedPicture, None, None]:
    for packet in packets:
        cut_short = packet.is_corrupt
        # What is held back is good, and comes out before the error is raised.
        for picture in _checked(path, decoder, _END if cut_short else packet):
            if earliest_ticks is not None and (picture.ticks is None or picture.ticks < earliest_ticks):
                continue
            if picture.damaged:
                raise VideoError(f"{path.name} is damaged: a picture cannot be decoded in full")
            yield picture
        if cut_short:
            raise VideoError(f"{path.name} is damaged: it ends, or has a gap, in the middle of a picture")


def _checked(path: Path, decoder: Decoder, packet: VideoPacket) -> list[DecodedPicture]:
    try:
        return decoder.decode(packet)
    except VideoError as error:
        raise VideoError(f"{path.name} is damaged: a picture cannot be decoded: {error}") from error


def _ticks(stream: VideoStream, seconds: int) -> int:
    return int(seconds / Fraction(cast("Any", stream.time_base) or 1))
