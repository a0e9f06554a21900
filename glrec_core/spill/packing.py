"""Raw or compressed: how a frame's bytes are stored, chosen by how fast this machine turns out to store them.

LZ4 takes less than a third of a millisecond for each megabyte and leaves an eighth of a rendered picture, so it pays
wherever the disk writes slower than it packs. It is used rather than a faster filter chain because its decoder is safe
with any input: what comes from a spill directory may have been made to do harm.
"""

from __future__ import annotations

import errno
from collections import deque
from enum import IntEnum
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glrec_core.errors import SpillError

_REMEMBERED = 4
"""How many measurements of each way count: the disk's speed changes as its cache fills."""

_FIRST_FRAMES = 4
"""So many frames are stored in turns; then the faster way is used."""

_TRIAL_FRAMES = 64
"""After so many frames the way that was not used for longest is measured again."""


class Packing(IntEnum):
    """How the pixels of a frame are stored."""

    RAW = 0
    LZ4 = 1


def has_lz4() -> bool:
    """Whether the package is installed."""
    return find_spec("lz4") is not None


def pack(pixels: NDArray[np.uint8], packing: Packing) -> bytes | memoryview:
    """Return a buffer with the packed pixels; that of `pixels` itself where they stay as they are."""
    if packing is Packing.RAW:
        return pixels.data
    packed: bytes = _lz4().compress(pixels, store_size=False)
    return packed


def unpack(data: NDArray[np.uint8], packing: Packing, raw_bytes: int) -> NDArray[np.uint8]:
    """Return the pixels, writable.

    Raises:
        SpillError: they are not `raw_bytes` bytes, or the data is damaged, or LZ4 is not installed.

    """
    if packing is Packing.LZ4:
        block = _lz4()
        try:
            unpacked = block.decompress(data, uncompressed_size=raw_bytes, return_bytearray=True)
        except block.LZ4BlockError as error:
            raise SpillError(errno.EIO, f"a stored frame is damaged: {error}") from error
        data = np.frombuffer(unpacked, np.uint8)
    if data.size != raw_bytes:
        raise SpillError(errno.EIO, f"a stored frame has {data.size} bytes, not {raw_bytes}")
    return data


class PackingChoice:
    """Learns how long storing takes in each way, disk and checksum included, and picks the faster.

    What counts is the best of the last few frames: one may have waited for another program, all of them for the disk only.
    """

    def __init__(self, *, lz4: bool) -> None:
        ways = (Packing.LZ4, Packing.RAW) if lz4 else (Packing.RAW,)
        self._seconds_per_byte = {way: deque[float](maxlen=_REMEMBERED) for way in ways}
        self._last_used = dict.fromkeys(ways, 0)
        self._frames = 0

    @property
    def fastest(self) -> Packing:
        """The way that stores fastest, as far as was measured."""
        return min(self._seconds_per_byte, key=self._best)

    def next(self) -> Packing:
        """Return how to store the next frame."""
        self._frames += 1
        if self._frames <= _FIRST_FRAMES or self._frames % _TRIAL_FRAMES == 0:
            return min(self._seconds_per_byte, key=self._last_used.__getitem__)
        return self.fastest

    def measured(self, packing: Packing, raw_bytes: int, seconds: float) -> None:
        """Take note of how long it took."""
        self._seconds_per_byte[packing].append(seconds / raw_bytes)
        self._last_used[packing] = self._frames

    def __str__(self) -> str:
        if len(self._seconds_per_byte) == 1:
            return "raw, since LZ4 is not installed (pip install 'glrec[spill]')"
        measured = [way for way, times in self._seconds_per_byte.items() if times]
        speeds = [
            f"{way.name} at {1e-6 / self._best(way):.0f} MB/s" for way in sorted(measured, key=self._best)
        ]
        return ", measured against ".join(speeds)

    def _best(self, way: Packing) -> float:
        return min(self._seconds_per_byte[way], default=0.0)


def _lz4() -> Any:
    try:
        from lz4 import block
    except ImportError as error:
        raise SpillError(
            errno.ENOTSUP, "the frames are packed with LZ4: pip install 'glrec[spill]'"
        ) from error
    return block
