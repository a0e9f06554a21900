"""Puts encoded packets into a container with FFmpeg's muxers, without an encoder or decoder of their own.

PyAV gives a stream its parameters from another stream. That one is made in a scratch container that is never written.
"""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av
from av.video.stream import VideoStream

from glrec_core.errors import SinkError
from glrec_core.ffmpeg import tag_color
from glrec_core.frame import Packet, PixelFormat, StreamInfo
from glrec_core.sink.containers import Container
from glrec_core.sink.growing_file import GrowingFile

_BUFFER_BYTES = 1 << 18


class Muxer:
    """One file being written. After an error it is closed and holds what was complete before.

    Raises:
        SinkError: the file cannot be made.

    """

    def __init__(self, path: Path, container: Container, stream: StreamInfo, *, overwrite: bool) -> None:
        self.path = path
        self._stream = stream
        self._error: SinkError | None = None
        self._last_dts: int | None = None
        self._taken = 0
        self.frames = 0
        """How many frames are complete in the file."""
        with sink_errors(path, "cannot create the file"):
            self._file = GrowingFile(path, overwrite=overwrite)
            try:
                self._output = av.open(
                    self._file,
                    "w",
                    format=container.format,
                    options=dict(container.options),
                    buffer_size=_BUFFER_BYTES,
                )
                self._video = _add_stream(self._output, stream, container)
            except BaseException:
                self._file.abandon()
                raise

    def write(self, packet: Packet) -> None:
        """Mux one packet.

        Raises:
            SinkError: it could not be written; the same error again for every later one.

        """
        if self._error is not None:
            raise self._error
        with self._abandoning("cannot write"):
            self._output.mux(self._av_packet(packet))
        if self._file.mark():  # a fragment or cluster goes out when the packet after it comes
            self.frames = self._taken
        self._taken += 1

    def close(self) -> None:
        """Finish the file; does nothing after an error.

        Raises:
            SinkError: the end could not be written.

        """
        if self._file.closed:
            return
        with self._abandoning("cannot finish the file"):
            self._output.close()
        self._file.mark()
        self.frames = self._taken
        with sink_errors(self.path, "cannot close the file"):
            self._file.close()

    @property
    def is_empty(self) -> bool:
        """Whether there is no file, since nothing in it was ever complete."""
        return self._file.is_empty

    @property
    def failed(self) -> bool:
        """Whether an error ended the file early."""
        return self._error is not None

    @contextmanager
    def _abandoning(self, what: str) -> Iterator[None]:
        try:
            with sink_errors(self.path, what):
                yield
        except SinkError as error:
            self._error = error
            self._file.abandon()
            raise

    def _av_packet(self, packet: Packet) -> av.Packet[Any]:
        muxed: av.Packet[Any] = av.Packet(packet.data)
        muxed.stream = self._video
        muxed.time_base = self._stream.time_base
        muxed.pts, muxed.dts = packet.pts, packet.dts
        muxed.duration = packet.duration or self._likely_duration(packet.dts)
        muxed.is_keyframe = packet.keyframe
        self._last_dts = packet.dts
        return muxed

    def _likely_duration(self, dts: int) -> int:
        """Return the distance to the packet before, which counts if this one turns out to be the last."""
        if self._last_dts is None:
            return max(1, round(1 / (self._stream.frame_rate * self._stream.time_base)))
        return dts - self._last_dts


@contextmanager
def sink_errors(path: Path, what: str) -> Iterator[None]:
    """Turn errors of the system, of FFmpeg and of PyAV's call-backs into SinkError, number and text kept."""
    try:
        yield
    except (OSError, av.FFmpegError) as error:
        text = error.strerror or str(error)
        raise SinkError(error.errno or errno.EIO, f"{what}: {text}", os.fspath(path)) from error


def _add_stream(
    output: av.container.OutputContainer, stream: StreamInfo, container: Container
) -> VideoStream:
    with av.open(io.BytesIO(), "w", format="matroska") as scratch:
        template = scratch.add_stream(stream.codec)
        video = output.add_stream_from_template(template, opaque=False)
    assert isinstance(video, VideoStream)
    video.time_base = stream.time_base
    context = video.codec_context
    context.width, context.height = stream.size
    context.pix_fmt = (PixelFormat.BGR0 if stream.rgb else PixelFormat.YUV420P).value
    context.time_base = stream.time_base
    context.framerate = stream.frame_rate
    context.extradata = stream.extradata or None
    if stream.codec in container.codec_tags:
        context.codec_tag = container.codec_tags[stream.codec]
    tag_color(context, stream.color, rgb=stream.rgb)
    return video
