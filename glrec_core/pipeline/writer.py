"""From encoded packets to the sinks, with their account: the one end that a live recording, a recovery and arrays share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from time import perf_counter_ns

from glrec_core.pipeline.chain import Batch
from glrec_core.pipeline.outputs import Outputs
from glrec_core.report.ranges import timed_range
from glrec_core.report.stats import Stats

Written = Callable[[int], None]
"""Told up to which time, in ns of the recording, all frames are complete in the files and would outlast a power cut."""


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
