"""The sending end: a sink like a file, so that any recording can be sent."""

from __future__ import annotations

from glrec_core.errors import SinkError
from glrec_core.values.frame import Packet, StreamInfo
from glrec_core.wire.channel import Channel, check_channel
from glrec_core.wire.packetizer import DEFAULT_DATAGRAM_BYTES, DEFAULT_REDUNDANCY, Packetizer


class WireSink:
    """Sends every access unit through a channel, as datagrams with forward error correction.

        with UdpChannel(("192.0.2.7", 5000)) as channel:
            recorder = record(window, "film.mp4", WireSink(channel))

    Only access units travel: tell the other end by other means what a player must know beforehand (codec, size, time base,
    a codec's out-of-band parameters), as with RTP. The channel stays open; close it yourself.

    Args:
        channel: where datagrams go.
        redundancy: parity shards for each data shard, rounded up and at least 2; 0 sends none.
        datagram_bytes: the largest datagram in bytes.

    Raises:
        ConfigError: an option is out of range, or zfec is not installed.

    """

    def __init__(
        self,
        channel: Channel,
        *,
        redundancy: float = DEFAULT_REDUNDANCY,
        datagram_bytes: int = DEFAULT_DATAGRAM_BYTES,
    ) -> None:
        check_channel(channel)
        self._channel = channel
        self._packetizer = Packetizer(redundancy=redundancy, datagram_bytes=datagram_bytes)
        self._parts = 0
        self._is_open = False

    @property
    def frames(self) -> int:
        """How many access units were sent."""
        return self._packetizer.frames

    def check(self, codec: str, *, alpha: bool = False) -> None:
        """Take any codec: an access unit is bytes."""

    def open(self, stream: StreamInfo) -> None:  # noqa: ARG002 - of the stream, only access units travel
        """Begin a part; its number is in each datagram."""
        if self._is_open:
            raise SinkError("a part is still being sent; close() it before the next part")
        self._is_open = True
        self._parts += 1

    def write(self, packet: Packet) -> None:
        """Send one access unit."""
        if not self._is_open:
            raise SinkError("no part is being sent; call open() before write()")
        for datagram in self._packetizer.cut(packet, self._parts - 1):
            self._channel.send(datagram)

    def close(self) -> None:
        """End the part."""
        self._is_open = False
