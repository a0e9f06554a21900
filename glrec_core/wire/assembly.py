"""One access unit that is being put together from the shards that have arrived of it."""

from __future__ import annotations

import zlib

from glrec_core.errors import MalformedPacket
from glrec_core.values.frame import Packet
from glrec_core.wire import fec
from glrec_core.wire.header import Datagram, FrameHead, ShardHead
from glrec_core.wire.layout import block_span

BOOKKEEPING_BYTES = 1024
"""Counted for each shard held beside its payload: more than Python takes for it, its block and its access unit."""


class _Block:
    """The shards of one block."""

    __slots__ = ("data_shards", "found", "shards")

    def __init__(self, place: ShardHead) -> None:
        self.data_shards, self.shards = place.data_shards, place.shards
        self.found: dict[int, bytes] = {}

    @property
    def is_enough(self) -> bool:
        return len(self.found) == self.data_shards

    @property
    def needs_code(self) -> bool:
        return max(self.found) >= self.data_shards

    def restored(self, size_bytes: int) -> bytes:
        return b"".join(fec.restore(self.found, self.data_shards, self.shards))[:size_bytes]


class Assembly:
    """An access unit, from its first shard to its packet. `held_bytes` is what it takes of the receiver's memory."""

    __slots__ = ("_blocks", "_done", "finished", "head", "held_bytes", "packet", "repaired", "since_ns")

    def __init__(self, head: FrameHead, since_ns: int) -> None:
        self.head: FrameHead = head
        self.since_ns: int = since_ns
        self.held_bytes: int = 0
        self.finished: bool = False
        """Whether no more shards are needed; there is a packet then, or what came was not what had been sent."""
        self.repaired: bool = False
        """Whether parity took the place of data that is missing."""
        self.packet: Packet | None = None
        self._blocks: dict[int, _Block] = {}
        self._done: dict[int, bytes] = {}

    def add(self, datagram: Datagram) -> bool:
        """Take a shard; returns whether it was of use.

        Raises:
            MalformedPacket: it contradicts what has come before of this access unit.

        """
        place = datagram.place
        if datagram.frame != self.head:
            raise MalformedPacket(f"it contradicts what came before of access unit {self.head.frame}")
        if self.finished or place.block in self._done:
            return False
        block = self._blocks.setdefault(place.block, _Block(place))
        if (place.data_shards, place.shards) != (block.data_shards, block.shards):
            raise MalformedPacket(f"it contradicts what came before of block {place.block}")
        if place.shard in block.found:
            return False
        block.found[place.shard] = datagram.payload
        self.held_bytes += len(datagram.payload) + BOOKKEEPING_BYTES
        if block.is_enough:
            self._restore(place.block)
        return True

    def _restore(self, number: int) -> None:
        block = self._blocks.pop(number)
        start, stop = block_span(self.head.size_bytes, self.head.blocks, number)
        self.repaired = self.repaired or block.needs_code
        data = self._done[number] = block.restored(stop - start)
        shards_bytes = sum(len(shard) + BOOKKEEPING_BYTES for shard in block.found.values())
        self.held_bytes += len(data) + BOOKKEEPING_BYTES - shards_bytes
        if len(self._done) == self.head.blocks:
            self._finish()

    def _finish(self) -> None:
        head, data = self.head, b"".join(self._done[block] for block in range(self.head.blocks))
        self._done.clear()
        self.finished, self.held_bytes = True, BOOKKEEPING_BYTES
        if zlib.crc32(data) == head.checksum:
            alpha_at = head.size_bytes - head.alpha_bytes
            times = (head.pts, head.dts, head.keyframe, head.duration)
            self.packet = Packet(data[:alpha_at], *times, alpha=data[alpha_at:])
            self.held_bytes += len(data)
