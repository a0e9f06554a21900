"""Software encoding in process, by FFmpeg's encoders through PyAV."""

from __future__ import annotations

import io
from fractions import Fraction
from typing import Any

import av
import numpy as np
from av.codec.context import Flags
from av.video.frame import PictureType, VideoFrame
from numpy.typing import NDArray

from glrec_core.clock import NANOSECONDS
from glrec_core.config import Config
from glrec_core.encode.codecs import Codec
from glrec_core.encode.options import encoder_options, nominal_rate, quieten
from glrec_core.errors import EncodeError
from glrec_core.ffmpeg import tag_color
from glrec_core.frame import Frame, FrameSpec, Packet, PixelFormat, Size, StreamInfo

NOMINAL_RATE = Fraction(60)
"""What is taken for the frame rate where the clock knows none."""

_KEYFRAME_NS = 2 * NANOSECONDS
_LONGEST_GOP_SECONDS = 20  # of the nominal rate: two seconds still if the program draws ten times as fast


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
        self._forces_keyframes = config.gop is None and not codec.intra_only
        rate = frame_rate or NOMINAL_RATE
        self._stream = StreamInfo(
            codec.name, size, time_base, rate, config.color_space, rgb=codec.pixel_format.is_rgb
        )
        self._duration = 1 if time_base * rate == 1 else 0
        self._extradata: bytes | None = None
        self._last_pts = self._last_key_ns = -_KEYFRAME_NS
        self._context: av.VideoCodecContext | None = _open(codec, config, self._stream)
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
        pts = _ticks(frame.pts_ns, self._stream.time_base)
        if pts <= self._last_pts:
            raise EncodeError(
                f"{frame} is at tick {pts} of {self._stream.time_base} s, not after {self._last_pts}"
            )
        self._last_pts = pts
        try:
            picture = _picture(frame)
        except (ValueError, TypeError, BufferError) as error:
            raise EncodeError(
                f"the planes of {frame} are not as {frame.spec.format} says: {error}"
            ) from error
        picture.pts, picture.time_base = pts, self._stream.time_base
        picture.pict_type = self._picture_type(frame.pts_ns)
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
            return [self._packet(packet) for packet in self._context.encode(picture)]
        except av.FFmpegError as error:
            raise EncodeError(f"{self._codec.encoder} failed: {error}") from error

    def _packet(self, packet: av.Packet[Any]) -> Packet:
        data, pts = bytes(packet), packet.pts
        if pts is None:
            raise EncodeError(f"{self._codec.encoder} returned a packet without a timestamp")
        if self._extradata is None:
            self._extradata = _parameter_sets(data, self._codec.name)
        dts = pts if packet.dts is None else packet.dts
        return Packet(data, pts, dts, packet.is_keyframe, self._duration)

    def _picture_type(self, pts_ns: int) -> PictureType:
        """Ask for a keyframe every two seconds of the recording, however many frames those have."""
        if not self._forces_keyframes or pts_ns - self._last_key_ns < _KEYFRAME_NS:
            return PictureType.NONE
        self._last_key_ns = pts_ns
        return PictureType.I


def _open(codec: Codec, config: Config, stream: StreamInfo) -> av.VideoCodecContext:
    quieten(codec)
    context = av.CodecContext.create(codec.encoder, "w")
    assert isinstance(context, av.VideoCodecContext)
    context.width, context.height = stream.size
    context.pix_fmt = codec.pixel_format.value
    context.time_base = stream.time_base
    context.framerate = nominal_rate(codec, stream.frame_rate)
    context.max_b_frames = config.b_frames
    context.gop_size = _gop_frames(codec, config, stream.frame_rate)
    context.bit_rate = config.bitrate or 0
    context.options = encoder_options(codec, config)
    tag_color(context, stream.color, rgb=stream.rgb)
    if not codec.annex_b:
        context.flags |= Flags.global_header
    try:
        context.open()
    except av.FFmpegError as error:
        raise EncodeError(f"FFmpeg cannot open {codec.encoder} for {stream.size}: {error}") from error
    return context


def _gop_frames(codec: Codec, config: Config, frame_rate: Fraction) -> int:
    """Return the encoder's own limit; without one of the user's it is so long that it never adds to the keyframes forced."""
    if config.gop is not None:
        return config.gop
    return 1 if codec.intra_only else max(1, round(_LONGEST_GOP_SECONDS * frame_rate))


def _ticks(pts_ns: int, time_base: Fraction) -> int:
    """Return a time in ticks of `time_base`, rounded half up, in whole numbers."""
    ticks = pts_ns * time_base.denominator
    divisor = NANOSECONDS * time_base.numerator
    return (2 * ticks + divisor) // (2 * divisor)


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


def _parameter_sets(access_unit: bytes, codec: str) -> bytes:
    """Return the parameter sets of an Annex B stream from its first access unit."""
    with av.open(io.BytesIO(access_unit), format=codec) as container:
        return container.streams.video[0].codec_context.extradata or b""
