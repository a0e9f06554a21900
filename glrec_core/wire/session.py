"""What one sender's numbers have led to: which of its access units are under way, and which comes out next.

A checksum finds damage, not forgery, so that a number may be a lie. None is believed for good: one far ahead needs the next
one to follow it, and a sender that goes on further behind is believed again once nothing has come from ahead for a while.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import NamedTuple

from glrec_core.errors import MalformedPacket
from glrec_core.values.frame import Packet
from glrec_core.wire.assembly import Assembly
from glrec_core.wire.header import Datagram

MAX_JUMP = 64
"""How far ahead of the newest the next access unit may be without further proof, at least; a second or so."""

_REMEMBERED_FAR = 8
"""Numbers far ahead that may each be the one before the next."""

_AGREEING_BEHIND = 8
"""Access units that must follow each other for a sender to be further behind than was believed."""


class Received(NamedTuple):
    """An access unit that has arrived: its number, the part that it belongs to, and whether parity was needed.

    `session` is that of the sender. Another one begins anew: numbers and parts count from 0, and nothing that came before is
    referred to.
    """

    frame: int
    part: int
    packet: Packet
    repaired: bool
    session: int = 0


@dataclass(slots=True)
class Counts:
    """What became of all that arrived.

    Attributes:
        datagrams: all of them.
        malformed: not glrec's, damaged, or contradicting others; they had no effect.
        unneeded: duplicates, and shards of access units that are complete or given up.
        other_session: of another sender than the one that is received, which they may follow.
        delivered: access units handed out.
        repaired: those of them that needed parity.
        lost: access units given up, those of which nothing came included.

    """

    datagrams: int = 0
    malformed: int = 0
    unneeded: int = 0
    other_session: int = 0
    delivered: int = 0
    repaired: int = 0
    lost: int = 0


class Session:
    """The access units of one sender. `counts` is told what becomes of them."""

    def __init__(self, number: int, window: int, now_ns: int) -> None:
        self.number: int = number
        self.counts: Counts = Counts()
        self.held_bytes: int = 0
        """Memory that is held now."""
        self.heard_ns: int = now_ns
        """When a datagram was of use last."""
        self.used: int = 0
        """How many were."""
        # A dict keeps the order of arrival, so its first one is the one that has waited longest.
        self._under_way: dict[int, Assembly] = {}
        self._window = window
        self._next = 0
        self._newest = -1
        self._far_ahead: deque[int] = deque(maxlen=_REMEMBERED_FAR)
        self._behind, self._behind_run = 0, 0
        self._lost_before_jump: int | None = None

    @property
    def waits_since_ns(self) -> int | None:
        """Since when the one waits that has waited longest; None where none does."""
        oldest = next(iter(self._under_way.values()), None)
        return None if oldest is None else oldest.since_ns

    def add(self, datagram: Datagram, now_ns: int, quiet_ns: int) -> bool:
        """Take a datagram, and return whether it was of use.

        Raises:
            MalformedPacket: it contradicts others, or its number is not believed.

        """
        frame = datagram.frame.frame
        if frame < self._next and not self._is_behind(frame, now_ns, quiet_ns):
            return False
        self._check_jump(frame)
        assembly = self._under_way.get(frame)
        if assembly is None:
            assembly = self._under_way[frame] = Assembly(datagram.frame, now_ns)
        before = assembly.held_bytes
        try:
            useful = assembly.add(datagram)
        finally:
            self.held_bytes += assembly.held_bytes - before
        if useful:
            self.used += 1
            self.heard_ns, self._newest = now_ns, max(self._newest, frame)
        return useful

    def slide(self) -> list[Received]:
        """Give up what is further behind the newest than the window, and return what can go on."""
        return self.advance(max(self._newest - self._window + 1, self._next))

    def forget(self) -> None:
        """Drop what is further behind the newest than the window, and hand nothing out: somebody else is received."""
        first = max(self._newest - self._window + 1, self._next)
        for number in [number for number in self._under_way if number < first]:
            self.held_bytes -= self._under_way.pop(number).held_bytes
        self.counts.lost += first - self._next
        self._next = first

    def give_up_oldest(self) -> list[Received]:
        """Give up the one that has waited longest, and all before it; return what can go on."""
        return self.advance(next(iter(self._under_way)) + 1)

    def give_up_first(self) -> list[Received]:
        """Give up the first one that is under way; return what can go on."""
        return self.advance(min(self._under_way) + 1)

    def drain(self) -> list[Received]:
        """Give up all that is incomplete, and return the rest."""
        return self.advance(max(self._under_way) + 1) if self._under_way else []

    def advance(self, frame: int | None = None) -> list[Received]:
        """Hand out or give up all before `frame`, and hand out what is complete from there on."""
        frame = self._next if frame is None else frame
        ready = sorted(number for number in self._under_way if number < frame)
        self.counts.lost += frame - self._next - len(ready)
        self._next = frame
        while (assembly := self._under_way.get(self._next)) is not None and assembly.finished:
            ready.append(self._next)
            self._next += 1
        return [received for number in ready if (received := self._taken(number)) is not None]

    def _check_jump(self, frame: int) -> None:
        """Refuse a number far ahead until the one after it comes: a sender that goes on, not a stray datagram."""
        if frame - max(self._next, self._newest + 1) < max(self._window, MAX_JUMP):
            return
        if frame - 1 not in self._far_ahead:
            if frame not in self._far_ahead:
                self._far_ahead.append(frame)
            raise MalformedPacket(f"access unit {frame} is too far ahead of {self._next}")
        if self._lost_before_jump is None:
            self._lost_before_jump = self.counts.lost

    def _is_behind(self, frame: int, now_ns: int, quiet_ns: int) -> bool:
        """Note a number that was passed over, and return whether the sender is there after all; what was ahead is dropped."""
        if now_ns - self.heard_ns < quiet_ns:
            self._behind_run = 0
            return False
        if self._behind_run and self._behind - self._window <= frame <= self._behind:
            return False  # one more of the same, or out of order
        follows = self._behind_run and frame <= self._behind + self._window
        self._behind, self._behind_run = frame, self._behind_run + 1 if follows else 1
        if self._behind_run < _AGREEING_BEHIND:
            return False
        if self._lost_before_jump is not None:  # what was jumped over was not lost
            self.counts.lost, self._lost_before_jump = self._lost_before_jump, None
        self._under_way.clear()
        self.held_bytes = self._behind_run = 0
        self._next, self._newest = frame, frame - 1
        return True

    def _taken(self, number: int) -> Received | None:
        assembly = self._under_way.pop(number)
        self.held_bytes -= assembly.held_bytes
        if assembly.packet is None:
            self.counts.lost += 1
            return None
        self.counts.delivered += 1
        self.counts.repaired += assembly.repaired
        return Received(number, assembly.head.part, assembly.packet, assembly.repaired, self.number)
