"""Both ends of a UDP connection in one process, tied together so that the system loses nothing between them."""

from __future__ import annotations

import threading
from collections.abc import Callable

from glrec_core.wire.udp import LARGEST_BYTES, listening_socket, socket_errors

_UNDER_WAY_BYTES = 64 << 10
"""Of what may wait in the system's buffer, which is 208 KiB on Linux unless changed."""
_BUFFER_SHARE_BYTES = 1024
"""What a system keeps for a datagram beside its content, roughly."""
_PATIENCE_SECONDS = 10.0
_POLL_SECONDS = 0.2  # how long the thread may outlive a lost sign of the end


class UdpLoop:
    """A channel through the loopback interface: a thread reads what is sent, and hands it to a function.

    The sender never has more on the way than fits the system's buffer, so nothing is lost there, however busy the
    machine is. An exception of the function is raised by the next `send` or `close`.
    """

    def __init__(self, deliver: Callable[[bytes], object]) -> None:
        self._deliver = deliver
        self._receiving = listening_socket(("127.0.0.1", 0))
        self._sending = listening_socket(("127.0.0.1", 0))
        self._address = self._receiving.getsockname()
        self._sending.connect(self._address)
        self._receiving.connect(self._sending.getsockname())  # nobody else's datagrams come in
        self._receiving.settimeout(_POLL_SECONDS)
        self._arrival = threading.Condition()
        self._under_way_bytes = 0
        self._closing = False
        self._error: BaseException | None = None
        self.lost: int = 0
        """How many datagrams the system has dropped; right after `close`."""
        self._thread = threading.Thread(target=self._run, name="glrec-loopback", daemon=True)
        self._thread.start()

    def send(self, datagram: bytes) -> None:
        """Send one datagram, once there is room for it at the other end."""
        cost_bytes = len(datagram) + _BUFFER_SHARE_BYTES
        self._wait_until_under_way(max(0, _UNDER_WAY_BYTES - cost_bytes))
        with self._arrival:
            self._under_way_bytes += cost_bytes
            self.lost += 1  # until it arrives
        with socket_errors("cannot send", self._address):
            self._sending.send(datagram)

    def close(self) -> None:
        """Wait for what is on the way, and end the thread."""
        if self._closing:
            return
        try:
            self._wait_until_under_way(0)
        finally:
            self._closing = True
            self._sending.send(b"")  # an empty datagram is the end
            self._thread.join()
            self._sending.close()
            self._receiving.close()

    def _wait_until_under_way(self, most_bytes: int) -> None:
        with self._arrival:
            self._arrival.wait_for(
                lambda: self._error is not None or self._under_way_bytes <= most_bytes, _PATIENCE_SECONDS
            )
            if self._error is not None:
                raise self._error
            if self._under_way_bytes > most_bytes:  # the system has dropped them after all
                self._under_way_bytes = 0

    def _run(self) -> None:
        try:
            self._read()
        except BaseException as error:  # noqa: BLE001 - raised where the sender waits
            with self._arrival:
                self._error = error
                self._arrival.notify_all()

    def _read(self) -> None:
        while True:
            try:
                datagram = self._receiving.recv(LARGEST_BYTES)
            except TimeoutError:
                if self._closing:
                    return
                continue
            if not datagram:
                return
            self._deliver(datagram)
            with self._arrival:
                self._under_way_bytes -= len(datagram) + _BUFFER_SHARE_BYTES
                self.lost -= 1
                self._arrival.notify_all()
