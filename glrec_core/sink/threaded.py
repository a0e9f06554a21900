"""Any sink behind a thread of its own, so that a slow one delays neither the encoder nor the file beside it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from queue import SimpleQueue
from time import monotonic

from glrec_core.errors import ConfigError, SinkError, as_failure
from glrec_core.stages import Sink, StoredSink
from glrec_core.system.forks import Maker
from glrec_core.system.waiting import LOOK_AGAIN_SECONDS, Hint
from glrec_core.values.checks import positive_number, shown, whole_number
from glrec_core.values.frame import Packet, StreamInfo

_DEFAULT_PACKETS = 120
"""Two seconds at 60 frames a second."""
_MOST_PACKETS = 1 << 20
_PATIENCE_SECONDS = 10.0

_Work = Callable[[], None]


class ThreadedSink:
    """Hands packets to another sink on a thread of its own; when that falls behind, packets are left out up to a keyframe.

        record(window, "film.mp4", ThreadedSink(WireSink(channel)))

    For what is watched as it comes, a network above all. A file must keep every frame: give it to `record()` as it is.

    Args:
        sink: where packets go.
        packets: how many may wait. When one more comes, it and all that follow are left out until the next keyframe for which
            there is room, so that what a receiver gets can be decoded.
        patience_seconds: how long `close()` waits at a time for a packet to be taken before it gives the sink up.

    Raises:
        ConfigError: a value is out of range, or the sink is a file's.

    """

    def __init__(
        self, sink: Sink, *, packets: int = _DEFAULT_PACKETS, patience_seconds: float = _PATIENCE_SECONDS
    ) -> None:
        if isinstance(sink, StoredSink) or not isinstance(sink, Sink):
            raise ConfigError(
                f"sink={shown(sink)}: a thread is for sinks that may leave frames out, such as WireSink; give paths and files to "
                "record() as they are"
            )
        self._sink = sink
        self._most = whole_number("packets", packets, 1, _MOST_PACKETS)
        self._patience_seconds = positive_number("patience_seconds", patience_seconds, "seconds")
        self._part: _Part | None = None
        self._skips = False
        self.left_out: int = 0
        """How many packets were left out, since the sink was too slow for them."""

    def check(self, codec: str, *, alpha: bool = False) -> None:
        """Ask the sink.

        Raises:
            ConfigError: it cannot take such a stream.

        """
        self._sink.check(codec, alpha=alpha)

    def open(self, stream: StreamInfo) -> None:
        """Begin a part, and its thread.

        Raises:
            SinkError: a part is open, or no thread can be started.

        """
        if self._part is not None:
            raise SinkError("a part is still open; close() it before the next part")
        self._part = _Part(self._sink, stream)
        self._skips = False

    def write(self, packet: Packet) -> None:
        """Let a packet wait for the sink, or leave it out.

        Raises:
            SinkError: the sink has failed, with its own words; or no part is open.

        """
        if (part := self._part) is None:
            raise SinkError("no part is open; call open() before write()")
        part.check()
        if part.waiting >= self._most or (self._skips and not packet.keyframe):
            self._skips = True
            self.left_out += 1
            return
        self._skips = False
        part.take(packet)

    def close(self) -> None:
        """End the part when all that waits has been handed over. Safe to call twice.

        Raises:
            SinkError: the sink has failed, or took no packet for `patience_seconds`.

        """
        if (part := self._part) is not None:
            part.end(self._patience_seconds)
            self._part = None
            part.check()


class _Part:
    """One part: the thread that hands it over, and what waits for that."""

    def __init__(self, sink: Sink, stream: StreamInfo) -> None:
        self._sink = sink
        self._work: SimpleQueue[_Work | None] = SimpleQueue()
        self._taken = self._done = 0
        self._failure: BaseException | None = None
        self._ended = False
        self._step = Hint()
        self._maker = Maker()
        # A daemon: a connection that hangs must not keep the program from ending.
        self._thread = threading.Thread(target=self._run, name="glrec-sink", daemon=True)
        self._put(partial(sink.open, stream))
        try:
            self._thread.start()
        except RuntimeError as error:
            raise SinkError(f"no thread can be started for {type(sink).__name__}: {error}") from error

    @property
    def waiting(self) -> int:
        """How many packets the sink has not taken yet."""
        return self._taken - self._done

    def take(self, packet: Packet) -> None:
        """Let a packet wait."""
        self._put(partial(self._sink.write, packet))

    def check(self) -> None:
        """Raise what the sink has failed with."""
        if self._failure is not None:
            name = type(self._sink).__name__
            failure = as_failure(self._failure, name)
            raise SinkError(f"{name}: {failure}") from failure

    def end(self, patience_seconds: float) -> None:
        """Wait until everything is handed over. A forked child does nothing: the thread is its parent's."""
        if not self._maker.is_here:
            return
        self._put(self._sink.close)
        self._work.put(None)
        done, until = self._done, monotonic() + patience_seconds
        while not self._ended:
            self._step.wait(LOOK_AGAIN_SECONDS)
            if self._done != done:
                done, until = self._done, monotonic() + patience_seconds
            elif monotonic() > until and not self._ended:
                self._failure = self._failure or SinkError(
                    f"it took nothing for {patience_seconds:g} s, with {self.waiting} packets waiting, and was given up"
                )
                return
        self._thread.join()

    def _put(self, work: _Work) -> None:
        self._taken += 1
        self._work.put(work)

    def _run(self) -> None:
        while (work := self._work.get()) is not None:
            try:
                if self._failure is None or work == self._sink.close:
                    work()
            except BaseException as error:  # noqa: BLE001 - told by the next write() or close()
                self._failure = self._failure or error
            self._done += 1
            self._step.give()
        self._ended = True
        self._step.give()
