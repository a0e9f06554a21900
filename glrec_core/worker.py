"""The encode thread: one loop that takes frames from the queue and gives packets to the sinks."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from operator import methodcaller

from glrec_core.frame import Frame, FrameSpec, Packet, StreamInfo
from glrec_core.frame_queue import FrameQueue
from glrec_core.stages import EncodeStages, Sink
from glrec_core.stats import Stats

logger = logging.getLogger("glrec")

Report = Callable[[Exception], None]


class Outputs:
    """The sinks of a recording: one that fails is left out and the others go on."""

    def __init__(self, sinks: Sequence[Sink], report: Report) -> None:
        self._sinks = list(sinks)
        self._report = report
        self._opened = False

    def write(self, stream: StreamInfo, packets: list[Packet]) -> None:
        """Give packets to every sink, opening a part before the first."""
        if packets and not self._opened:
            self._opened = True
            self._each(methodcaller("open", stream))
        for packet in packets:
            self._each(methodcaller("write", packet))

    def close_part(self) -> None:
        """Finish the part in every sink."""
        if self._opened:
            self._opened = False
            self._each(methodcaller("close"))

    def _each(self, act: Callable[[Sink], None]) -> None:
        """Act on every sink; the error of the last one that fails is raised, since nothing is left to encode for."""
        for sink in list(self._sinks):
            try:
                act(sink)
            except Exception as error:
                self._sinks.remove(sink)
                self._close_failed(sink)
                if not self._sinks:
                    raise
                self._report(error)

    def _close_failed(self, sink: Sink) -> None:
        try:
            sink.close()
        except Exception as error:  # noqa: BLE001 - its first failure is the one to report
            logger.warning("closing a failed sink: %s", error)


class Worker:
    """Owns the encode thread. An error ends the work: it is reported through `fail` and the queue is abandoned."""

    def __init__(
        self,
        queue: FrameQueue,
        open_encode_stages: Callable[[FrameSpec], EncodeStages],
        outputs: Outputs,
        stats: Stats,
        fail: Report,
    ) -> None:
        self._queue = queue
        self._open_encode_stages = open_encode_stages
        self._outputs = outputs
        self._stats = stats
        self._fail = fail
        self._stages: EncodeStages | None = None
        self._spec: FrameSpec | None = None
        self._part_begin_ns = 0
        # A daemon, so that a forgotten close() cannot hang the exit: the recorder's atexit hook then joins it.
        self._thread = threading.Thread(target=self._run, name="glrec-encode", daemon=True)
        self._thread.start()

    def join(self) -> None:
        """Wait until everything that was queued is encoded and the sinks are closed."""
        self._thread.join()

    def _run(self) -> None:
        try:
            for frame in self._queue:
                with frame:
                    self._encode(frame)
            self._end_part()
        except Exception as error:  # noqa: BLE001 - reported, and raised by close()
            self._fail(error)
            self._queue.abandon()
        finally:
            self._release()

    def _encode(self, frame: Frame) -> None:
        if self._stages is None or frame.spec != self._spec:
            self._end_part()
            self._stages, self._spec = self._open_encode_stages(frame.spec), frame.spec
            self._part_begin_ns = frame.pts_ns
        frame.pts_ns -= self._part_begin_ns
        converter, encoder = self._stages
        with converter.convert(frame) as converted:
            converted.keyframe = frame.keyframe
            packets = encoder.encode(converted)
        self._stats.encoded += 1
        self._write(packets)

    def _write(self, packets: list[Packet]) -> None:
        if packets and self._stages is not None:
            self._outputs.write(self._stages.encoder.stream, packets)
            self._stats.packets += len(packets)
            self._stats.encoded_bytes += sum(len(packet.data) for packet in packets)

    def _end_part(self) -> None:
        """Drain and close the stages and finish the sinks' part."""
        if self._stages is None:
            return
        self._write(self._stages.encoder.drain())
        stages, self._stages = self._stages, None
        stages.close()
        self._outputs.close_part()

    def _release(self) -> None:
        """After an error: release what is open; what the sinks hold stays as playable as it is."""
        for close in (self._close_stages, self._outputs.close_part):
            try:
                close()
            except Exception as error:  # noqa: BLE001 - every step runs
                self._fail(error)

    def _close_stages(self) -> None:
        stages, self._stages = self._stages, None
        if stages is not None:
            stages.close()
