"""What FFmpeg's muxer leaves out of an animated WebP: that a picture with alpha replaces the one before.

It marks all pictures to be blended over what is shown, so that what was opaque once would stay. The names and numbers are
those of RFC 9649, section 2.7.
"""

from __future__ import annotations

import os
from pathlib import Path

_HEADER_BYTES = 12  # "RIFF", size, "WEBP"
_CHUNK_HEADER_BYTES = 8
_FLAGS = 15  # of an animation frame's payload
_NO_BLENDING = 0x02


def replace_pictures(path: Path) -> None:
    """Mark every picture of a finished file to replace the one before, in place.

    Raises:
        OSError: the file cannot be read or written.

    """
    with path.open("r+b") as file:
        position, end = _HEADER_BYTES, path.stat().st_size
        while position + _CHUNK_HEADER_BYTES <= end:
            file.seek(position)
            name = file.read(4)
            length = int.from_bytes(file.read(4), "little")
            if name == b"ANMF":
                file.seek(_FLAGS, os.SEEK_CUR)
                flags = file.read(1)[0]
                file.seek(-1, os.SEEK_CUR)
                file.write(bytes([flags | _NO_BLENDING]))
            position += _CHUNK_HEADER_BYTES + length + length % 2
