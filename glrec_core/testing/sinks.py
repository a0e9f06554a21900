"""Two sinks for tests: one that remembers all it is given, and one that fails when it is told to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from glrec_core.errors import SinkError
from glrec_core.stages import Sink
from glrec_core.values.frame import Packet, StreamInfo

SinkCall = Literal["check", "open", "write", "close"]


@dataclass(slots=True)
class Part:
    """What a sink was given from one `open` to the next `close`.

    Examples:
        >>> Part(stream=None).packets
        []

    """

    stream: StreamInfo
    packets: list[Packet] = field(default_factory=list)
    closed: bool = False


class MemorySink:
    """Keeps every packet in memory, and the stream of each part.

    Examples:
        >>> sink = MemorySink()
        >>> feed(sink, *encoded(Config(), regular(10, 30)))
        >>> [len(part.packets) for part in sink.parts]
        [10]

    """

    def __init__(self) -> None:
        self.parts: list[Part] = []
        """All of them, in order; the last one may be open."""

    @property
    def packets(self) -> list[Packet]:
        """Those of all parts."""
        return [packet for part in self.parts for packet in part.packets]

    def check(self, codec: str, *, alpha: bool = False) -> None:
        """Take any codec."""

    def open(self, stream: StreamInfo) -> None:
        """Begin a part.

        Raises:
            SinkError: one is open.

        """
        if self._open is not None:
            raise SinkError("a part is open; close() it before the next part")
        self.parts.append(Part(stream))

    def write(self, packet: Packet) -> None:
        """Keep a packet.

        Raises:
            SinkError: no part is open.

        """
        part = self._open
        if part is None:
            raise SinkError("no part is open; call open() before write()")
        part.packets.append(packet)

    def close(self) -> None:
        """End the part."""
        if (part := self._open) is not None:
            part.closed = True

    @property
    def _open(self) -> Part | None:
        return self.parts[-1] if self.parts and not self.parts[-1].closed else None


class FailingSink:
    """Does what another sink does, and fails on purpose: at one of its calls, and at each of that kind after it.

    Args:
        error: what is raised, as it is.
        at: the call: "check", "open", "write" or "close". A part is closed before its `close` fails.
        nth: which of these calls is the first to fail, from 1.
        sink: what takes everything else; a `MemorySink` by default. It stays there as `sink`.

    Examples:
        >>> full = FailingSink(OSError(28, "the disk is full"), at="write", nth=3)
        >>> feed(full, *encoded(Config(), regular(10, 30)))
        Traceback (most recent call last):
        OSError: [Errno 28] the disk is full
        >>> len(full.sink.packets)
        2

    """

    def __init__(
        self, error: BaseException, *, at: SinkCall = "write", nth: int = 1, sink: Sink | None = None
    ) -> None:
        self.sink: Sink = MemorySink() if sink is None else sink
        self.calls: int = 0
        """How many calls of that kind have come."""
        self._error, self._at, self._nth = error, at, nth

    def check(self, codec: str, *, alpha: bool = False) -> None:
        """Let the other sink check the codec, or fail."""
        self._fail("check")
        self.sink.check(codec, alpha=alpha)

    def open(self, stream: StreamInfo) -> None:
        """Let the other sink begin a part, or fail."""
        self._fail("open")
        self.sink.open(stream)

    def write(self, packet: Packet) -> None:
        """Give the other sink a packet, or fail."""
        self._fail("write")
        self.sink.write(packet)

    def close(self) -> None:
        """Let the other sink end the part, and perhaps fail."""
        self.sink.close()
        self._fail("close")

    def _fail(self, call: SinkCall) -> None:
        if call == self._at:
            self.calls += 1
            if self.calls >= self._nth:
                raise self._error


def feed(sink: Sink, stream: StreamInfo, packets: list[Packet]) -> None:
    """Give a sink a whole part.

    Examples:
        >>> feed(MemorySink(), *encoded(Config(), regular(10, 30)))

    """
    sink.open(stream)
    for packet in packets:
        sink.write(packet)
    sink.close()
