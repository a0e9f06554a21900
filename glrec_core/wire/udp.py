"""Datagrams over UDP: an end that sends, and one that receives."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from operator import index
from typing import Any, Self

from glrec_core.errors import ConfigError, SinkError
from glrec_core.values.checks import shown
from glrec_core.values.foreign import SYSTEM, translated
from glrec_core.wire.reassembler import Reassembler, Received, nanoseconds

_NANOSECONDS = 1_000_000_000
LARGEST_BYTES = 65_535
"""No datagram is larger."""

_LAST_PORT = 65_535


class UdpChannel:
    """Sends datagrams to an address. It does not know whether anybody listens there; if nobody does, that is no error.

        with UdpChannel(("192.0.2.7", 5000)) as channel:
            channel.send(datagram)

    Raises:
        ConfigError: this is not an address.

    """

    def __init__(self, address: tuple[str, int]) -> None:
        family, self._address = _resolved(address)
        self._socket = socket.socket(family, socket.SOCK_DGRAM)

    def send(self, datagram: bytes) -> None:
        """Send one datagram; waits while the system's own buffer is full."""
        with socket_errors("cannot send", self._address):
            self._socket.sendto(datagram, self._address)

    def close(self) -> None:
        """Close the socket; what was sent is on its way."""
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class UdpReceiver:
    """Receives what a `UdpChannel` sends: `for received in receiver.receive(idle_seconds=5): ...`.

        with UdpReceiver(("0.0.0.0", 5000)) as receiver:
            for received in receiver.receive(idle_seconds=5):
                decode(received.packet.data)

    Args:
        address: the address of this machine to listen at; port 0 takes any free port.
        reassembler: one with your own limits; None is one with the defaults.

    Raises:
        ConfigError: the address does not belong to this machine, or is in use.

    """

    def __init__(self, address: tuple[str, int], reassembler: Reassembler | None = None) -> None:
        self.reassembler: Reassembler = Reassembler() if reassembler is None else reassembler
        if not isinstance(self.reassembler, Reassembler):
            raise ConfigError(f"reassembler={shown(reassembler)} must be a Reassembler(...), or None")
        self._socket = listening_socket(address)
        self.address: tuple[str, int] = self._socket.getsockname()[:2]
        """Host and port to send to."""

    def receive(self, idle_seconds: float) -> Iterator[Received]:
        """Return an iterator over access units in order, which ends when nothing has come for `idle_seconds`.

            for received in receiver.receive(idle_seconds=5):
                decode(received.packet.data)

        Raises:
            ConfigError: `idle_seconds` is no positive number.
            SinkError: while iterating: the socket failed.

        """
        return self._received(nanoseconds("idle_seconds", idle_seconds))

    def _received(self, idle_ns: int) -> Iterator[Received]:
        reassembler = self.reassembler
        end_ns = time.monotonic_ns() + idle_ns
        while True:
            try:
                datagram = self._datagram(min(end_ns, reassembler.deadline_ns or end_ns))
            except TimeoutError:
                now_ns = time.monotonic_ns()
                yield from reassembler.expire(now_ns)
                if now_ns >= end_ns:
                    break
            else:
                now_ns = time.monotonic_ns()
                end_ns = now_ns + idle_ns
                yield from reassembler.take(datagram, now_ns)
        yield from reassembler.drain()

    def close(self) -> None:
        """Close the socket.

        For example:

            receiver = UdpReceiver(("0.0.0.0", 5000))
            receiver.close()
        """
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _datagram(self, until_ns: int) -> bytes:
        """Return the next datagram; raises TimeoutError if there is none, which is looked for even if it is late."""
        with socket_errors("cannot receive", self.address):
            self._socket.settimeout(max(until_ns - time.monotonic_ns(), 1) / _NANOSECONDS)
            return self._socket.recv(LARGEST_BYTES)


def listening_socket(address: tuple[str, int]) -> socket.socket:
    """Return a socket that receives at an address.

    Raises:
        ConfigError: the address does not belong to this machine, or is in use.

    """
    family, resolved = _resolved(address)
    found = socket.socket(family, socket.SOCK_DGRAM)
    try:
        found.bind(resolved)
    except OSError as error:
        found.close()
        raise ConfigError(f"cannot listen at {address[0]}:{address[1]}: {error.strerror}") from error
    return found


def _resolved(address: Any) -> tuple[int, tuple[str, int]]:
    try:
        host, port = address
        port = index(port)
        if not isinstance(host, str) or not host:
            raise TypeError("the host must be a text")
    except (TypeError, ValueError) as error:
        raise ConfigError(f"address={shown(address)} must be (host, port): {error}") from error
    if not 0 <= port <= _LAST_PORT:  # the system would take it modulo 65536
        raise ConfigError(f"{shown(address)}: a port is from 0 to {_LAST_PORT}")
    what = f"{shown(address)} is not an address of host and port"
    with translated(ConfigError, what, SYSTEM, ValueError):  # ValueError: characters that no name has
        family, _, _, _, resolved = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
    return family, resolved  # type: ignore[return-value]


def socket_errors(what: str, address: object) -> AbstractContextManager[None]:
    """Turn the system's errors into SinkError, number and text kept; TimeoutError stays what it is."""
    return translated(SinkError, what, SYSTEM, path=str(address), passing=(TimeoutError,))
