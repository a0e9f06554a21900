"""Keeps the head of each MP4 fragment within one page of the file, so that a power cut cannot leave half of one.

The system brings a file to the disk page by page, in any order. Players pass over fragments that are missing, but FFmpeg
refuses a whole film that has half of a fragment's head (its `moof` box). A `free` box, which means nothing, fills the page up
where a head would go over its end.
"""

from __future__ import annotations

import struct

from glrec_core.sink.growing_file import GrowingFile

PAGE_BYTES = 4096
"""The smallest page that a system writes; larger ones are multiples of it."""
_HEADER = struct.Struct(">I4s")  # of a box: its length in bytes, its type; ISO/IEC 14496-12, 4.2


class UnsplitFragments:
    """What FFmpeg's MP4 muxer writes to: it begins a write with each fragment, and never goes back.

    It cannot seek, and FFmpeg's positions are not those of the file: fragments name places relative to their own heads.
    A head of more than a page, which takes some 300 frames in a fragment, is written as it comes.
    """

    def __init__(self, file: GrowingFile) -> None:
        self._file = file
        self.name: str = file.name

    @property
    def closed(self) -> bool:
        """Whether nothing is to be written any more."""
        return self._file.closed

    def write(self, data: bytes) -> int:
        """Write all of `data` and return its length.

        Raises:
            OSError: it cannot be written, or another program has cut the file.

        """
        self._file.write(_filling(self._file.tell(), data) + data)
        return len(data)


def _filling(position: int, data: bytes) -> bytes:
    """Return the box to put before `data` at a byte position; empty where none is needed."""
    if data[4:8] != b"moof":
        return b""
    head_bytes, _ = _HEADER.unpack_from(data)
    left = -position % PAGE_BYTES
    if head_bytes <= (left or PAGE_BYTES) or head_bytes > PAGE_BYTES:
        return b""
    length = left if left >= _HEADER.size else left + PAGE_BYTES
    return _HEADER.pack(length, b"free").ljust(length, b"\0")
