"""The receiving end: takes datagrams as they come, gives access units in order, and waits for none too long.

Three limits bound it, whatever arrives: how many access units it looks ahead, how long anything waits, and how much
memory shards may take. What is missing when a limit is reached is given up and counted. It owns no thread, socket or
clock: times are told to it.

It receives one sender at a time, by the session in its datagrams. Another one, be it the same program started anew, follows
once the first has fallen silent; until then what comes of it is held, within the limits.
"""

from __future__ import annotations

import logging

from glrec_core.errors import MalformedPacket
from glrec_core.values.checks import positive_number, whole_number
from glrec_core.wire.header import Datagram, OtherVersion, parse
from glrec_core.wire.session import Counts, Received, Session

__all__ = ["Counts", "Reassembler", "Received"]

logger: logging.Logger = logging.getLogger("glrec")

DEFAULT_WINDOW = 64
"""Access units: about a second."""

MOST_WINDOW = 1 << 16

DEFAULT_WAIT_SECONDS = 0.5

DEFAULT_QUIET_SECONDS = 0.5

DEFAULT_MAX_BYTES = 256 << 20

_AGREEING = 2
"""Datagrams of use that make a sender out of what may be a stray one."""

_MOST_OTHERS = 4
"""Senders that may wait; of more, those of which least has come are forgotten."""

_LONGEST_SECONDS = 1e9
_NANOSECONDS = 1_000_000_000


class Reassembler:
    """Puts access units together again. For one thread at a time.

        reassembler = Reassembler(window=32, wait_seconds=0.2)
        receiver = UdpReceiver(("0.0.0.0", 5000), reassembler)

    Args:
        window: how many access units may be under way at once; one that is further behind the newest is given up.
        wait_seconds: how long anything that has arrived may be held back; None is no limit by time.
        max_bytes: the most memory that everything held may take.
        quiet_seconds: how long the present sender must have been silent before another one takes its place.

    Raises:
        ConfigError: one of them is not positive, or no number.

    """

    def __init__(
        self,
        *,
        window: int = DEFAULT_WINDOW,
        wait_seconds: float | None = DEFAULT_WAIT_SECONDS,
        max_bytes: int = DEFAULT_MAX_BYTES,
        quiet_seconds: float = DEFAULT_QUIET_SECONDS,
    ) -> None:
        self._window = whole_number("window", window, 1, MOST_WINDOW)
        self._wait_ns = None if wait_seconds is None else nanoseconds("wait_seconds", wait_seconds)
        self._max_bytes = whole_number("max_bytes", max_bytes, 1)
        self._quiet_ns = nanoseconds("quiet_seconds", quiet_seconds)
        self._session: Session | None = None
        self._others: dict[int, Session] = {}
        self._told_of_version = False
        self.counts: Counts = Counts()

    @property
    def held_bytes(self) -> int:
        """Memory that is held now."""
        return sum(session.held_bytes for session in (self._session, *self._others.values()) if session)

    @property
    def deadline_ns(self) -> int | None:
        """When `expire` is to be called next; None while nothing waits, or may wait for ever."""
        session = self._session
        if session is None:
            return None
        since_ns = session.waits_since_ns
        due = [] if since_ns is None or self._wait_ns is None else [since_ns + self._wait_ns]
        if self._successor() is not None:
            due.append(session.heard_ns + self._quiet_ns)
        return min(due, default=None)

    def take(self, datagram: bytes, now_ns: int) -> list[Received]:
        """Take one datagram, whatever it holds, and return the access units that can go on, in order.

            for received in reassembler.take(datagram, time.monotonic_ns()):
                decode(received.packet.data)

        `now_ns` is a time in nanoseconds that never goes back.
        """
        counts = self.counts
        counts.datagrams += 1
        try:
            self._add(parse(datagram), now_ns)
        except MalformedPacket as error:
            counts.malformed += 1
            self._tell(error)
        return [*self._within_limits(), *self.expire(now_ns)]

    def expire(self, now_ns: int) -> list[Received]:
        """Give up what has been waited for too long, and return what can go on.

        For example:

            for received in reassembler.expire(time.monotonic_ns()):
                decode(received.packet.data)
        """
        out: list[Received] = []
        while (deadline_ns := self.deadline_ns) is not None and now_ns >= deadline_ns:
            out += self._expired(now_ns)
        return out

    def drain(self) -> list[Received]:
        """Give up all that is incomplete, and return the rest: nothing more will come.

        For example:

            for received in reassembler.drain():
                decode(received.packet.data)
        """
        self._others.clear()
        return self._session.drain() if self._session is not None else []

    def _add(self, datagram: Datagram, now_ns: int) -> None:
        number = datagram.frame.session
        if self._session is None:
            self._session = Session(number, self._window, now_ns)
            self._session.counts = self.counts
        if number == self._session.number:
            self.counts.unneeded += not self._session.add(datagram, now_ns, self._quiet_ns)
            return
        self.counts.other_session += 1
        other = self._others.get(number) or self._new_other(number, now_ns)
        other.add(datagram, now_ns, self._quiet_ns)
        other.forget()

    def _new_other(self, number: int, now_ns: int) -> Session:
        if len(self._others) == _MOST_OTHERS:
            least = min(
                self._others.values(), key=lambda session: session.used
            )  # of equal ones the first that came
            del self._others[least.number]
        self._others[number] = Session(number, self._window, now_ns)
        return self._others[number]

    def _expired(self, now_ns: int) -> list[Received]:
        session, successor = self._session, self._successor()
        assert session is not None
        if successor is not None and now_ns >= session.heard_ns + self._quiet_ns:
            return self._follow(session, successor)
        return session.give_up_oldest()

    def _successor(self) -> Session | None:
        """Return the other sender that was heard last, of those of which enough has come to believe that there is one."""
        believed = (session for session in self._others.values() if session.used >= _AGREEING)
        return max(believed, key=lambda session: session.heard_ns, default=None)

    def _follow(self, session: Session, successor: Session) -> list[Received]:
        """Receive another sender from now on. The one before may come back, where it left off."""
        out = session.drain()
        session.counts, session.used = Counts(), 0
        del self._others[successor.number]
        self._others[session.number] = session
        self.counts.lost += successor.counts.lost
        successor.counts, self._session = self.counts, successor
        logger.warning(
            "the sender has fallen silent, and another one (or the same, started anew) is received from now on"
        )
        return [*out, *successor.advance()]

    def _within_limits(self) -> list[Received]:
        session = self._session
        if session is None:
            return []
        out = session.slide()
        while self.held_bytes > self._max_bytes:
            if self._others:
                largest = max(self._others.values(), key=lambda other: other.held_bytes)
                del self._others[largest.number]
            else:
                out += session.give_up_first()
        return out

    def _tell(self, error: MalformedPacket) -> None:
        if isinstance(error, OtherVersion) and not self._told_of_version:
            self._told_of_version = True
            logger.warning("%s", error)
        else:
            logger.debug("a datagram is refused: %s", error)


def nanoseconds(name: str, seconds: float) -> int:
    """Return a time to wait, of at most thirty years, which is for ever.

    Raises:
        ConfigError: it is no positive number.

    """
    return round(min(positive_number(name, seconds, "seconds"), _LONGEST_SECONDS) * _NANOSECONDS)
