"""The encode thread: one loop that takes frames from the queue and gives packets to the sinks."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from time import perf_counter_ns

from glrec_core.encode_chain import Batch, EncodeChain
from glrec_core.frame_queue import FrameQueue
from glrec_core.outputs import Outputs, Report
from glrec_core.ranges import timed_range
from glrec_core.stats import Stats


class Worker:
    """Owns the encode thread. An error ends the work: it is reported through `fail` and the queue is abandoned."""

    def __init__(
        self, queue: FrameQueue, chain: EncodeChain, outputs: Outputs, stats: Stats, fail: Report
    ) -> None:
        self._queue = queue
        self._chain = chain
        self._outputs = outputs
        self._stats = stats
        self._fail = fail
        # A daemon, so that a forgotten close() cannot hang the exit: the recorder's atexit hook then joins it.
        self._thread = threading.Thread(target=self._run, name="glrec-encode", daemon=True)
        self._thread.start()

    def join(self, timeout_seconds: float | None = None) -> bool:
        """Wait until everything that was queued is encoded and the sinks are closed; return whether that is so."""
        self._thread.join(timeout_seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            for frame in self._queue:
                with frame:
                    self._write(self._chain.encode(frame))
            self._write(self._chain.drain())
        except Exception as error:  # noqa: BLE001 - reported, and raised by close()
            self._fail(error)
            self._queue.abandon()
        finally:
            self._finish()

    def _write(self, batches: Iterable[Batch]) -> None:
        stats = self._stats
        for batch in batches:
            began_ns = perf_counter_ns()
            with timed_range("write"):
                self._outputs.write(batch)
            if batch.packets:
                stats.write_time.add(perf_counter_ns() - began_ns)
                stats.packets += len(batch.packets)
                stats.encoded_bytes += sum(packet.size_bytes for packet in batch.packets)

    def _rescue(self) -> None:
        self._write(self._chain.rescue())

    def _finish(self) -> None:
        """Close the part; after an error, with what the encoder still gives out: the sinks keep all that is complete."""
        for step in (self._rescue, self._outputs.close_part):
            try:
                step()
            except Exception as error:  # noqa: BLE001 - every step runs
                self._fail(error)
