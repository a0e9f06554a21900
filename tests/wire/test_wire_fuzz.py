"""Whatever arrives, the receiver stays alive, within its memory, and gives out nothing that was not sent."""

import tracemalloc
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glrec_core.wire import Packetizer, Reassembler
from glrec_core.wire.header import HEADER_BYTES, FrameHead, ShardHead, pack
from glrec_core.wire.layout import MAX_FRAME_BYTES
from tests.wire.streams import access_units, cut, steadily, take_all

pytest.importorskip("zfec", reason="zfec is not installed")

PACKETS = access_units([100, 4000, 1, 45_000, 0, 1200, 50, 2000])
SESSION = 7
DATAGRAMS = [each for unit in cut(PACKETS, Packetizer(session=SESSION)) for each in unit]
WHOLE = frozenset(DATAGRAMS)
SIGNED = st.integers(-(1 << 63), (1 << 63) - 1)
HUGE = st.one_of(st.integers(0, 40), st.sampled_from([MAX_FRAME_BYTES, MAX_FRAME_BYTES + 1, (1 << 32) - 1]))


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """Return a datagram of the stream, changed: bits flipped, cut off, made longer, or put together of two."""
    datagram = draw(st.sampled_from(DATAGRAMS))
    how = draw(st.integers(0, 3))
    if how == 0:
        changed = bytearray(datagram)
        for bit in draw(st.sets(st.integers(0, 8 * len(changed) - 1), min_size=1, max_size=20)):
            changed[bit // 8] ^= 1 << bit % 8
        return bytes(changed)
    if how == 1:
        return datagram[: draw(st.integers(0, len(datagram) - 1))]
    if how == 2:
        return datagram + draw(st.binary(min_size=1, max_size=300))
    return datagram[:HEADER_BYTES] + draw(st.binary(min_size=1, max_size=300))


@st.composite
def forged(draw: st.DrawFn) -> bytes:
    """Return a datagram with a right checksum whose header claims anything."""
    head = FrameHead(
        keyframe=draw(st.booleans()),
        part=draw(st.integers(0, (1 << 32) - 1)),
        frame=draw(st.one_of(st.integers(0, 100), st.integers(0, (1 << 64) - 1))),
        pts=draw(SIGNED),
        dts=draw(SIGNED),
        duration=draw(SIGNED),
        size_bytes=draw(HUGE),
        alpha_bytes=draw(HUGE),
        checksum=draw(st.integers(0, (1 << 32) - 1)),
        blocks=draw(st.one_of(st.integers(0, 5), st.just(65_535))),
        session=draw(st.sampled_from([SESSION, SESSION, 1, 2])),
    )
    place = ShardHead(draw(st.integers(0, 65_535)), *(draw(st.integers(0, 255)) for _ in range(3)))
    return pack(head, place, draw(st.binary(max_size=64)))


STRAYS = st.one_of(st.binary(max_size=300), damaged()).filter(lambda datagram: datagram not in WHOLE)


@steadily
@given(st.lists(st.tuples(st.integers(0, len(DATAGRAMS)), STRAYS), max_size=25))
def test_damage_between_the_datagrams_changes_nothing(strays: list[tuple[int, bytes]]) -> None:
    stream = list(DATAGRAMS)
    for place, stray in sorted(strays, reverse=True):
        stream.insert(place, stray)
    reassembler = Reassembler()
    assert [each.packet for each in take_all(reassembler, stream)] == PACKETS
    assert reassembler.counts.malformed == len(strays)


@steadily
@given(st.lists(st.one_of(forged(), st.binary(max_size=200), st.sampled_from(DATAGRAMS)), max_size=30))
def test_forgery_cannot_make_it_fail_nor_take_memory(datagrams: list[bytes]) -> None:
    reassembler = Reassembler(max_bytes=30_000, window=16)
    for number, datagram in enumerate(datagrams):
        reassembler.take(datagram, number)
        assert 0 <= reassembler.held_bytes <= 30_000
    reassembler.drain()
    assert reassembler.held_bytes == 0


def test_what_is_counted_is_what_python_takes() -> None:
    """Many access units and blocks of a shard each, the dearest way to use a receiver's memory."""
    limit = 1_000_000
    random = Random(1)
    reassembler = Reassembler(max_bytes=limit, window=2000)
    head = FrameHead(
        keyframe=False, part=0, frame=0, pts=0, dts=0, duration=0, size_bytes=60_000, alpha_bytes=0, checksum=1,
        blocks=30_000,
    )  # fmt: skip
    # Two bytes a block, two shards: one of them is never enough.
    datagrams = [
        pack(head._replace(frame=random.randrange(2000)), ShardHead(random.randrange(30_000), 0, 2, 4), b"x")
        for _ in range(3_000)
    ]
    tracemalloc.start()
    for datagram in datagrams:
        reassembler.take(datagram, 0)
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert limit * 0.9 < reassembler.held_bytes <= limit
    assert taken < limit


def test_claims_of_huge_sizes_reserve_nothing() -> None:
    tracemalloc.start()
    reassembler = Reassembler()
    head = FrameHead(
        keyframe=True, part=0, frame=0, pts=0, dts=0, duration=0, size_bytes=MAX_FRAME_BYTES, alpha_bytes=0,
        checksum=0, blocks=65_535,
    )  # fmt: skip
    for frame in range(50):
        reassembler.take(pack(head._replace(frame=frame), ShardHead(0, 0, 4, 6), bytes(1024)), 0)
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert reassembler.counts.malformed == 0
    assert taken < 1 << 20
    packets = access_units([10])
    assert (
        take_all(reassembler, cut(packets, Packetizer(session=0))[0]) == []
    )  # frame 0 contradicts what claims to be it
