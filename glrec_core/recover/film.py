"""The film that a recording left when its process ended: the pictures in it that are complete, as packets or as frames.

A killed process leaves a file that ends anywhere. What counts is what the demuxer still gives in full.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import av
import numpy as np
from av.bitstream import BitStreamFilterContext
from numpy.typing import NDArray

from glrec_core.errors import ConfigError, VideoError
from glrec_core.ffmpeg.terms import alpha_of, parameter_sets
from glrec_core.media.source import check_path, opened_video
from glrec_core.values.clock import NANOSECONDS, ticks
from glrec_core.values.frame import Frame, FrameSpec, Packet, PixelFormat, Size, StreamInfo

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

_ANNEX_B = {"h264": "h264_mp4toannexb", "hevc": "hevc_mp4toannexb"}
"""What makes of a container's access units those that glrec's encoders give, by codec."""

_AV1_BOX_BYTES = 4
"""What comes before the sequence header in AV1CodecConfigurationRecord (AV1 in ISOBMFF 2.3.3); Matroska has the same."""

_CANNOT_GROW = frozenset({"gif", "webp", "png"})
"""Codecs whose files are not made of packets that others could follow."""

_MAX_REORDER = 16
"""By how many pictures one can be decoded before it is shown: the frames that H.264 and HEVC decoders hold at most."""


class _Stored(NamedTuple):
    """When a packet is shown, in ticks of the file, and whether decoding can begin with it."""

    ticks: int
    keyframe: bool


class FilmSoFar:
    """A file with one video stream, which may end in the middle of a picture.

    Raises:
        ConfigError: there is no such file, or no complete picture in it.

    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path: Path = check_path(path)
        try:
            with opened_video(self.path) as (container, stream):
                codec = stream.codec_context.codec.canonical_name
                self.codec: str = codec
                self.size: Size = Size(stream.codec_context.width, stream.codec_context.height)
                self._tag: str = stream.codec_context.codec_tag
                self._time_base = Fraction(cast("Any", stream.time_base) or 1)  # PyAV 19 has its own class
                self._parameters = stream.codec_context.extradata or b""
                self._index: list[_Stored] = []
                for packet in _complete_packets(container, stream):
                    if not self._index and codec in _ANNEX_B:
                        self._parameters = parameter_sets(bytes(packet), codec)
                    self._index.append(_Stored(_shown_at(packet), packet.is_keyframe))
        except VideoError as error:
            raise ConfigError(
                f"{self.path}: nothing of this film can be read, so recover without it: {error}"
            ) from error
        if self.codec in _CANNOT_GROW:
            raise ConfigError(f"{self.path}: a film of {self.codec} cannot be completed; recover without it")
        if not self._index:
            raise ConfigError(f"{self.path} holds no complete picture yet; recover without it")

    def __len__(self) -> int:
        """Return how many pictures are complete."""
        return len(self._index)

    @property
    def times_ns(self) -> NDArray[np.int64]:
        """When the pictures are shown, ascending."""
        return np.sort([self._time_ns(stored.ticks) for stored in self._index]).astype(np.int64)

    @property
    def precision_ns(self) -> int:
        """How far a time in the file can be from that of the frame, by rounding to the file's ticks and ours."""
        return round(self._time_base * NANOSECONDS / 2) + 1

    def times_from(self, time_ns: int) -> NDArray[np.int64]:
        """Return the times of the packets that `end_before` would leave out, in decode order."""
        return np.array(
            [self._time_ns(stored.ticks) for stored in self._index[self._first_from(time_ns) :]], np.int64
        )

    def end_before(self, time_ns: int) -> None:
        """Leave out the packets from the first one on that is shown at that time or later, but for the very first."""
        del self._index[self._first_from(time_ns) :]

    @property
    def reordered_ns(self) -> int:
        """From when on a picture may be missing since those that are decoded before it are there already."""
        return min(self._time_ns(stored.ticks) for stored in self._index[-_MAX_REORDER:])

    def other_stream(self, stream: StreamInfo) -> str | None:
        """Return why packets of a stream cannot follow those of the film; None if they can."""
        if (self.codec, self.size) != (stream.codec, stream.size):
            return f"the film is {self.codec} of {self.size}, the frames after it {stream.codec} of {stream.size}"
        if stream.codec_tag and stream.codec_tag != self._tag:
            return f"the film is {self._tag}, the frames after it {stream.codec_tag}"
        if stream.extradata and not self._is_described_by(stream.extradata):
            return "another encoder, or another version of it, made the film"
        return None

    def packets(self, time_base: Fraction, duration: int) -> Iterator[Packet]:
        """Yield the complete packets with their times in ticks of `time_base`; `duration` is that of each."""
        shown = [ticks(self._time_ns(stored.ticks), time_base) for stored in self._index]
        with opened_video(self.path) as (container, stream):
            found = zip(_complete_packets(container, stream), shown, _decode_times(shown), strict=False)
            for packet, pts, dts in found:
                yield Packet(bytes(packet), pts, dts, packet.is_keyframe, duration, alpha_of(packet))

    def frames(self) -> Iterator[Frame]:
        """Yield the pictures as frames in host memory, without alpha, to be encoded anew."""
        from glrec_core.read import Player

        player = Player(self.path, device="cpu")
        spec = FrameSpec(player.size, PixelFormat.RGBA)
        for time_ns, (_, picture) in zip(self.times_ns.tolist(), player.frames(), strict=False):
            rgba = np.full((*picture.shape[:2], 4), 255, np.uint8)
            rgba[..., :3] = picture
            yield Frame(spec, (rgba,), time_ns)

    def _is_described_by(self, parameters: bytes) -> bool:
        if self.codec in _ANNEX_B:
            return _units(parameters) == _units(self._parameters)
        return parameters in {self._parameters, self._parameters[_AV1_BOX_BYTES:]}

    def _first_from(self, time_ns: int) -> int:
        later = (
            number for number, stored in enumerate(self._index) if self._time_ns(stored.ticks) >= time_ns
        )
        return max(1, next(later, len(self._index)))

    def _time_ns(self, shown_ticks: int) -> int:
        return round(shown_ticks * self._time_base * NANOSECONDS)


def _complete_packets(container: InputContainer, stream: VideoStream) -> Iterator[av.Packet[Any]]:
    """Yield the packets up to the first that is not complete, those of H.264 and HEVC as encoders give them."""
    to_annex_b = None
    if name := _ANNEX_B.get(stream.codec_context.codec.canonical_name):
        to_annex_b = BitStreamFilterContext(name, stream)
    try:
        for packet in container.demux(stream):
            if not packet.size or packet.is_corrupt or packet.pts is None:
                return
            yield from [packet] if to_annex_b is None else to_annex_b.filter(packet)
    except av.FFmpegError:  # what is behind that cannot be had
        return


def _units(parameters: bytes) -> set[bytes]:
    """Return the NAL units of an Annex B stream; zeros at their ends are padding (H.264 and H.265, B.1)."""
    return {unit.rstrip(b"\0") for unit in parameters.split(b"\0\0\1")[1:]}


def _shown_at(packet: av.Packet[Any]) -> int:
    assert packet.pts is not None
    return packet.pts


def _decode_times(shown: Sequence[int]) -> list[int]:
    """Return when pictures are to be decoded that are given in that order: as late as they can be, each once."""
    times = sorted(shown)
    rank = {time: number for number, time in enumerate(times)}
    delay = max(number - rank[time] for number, time in enumerate(shown))
    return [times[0] - delay + number for number in range(delay)] + times[: len(times) - delay]
