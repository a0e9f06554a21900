"""The stages of the encode thread, and what takes over when they die.

A backend gives several ways to encode the frames of its capture. The first is used until its converter or encoder fails;
then the next goes on with the frame that failed, at the same time in the recording. Each serves once: what fails every
time ends the recording and does not go round in circles.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from time import perf_counter_ns
from typing import NamedTuple

from glrec_core.errors import GlrecError, ProcessError
from glrec_core.frame import Frame, FrameSpec, Packet, StreamInfo
from glrec_core.ranges import timed_range
from glrec_core.stages import EncodeStages, OpenEncodeStages
from glrec_core.stats import Stats

logger: logging.Logger = logging.getLogger("glrec")

Tell = Callable[[str], None]
"""Takes a sentence for `Recording.notes`; from the encode thread."""


class Batch(NamedTuple):
    """Packets of one stream, in decode order; times count from the start of the recording."""

    stream: StreamInfo
    packets: list[Packet]


class EncodeChain:
    """Encodes frames of any specification, in order. Belongs to the encode thread."""

    def __init__(self, openers: Sequence[OpenEncodeStages], stats: Stats, tell: Tell) -> None:
        self._openers = list(openers)
        self._stats = stats
        self._tell = tell
        self._stages: EncodeStages | None = None
        self._spec: FrameSpec | None = None
        self._held = 0

    def encode(self, frame: Frame) -> Iterator[Batch]:
        """Encode a frame; one of another specification than before ends the stream and begins a new one.

        Raises:
            GlrecError: the stages failed, and nothing is left to take over; `rescue` gives what they hold.

        """
        yield from self._end_stream(frame.spec)
        while True:
            try:
                batch = self._encode(frame)
            except ProcessError:
                raise  # the user's own code failed: no other encoder can help
            except GlrecError as error:
                yield from self._take_over(error)
            else:
                yield batch
                return

    def drain(self) -> list[Batch]:
        """End the stream and return what is still held; nothing the second time.

        Raises:
            EncodeError: the encoder failed.

        """
        stages, self._stages = self._stages, None
        if stages is None:
            return []
        try:
            return [self._out(stages, stages.encoder.drain())]
        finally:
            stages.close()

    def rescue(self) -> list[Batch]:
        """Return what failed stages still give out, which may be nothing, and release them."""
        try:
            return self.drain()
        except Exception as error:  # noqa: BLE001 - their first failure is the one to report
            logger.debug("the failed encoder gives out nothing more: %s", error)
            return []

    def _end_stream(self, spec: FrameSpec) -> list[Batch]:
        if spec == self._spec:
            return []
        self._spec = spec
        try:
            return self.drain()
        except GlrecError as error:
            return self._take_over(error)

    def _encode(self, frame: Frame) -> Batch:
        if self._stages is None:
            self._stages, self._held = self._openers[0](frame.spec), 0
        stages, stats, began_ns = self._stages, self._stats, perf_counter_ns()
        with timed_range("convert"):
            converted = stages.converter.convert(frame)
        converted.keyframe = frame.keyframe
        converted_ns = perf_counter_ns()
        # A frame that needs no conversion stays lent until it is encoded, by this encoder or the next.
        with nullcontext() if converted is frame else converted, timed_range("encode"):
            packets = stages.encoder.encode(converted)
        stats.convert_time.add(converted_ns - began_ns)
        stats.encode_time.add(perf_counter_ns() - converted_ns)
        stats.encoded += 1
        self._held += 1
        return self._out(stages, packets)

    def _out(self, stages: EncodeStages, packets: list[Packet]) -> Batch:
        self._held -= len(packets)
        return Batch(stages.encoder.stream, packets)

    def _take_over(self, error: Exception) -> list[Batch]:
        """Put the next stages in place of those that failed, and return what these still give out."""
        if len(self._openers) == 1:
            raise error
        del self._openers[0]
        batches = self.rescue()
        lost = f", without {self._held} frames that it held" if self._held else ""
        self._held = 0
        self._tell(f"the encoder failed and its successor went on{lost}: {error}")
        return batches
