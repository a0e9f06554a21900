"""Software encoding in process, by FFmpeg's encoders through PyAV."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import av
import numpy as np
from av.codec.context import Flags
from av.video.frame import PictureType, VideoFrame
from numpy.typing import NDArray

from glrec_core.config import Config
from glrec_core.encode.codec import Codec
from glrec_core.encode.codecs import choose_codec
from glrec_core.encode.options import encoder_options, frame_threads, nominal_rate, quieten
from glrec_core.errors import EncodeError
from glrec_core.ffmpeg.terms import alpha_of, parameter_sets, picture_planes, tag_color, untag_color
from glrec_core.system.priority import ordinary_priority
from glrec_core.values.foreign import DLPACK, FFMPEG, translated
from glrec_core.values.frame import Frame, FrameSpec, Memory, Packet, PixelFormat, StreamInfo
from glrec_core.values.timeline import Entrance, Timeline

_READ_IN_PLACE = {PixelFormat.NV12, PixelFormat.YUV420P, PixelFormat.YUV444P}
"""What PyAV makes a picture of without a copy."""

_HELD_BESIDE_THREADS = 1
"""x264 with threads for whole frames holds so many frames more than it has threads (seen with FFmpeg 8.1)."""

OpenContext = Callable[[Codec, Config, StreamInfo, int], av.VideoCodecContext]
"""Opens an encoder for a stream with a keyframe every so many frames at least."""


class PyAVEncoder:
    """One software encoder, open for one picture size.

    All encoders copy what they keep, so a frame's memory is free when `encode` returns.

    Raises:
        ConfigError: the size is not one that the codec takes.
        EncodeError: FFmpeg could not open the encoder, or the size is odd where it must be even.

    """

    latency = 0

    def __init__(
        self,
        stream: StreamInfo,
        config: Config,
        codec: Codec | None = None,
        *,
        memory: Memory = Memory.HOST,
        open_context: OpenContext | None = None,
    ) -> None:
        """`codec` is the row where the options do not choose it; `open_context` opens it otherwise than for a recording."""
        codec = self._codec = codec or choose_codec(config)
        codec.check_frame_size(stream.size)
        self.accepts: FrameSpec = FrameSpec(stream.size, codec.takes, memory)
        gop = 1 if config.gop is None and codec.intra_only else config.gop
        time = self._timeline = Timeline(stream.time_base, stream.frame_rate, gop)
        self._entrance = Entrance(self.accepts, time)
        self._stream = stream
        self._extradata: bytes | None = None
        self._context: av.VideoCodecContext | None = (open_context or software_context)(
            codec, config, stream, time.gop_frames
        )
        if not codec.annex_b:
            self._extradata = self._context.extradata or b""
        if codec.name == "prores":  # whose profile nothing in the stream tells
            self._stream = replace(self._stream, codec_tag=self._context.codec_tag)

    @property
    def stream(self) -> StreamInfo:
        """Parameters for the sinks; those of H.264 and HEVC hold extradata once the first packet is out."""
        return replace(self._stream, extradata=self._extradata or b"")

    def encode(self, frame: Frame) -> list[Packet]:
        """Take one frame, later than all before it, and return the packets that are ready.

        Raises:
            EncodeError: the frame is of another kind, or not later, or FFmpeg refused it.

        """
        pts = self._entrance.admit(frame)
        with translated(EncodeError, f"the planes of {frame} are not as {frame.spec.format} says", DLPACK):
            picture = _picture(frame)
        self._tag(picture)
        picture.pts, picture.time_base = pts, self._stream.time_base
        picture.pict_type = PictureType.I if self._timeline.wants_keyframe(frame) else PictureType.NONE
        return self._send(picture)

    def drain(self) -> list[Packet]:
        """End the stream and return the packets still held; none the second time."""
        packets = self._send(None)
        self.close()
        return packets

    def close(self) -> None:
        """Release the encoder."""
        self._entrance.end()
        self._context = None

    def _tag(self, picture: VideoFrame) -> None:
        """Tag the picture: some encoders write its tags into the stream rather than their own."""
        if self._codec.name == "png":
            untag_color(picture)
        else:
            tag_color(picture, self._stream.color, rgb=self._stream.rgb)

    def _send(self, picture: VideoFrame | None) -> list[Packet]:
        if self._context is None:
            return []
        with translated(EncodeError, f"{self._codec.encoder} failed", FFMPEG):
            return self._packets(self._context.encode(picture))

    def _packets(self, packets: list[av.Packet[Any]]) -> list[Packet]:
        try:
            return [self._packet(packet) for packet in packets]
        except BaseException:
            self.close()  # without these packets, what it still gives out cannot be decoded
            raise

    def _packet(self, packet: av.Packet[Any]) -> Packet:
        data, pts = bytes(packet), packet.pts
        if pts is None:
            raise EncodeError(f"{self._codec.encoder} returned a packet without a timestamp")
        if self._extradata is None:
            self._extradata = parameter_sets(data, self._codec.name)
        dts = pts if packet.dts is None else packet.dts
        return Packet(data, pts, dts, packet.is_keyframe, self._timeline.duration, alpha_of(packet))


def new_context(codec: Codec, config: Config, stream: StreamInfo, gop_frames: int) -> av.VideoCodecContext:
    """Return an encoder's context with all that does not depend on the kind of encoder, not yet open."""
    context = av.CodecContext.create(codec.encoder, "w")
    assert isinstance(context, av.VideoCodecContext)
    context.width, context.height = stream.size
    context.pix_fmt = codec.takes.value
    if codec.name == "png":  # which would say else that a pixel has no width
        context.sample_aspect_ratio = Fraction(1)
    context.time_base = stream.time_base
    context.framerate = nominal_rate(codec, stream.frame_rate)
    context.max_b_frames = config.b_frames
    context.gop_size = gop_frames
    context.bit_rate = config.bitrate or 0
    tag_color(context, stream.color, rgb=stream.rgb)
    return context


