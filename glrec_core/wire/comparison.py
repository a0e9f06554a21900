"""Holds what was received against what was sent, byte for byte, and judges what is missing.

An access unit may be missing only if the wire took more than the code can replace: a block of it of which fewer shards
arrived than the code needs. Both ends may be in different threads.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace

from glrec_core.errors import MalformedPacket
from glrec_core.values.durations import Durations
from glrec_core.values.frame import Packet
from glrec_core.wire.header import parse
from glrec_core.wire.reassembler import Received


@dataclass(slots=True)
class _Sent:
    """An access unit that was sent and has not come out; of its blocks, which shards have arrived of how many needed."""

    packet: Packet | None
    """None once it was given up."""
    part: int
    at_ns: int
    blocks: int = 0
    arrived: dict[int, tuple[int, set[int]]] = field(default_factory=dict)

    @property
    def can_be_restored(self) -> bool:
        enough = [len(shards) >= needed for needed, shards in self.arrived.values()]
        return 0 < self.blocks == len(enough) and all(enough)


@dataclass(slots=True)
class Verdict:
    """What the comparison has found.

    Attributes:
        intact: access units that came out once, in order, with the bytes and times that were sent.
        mismatches: those that did not.
        first_mismatch: what was wrong with the first of them; "" if there is none.
        repaired: intact ones that needed parity.
        beyond_code: not received, and the wire had lost more than the code can replace.
        missing: not received, though enough of it had arrived.
        latency: from the sender's `write` until it came out.

    """

    intact: int = 0
    mismatches: int = 0
    first_mismatch: str = ""
    repaired: int = 0
    beyond_code: int = 0
    missing: int = 0
    latency: Durations = field(default_factory=Durations)


class Comparison:
    """Is told of everything that goes in, arrives and comes out."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sent: dict[int, _Sent] = {}
        self._given_up: dict[int, _Sent] = {}
        self._last = -1
        self._verdict = Verdict()

    def sent(self, frame: int, part: int, packet: Packet, now_ns: int) -> None:
        """Remember an access unit that is about to be sent."""
        with self._lock:
            self._sent[frame] = _Sent(packet, part, now_ns)

    def arrived(self, datagram: bytes) -> None:
        """Note a datagram that the wire has let through."""
        try:
            head, place, _ = parse(datagram)
        except MalformedPacket:
            return  # the receiver must cope without it, too
        with self._lock:
            sent = self._sent.get(head.frame) or self._given_up.get(head.frame)
            if sent is not None:
                sent.blocks = head.blocks
                sent.arrived.setdefault(place.block, (place.data_shards, set()))[1].add(place.shard)

    def received(self, received: Received, now_ns: int) -> None:
        """Hold an access unit that came out against what was sent."""
        verdict = self._verdict
        with self._lock:
            sent = self._sent.pop(received.frame, None) or self._given_up.pop(received.frame, None)
            if fault := self._fault(received, sent):
                verdict.mismatches += 1
                verdict.first_mismatch = verdict.first_mismatch or f"access unit {received.frame} {fault}"
            else:
                assert sent is not None
                verdict.intact += 1
                verdict.repaired += received.repaired
                verdict.latency.add(now_ns - sent.at_ns)
            self._last = max(self._last, received.frame)
            self._give_up_before(received.frame)

    def verdict(self) -> Verdict:
        """Judge what is missing. Nothing must come any more."""
        for sent in (*self._given_up.values(), *self._sent.values()):
            if sent.can_be_restored:
                self._verdict.missing += 1
            else:
                self._verdict.beyond_code += 1
        self._sent.clear()
        self._given_up.clear()
        return self._verdict

    def _give_up_before(self, frame: int) -> None:
        """Keep of what the receiver has passed over only how much of it arrives."""
        while self._sent and (first := next(iter(self._sent))) < frame:
            self._given_up[first] = replace(self._sent.pop(first), packet=None)

    def _fault(self, received: Received, sent: _Sent | None) -> str:
        if sent is None:
            return "came out twice, or was never sent"
        if sent.packet is None:
            return f"came out after {self._last}"
        if (received.packet.data, received.packet.alpha) != (sent.packet.data, sent.packet.alpha):
            return "has other bytes"
        if received.packet != sent.packet or received.part != sent.part:
            return f"is {received.packet} of part {received.part}, not {sent.packet} of part {sent.part}"
        return ""
