"""The stages of the encode thread, and what takes over when they die.

A backend gives several ways to encode the frames of its capture. The first is used until its converter or encoder fails;
then the next goes on with the frame that failed, at the same time in the recording. Frames that the failed one still has are
encoded again before. Each serves once: what fails every time ends the recording and does not go round in circles.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, nullcontext
from time import perf_counter_ns
from typing import NamedTuple

from glrec_core.errors import GlrecError, ProcessError
from glrec_core.report.ranges import timed_range
from glrec_core.report.stats import Stats
from glrec_core.stages import EncodeStages, OpenEncodeStages, Resumable
from glrec_core.values.frame import Frame, FrameSpec, Packet, StreamInfo

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

    def drain(self) -> Iterator[Batch]:
        """End the stream and give out what is still held; nothing the second time.

        Raises:
            GlrecError: the encoder failed and has lost frames, or nothing is left to take over; `rescue` gives the rest.

        """
        yield from self._drained(last=True)

    def rescue(self) -> list[Batch]:
        """Return what failed stages still give out, which may be nothing, and release them."""
        stages, self._stages = self._stages, None
        if stages is None:
            return []
        try:
            with closing(stages):
                return [self._out(stages, stages.encoder.drain())]
        except Exception as error:  # noqa: BLE001 - their first failure is the one to report
            logger.debug("the failed encoder gives out nothing more: %s", error)
            return []

    def _drained(self, *, last: bool) -> Iterator[Batch]:
        """End the stream, by a successor where the encoder fails: at the end of the recording only if that loses nothing."""
        while (stages := self._stages) is not None:
            try:
                batch = self._out(stages, stages.encoder.drain())
            except GlrecError as error:
                if last and self._held and not isinstance(stages.encoder, Resumable):
                    raise
                yield from self._take_over(error)
            else:
                self._stages = None
                with closing(stages):
                    yield batch

    def _end_stream(self, spec: FrameSpec) -> Iterator[Batch]:
        if spec != self._spec:
            yield from self._drained(last=False)
            self._spec = spec

    def _encode(self, frame: Frame) -> Batch:
        stages, stats, began_ns = self._opened(), self._stats, perf_counter_ns()
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

    def _opened(self) -> EncodeStages:
        if self._stages is None:
            assert self._spec is not None
            self._stages, self._held = self._openers[0](self._spec), 0
        return self._stages

    def _take_over(self, error: Exception, rest: Sequence[Frame] = ()) -> Iterator[Batch]:
        """Put the next stages in place of those that failed; give out what these still do, and what is made of their frames.

        `rest` are frames that were to be encoded again, and have not been.
        """
        if len(self._openers) == 1:
            raise error
        del self._openers[0]
        failed = self._stages
        yield from self.rescue()
        kept = failed.encoder.unfinished() if failed and isinstance(failed.encoder, Resumable) else []
        lost = self._held - len(kept)
        again = f", and encoded {len(kept)} frames again that it held" if kept else ""
        lost_frames = f", without {lost} frames that it held" if lost else ""
        self._held = 0
        self._tell(f"the encoder failed and its successor went on{again}{lost_frames}: {error}")
        yield from self._encode_again(deque([*kept, *rest]))

    def _encode_again(self, frames: deque[Frame]) -> Iterator[Batch]:
        """Encode frames that were converted for the encoder before."""
        while frames:
            try:
                stages = self._opened()
                if stages.encoder.accepts != frames[0].spec:
                    self._tell(
                        f"{len(frames)} frames were lost: the successor takes {stages.encoder.accepts}"
                    )
                    return
                packets = stages.encoder.encode(frames[0])
            except GlrecError as error:
                yield from self._take_over(error, frames)
                return
            frames.popleft()
            self._held += 1
            yield self._out(stages, packets)