def software_context(
    codec: Codec, config: Config, stream: StreamInfo, gop_frames: int, *, held: int | None = None
) -> av.VideoCodecContext:
    """Open a software encoder; `held` is how many frames it may hold back, None as many as a recording may lose.

    Raises:
        EncodeError: FFmpeg could not open it.

    """
    quieten(codec)
    context = new_context(codec, config, stream, gop_frames)
    context.options = encoder_options(codec, config)
    if held is None:
        _encode_in_parallel(context, frame_threads(codec, config, stream.frame_rate))
    elif codec.encoder == "libx264":
        _limit_held(context, held)
    if not codec.annex_b:
        context.flags |= Flags.global_header
    what = f"FFmpeg cannot open {codec.encoder} for {stream.size}"
    with translated(EncodeError, what, FFMPEG), ordinary_priority():
        context.open()
    return context


def _limit_held(context: av.VideoCodecContext, held: int) -> None:
    """Let x264 hold no frame back, or as many as are allowed to encode them in parallel: one more than its threads."""
    if held == 0:
        context.options = {**context.options, "tune": "zerolatency"}
    elif held > _HELD_BESIDE_THREADS + 1:
        _encode_in_parallel(context, held - _HELD_BESIDE_THREADS)


def _encode_in_parallel(context: av.VideoCodecContext, pictures: int | None) -> None:
    """Let x264 work on so many pictures at a time; PyAV would have it cut each into slices."""
    if pictures is not None:
        context.thread_type, context.thread_count = "FRAME", pictures


def _picture(frame: Frame) -> VideoFrame:
    """Return the frame as FFmpeg's, in place where it can be read in place."""
    if isinstance(frame.owner, VideoFrame):
        return frame.owner
    spec = frame.spec
    if spec.format not in _READ_IN_PLACE:
        picture = VideoFrame(*spec.size, spec.format.value)
        for target, plane in zip(picture_planes(picture, spec.format), frame.planes, strict=True):
            np.copyto(target, plane, casting="no")
        return picture
    planes = tuple(map(_readable, frame.planes))
    return VideoFrame.from_dlpack(planes, spec.format.value, *spec.size)


def _readable(plane: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the plane, or a copy where FFmpeg cannot read it: rows with gaps inside, from below, or write-protected."""
    in_place = plane.strides[0] > 0 and plane[0].flags.c_contiguous and plane.flags.writeable
    return plane if in_place else plane.copy()
