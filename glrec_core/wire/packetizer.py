"""Cuts access units into datagrams that fit the network's packets, with parity for those that will be lost."""

from __future__ import annotations

import math
import secrets
import zlib
from collections.abc import Iterator

from glrec_core.errors import SinkError
from glrec_core.values.checks import real_number, whole_number
from glrec_core.values.frame import Packet
from glrec_core.wire import fec
from glrec_core.wire.header import HEADER_BYTES, SESSION_BITS, FrameHead, ShardHead, pack
from glrec_core.wire.layout import (
    MAX_DATA_SHARDS,
    MAX_FRAME_BYTES,
    MAX_SHARDS,
    block_count,
    block_span,
    shard_bytes,
)

DEFAULT_DATAGRAM_BYTES = 1200
"""What passes every path: IPv6 guarantees packets of 1280 bytes (RFC 8200, 5), less 48 for IPv6 and UDP, and some air."""

LEAST_DATAGRAM_BYTES, MOST_DATAGRAM_BYTES = 256, 65_000

DEFAULT_REDUNDANCY = 0.5
"""Parity shards for each data shard. At 5 % random loss 1 block of 8 data shards in 5,000 is then lost; without, 1 in 3."""

LEAST_PARITY = 2
"""Parity shards of the smallest block, so that a picture of one datagram survives the loss of two."""

MAX_REDUNDANCY = MAX_SHARDS / MAX_DATA_SHARDS - 1


class Packetizer:
    """Numbers the access units and cuts each into datagrams.

        packetizer = Packetizer(redundancy=1.0)
        datagrams = list(packetizer.cut(packet, part=0))

    Args:
        redundancy: parity shards for each data shard of a block, rounded up and at least 2; 0 sends none.
        datagram_bytes: the largest datagram in bytes, with glrec's header, without those of IP and UDP.
        session: a number that tells this sender from others, and from an earlier run of itself; random by default.

    Raises:
        ConfigError: one of them is out of range, or the library for parity is missing.

    """

    def __init__(
        self,
        *,
        redundancy: float = DEFAULT_REDUNDANCY,
        datagram_bytes: int = DEFAULT_DATAGRAM_BYTES,
        session: int | None = None,
    ) -> None:
        self._redundancy = real_number("redundancy", redundancy, 0, MAX_REDUNDANCY)
        largest = whole_number("datagram_bytes", datagram_bytes, LEAST_DATAGRAM_BYTES, MOST_DATAGRAM_BYTES)
        self.session: int = (
            secrets.randbits(SESSION_BITS)
            if session is None
            else whole_number("session", session, 0, (1 << SESSION_BITS) - 1)
        )
        if self._redundancy:
            fec.check_available()
        self._shard_limit_bytes = largest - HEADER_BYTES
        self.frames: int = 0
        """How many access units were cut; the next one has this number."""

    def shards_for(self, data_shards: int) -> int:
        """Return how many shards are sent for a block of `data_shards`, parity included.

        For example:

            packetizer = Packetizer(redundancy=0.5)
            print(packetizer.shards_for(8))  # 12
        """
        if not self._redundancy:
            return data_shards
        return data_shards + max(LEAST_PARITY, math.ceil(data_shards * self._redundancy))

    def cut(self, packet: Packet, part: int) -> Iterator[bytes]:
        """Return the datagrams of one access unit, block by block, the data of each before its parity.

            for datagram in packetizer.cut(packet, part=0):
                channel.send(datagram)

        Raises:
            SinkError: it is larger than 256 MiB.

        """
        data = packet.data + packet.alpha
        size_bytes = len(data)
        if size_bytes > MAX_FRAME_BYTES:
            raise SinkError(
                f"an access unit of {size_bytes} bytes is more than {MAX_FRAME_BYTES}, the most for the wire"
            )
        blocks = block_count(size_bytes, self._shard_limit_bytes)
        head = FrameHead(
            keyframe=packet.keyframe,
            part=part,
            frame=self.frames,
            pts=packet.pts,
            dts=packet.dts,
            duration=packet.duration,
            size_bytes=size_bytes,
            alpha_bytes=len(packet.alpha),
            checksum=zlib.crc32(data),
            blocks=blocks,
            session=self.session,
        )
        self.frames += 1
        return (datagram for block in range(blocks) for datagram in self._cut_block(head, block, data))

    def _cut_block(self, head: FrameHead, block: int, data: bytes) -> Iterator[bytes]:
        start, stop = block_span(head.size_bytes, head.blocks, block)
        data_shards = max(1, -(-(stop - start) // self._shard_limit_bytes))
        each = shard_bytes(stop - start, data_shards)
        filled = data[start:stop].ljust(data_shards * each, b"\0")
        pieces = [filled[begin : begin + each] for begin in range(0, len(filled), each)]
        shards = self.shards_for(data_shards)
        pieces += fec.parity(pieces, shards)
        for number, piece in enumerate(pieces):
            yield pack(head, ShardHead(block, number, data_shards, shards), piece)
