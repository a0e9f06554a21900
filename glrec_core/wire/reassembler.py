"""The receiving end: takes datagrams as they come, gives access units in order, and waits for none too long.

Three limits bound it, whatever arrives: how many access units it looks ahead, how long anything waits, and how much
memory shards may take. What is missing when a limit is reached is given up and counted. It owns no thread, socket or
clock: times are told to it.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import NamedTuple

from glrec_core.errors import ConfigError, MalformedPacket
from glrec_core.frame import Packet
from glrec_core.wire.assembly import Assembly
from glrec_core.wire.header import Datagram, parse

logger: logging.Logger = logging.getLogger("glrec")

DEFAULT_WINDOW = 64
"""Access units: about a second."""

DEFAULT_WAIT_SECONDS = 0.5

DEFAULT_MAX_BYTES = 256 << 20

MAX_JUMP = 3000
"""How far ahead the next access unit may be without further proof; as RFC 3550, appendix A.1, has it (MAX_DROPOUT)."""

_NANOSECONDS = 1_000_000_000


class Received(NamedTuple):
    """An access unit that has arrived: its number, the part that it belongs to, and whether parity was needed."""

    frame: int
    part: int
    packet: Packet
    repaired: bool


@dataclass(slots=True)
class Counts:
    """What became of all that arrived.

    Attributes:
        datagrams: all of them.
        malformed: not glrec's, damaged, or contradicting others; they had no effect.
        unneeded: duplicates, and shards of access units that are complete or given up.
        delivered: access units handed out.
        repaired: those of them that needed parity.
        lost: access units given up, those of which nothing came included.

    """

    datagrams: int = 0
    malformed: int = 0
    unneeded: int = 0
    delivered: int = 0
    repaired: int = 0
    lost: int = 0


class Reassembler:
    """Puts access units together. One thread at a time.

    Args:
        window: how many access units may be under way at once; one that is further behind the newest is given up.
        wait_seconds: how long anything that has arrived may be held back; None is no limit by time.
        max_bytes: the most that all that is held may take.

    Raises:
        ConfigError: one of them is not positive.

    """

    def __init__(
        self,
        *,
        window: int = DEFAULT_WINDOW,
        wait_seconds: float | None = DEFAULT_WAIT_SECONDS,
        max_bytes: int = DEFAULT_MAX_BYTES,
    ) -> None:
        for name, value in (("window", window), ("wait_seconds", wait_seconds), ("max_bytes", max_bytes)):
            if value is not None and not value > 0:
                raise ConfigError(f"{name}={value!r} must be above 0")
        self._window = window
        self._wait_ns = None if wait_seconds is None else round(wait_seconds * _NANOSECONDS)
        self._max_bytes = max_bytes
        # A dict keeps the order of arrival, so its first one is the one that has waited longest.
        self._under_way: dict[int, Assembly] = {}
        self._next = 0
        self._far_ahead: int | None = None
        self.held_bytes: int = 0
        """Memory that is held now."""
        self.counts: Counts = Counts()

    @property
    def deadline_ns(self) -> int | None:
        """When `expire` is to be called next; None while nothing waits, or may wait for ever."""
        oldest = next(iter(self._under_way.values()), None)
        return None if oldest is None or self._wait_ns is None else oldest.since_ns + self._wait_ns

    def take(self, datagram: bytes, now_ns: int) -> list[Received]:
        """Take one datagram, whatever it holds, and return the access units that can go on, in order.

        `now_ns` is a time in nanoseconds that never goes back.
        """
        counts = self.counts
        counts.datagrams += 1
        try:
            counts.unneeded += not self._add(parse(datagram), now_ns)
        except MalformedPacket as error:
            counts.malformed += 1
            logger.debug("a datagram is refused: %s", error)
        return [*self._within_limits(), *self.expire(now_ns)]

    def expire(self, now_ns: int) -> list[Received]:
        """Give up what something has waited for too long, and return what can go on."""
        out: list[Received] = []
        while (deadline_ns := self.deadline_ns) is not None and now_ns >= deadline_ns:
            out += self._advance(next(iter(self._under_way)) + 1)
        return out

    def drain(self) -> list[Received]:
        """Give up all that is incomplete, and return the rest: nothing more will come."""
        return self._advance(max(self._under_way) + 1) if self._under_way else []

    def _add(self, datagram: Datagram, now_ns: int) -> bool:
        frame = datagram.frame.frame
        if frame < self._next:
            return False
        self._check_jump(frame)
        assembly = self._under_way.get(frame)
        if assembly is None:
            assembly = self._under_way[frame] = Assembly(datagram.frame, now_ns)
        before = assembly.held_bytes
        try:
            return assembly.add(datagram)
        finally:
            self.held_bytes += assembly.held_bytes - before

    def _check_jump(self, frame: int) -> None:
        """Refuse a number far ahead until the one after it comes: a sender that goes on, not a stray datagram."""
        if frame - self._next < MAX_JUMP:
            return
        known, self._far_ahead = self._far_ahead, frame
        if frame - 1 == known:
            return
        raise MalformedPacket(f"access unit {frame} is too far ahead of {self._next}")

    def _within_limits(self) -> list[Received]:
        out = self._advance(max(max(self._under_way, default=0) - self._window + 1, self._next))
        while self.held_bytes > self._max_bytes:
            out += self._advance(min(self._under_way) + 1)
        return out

    def _advance(self, frame: int) -> list[Received]:
        """Hand out or give up all before `frame`, and hand out what is complete from there on."""
        ready = sorted(number for number in self._under_way if number < frame)
        self.counts.lost += frame - self._next - len(ready)
        self._next = frame
        while (assembly := self._under_way.get(self._next)) is not None and assembly.finished:
            ready.append(self._next)
            self._next += 1
        return [received for number in ready if (received := self._taken(number)) is not None]

    def _taken(self, number: int) -> Received | None:
        assembly = self._under_way.pop(number)
        self.held_bytes -= assembly.held_bytes
        if assembly.packet is None:
            self.counts.lost += 1
            return None
        self.counts.delivered += 1
        self.counts.repaired += assembly.repaired
        return Received(number, assembly.head.part, assembly.packet, assembly.repaired)
