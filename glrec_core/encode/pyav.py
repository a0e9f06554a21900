"""Software encoding in process, by FFmpeg's encoders through PyAV."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import av
import numpy as np
from av.codec.context import Flags
from av.video.frame import PictureType, VideoFrame
from numpy.typing import NDArray

from glrec_core.config import Config
from glrec_core.encode.codecs import Codec
from glrec_core.encode.options import encoder_options, nominal_rate, quieten
from glrec_core.encode.priority import ordinary_priority
from glrec_core.encode.timeline import Timeline
from glrec_core.errors import EncodeError
from glrec_core.ffmpeg import parameter_sets, tag_color
from glrec_core.frame import Frame, FrameSpec, Packet, PixelFormat, Size, StreamInfo


class PyAVEncoder:
    """One software encoder, open for one picture size.

    All encoders copy what they keep, so a frame's memory is free when `encode` returns.

    Raises:
        ConfigError: the size is not one that the codec takes.
        EncodeError: FFmpeg could not open the encoder, or the size is odd where it must be even.

    """

    latency = 0

    def __init__(
        self, size: Size, config: Config, codec: Codec, time_base: Fraction, frame_rate: Fraction | None
    ) -> None:
        codec.check_size(size)
        if codec.padded(size) != size:
            raise EncodeError(
                f"{codec.encoder} needs an even width and height, not {size}; pad the frames first"
            )
        self.accepts = FrameSpec(size, codec.pixel_format)
        self._codec = codec
        gop = 1 if config.gop is None and codec.intra_only else config.gop
        time = self._timeline = Timeline(time_base, frame_rate, gop)
        self._stream = StreamInfo(
            codec.name, size, time_base, time.frame_rate, config.color_space, rgb=codec.pixel_format.is_rgb
        )
        self._extradata: bytes | None = None
        self._context: av.VideoCodecContext | None = _open(codec, config, self._stream, time.gop_frames)
        if not codec.annex_b:
            self._extradata = self._context.extradata or b""

    @property
    def stream(self) -> StreamInfo:
        """Parameters for the sinks; those of H.264 and HEVC hold extradata once the first packet is out."""
        base = self._stream
        return StreamInfo(
            base.codec,
            base.size,
            base.time_base,
            base.frame_rate,
            base.color,
            self._extradata or b"",
            base.rgb,
        )

    def encode(self, frame: Frame) -> list[Packet]:
        """Take one frame, later than all before it, and return the packets that are ready.

        Raises:
            EncodeError: the frame is of another kind, or not later, or FFmpeg refused it.

        """
        if frame.spec != self.accepts:
            raise EncodeError(f"the frame is {frame.spec}, the encoder was opened for {self.accepts}")
        pts = self._timeline.tick(frame)
        try:
            picture = _picture(frame)
        except (ValueError, TypeError, BufferError) as error:
            raise EncodeError(
                f"the planes of {frame} are not as {frame.spec.format} says: {error}"
            ) from error
        picture.pts, picture.time_base = pts, self._stream.time_base
        picture.pict_type = PictureType.I if self._timeline.wants_keyframe(frame) else PictureType.NONE
        return self._send(picture)

    def drain(self) -> list[Packet]:
        """End the stream and return the packets still held; none the second time."""
        packets = self._send(None) if self._context is not None else []
        self._context = None
        return packets

    def close(self) -> None:
        """Release the encoder."""
        self._context = None

    def _send(self, picture: VideoFrame | None) -> list[Packet]:
        if self._context is None:
            raise EncodeError("the encoder has ended; it takes no more frames after drain() or close()")
        try:
            return self._packets(self._context.encode(picture))
        except av.FFmpegError as error:
            raise EncodeError(f"{self._codec.encoder} failed: {error}") from error

    def _packets(self, packets: list[av.Packet[Any]]) -> list[Packet]:
        try:
            return [self._packet(packet) for packet in packets]
        except BaseException:
            self._context = None  # without these packets, what it still gives out cannot be decoded
            raise

    def _packet(self, packet: av.Packet[Any]) -> Packet:
        data, pts = bytes(packet), packet.pts
        if pts is None:
            raise EncodeError(f"{self._codec.encoder} returned a packet without a timestamp")
        if self._extradata is None:
            self._extradata = parameter_sets(data, self._codec.name)
        dts = pts if packet.dts is None else packet.dts
        return Packet(data, pts, dts, packet.is_keyframe, self._timeline.duration)


def _open(codec: Codec, config: Config, stream: StreamInfo, gop_frames: int) -> av.VideoCodecContext:
    quieten(codec)
    context = av.CodecContext.create(codec.encoder, "w")
    assert isinstance(context, av.VideoCodecContext)
    context.width, context.height = stream.size
    context.pix_fmt = codec.pixel_format.value
    context.time_base = stream.time_base
    context.framerate = nominal_rate(codec, stream.frame_rate)
    context.max_b_frames = config.b_frames
    context.gop_size = gop_frames
    context.bit_rate = config.bitrate or 0
    context.options = encoder_options(codec, config)
    tag_color(context, stream.color, rgb=stream.rgb)
    if not codec.annex_b:
        context.flags |= Flags.global_header
    try:
        with ordinary_priority():
            context.open()
    except av.FFmpegError as error:
        raise EncodeError(f"FFmpeg cannot open {codec.encoder} for {stream.size}: {error}") from error
    return context


def _picture(frame: Frame) -> VideoFrame:
    """Return the frame as FFmpeg's, in place where it can be read in place."""
    if isinstance(frame.owner, VideoFrame):
        return frame.owner
    planes = tuple(map(_readable, frame.planes))
    size = frame.spec.size
    if frame.spec.format is PixelFormat.BGR0:  # PyAV names this layout of bytes by its other reading only
        return VideoFrame.from_numpy_buffer(planes[0], "bgra").reformat(format=PixelFormat.BGR0.value)
    return VideoFrame.from_dlpack(planes, frame.spec.format.value, size.width, size.height)


def _readable(plane: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the plane, or a copy where FFmpeg cannot read it: rows with gaps inside, from below, or write-protected."""
    in_place = plane.strides[0] > 0 and plane[0].flags.c_contiguous and plane.flags.writeable
    return plane if in_place else plane.copy()
