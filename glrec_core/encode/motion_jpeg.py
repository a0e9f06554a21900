"""Motion JPEG on the GPU: pictures are given to several compressors before the first is waited for.

A JPEG's length is known only when its picture is done, and asking for it waits for the GPU. So that the GPU is not idle
meanwhile, the pictures after it are queued first.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Protocol

from glrec_core.config import Config
from glrec_core.errors import ConfigError
from glrec_core.values.frame import Frame, FrameSpec, Memory, Packet, PixelFormat, StreamInfo
from glrec_core.values.timeline import Entrance, Timeline

CODEC = "mjpeg"
DEFAULT_QUALITY = 90


def check_options(config: Config) -> None:
    """Check that nvJPEG can do what the options ask.

    Raises:
        ConfigError: it cannot.

    """
    if config.codec != CODEC:
        raise ConfigError(f"nvJPEG makes codec={CODEC!r} only")
    refused = {
        "preset": config.preset,
        "tuning": config.tuning,
        "rate_control": config.rate_control if config.rate_control != "cq" else None,
        "bitrate": config.bitrate,
        "lossless": config.lossless or None,
        "alpha": config.alpha,
        "b_frames": config.b_frames or None,
        "gop": config.gop if config.gop != 1 else None,
    }
    for name, value in refused.items():
        if value is not None:
            raise ConfigError(f"{name}={value!r}: nvJPEG takes quality= and chroma= only; leave it out")
    if config.quality is not None and not 1 <= config.quality <= 100:  # noqa: PLR2004 - JPEG's own scale
        raise ConfigError(f"quality={config.quality}: nvJPEG takes 100 (best) to 1")


class Compressor(Protocol):
    """Makes a JPEG of one picture at a time."""

    def start(self, rows: Any) -> None:
        """Queue the encoding of a frame's `owner`; its memory may be written by what is queued afterwards."""

    def finish(self) -> bytes:
        """Wait for the picture and return its JPEG.

        Raises:
            EncodeError: it could not be made.

        """

    def close(self) -> None:
        """Release its memory."""


class MotionJpegEncoder:
    """A stream of JPEGs, each a keyframe. Implements `Encoder`. Belongs to one thread.

    It takes Y'CbCr without subsampling in CUDA memory; the compressors subsample. `release` is called at the end, after
    the compressors are closed.
    """

    latency = 0  # what is queued later on the stream waits for a picture that is still being read

    def __init__(
        self,
        stream: StreamInfo,
        config: Config,
        *,
        compressors: Sequence[Compressor],
        release: Callable[[], None],
    ) -> None:
        """There are as many `compressors` as pictures that are encoded at a time; all but one are held back."""
        self.accepts: FrameSpec = FrameSpec(stream.size, PixelFormat.YUV444P, Memory.CUDA)
        self._timeline = Timeline(stream.time_base, stream.frame_rate, gop=1)
        self._entrance = Entrance(self.accepts, self._timeline, in_one_array=True)
        coded = PixelFormat.YUV444P if config.chroma == "444" else PixelFormat.YUV420P
        self.stream: StreamInfo = replace(stream, pixel_format=coded)
        self._idle = deque(compressors)
        self._busy: deque[tuple[Compressor, int]] = deque()
        self._release = release

    def encode(self, frame: Frame) -> list[Packet]:
        """Take one frame, later than all before it; return the packet of an earlier one once all compressors work.

        Raises:
            EncodeError: the frame is of another kind, or not later, or nvJPEG refused it.

        """
        tick = self._entrance.admit(frame)
        compressor = self._idle.popleft()
        self._busy.append((compressor, tick))
        compressor.start(frame.owner)
        return [] if self._idle else [self._finished()]

    def drain(self) -> list[Packet]:
        """End the stream and return the packets still held; none the second time."""
        if self._entrance.ended:
            return []
        self._entrance.end()
        return [self._finished() for _ in range(len(self._busy))]

    def close(self) -> None:
        """Release the compressors."""
        self._entrance.end()
        compressors = [*self._idle, *(compressor for compressor, _ in self._busy)]
        self._idle.clear()
        self._busy.clear()
        if not compressors:
            return
        try:
            for compressor in compressors:
                compressor.close()
        finally:
            self._release()

    def _finished(self) -> Packet:
        compressor, tick = self._busy.popleft()
        self._idle.append(compressor)
        return Packet(compressor.finish(), tick, tick, keyframe=True, duration=self._timeline.duration)
