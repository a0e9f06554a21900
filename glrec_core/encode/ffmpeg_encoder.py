"""Encoding by FFmpeg's executable, for encoders that the FFmpeg inside PyAV lacks: VA-API's and Vulkan's.

What is different from an encoder in process: the executable cannot be told to make a keyframe at a picture. It makes them
by time, and for one that is asked for it is started anew.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from glrec_core.config import Config
from glrec_core.encode.encoder_process import EncoderProcess
from glrec_core.encode.ffmpeg_options import ProcessCodec, command_line
from glrec_core.encode.timeline import Timeline
from glrec_core.errors import EncodeError
from glrec_core.ffmpeg import parameter_sets
from glrec_core.frame import Frame, FrameSpec, Packet, Size, StreamInfo


class FFmpegEncoder:
    """One stream by FFmpeg's executable. Implements `Encoder`.

    Frames are copied into the pipe, so their memory is free when `encode` returns. FFmpeg works on some twenty frames at a
    time; those are lost if the process dies.

    Raises:
        ConfigError: the size is not one that the codec takes.
        EncodeError: the size is odd where it must be even.

    """

    latency = 0

    def __init__(
        self,
        size: Size,
        config: Config,
        how: ProcessCodec,
        time_base: Fraction,
        frame_rate: Fraction | None,
        *,
        executable: str,
    ) -> None:
        codec = how.codec
        codec.check_size(size)
        if codec.padded(size) != size:
            raise EncodeError(
                f"{codec.encoder} needs an even width and height, not {size}; pad the frames first"
            )
        self.accepts: FrameSpec = FrameSpec(size, codec.pixel_format)
        time = self._timeline = Timeline(time_base, frame_rate, config.gop)
        self.stream: StreamInfo = StreamInfo(
            codec.name, size, time_base, time.frame_rate, config.color_space, pixel_format=codec.pixel_format
        )
        self._command = command_line(executable, how, config, self.stream)
        self._process: EncoderProcess | None = None
        self._ended = False
        self._described = False

    @property
    def process_id(self) -> int | None:
        """Number of the process that encodes now; None before the first frame."""
        return self._process.process_id if self._process is not None else None

    def encode(self, frame: Frame) -> list[Packet]:
        """Take one frame, later than all before it, and return the packets that are ready.

        Raises:
            EncodeError: the frame is of another kind, or not later, or FFmpeg failed; its own words are in the text.

        """
        if self._ended:
            raise EncodeError("the encoder has ended; it takes no more frames after drain() or close()")
        if frame.spec != self.accepts:
            raise EncodeError(f"the frame is {frame.spec}, the encoder was opened for {self.accepts}")
        tick = self._timeline.tick(frame)
        packets = self._end_process() if frame.keyframe else []
        if self._process is None:
            self._process = EncoderProcess(self._command, self.stream)
        self._process.write(frame, tick)
        return packets + self._complete(self._process.ready())

    def drain(self) -> list[Packet]:
        """End the stream and return the packets still held; after a failure those that were complete."""
        self._ended = True
        return self._end_process()

    def close(self) -> None:
        """End the process."""
        self._ended = True
        process, self._process = self._process, None
        if process is not None:
            process.close()

    def _end_process(self) -> list[Packet]:
        if self._process is None:
            return []
        try:
            return self._complete(self._process.end())
        finally:
            process, self._process = self._process, None
            process.close()

    def _complete(self, packets: list[Packet]) -> list[Packet]:
        """Complete the stream's parameters by its first packet, and each packet by its duration."""
        if packets and not self._described:
            self._described = True
            extradata = parameter_sets(packets[0].data, self.stream.codec)
            self.stream = replace(self.stream, extradata=extradata)
        return [replace(packet, duration=self._timeline.duration) for packet in packets]
