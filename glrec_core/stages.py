"""The architecture on one page: what each stage between a drawn framebuffer and a file must offer.

Stages are passive. They own no thread and no queue and know nothing of each other. They return lists, since a stage may
hold frames back; `drain()` gives out what is held at the end of the stream, `close()` releases everything and may be
called twice.

    framebuffer ─ Capture ─▶ Frame ═ queue ═▶ Converter ─▶ Frame ─ Encoder ─▶ Packet ─▶ Sink …
                  render thread               encode thread
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol, runtime_checkable

from glrec_core.values.frame import Frame, Framebuffer, FrameSpec, Packet, StreamInfo


class Capture(Protocol):
    """Reads drawn framebuffers into a ring of frames. Render thread, the context current."""

    latency: int
    """How many frames `grab` may hold back."""
    slots: int
    """How many frames the ring holds in all, lent or held back."""
    notes: tuple[str, ...]
    """What was done to the picture that the user did not ask for (padding of odd sizes), as sentences."""

    @property
    def spec(self) -> FrameSpec:
        """Of the frames that are grabbed now; with `on_resize="segment"` it changes with the source's size."""

    @property
    def pending(self) -> int:
        """How many grabbed frames have not arrived yet: what `drain` would return."""

    @property
    def texture_id(self) -> int:
        """GL name of the texture that holds the last grabbed frame, rows in OpenGL's order (bottom first)."""

    def settle(self) -> None:
        """Let the program's own drawing end where `grab` would have to wait for it, so that it is not taken for our cost."""

    def grab(self, source: Framebuffer, pts_ns: int) -> list[Frame]:
        """Start reading `source` and return the frames that have arrived, oldest first.

        Raises:
            CaptureError: the framebuffer cannot be read.

        """

    def drain(self) -> list[Frame]:
        """Wait for and return all frames still held."""

    def abandon(self) -> int:
        """Forget all GL names, the context being gone, and return how many held frames are lost."""

    def close(self) -> None:
        """Delete all GL objects."""


class Converter(Protocol):
    """Changes a frame's pixel format or memory. Encode thread."""

    def convert(self, frame: Frame) -> Frame:
        """Return a frame that the encoder accepts, with the same pts.

        Raises:
            ConvertError: the frame cannot be converted.

        """

    def close(self) -> None:
        """Release buffers."""


class Encoder(Protocol):
    """Turns frames into access units. Encode thread.

    For example:

        encoder = offer.open(stream, config)
        for packet in encoder.encode(frame):
            sink.write(packet)
    """

    accepts: FrameSpec
    latency: int
    """How many frames the encoder still reads from after `encode` returned."""

    @property
    def stream(self) -> StreamInfo:
        """Parameters for the sinks; complete once the first packet is out."""

    def encode(self, frame: Frame) -> list[Packet]:
        """Take one frame and return the packets that are ready, in decode order.

            for packet in encoder.encode(frame):
                sink.write(packet)

        Raises:
            EncodeError: the encoder refused the frame or died.

        """

    def drain(self) -> list[Packet]:
        """End the stream and return the packets still held.

        For example:

            for packet in encoder.drain():
                sink.write(packet)
        """

    def close(self) -> None:
        """Release the encoder.

        For example:

            rest = encoder.drain()
            encoder.close()
        """


@runtime_checkable
class Sink(Protocol):
    """Takes an encoded stream: a file, a replay buffer, a connection. Encode thread, but for `check`.

        class Meter:  # with check, open and close it is a Sink
            def write(self, packet: Packet) -> None:
                print(packet.pts, packet.size_bytes)

    `open … write … close` may be repeated: each round is a part of its own (a new size, another encoder).
    """

    def check(self, codec: str, *, alpha: bool = False) -> None:
        """Say before anything is touched whether a stream of `codec` can be taken, with its alpha channel if it has one.

            def check(self, codec: str, *, alpha: bool = False) -> None:
                if codec != "h264" or alpha:
                    raise ConfigError("this connection carries H.264 without alpha only")

        Raises:
            ConfigError: it cannot.

        """

    def open(self, stream: StreamInfo) -> None:
        """Begin a part.

        For example:

            def open(self, stream: StreamInfo) -> None:
                self._connection.announce(stream.codec, stream.size)
        """

    def write(self, packet: Packet) -> None:
        """Take one packet.

            def write(self, packet: Packet) -> None:
                self._connection.send(packet.data)

        Raises:
            SinkError: it could not be stored or sent; the recorder then leaves this sink out.

        """

    def close(self) -> None:
        """Finish the part.

        For example:

            def close(self) -> None:
                self._connection.flush()
        """


@runtime_checkable
class StoredSink(Sink, Protocol):
    """A sink that leaves files."""

    @property
    def paths(self) -> tuple[Path, ...]:
        """What was written so far, one for each part, in order; a sequence of pictures by its pattern."""

    @property
    def frames(self) -> int:
        """How many frames are complete on the disk."""

    def default_codec(self, *, alpha: bool = False) -> str:
        """Return the codec for when none is asked for.

        Raises:
            ConfigError: there is none with an alpha channel.

        """


@runtime_checkable
class NotingSink(Protocol):
    """A sink that has things to tell of a recording."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What became of its files that was not asked for, as sentences for `Recording.notes`."""


@runtime_checkable
class SyncedSink(Protocol):
    """A stored sink that knows what of it a power cut would leave."""

    @property
    def frames_on_disk(self) -> int:
        """How many frames that is."""


@runtime_checkable
class MarkedSink(Protocol):
    """A sink that can keep named moments as well."""

    @property
    def keeps_marks(self) -> bool:
        """Whether it does: not every file format has chapters."""

    def mark(self, tick: int, name: str) -> None:
        """Name the frame at that tick of the open part; all names of a part come before its `close`."""


@runtime_checkable
class Resumable(Protocol):
    """An encoder that still has what it works on: where it dies, nothing need be lost."""

    def unfinished(self) -> list[Frame]:
        """Return the frames whose packets it has not given out, in order; for another encoder, once it has failed."""


def frames_on_disk(sink: StoredSink) -> int:
    """Return how many frames of a sink a power cut would leave, as far as it knows."""
    return sink.frames_on_disk if isinstance(sink, SyncedSink) else sink.frames


def notes_of(sinks: Iterable[Sink]) -> tuple[str, ...]:
    """Return what sinks have to tell."""
    return tuple(note for sink in sinks if isinstance(sink, NotingSink) for note in sink.notes)


class EncodeStages(NamedTuple):
    """The two stages of the encode thread, opened for one frame specification."""

    converter: Converter
    encoder: Encoder

    def close(self) -> None:
        """Release both."""
        try:
            self.converter.close()
        finally:
            self.encoder.close()


OpenEncodeStages = Callable[[FrameSpec], EncodeStages]
"""Opens the stages of the encode thread for frames of one specification."""


def _in_host_memory(frame: Frame) -> Frame:
    return frame


@dataclass(frozen=True, slots=True)
class Pipeline:
    """What a backend gives: an open capture, and how to open what follows it on the encode thread.

    `successors` take over one after the other, each once, when the stages in use die; they take the capture's frames, too.
    `to_host` gives a frame of the capture in host memory; it may wait for the GPU, and raise ConvertError.
    """

    capture: Capture
    open_encode_stages: OpenEncodeStages
    successors: tuple[OpenEncodeStages, ...] = ()
    to_host: Callable[[Frame], Frame] = _in_host_memory
