"""How an access unit is cut: into blocks of nearly equal size, each block into data shards of equal size.

Sender and receiver compute the same numbers from the size and two counts, so a header that claims others is refused.
"""

from __future__ import annotations

MAX_FRAME_BYTES = 1 << 28
"""Of one access unit; a lossless picture of 8192x8192 takes no more."""

MAX_DATA_SHARDS = 32
"""Of one block. More would make the code a little stronger at equal redundancy, and slower in proportion."""

MAX_SHARDS = 255
"""Of one block, parity included; the code works in GF(2^8)."""


def block_count(size_bytes: int, shard_limit_bytes: int) -> int:
    """Return how many blocks an access unit needs whose shards may have so many bytes."""
    data_shards = max(1, -(-size_bytes // shard_limit_bytes))
    return -(-data_shards // MAX_DATA_SHARDS)


def block_span(size_bytes: int, blocks: int, block: int) -> tuple[int, int]:
    """Return where a block begins and ends in the access unit, in bytes."""
    return size_bytes * block // blocks, size_bytes * (block + 1) // blocks


def shard_bytes(block_bytes: int, data_shards: int) -> int:
    """Return the size of a block's shards, the last of which is filled up with zeros; an empty block has one byte."""
    return max(1, -(-block_bytes // data_shards))


def is_tight(block_bytes: int, data_shards: int) -> bool:
    """Whether none of the data shards is filler only."""
    return data_shards == 1 or (data_shards - 1) * shard_bytes(block_bytes, data_shards) < block_bytes
