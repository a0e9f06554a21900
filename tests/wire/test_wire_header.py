"""The header: what is packed is read, and nothing else is."""

import struct
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glrec_core.errors import MalformedPacket
from glrec_core.wire.header import HEADER_BYTES, Datagram, FrameHead, OtherVersion, ShardHead, pack, parse
from glrec_core.wire.layout import MAX_FRAME_BYTES, block_span, shard_bytes
from tests.wire.streams import steadily

SIGNED = st.integers(-(1 << 63), (1 << 63) - 1)
HEAD = FrameHead(
    keyframe=True,
    part=2,
    frame=7,
    pts=-5,
    dts=-6,
    duration=1,
    size_bytes=100,
    alpha_bytes=10,
    checksum=9,
    blocks=1,
    session=0xFEDCBA9876543210,
)
PLACE = ShardHead(block=0, shard=1, data_shards=4, shards=6)
PAYLOAD = bytes(range(25))


@st.composite
def datagrams(draw: st.DrawFn) -> Datagram:
    size_bytes = draw(st.integers(0, 20_000))
    blocks = draw(st.integers(1, max(1, min(size_bytes, 40))))
    block = draw(st.integers(0, blocks - 1))
    start, stop = block_span(size_bytes, blocks, block)
    limit = draw(st.integers(max(1, -(-(stop - start) // 32)), 1500))
    data_shards = max(1, -(-(stop - start) // limit))
    shards = data_shards + draw(st.integers(0, 20))
    head = FrameHead(
        keyframe=draw(st.booleans()),
        part=draw(st.integers(0, (1 << 32) - 1)),
        frame=draw(st.integers(0, (1 << 64) - 1)),
        pts=draw(SIGNED),
        dts=draw(SIGNED),
        duration=draw(SIGNED),
        size_bytes=size_bytes,
        alpha_bytes=draw(st.integers(0, size_bytes)),
        checksum=draw(st.integers(0, (1 << 32) - 1)),
        blocks=blocks,
        session=draw(st.integers(0, (1 << 64) - 1)),
    )
    place = ShardHead(block, draw(st.integers(0, shards - 1)), data_shards, shards)
    length = shard_bytes(stop - start, data_shards)
    return Datagram(head, place, draw(st.binary(min_size=length, max_size=length)))


@steadily
@given(datagrams())
def test_what_is_packed_is_read(datagram: Datagram) -> None:
    packed = pack(*datagram)
    assert len(packed) == HEADER_BYTES + len(datagram.payload)
    assert parse(packed) == datagram


def test_the_layout_is_what_the_module_says() -> None:
    packed = pack(HEAD, PLACE, PAYLOAD)
    fields = struct.unpack_from("!2sBB Q I Q qqq IIIH HBBB I", packed)
    assert fields == (
        b"gW",
        2,
        1,
        0xFEDCBA9876543210,
        2,
        7,
        -5,
        -6,
        1,
        100,
        10,
        9,
        1,
        0,
        1,
        4,
        6,
        zlib.crc32(packed[:67] + PAYLOAD),
    )
    assert packed[71:] == PAYLOAD


def test_every_flipped_bit_is_noticed() -> None:
    packed = pack(HEAD, PLACE, PAYLOAD)
    for bit in range(8 * len(packed)):
        damaged = bytearray(packed)
        damaged[bit // 8] ^= 1 << bit % 8
        with pytest.raises(MalformedPacket):
            parse(bytes(damaged))


def test_every_truncation_and_every_appendix_is_noticed() -> None:
    packed = pack(HEAD, PLACE, PAYLOAD)
    for length in range(len(packed)):
        with pytest.raises(MalformedPacket):
            parse(packed[:length])
    with pytest.raises(MalformedPacket):
        parse(packed + b"\0")


@steadily
@given(st.binary(max_size=200))
def test_random_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(MalformedPacket):
        parse(data)


@pytest.mark.parametrize(
    ("head", "place", "payload", "words"),
    [
        ({"size_bytes": MAX_FRAME_BYTES + 1}, {}, 25, "cannot be"),
        ({"size_bytes": (1 << 32) - 1, "blocks": 65_535}, {}, 25, "cannot be"),
        ({"blocks": 0}, {}, 25, "cannot be"),
        ({"blocks": 101}, {}, 25, "cannot be"),
        ({"alpha_bytes": 101}, {}, 25, "cannot be"),
        ({}, {"block": 1}, 25, "cannot be"),
        ({}, {"data_shards": 0, "shard": 0}, 25, "cannot be"),
        ({}, {"data_shards": 33, "shards": 40}, 4, "cannot be"),
        ({}, {"data_shards": 7}, 25, "cannot be"),
        ({}, {"shard": 6}, 25, "cannot be"),
        ({}, {}, 24, "does not belong"),
        ({}, {}, 26, "does not belong"),
        ({"size_bytes": 9, "alpha_bytes": 0}, {"data_shards": 8, "shards": 8}, 2, "does not belong"),
        ({"size_bytes": 0, "alpha_bytes": 0}, {"data_shards": 2}, 1, "does not belong"),
    ],
)
def test_what_contradicts_itself_is_refused_though_its_checksum_is_right(
    head: dict[str, Any], place: dict[str, int], payload: int, words: str
) -> None:
    packed = pack(HEAD._replace(**head), PLACE._replace(**place), bytes(payload))
    with pytest.raises(MalformedPacket, match=words):
        parse(packed)


@pytest.mark.parametrize("version", [0, 1, 3, 255])
def test_another_version_is_told(version: int) -> None:
    packed = b"gW" + bytes([version]) + pack(HEAD, PLACE, PAYLOAD)[3:]
    with pytest.raises(
        OtherVersion, match=rf"version {version} of glrec's wire format, and this glrec reads version 2"
    ):
        parse(packed)


def test_what_begins_otherwise_is_told() -> None:
    packed = b"hW" + pack(HEAD, PLACE, PAYLOAD)[2:]
    with pytest.raises(MalformedPacket, match=r"68570201, not with glrec's version 2"):
        parse(packed)
