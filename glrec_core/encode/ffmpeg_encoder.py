"""Encoding by FFmpeg's executable, for encoders that the FFmpeg inside PyAV lacks: VA-API's and Vulkan's.

What is different from an encoder in process: the executable cannot be told to make a keyframe at a picture. It makes them
by time, and for one that is asked for it is started anew.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace

from glrec_core.config import Config
from glrec_core.encode.encoder_process import EncoderProcess
from glrec_core.encode.ffmpeg_options import ProcessCodec, command_line
from glrec_core.errors import EncodeError
from glrec_core.ffmpeg.terms import parameter_sets
from glrec_core.values.frame import Frame, FrameSpec, Packet, StreamInfo
from glrec_core.values.timeline import Entrance, Timeline

_MOST_KEPT_BYTES = 1 << 30
"""Memory of the copies: more than FFmpeg works on at a time but for the largest pictures."""


class FFmpegEncoder:
    """One stream by FFmpeg's executable. Implements `Encoder` and `Resumable`.

    Frames are copied into the pipe, so their memory is free when `encode` returns. FFmpeg works on some twenty frames at a
    time. A copy of each is kept until its packet is there: whoever takes over when the process dies encodes them again.

    Raises:
        ConfigError: the size is not one that the codec takes.
        EncodeError: the size is odd where it must be even.

    """

    latency = 0

    def __init__(
        self,
        stream: StreamInfo,
        config: Config,
        *,
        how: ProcessCodec,
        executable: str,
    ) -> None:
        codec = how.codec
        codec.check_frame_size(stream.size)
        self.accepts: FrameSpec = FrameSpec(stream.size, codec.pixel_format)
        time = self._timeline = Timeline(stream.time_base, stream.frame_rate, config.gop)
        self._entrance = Entrance(self.accepts, time)
        self.stream: StreamInfo = stream
        self._encoder = codec.encoder
        self._command = command_line(executable, how, config, self.stream)
        self._given: deque[tuple[int, Frame]] = deque()
        self._packets: list[Packet] = []
        self._process: EncoderProcess | None = None
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
        tick = self._entrance.admit(frame)
        if frame.keyframe:
            self._end_process()
        if self._process is None:
            self._process = EncoderProcess(self._command, self._encoder, self.stream)
        self._process.write(frame, tick)
        self._keep(frame, tick)
        self._complete(self._process.ready())
        return self._taken()

    def drain(self) -> list[Packet]:
        """End the stream and return the packets still held; after a failure, also one of this call, those that were complete."""
        self._entrance.end()
        self._end_process()
        return self._taken()

    def unfinished(self) -> list[Frame]:
        """See `Resumable.unfinished`."""
        frames = [frame for _, frame in self._given]
        self._given.clear()
        return frames

    def close(self) -> None:
        """End the process."""
        self._entrance.end()
        process, self._process = self._process, None
        if process is not None:
            process.close()

    def _end_process(self) -> None:
        process = self._process
        if process is None:
            return
        try:
            self._complete(process.end())
        except EncodeError:
            self._complete(process.end())  # what it gave out before
            raise
        finally:
            self._process = None
            process.close()

    def _keep(self, frame: Frame, tick: int) -> None:
        """Keep a copy of a frame until its packet is there; of very many, the last."""
        planes = tuple(plane.copy() for plane in frame.planes)
        self._given.append((tick, Frame(frame.spec, planes, frame.pts_ns, keyframe=frame.keyframe)))
        frame_bytes = sum(plane.nbytes for plane in planes)
        while len(self._given) * frame_bytes > _MOST_KEPT_BYTES:
            self._given.popleft()

    def _complete(self, packets: list[Packet]) -> None:
        """Complete the stream's parameters by its first packet, and each packet by its duration."""
        if packets and not self._described:
            self._described = True
            extradata = parameter_sets(packets[0].data, self.stream.codec)
            self.stream = replace(self.stream, extradata=extradata)
        self._packets += [replace(packet, duration=self._timeline.duration) for packet in packets]
        while packets and self._given and self._given[0][0] <= packets[-1].pts:
            self._given.popleft()

    def _taken(self) -> list[Packet]:
        packets, self._packets = self._packets, []
        return packets
