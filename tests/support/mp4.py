"""The parts of an MP4 file that no decoder shows: the order of its boxes and the container's own colour tags.

Box layout: ISO/IEC 14496-12, 4.2 (boxes), 8.5.2 (sample description), 12.1.5 (colour information).
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.support.decode import Colour

_TO_SAMPLE_DESCRIPTION = ("moov", "trak", "mdia", "minf", "stbl", "stsd")
_DESCRIPTION_HEADER_BYTES = 8  # version, flags, entry count
_VISUAL_ENTRY_BYTES = 78  # the fixed fields of a VisualSampleEntry, before its boxes


class Box(NamedTuple):
    """One box: its type, where it starts in the file (or in its parent's content), and its size with header."""

    kind: str
    start: int
    size: int
    header: int


class BoxError(AssertionError):
    """The file is not made of whole boxes, or the box asked for is not there."""


def mp4_boxes(path: Path) -> list[str]:
    """Return the types of the top-level boxes in their order in the file."""
    return [box.kind for box in boxes(path.read_bytes())]


def is_fast_start(path: Path) -> bool:
    """Return whether the file has its index before its data and is not fragmented."""
    kinds = mp4_boxes(path)
    return "moof" not in kinds and kinds.index("moov") < kinds.index("mdat")


def container_colour(path: Path) -> Colour:
    """Return the content of the first track's `colr` box of type `nclx`; raises BoxError when it has none."""
    entry = _content(path.read_bytes(), _TO_SAMPLE_DESCRIPTION)[_DESCRIPTION_HEADER_BYTES:]
    codec = next(boxes(entry))
    content = entry[codec.start + codec.header + _VISUAL_ENTRY_BYTES : codec.start + codec.size]
    colr = _content(content, ("colr",))
    if colr[:4] != b"nclx":
        raise BoxError(f"colr box of {path} is of type {colr[:4]!r}, not nclx")
    primaries, transfer, matrix = (int.from_bytes(colr[at : at + 2], "big") for at in (4, 6, 8))
    return Colour(primaries, transfer, matrix, full_range=bool(colr[10] & 0x80))


def boxes(data: bytes) -> Iterator[Box]:
    """Yield the boxes that `data` consists of; raises BoxError where one reaches beyond the end."""
    start = 0
    while start < len(data):
        size, header = int.from_bytes(data[start : start + 4], "big"), 8
        if size == 1:  # a 64-bit size follows the type
            size, header = int.from_bytes(data[start + 8 : start + 16], "big"), 16
        elif size == 0:  # the last box: up to the end of the file
            size = len(data) - start
        kind = data[start + 4 : start + 8].decode("latin-1")
        if size < header or start + size > len(data):
            raise BoxError(f"box {kind!r} at byte {start} has {size} bytes, {len(data) - start} are left")
        yield Box(kind, start, size, header)
        start += size


def _content(data: bytes, path: tuple[str, ...]) -> bytes:
    for kind in path:
        box = next((box for box in boxes(data) if box.kind == kind), None)
        if box is None:
            raise BoxError(f"no {kind} box ({'/'.join(path)}) among {[box.kind for box in boxes(data)]}")
        data = data[box.start + box.header : box.start + box.size]
    return data
