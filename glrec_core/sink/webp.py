"""What FFmpeg's muxer leaves out of an animated WebP: that a picture with alpha replaces the one before.

It marks all pictures to be blended over what is shown, so that what was opaque once would stay. The names and numbers are
those of RFC 9649, section 2.7.
"""

from __future__ import annotations

import os
from typing import Protocol

_HEADER_BYTES = 12  # "RIFF", size, "WEBP"
_CHUNK_HEADER_BYTES = 8
_FLAGS = 15  # of an animation frame's payload
_NO_BLENDING = 0x02


class OpenFile(Protocol):
    """A file that is open for reading and writing, without a buffer."""

    def read(self, size: int) -> bytes:
        """Return up to so many bytes."""

    def write(self, data: bytes) -> int:
        """Write all of `data` and return its length."""

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move to a byte position and return it."""


def replace_pictures(file: OpenFile) -> None:
    """Mark every picture of a finished file to replace the one before, in place.

    Raises:
        OSError: the file cannot be read or written.

    """
    position, end = _HEADER_BYTES, file.seek(0, os.SEEK_END)
    while position + _CHUNK_HEADER_BYTES <= end:
        file.seek(position)
        header = file.read(_CHUNK_HEADER_BYTES)
        length = int.from_bytes(header[4:], "little")
        if header.startswith(b"ANMF"):
            flags_at = position + _CHUNK_HEADER_BYTES + _FLAGS
            file.seek(flags_at)
            flags = int.from_bytes(file.read(1))
            file.seek(flags_at)
            file.write(bytes([flags | _NO_BLENDING]))
        position += _CHUNK_HEADER_BYTES + length + length % 2
