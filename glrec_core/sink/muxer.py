"""Puts encoded packets into a container with FFmpeg's muxers, without an encoder or decoder of their own.

PyAV gives a stream its parameters from another stream. That one is made in a scratch container that is never written.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import av
from av.video.stream import VideoStream

from glrec_core.errors import SinkError
from glrec_core.ffmpeg.terms import attach_alpha, tag_color
from glrec_core.sink.containers import Container
from glrec_core.sink.growing_file import GrowingFile
from glrec_core.values.foreign import STORING, translated
from glrec_core.values.frame import Packet, StreamInfo

_BUFFER_BYTES = 1 << 18


class Muxer:
    """One file being written. After an error it holds what was complete before. `release()` closes it in any case.

    Raises:
        SinkError: the file cannot be made.

    """

    def __init__(self, path: Path, container: Container, stream: StreamInfo, *, overwrite: bool) -> None:
        self.path = path
        self.stream = stream
        self._payload, self._amend = container.payload, container.amend
        self.end_tick: int = 0
        """When the last frame ends, in ticks of the stream's time base."""
        self._error: SinkError | None = None
        self._last_dts: int | None = None
        self._taken = 0
        self._is_complete = False
        with translated(SinkError, "cannot create the file", STORING, path=path):
            self.file: GrowingFile = GrowingFile(path, overwrite=overwrite)
            try:
                self._output = av.open(
                    container.writes_to(self.file),
                    "w",
                    format=container.format,
                    options=dict(container.options),
                    buffer_size=_BUFFER_BYTES,
                )
                self._video = _add_stream(self._output, stream, container)
            except BaseException:
                self.file.abandon()
                self.file.close()
                raise

    def write(self, packet: Packet) -> None:
        """Mux one packet.

        Raises:
            SinkError: it could not be written; the same error again for every later one.

        """
        if self._error is not None:
            raise self._error
        with self._abandoning("cannot write"):
            self.file.check()
            self._output.mux(self._av_packet(packet))
        self.file.mark(self._taken)  # a fragment or cluster goes out when the packet after it comes
        self._taken += 1

    def close(self) -> None:
        """Finish the file and bring it to the disk; does nothing after an error. It stays open.

        Raises:
            SinkError: the end could not be written.

        """
        if self.file.closed or self._is_complete:
            return
        with self._abandoning("cannot finish the file"):
            self._output.close()
            self.file.check()
        self.file.complete(self._taken)
        self._is_complete = True
        if not self.is_empty:
            with self._remembering("cannot finish the file"):
                self._amend(self.file)
                self.file.settle()

    def release(self) -> None:
        """Close the file, and remove it if nothing in it was ever complete."""
        with translated(SinkError, "cannot close the file", STORING, path=self.path):
            self.file.close()

    @property
    def frames(self) -> int:
        """How many frames are complete in the file."""
        return self.file.frames

    @property
    def is_empty(self) -> bool:
        """Whether nothing in the file was ever complete, or is left of it."""
        return self.file.is_empty

    @property
    def failed(self) -> bool:
        """Whether an error ended the file early, or came at its end."""
        return self._error is not None

    @contextmanager
    def _remembering(self, what: str) -> Iterator[None]:
        try:
            with translated(SinkError, what, STORING, path=self.path):
                yield
        except SinkError as error:
            self._error = error
            raise

    @contextmanager
    def _abandoning(self, what: str) -> Iterator[None]:
        try:
            with self._remembering(what):
                yield
        except SinkError:
            self.file.abandon()
            raise

    def _av_packet(self, packet: Packet) -> av.Packet[Any]:
        muxed: av.Packet[Any] = av.Packet(self._payload(packet.data, self._last_dts is None))
        muxed.stream = self._video
        muxed.time_base = self.stream.time_base
        muxed.pts, muxed.dts = packet.pts, packet.dts
        muxed.duration = packet.duration or self._likely_duration(packet.dts)
        muxed.is_keyframe = packet.keyframe
        self.end_tick = max(self.end_tick, packet.pts + muxed.duration)
        if packet.alpha:
            attach_alpha(muxed, packet.alpha)
        self._last_dts = packet.dts
        return muxed

    def _likely_duration(self, dts: int) -> int:
        """Return the distance to the packet before, which counts if this one turns out to be the last."""
        if self._last_dts is None:
            return max(1, round(1 / (self.stream.frame_rate * self.stream.time_base)))
        return dts - self._last_dts


def _add_stream(
    output: av.container.OutputContainer, stream: StreamInfo, container: Container
) -> VideoStream:
    with av.open(io.BytesIO(), "w", format=container.format) as scratch:
        template = scratch.add_stream(stream.codec)
        video = output.add_stream_from_template(template, opaque=False)
    assert isinstance(video, VideoStream)
    video.time_base = stream.time_base
    context = video.codec_context
    context.width, context.height = stream.size
    context.pix_fmt = stream.pixel_format.value
    context.time_base = stream.time_base
    context.framerate = stream.frame_rate
    context.extradata = stream.extradata or None
    if tag := stream.codec_tag or container.codec_tags.get(stream.codec):
        context.codec_tag = tag
    if stream.alpha:
        video.metadata.update(container.alpha_metadata.get(stream.codec, {}))
    tag_color(context, stream.color, rgb=stream.rgb)
    return video
