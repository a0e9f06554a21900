"""A wire in a ring: a sink that sends to a receiver of its own and compares what comes out of it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Self

from glrec_core.values.checks import flag
from glrec_core.values.frame import Packet, StreamInfo
from glrec_core.wire.channel import ImpairedChannel, Impairment, MemoryChannel
from glrec_core.wire.comparison import Comparison, Verdict
from glrec_core.wire.packetizer import DEFAULT_DATAGRAM_BYTES, DEFAULT_REDUNDANCY
from glrec_core.wire.reassembler import Reassembler
from glrec_core.wire.sink import WireSink
from glrec_core.wire.udp_loop import UdpLoop

# Real time, whatever becomes of the module's function in a program that is run; Windows' `monotonic_ns` moves by 16 ms.
_now_ns = time.perf_counter_ns


@dataclass(frozen=True, slots=True)
class WireReport:
    """What went through the wire, and what came of it.

    Attributes:
        encoded: access units that were sent.
        keyframes: those of them that are keyframes.
        encoded_bytes: their size together.
        packets: datagrams that they were sent as, parity included.
        packet_bytes: their size together, headers included.
        lost: datagrams that the wire has lost.
        verdict: of the comparison.

    """

    encoded: int
    keyframes: int
    encoded_bytes: int
    packets: int
    packet_bytes: int
    lost: int
    verdict: Verdict

    @property
    def passed(self) -> bool:
        """Whether everything came out as it went in, but for what was beyond the code's strength."""
        return self.encoded > 0 and not self.verdict.mismatches and not self.verdict.missing


class WireTrial:
    """Sends each access unit through a wire to its own receiver; `finish()` says what arrived.

    In memory everything happens within `write`, so that equal seeds give equal results. The receiver has no limit by
    time, only by access units: a busy machine is not to look like a slow wire.

        with WireTrial(Impairment(loss=0.05)) as trial:
            record(window, "film.mp4", trial)
            ...
            report = trial.finish()

    Args:
        impairment: what happens to datagrams on their way.
        udp: send through UDP sockets on the loopback interface, instead of memory.
        redundancy: see `WireSink`.
        datagram_bytes: see `WireSink`.

    Raises:
        ConfigError: an option is out of range, or zfec is not installed.

    """

    def __init__(
        self,
        impairment: Impairment = Impairment(),  # noqa: B008 - frozen
        *,
        udp: bool = False,
        redundancy: float = DEFAULT_REDUNDANCY,
        datagram_bytes: int = DEFAULT_DATAGRAM_BYTES,
    ) -> None:
        self._udp = flag("udp", udp)
        self._loop: UdpLoop | None = None
        self._comparison = Comparison()
        self._reassembler = Reassembler(wait_seconds=None)
        self._channel = ImpairedChannel(MemoryChannel(self._carry), impairment)
        self._sink = WireSink(self._channel, redundancy=redundancy, datagram_bytes=datagram_bytes)
        self._parts = self._keyframes = self._encoded_bytes = 0

    def __enter__(self) -> Self:
        if self._udp:
            self._loop = UdpLoop(self._arrive)
        return self

    def __exit__(self, *_: object) -> None:
        """Close the sockets."""
        if self._loop is not None:
            self._loop.close()

    def check(self, codec: str, *, alpha: bool = False) -> None:
        self._sink.check(codec, alpha=alpha)

    def open(self, stream: StreamInfo) -> None:
        self._sink.open(stream)
        self._parts += 1

    def write(self, packet: Packet) -> None:
        """Send one access unit."""
        self._comparison.sent(self._sink.frames, self._parts - 1, packet, _now_ns())
        self._sink.write(packet)
        self._keyframes += packet.keyframe
        self._encoded_bytes += len(packet.data)

    def close(self) -> None:
        self._sink.close()

    def finish(self) -> WireReport:
        """Wait for what is on its way, compare, and close the sockets.

            report = trial.finish()
            print(report.lost, report.verdict)

        Raises:
            SinkError: a socket failed.

        """
        self._channel.flush()
        self.__exit__()
        for received in self._reassembler.drain():
            self._comparison.received(received, _now_ns())
        return WireReport(
            encoded=self._sink.frames,
            keyframes=self._keyframes,
            encoded_bytes=self._encoded_bytes,
            packets=self._channel.sent,
            packet_bytes=self._channel.sent_bytes,
            lost=self._channel.lost + (self._loop.lost if self._loop is not None else 0),
            verdict=self._comparison.verdict(),
        )

    def _carry(self, datagram: bytes) -> None:
        if self._loop is not None:
            self._loop.send(datagram)
        else:
            self._arrive(datagram)

    def _arrive(self, datagram: bytes) -> None:
        self._comparison.arrived(datagram)
        for received in self._reassembler.take(datagram, _now_ns()):
            self._comparison.received(received, _now_ns())
