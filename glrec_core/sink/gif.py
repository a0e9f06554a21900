"""From whole GIFs of one picture to what FFmpeg's muxer takes: the first but for its end, and of the others their blocks alone.

The numbers are those of the GIF89a specification (CompuServe, 1990), sections 18 to 23.
"""

from __future__ import annotations

from glrec_core.errors import SinkError

_HEADER_BYTES = 13  # signature, version and logical screen descriptor
_FLAGS = 10  # of the logical screen descriptor
_DESCRIPTOR_BYTES, _DESCRIPTOR_FLAGS = 10, 9
_HAS_TABLE, _TABLE_SIZE = 0x80, 0x07
_IMAGE, _EXTENSION, _TRAILER = 0x2C, 0x21, 0x3B


def payload(picture: bytes, first: bool) -> bytes:  # noqa: FBT001 - see `Container.payload`
    """Return what goes into the file of a whole GIF of one picture.

    In all but the first its global colour table becomes the picture's own.

    Raises:
        SinkError: it is not such a GIF.

    """
    try:
        flags = picture[_FLAGS]
        if picture[:3] != b"GIF" or not flags & _HAS_TABLE or picture[-1] != _TRAILER:
            raise ValueError("no GIF with a global colour table")
        begin = _HEADER_BYTES + 3 * (2 << (flags & _TABLE_SIZE))
        image = _image_position(picture, begin)
    except (IndexError, ValueError) as error:
        raise SinkError(f"a picture of the encoder's is not a GIF: {error}") from error
    if first:
        return picture[:-1]
    descriptor = bytearray(picture[image : image + _DESCRIPTOR_BYTES])
    descriptor[_DESCRIPTOR_FLAGS] |= _HAS_TABLE | flags & _TABLE_SIZE
    pixels = picture[image + _DESCRIPTOR_BYTES : -1]
    return picture[begin:image] + bytes(descriptor) + picture[_HEADER_BYTES:begin] + pixels


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
