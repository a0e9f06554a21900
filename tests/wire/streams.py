"""Access units to send, and a wire that is no more than a list."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from random import Random

from hypothesis import HealthCheck, settings

from glrec_core.values.frame import Packet, Size, StreamInfo
from glrec_core.wire import Packetizer, Reassembler, Received

steadily = settings(
    deadline=None,
    derandomize=True,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
"""Of properties: the same examples on every machine, however busy it is."""

STREAM = StreamInfo("h264", Size(64, 64), Fraction(1, 90_000), Fraction(30))


def access_units(sizes: Iterable[int], seed: int = 0) -> list[Packet]:
    """Return access units of random bytes with the given sizes, every tenth a keyframe."""
    random = Random(seed)
    return [
        Packet(
            random.randbytes(size), pts=3000 * index - 1500, dts=3000 * index - 3000, keyframe=index % 10 == 0
        )
        for index, size in enumerate(sizes)
    ]


def cut(packets: Sequence[Packet], packetizer: Packetizer | None = None, part: int = 0) -> list[list[bytes]]:
    """Return the datagrams of each access unit."""
    packetizer = packetizer or Packetizer()
    return [list(packetizer.cut(packet, part)) for packet in packets]


def take_all(reassembler: Reassembler, datagrams: Iterable[bytes], now_ns: int = 0) -> list[Received]:
    """Return what comes out, the rest at the end included."""
    out = [each for datagram in datagrams for each in reassembler.take(datagram, now_ns)]
    return [*out, *reassembler.drain()]
