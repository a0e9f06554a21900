"""What FFmpeg's muxers of animated pictures leave to others.

GIF: it takes the first of whole files but for its end, and of the others their blocks alone. The numbers are those of the
GIF89a specification (CompuServe, 1990), sections 18 to 23.

WebP: it does not say that a picture with alpha replaces the one before. It marks all pictures to be blended over what is shown, so
that what was opaque once would stay. The names and numbers are those of RFC 9649, section 2.7.
"""

from __future__ import annotations

import os
from typing import Protocol

from glrec_core.errors import SinkError

_GIF_HEADER_BYTES = 13  # signature, version and logical screen descriptor
_GIF_FLAGS = 10  # of the logical screen descriptor
_DESCRIPTOR_BYTES, _DESCRIPTOR_FLAGS = 10, 9
_HAS_TABLE, _TABLE_SIZE = 0x80, 0x07
_IMAGE, _EXTENSION, _TRAILER = 0x2C, 0x21, 0x3B

_WEBP_HEADER_BYTES = 12  # "RIFF", size, "WEBP"
_CHUNK_BYTES = 8
_WEBP_FLAGS = 15  # of an animation frame's payload
_NO_BLENDING = 0x02


def gif_blocks(picture: bytes, first: bool) -> bytes:  # noqa: FBT001 - see `Container.payload`
    """Return what goes into the file of a whole GIF of one picture.

    In all but the first its global colour table becomes the picture's own.

    Raises:
        SinkError: it is not such a GIF.

    """
    try:
        flags = picture[_GIF_FLAGS]
        if picture[:3] != b"GIF" or not flags & _HAS_TABLE or picture[-1] != _TRAILER:
            raise ValueError("no GIF with a global colour table")
        begin = _GIF_HEADER_BYTES + 3 * (2 << (flags & _TABLE_SIZE))
        image = _image_position(picture, begin)
    except (IndexError, ValueError) as error:
        raise SinkError(f"a picture of the encoder's is not a GIF: {error}") from error
    if first:
        return picture[:-1]
    descriptor = bytearray(picture[image : image + _DESCRIPTOR_BYTES])
    descriptor[_DESCRIPTOR_FLAGS] |= _HAS_TABLE | flags & _TABLE_SIZE
    pixels = picture[image + _DESCRIPTOR_BYTES : -1]
    return picture[begin:image] + bytes(descriptor) + picture[_GIF_HEADER_BYTES:begin] + pixels


def _image_position(picture: bytes, position: int) -> int:
    """Return where the image descriptor begins, behind all extensions from `position` on."""
    while picture[position] != _IMAGE:
        if picture[position] != _EXTENSION:
            raise ValueError(f"an unknown block {picture[position]:#04x}")
        position += 2
        while length := picture[position]:
            position += length + 1
        position += 1
    return position


class OpenFile(Protocol):
    """A file that is open for reading and writing, without a buffer."""

    def read(self, size: int) -> bytes:
        """Return up to so many bytes."""

    def write(self, data: bytes) -> int:
        """Write all of `data` and return its length."""

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move to a byte position and return it."""


def replace_webp_pictures(file: OpenFile) -> None:
    """Mark every picture of a finished file to replace the one before, in place.

    Raises:
        OSError: the file cannot be read or written.

    """
    position, end = _WEBP_HEADER_BYTES, file.seek(0, os.SEEK_END)
    while position + _CHUNK_BYTES <= end:
        file.seek(position)
        header = file.read(_CHUNK_BYTES)
        length = int.from_bytes(header[4:], "little")
        if header.startswith(b"ANMF"):
            flags_at = position + _CHUNK_BYTES + _WEBP_FLAGS
            file.seek(flags_at)
            flags = int.from_bytes(file.read(1))
            file.seek(flags_at)
            file.write(bytes([flags | _NO_BLENDING]))
        position += _CHUNK_BYTES + length + length % 2
