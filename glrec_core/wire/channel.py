"""Ways for datagrams to go, and the damage that a network does to them, repeatable by a seed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from operator import index
from random import Random
from typing import Protocol

from glrec_core.errors import ConfigError
from glrec_core.values.checks import real_number, shown

REORDER_DEPTH = 16
"""A datagram that comes out of order does so after 1 to so many later ones."""


class Channel(Protocol):
    """Carries datagrams, without any guarantee that they arrive.

    For example:

        class SocketChannel:  # with close it is a Channel
            def send(self, datagram: bytes) -> None:
                self._socket.send(datagram)
    """

    def send(self, datagram: bytes) -> None:
        """Send one datagram.

            for datagram in packetizer.cut(packet, part=0):
                channel.send(datagram)

        Raises:
            SinkError: the system refuses it. A datagram that is lost on its way is no error.

        """

    def close(self) -> None:
        """Send what is still held, and release everything. Safe to call twice.

        For example:

            channel = UdpChannel(("192.0.2.7", 5000))
            channel.close()
        """


def check_channel(channel: object) -> None:
    """Raise ConfigError if this is no channel."""
    if not all(callable(getattr(channel, name, None)) for name in ("send", "close")):
        raise ConfigError(
            f"channel={shown(channel)} has no send() and close(); give an UdpChannel, or one of your own"
        )


class MemoryChannel:
    """Hands each datagram to a function at once.

    For example:

        datagrams = []
        record(window, "film.mp4", WireSink(MemoryChannel(datagrams.append)))

    """

    def __init__(self, deliver: Callable[[bytes], object]) -> None:
        self._deliver = deliver

    def send(self, datagram: bytes) -> None:
        """Hand it over."""
        self._deliver(datagram)

    def close(self) -> None:
        """Do nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Impairment:
    """What a network does to datagrams: independent probabilities, each from 0 to 1.

        impairment = Impairment(loss=0.05, reorder=0.1, duplicate=0.02, seed=7)
        trial = WireTrial(impairment)

    Attributes:
        loss: it never arrives.
        reorder: it arrives after 1 to 16 later ones.
        duplicate: it arrives twice.
        seed: equal seeds hit the same datagrams of a sequence.

    Raises:
        ConfigError: a probability is not from 0 to 1.

    """

    loss: float = 0.0
    reorder: float = 0.0
    duplicate: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("loss", "reorder", "duplicate"):
            object.__setattr__(self, name, real_number(name, getattr(self, name), 0, 1))
        object.__setattr__(self, "seed", _seed(self.seed))


def _seed(value: object) -> int:
    try:
        return index(value)  # type: ignore[arg-type] # what is no number is what this finds out
    except TypeError as error:
        raise ConfigError(f"seed={shown(value)} must be a whole number") from error


class ImpairedChannel:
    """A channel that loses, doubles and delays datagrams on their way to another channel.

    For example:

        channel = ImpairedChannel(UdpChannel(("127.0.0.1", 5000)), Impairment(loss=0.05))
        recorder = record(window, "film.mp4", WireSink(channel))
    """

    def __init__(self, channel: Channel, impairment: Impairment) -> None:
        check_channel(channel)
        if not isinstance(impairment, Impairment):
            raise ConfigError(f"impairment={shown(impairment)} must be an Impairment(loss=..., ...)")
        self._channel = channel
        self._impairment = impairment
        self._random = Random(impairment.seed)  # noqa: S311 - no secret
        self._held: list[tuple[int, int, bytes]] = []
        self.sent: int = 0
        """How many datagrams were to be sent."""
        self.sent_bytes: int = 0
        self.lost: int = 0
        """How many of them were not."""

    def send(self, datagram: bytes) -> None:
        """Send it now or later, once, twice or not at all."""
        impairment, chance = self._impairment, self._random.random
        self.sent += 1
        self.sent_bytes += len(datagram)
        lost, doubled = chance() < impairment.loss, chance() < impairment.duplicate
        self.lost += lost
        for copy in range(0 if lost else 1 + doubled):
            if chance() < impairment.reorder:
                due = self.sent + self._random.randint(1, REORDER_DEPTH)
                self._held.append((due, 2 * self.sent + copy, datagram))
            else:
                self._channel.send(datagram)
        self._release(self.sent)

    def flush(self) -> None:
        """Send all that is held back.

        For example:

            channel = ImpairedChannel(UdpChannel(("127.0.0.1", 5000)), Impairment(reorder=0.2))
            channel.flush()
        """
        self._release(self.sent + REORDER_DEPTH)

    def close(self) -> None:
        """Send all that is held back, and close the channel behind."""
        self.flush()
        self._channel.close()

    def _release(self, now: int) -> None:
        due = sorted(each for each in self._held if each[0] <= now)
        self._held = [each for each in self._held if each[0] > now]
        for *_, datagram in due:
            self._channel.send(datagram)
