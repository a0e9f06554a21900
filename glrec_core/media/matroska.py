"""Reads the elements of a Matroska or WebM file, by seeking: the media itself is never read.

Element layout and identifiers: RFC 8794 (EBML), section 4, and RFC 9559 (Matroska), section 5.1.4.1.28 for colours.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from glrec_core.media.structure import MAX_PARTS, UNSPECIFIED, ColorTags, ContainerStructure

_SEGMENT, _CLUSTER, _TRACKS, _TRACK = 0x18538067, 0x1F43B675, 0x1654AE6B, 0xAE
_TRACK_TYPE, _VIDEO, _COLOR = 0x83, 0xE0, 0x55B0
_MATRIX, _RANGE, _TRANSFER, _PRIMARIES = 0x55B1, 0x55B9, 0x55BA, 0x55BB
_VIDEO_TRACK = 1
_RANGES = {1: False, 2: True}
_LONGEST_ID_BYTES, _LONGEST_SIZE_BYTES = 4, 8


class Element(NamedTuple):
    """One element: its identifier, and where its content begins and ends; the end is None where none is given."""

    kind: int
    begin: int
    end: int | None


def read_structure(file: BinaryIO, file_bytes: int) -> ContainerStructure:
    """Return the structure of an open Matroska file."""
    segment = next((e for e in _elements(file, 0, file_bytes) if e.kind == _SEGMENT), None)
    if segment is None:
        return ContainerStructure(tags_color=True, faults=("it has no segment",))
    inside = list(_inside(file, segment, file_bytes))
    ends = [element.end for element in (segment, *inside[-1:]) if element.end is not None]
    missing = max(ends, default=0) - file_bytes
    faults = (f"the file is cut short: its last element lacks {missing} bytes",) if missing > 0 else ()
    return ContainerStructure(color=_color(file, inside, file_bytes), tags_color=True, faults=faults)


def _elements(file: BinaryIO, begin: int, end: int) -> Iterator[Element]:
    """Yield the elements between two places. One without an end is the last, but for clusters: they are looked through."""
    for _ in range(MAX_PARTS):
        if begin >= end:
            return
        file.seek(begin)
        kind, kind_bytes = _number(file, _LONGEST_ID_BYTES, keep_marker=True)
        size, size_bytes = _number(file, _LONGEST_SIZE_BYTES, keep_marker=False)
        if kind is None or size_bytes == 0:
            return
        content = begin + kind_bytes + size_bytes
        if size is None:
            yield Element(kind, content, None)
            if kind != _CLUSTER:
                return
            begin = content
        else:
            yield Element(kind, content, content + size)
            begin = content + size


def _number(file: BinaryIO, longest: int, *, keep_marker: bool) -> tuple[int | None, int]:
    """Return a variable-size integer and its length; None with a length is "unknown", without one no number at all."""
    first = file.read(1)
    length = 9 - first[0].bit_length() if first and first[0] else 0
    if not 0 < length <= longest:
        return None, 0
    data = first + file.read(length - 1)
    if len(data) < length:
        return None, 0
    value = int.from_bytes(data, "big")
    if keep_marker:
        return value, length
    size = value & ((1 << 7 * length) - 1)
    return (None if size == (1 << 7 * length) - 1 else size), length


def _color(file: BinaryIO, inside: list[Element], file_bytes: int) -> ColorTags | None:
    """Return the colour of the first video track."""

    def within(elements: list[Element], kind: int) -> list[Element]:
        return [
            each for around in elements for each in _inside(file, around, file_bytes) if each.kind == kind
        ]

    for track in within([each for each in inside if each.kind == _TRACKS], _TRACK):
        if [_unsigned(file, each) for each in within([track], _TRACK_TYPE)] == [_VIDEO_TRACK]:
            colors = within(within([track], _VIDEO), _COLOR)
            return _tags(file, _inside(file, colors[0], file_bytes)) if colors else None
    return None


def _inside(file: BinaryIO, element: Element, file_bytes: int) -> Iterator[Element]:
    return _elements(file, element.begin, min(file_bytes, element.end or file_bytes))


def _tags(file: BinaryIO, elements: Iterator[Element]) -> ColorTags:
    values = {each.kind: _unsigned(file, each) for each in elements}
    primaries, transfer, matrix = (values.get(kind, UNSPECIFIED) for kind in (_PRIMARIES, _TRANSFER, _MATRIX))
    return ColorTags(primaries, transfer, matrix, _RANGES.get(values.get(_RANGE, 0)))


def _unsigned(file: BinaryIO, element: Element) -> int:
    file.seek(element.begin)
    return int.from_bytes(file.read(min(8, (element.end or element.begin) - element.begin)), "big")
