"""From the stream to the sinks: one that fails is left out and the others go on; a stream that changes begins a part.

This is the one end that a live recording, a recovery and arrays share: `StreamWriter` keeps the account of it.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from functools import partial
from operator import methodcaller
from time import perf_counter_ns

from glrec_core.errors import as_failure
from glrec_core.pipeline.chain import Batch, Tell
from glrec_core.report.marks import Marks
from glrec_core.report.ranges import timed_range
from glrec_core.report.stats import Stats
from glrec_core.stages import MarkedSink, Sink, StoredSink, frames_on_disk
from glrec_core.values.clock import latest_ns
from glrec_core.values.frame import Packet, StreamInfo

logger: logging.Logger = logging.getLogger("glrec")

Report = Callable[[Exception], None]

Written = Callable[[int], None]
"""Told up to which time, in ns of the recording, all frames are complete in the files and would outlast a power cut."""


class Outputs:
    """The sinks of a recording. Belongs to the encode thread."""

    def __init__(self, sinks: Sequence[Sink], report: Report, tell: Tell, marks: Marks | None = None) -> None:
        self._sinks = list(sinks)
        self._report = report
        self._tell = tell
        self._marks = marks or Marks()
        self._stream: StreamInfo | None = None
        self._begin_tick = self._last_dts = 0
        self._stored = [sink for sink in self._sinks if isinstance(sink, StoredSink)]
        self._given = 0
        self._incomplete_ns: deque[int] = deque()
        self._written_ns = self._end_ns = -1
        self.keyframe: tuple[StreamInfo, Packet] | None = None
        """The last one, which can be decoded by itself."""

    def write(self, batch: Batch) -> None:
        """Give packets to every sink. Those of another stream than before begin a part, at time 0."""
        stream, packets = batch
        if not packets:
            return
        if not self._continued_by(stream, packets[0]):
            self._begin(stream, packets[0])
        for packet in packets:
            if packet.keyframe:
                self.keyframe = stream, packet
            self._each(methodcaller("write", packet.earlier(self._begin_tick)))
            self._note_times(packet, stream.time_base)
        self._last_dts = packets[-1].dts

    @property
    def written_ns(self) -> int:
        """Time up to which all frames that were written are complete in the files, and would outlast a power cut; -1 if none.

        A file that failed stays where it ended, unless another one goes on.
        """
        counting = [sink for sink in self._stored if sink in self._sinks] or self._stored
        complete = min(map(frames_on_disk, counting), default=self._given)
        while self._incomplete_ns and self._given - len(self._incomplete_ns) < complete:
            self._written_ns = self._incomplete_ns.popleft()
        if self._stream is None and not self._incomplete_ns:
            return self._end_ns
        return self._written_ns

    def close_part(self, next_tick: int | None = None) -> None:
        """Finish the part in every sink; `next_tick` is when the next one begins, if one does."""
        stream, self._stream = self._stream, None
        if stream is None:
            return
        for mark in self._marks.between(self._begin_tick, next_tick, stream.time_base):
            self._each(partial(_mark, mark))
        self._each(methodcaller("close"))

    def _note_times(self, packet: Packet, time_base: Fraction) -> None:
        """Remember when a packet is decoded: all frames up to that time are in it and those before it."""
        self._given += 1
        self._incomplete_ns.append(latest_ns(packet.dts, time_base))
        self._end_ns = max(self._end_ns, latest_ns(packet.pts, time_base))

    def _continued_by(self, stream: StreamInfo, packet: Packet) -> bool:
        """Whether a stream can go on in the part that is open, though another encoder may have made it."""
        return stream == self._stream and packet.dts > self._last_dts

    def _begin(self, stream: StreamInfo, first: Packet) -> None:
        before = self._stream
        self.close_part(first.pts)
        if before is not None and before.size == stream.size:
            self._tell("the encoder that took over makes another kind of stream, which begins a new part")
        self._stream, self._begin_tick = stream, first.pts
        self._each(methodcaller("open", stream))

    def _each(self, act: Callable[[Sink], None]) -> None:
        """Act on every sink; the error of the last one that fails is raised, since nothing is left to encode for."""
        for sink in list(self._sinks):
            try:
                act(sink)
            except BaseException as error:
                self._sinks.remove(sink)
                self._close_failed(sink)
                if not self._sinks:
                    raise
                self._report(as_failure(error, type(sink).__name__))

    def _close_failed(self, sink: Sink) -> None:
        try:
            sink.close()
        except BaseException as error:  # noqa: BLE001 - its first failure is the one to report
            logger.warning("closing a failed sink: %s", error)


def _mark(mark: tuple[int, str], sink: Sink) -> None:
    if isinstance(sink, MarkedSink) and sink.keeps_marks:
        sink.mark(*mark)


def _nobody(time_ns: int) -> None:
    """Listen to nothing."""


class StreamWriter:
    """Gives packets to the sinks and counts them. Belongs to the thread that encodes."""

    def __init__(self, outputs: Outputs, stats: Stats, written: Written = _nobody) -> None:
        self._outputs = outputs
        self._stats = stats
        self._written = written

    def write(self, batches: Iterable[Batch]) -> None:
        """Write packets as they come.

        Raises:
            GlrecError: they could not be encoded, or the last sink failed.

        """
        stats = self._stats
        for batch in batches:
            began_ns = perf_counter_ns()
            with timed_range("write"):
                self._outputs.write(batch)
            self._written(self._outputs.written_ns)
            if batch.packets:
                stats.write_time.add(perf_counter_ns() - began_ns)
                stats.packets += len(batch.packets)
                stats.encoded_bytes += sum(packet.size_bytes for packet in batch.packets)

    def finish(self) -> None:
        """Close the part in every sink.

        Raises:
            GlrecError: the last sink failed.

        """
        try:
            self._outputs.close_part()
        finally:
            self._written(self._outputs.written_ns)
