"""The header of each datagram, and the checks that let nothing malformed pass.

All numbers are big-endian. The checksum is the CRC-32 of zlib over everything else in the datagram. It finds damage, not
forgery: on a network that is not trusted, send through one that authenticates (WireGuard, IPsec, DTLS).

    bytes  0  magic "gW"         2  version, 2           3  flags: 1 is a keyframe
           4  session           12  part                16  frame
          24  pts, signed ticks 32  dts, signed         40  duration, signed
          48  bytes of the access unit                  52  of alpha in them
          56  CRC-32 of them    60  blocks              62  block
          64  shard             65  data shards         66  shards
          67  checksum          71  the shard

The session is a number by chance that a sender chooses when it begins: one that is started anew counts from 0 again, under
another. Version 1 had none; its datagrams are refused, and the receiver says so once.
"""

from __future__ import annotations

import struct
import zlib
from typing import NamedTuple

from glrec_core.errors import MalformedPacket
from glrec_core.wire.layout import (
    MAX_DATA_SHARDS,
    MAX_FRAME_BYTES,
    MAX_SHARDS,
    block_span,
    is_tight,
    shard_bytes,
)

_MAGIC, _VERSION, _KEYFRAME = b"gW", 2, 1
_PREFIX = struct.Struct("!2sBB")
_SESSION = struct.Struct("!Q")
_FRAME = struct.Struct("!IQqqqIIIH")
_SHARD = struct.Struct("!HBBB")
_CHECKSUM = struct.Struct("!I")
_CHECKED_BYTES = _PREFIX.size + _SESSION.size + _FRAME.size + _SHARD.size

HEADER_BYTES = _CHECKED_BYTES + _CHECKSUM.size
"""In front of each shard."""

SESSION_BITS = 8 * _SESSION.size


class OtherVersion(MalformedPacket):
    """A datagram is glrec's, of another version of the format."""


class FrameHead(NamedTuple):
    """What all datagrams of an access unit have in common; `part` and `frame` count from 0, `frame` through all parts.

    `size_bytes` is what the access unit takes, that of its alpha channel behind it included; `alpha_bytes` is the latter.
    """

    keyframe: bool
    part: int
    frame: int
    pts: int
    dts: int
    duration: int
    size_bytes: int
    alpha_bytes: int
    checksum: int
    blocks: int
    session: int = 0


class ShardHead(NamedTuple):
    """Where a shard belongs: shards from `data_shards` on are parity."""

    block: int
    shard: int
    data_shards: int
    shards: int


class Datagram(NamedTuple):
    """A datagram that has passed all checks."""

    frame: FrameHead
    place: ShardHead
    payload: bytes


def pack(frame: FrameHead, place: ShardHead, payload: bytes) -> bytes:
    """Return the datagram for one shard."""
    flags = _KEYFRAME if frame.keyframe else 0
    checked = b"".join(
        (
            _PREFIX.pack(_MAGIC, _VERSION, flags),
            _SESSION.pack(frame.session),
            _FRAME.pack(*frame[1:-1]),
            _SHARD.pack(*place),
        )
    )
    return checked + _CHECKSUM.pack(_checksum(checked, payload)) + payload


def parse(datagram: bytes) -> Datagram:
    """Read a datagram that may hold anything.

    Raises:
        MalformedPacket: it is not one of ours, or it was damaged, or it contradicts itself.
        OtherVersion: it is one of ours, of another version.

    """
    checked, payload = datagram[:_CHECKED_BYTES], datagram[HEADER_BYTES:]
    if not payload:
        raise MalformedPacket(f"{len(datagram)} bytes are no header of {HEADER_BYTES} with a shard behind it")
    magic, version, flags = _PREFIX.unpack_from(datagram)
    if magic != _MAGIC or (version == _VERSION and flags not in {0, _KEYFRAME}):
        raise MalformedPacket(
            f"it begins with {datagram[: _PREFIX.size].hex()}, not with glrec's version {_VERSION}"
        )
    if version != _VERSION:
        raise OtherVersion(
            f"a datagram is of version {version} of glrec's wire format, and this glrec reads version {_VERSION}: install "
            "the same glrec at both ends"
        )
    if _CHECKSUM.unpack_from(datagram, _CHECKED_BYTES) != (_checksum(checked, payload),):
        raise MalformedPacket("its checksum is wrong")
    (session,) = _SESSION.unpack_from(datagram, _PREFIX.size)
    head = _FRAME.unpack_from(datagram, _PREFIX.size + _SESSION.size)
    frame = FrameHead._make((flags == _KEYFRAME, *head, session))
    place = ShardHead(*_SHARD.unpack_from(datagram, _PREFIX.size + _SESSION.size + _FRAME.size))
    _check(frame, place, len(payload))
    return Datagram(frame, place, payload)


def _check(frame: FrameHead, place: ShardHead, payload_bytes: int) -> None:
    whole = frame.size_bytes <= MAX_FRAME_BYTES and place.block < frame.blocks <= max(1, frame.size_bytes)
    if not whole or frame.alpha_bytes > frame.size_bytes:
        raise MalformedPacket(f"block {place.block} of {frame.blocks} in {frame.size_bytes} bytes cannot be")
    counted = 1 <= place.data_shards <= min(place.shards, MAX_DATA_SHARDS)
    if not counted or not place.shard < place.shards <= MAX_SHARDS:
        raise MalformedPacket(f"shard {place.shard} of {place.data_shards} in {place.shards} cannot be")
    start, stop = block_span(frame.size_bytes, frame.blocks, place.block)
    wanted = shard_bytes(stop - start, place.data_shards)
    if payload_bytes != wanted or not is_tight(stop - start, place.data_shards):
        raise MalformedPacket(
            f"a shard of {payload_bytes} bytes does not belong to a block of {stop - start}"
        )


def _checksum(checked: bytes, payload: bytes) -> int:
    return zlib.crc32(payload, zlib.crc32(checked))
