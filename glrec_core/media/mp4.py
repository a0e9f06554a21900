"""Reads the boxes of an MP4 or QuickTime file, by seeking: the media itself is never read.

Box layout: ISO/IEC 14496-12 (2022), 4.2 (boxes), 8.5.2 (sample description), 12.1.5 (colour information); QuickTime's
form of the latter has no range.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from glrec_core.media.structure import MAX_PARTS, ColorTags, ContainerStructure

_HANDLER = ("mdia", "hdlr")
_DESCRIPTION = ("mdia", "minf", "stbl", "stsd")
_HANDLER_TYPE_BYTES = 8  # version, flags and a reserved field come before it
_DESCRIPTION_HEADER_BYTES = 8  # version, flags, entry count
_VISUAL_ENTRY_BYTES = 78  # the fixed fields of a VisualSampleEntry, before its boxes
_COLR_BYTES = 11


class Box(NamedTuple):
    """One box: its type, and where its content begins and ends in the file."""

    kind: bytes
    begin: int
    end: int


def read_structure(file: BinaryIO, file_bytes: int) -> ContainerStructure:
    """Return the structure of an open MP4 or QuickTime file."""
    boxes = list(_boxes(file, 0, file_bytes))
    kinds = [box.kind for box in boxes]
    fragmented = b"moof" in kinds
    ordered = b"moov" in kinds and b"mdat" in kinds and kinds.index(b"moov") < kinds.index(b"mdat")
    return ContainerStructure(
        color=_color(file, boxes),
        tags_color=True,
        fast_start=ordered and not fragmented,
        faults=tuple(_faults(boxes, file_bytes, fragmented=fragmented)),
    )


def _faults(boxes: list[Box], file_bytes: int, *, fragmented: bool) -> Iterator[str]:
    last = boxes[-1] if boxes else Box(b"", 0, 0)
    if last.end > file_bytes:
        name, missing = last.kind.decode("latin-1"), last.end - file_bytes
        yield f"the file is cut short: its last box ({name!r}) lacks {missing} bytes"
    elif last.end < file_bytes:
        yield f"the last {file_bytes - last.end} bytes are not a box"
    if fragmented:
        yield "the index is in fragments, as in a recording that was not closed"


def _boxes(file: BinaryIO, begin: int, end: int) -> Iterator[Box]:
    """Yield the boxes between two places; the last may reach beyond the end, and stops where a header is no header.

    A box may claim to be as long as 64 bits can say, which is further than a file can be sought in.
    """
    last = min(end, file.seek(0, os.SEEK_END)) - 8
    for _ in range(MAX_PARTS):
        if begin > last:
            return
        file.seek(begin)
        header = file.read(16)
        if len(header) < 8:  # noqa: PLR2004 - size and type
            return
        size, content = int.from_bytes(header[:4], "big"), 8
        if size == 1:  # a 64-bit size follows the type
            size, content = int.from_bytes(header[8:16], "big"), 16
        elif size == 0:  # the last box: up to the end
            size = end - begin
        if size < content:
            return
        yield Box(header[4:8], begin + content, begin + size)
        begin += size


def _color(file: BinaryIO, boxes: list[Box]) -> ColorTags | None:
    """Return the content of the first video track's `colr` box."""
    for moov in (box for box in boxes if box.kind == b"moov"):
        for track in (box for box in _boxes(file, *moov[1:]) if box.kind == b"trak"):
            handler = _find(file, track, _HANDLER)
            if handler and _read(file, handler, _HANDLER_TYPE_BYTES + 4)[_HANDLER_TYPE_BYTES:] == b"vide":
                return _track_color(file, track)
    return None


def _track_color(file: BinaryIO, track: Box) -> ColorTags | None:
    description = _find(file, track, _DESCRIPTION)
    if description is None:
        return None
    entry = next(_boxes(file, description.begin + _DESCRIPTION_HEADER_BYTES, description.end), None)
    if entry is None:
        return None
    colr = _find(file, Box(entry.kind, entry.begin + _VISUAL_ENTRY_BYTES, entry.end), ("colr",))
    data = _read(file, colr, _COLR_BYTES).ljust(_COLR_BYTES, b"\0") if colr else b""
    if data[:4] not in {b"nclx", b"nclc"}:
        return None
    primaries, transfer, matrix = (int.from_bytes(data[at : at + 2], "big") for at in (4, 6, 8))
    full_range = bool(data[10] & 0x80) if data[:4] == b"nclx" else None
    return ColorTags(primaries, transfer, matrix, full_range)


def _find(file: BinaryIO, box: Box, path: tuple[str, ...]) -> Box | None:
    found: Box | None = box
    for name in path:
        if found is None:
            return None
        found = next((each for each in _boxes(file, *found[1:]) if each.kind == name.encode()), None)
    return found


def _read(file: BinaryIO, box: Box, most: int) -> bytes:
    file.seek(box.begin)
    return file.read(min(most, box.end - box.begin))
