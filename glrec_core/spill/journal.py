"""The journal of a spill directory: one header, then one record of fixed size for each frame that is wholly stored.

Each has a checksum of its own, so that any prefix of the file is a valid journal and a damaged record costs one frame.
Records follow the order of storing, which need not be that of the timestamps. Every second the frames that it names are
brought to the disk, and then the journal itself.
"""

from __future__ import annotations

import errno
import json
import os
import struct
import zlib
from collections import deque
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from glrec_core.errors import SpillError
from glrec_core.spill.packing import Packing
from glrec_core.spill.pixels import FORMATS, frame_bytes
from glrec_core.system import files
from glrec_core.system.durable import Syncing, sync_data, sync_folder
from glrec_core.system.forks import close_copy, disown_in_children
from glrec_core.values.foreign import SYSTEM, translated
from glrec_core.values.frame import FrameSpec, Size

NAME = "journal"
MAX_SIDE = 16_384
MAX_PTS_NS = 1 << 53
"""Latest timestamp that is believed: 104 days."""
MAX_JOURNAL_BYTES = 256 << 20
"""Longest journal that is written and read: 6.7 million frames, 31 hours at 60 frames per second."""

_MAGIC = b"glrecsp1"
_HEADER = struct.Struct("<8sII")  # magic, bytes of the JSON text that follows, its CRC-32
_MAX_HEADER_BYTES = 1 << 16
_RECORD = struct.Struct("<IQIqHHBBBx")
_CHECKSUM = struct.Struct("<I")
RECORD_BYTES = _RECORD.size + _CHECKSUM.size + _CHECKSUM.size
_BOTTOM_UP, _FOLLOWS = 1, 2
_NEW_FOLDERS = 3
"""How many folders around a spill directory may be as new as itself: those of the cache directory."""


class Record(NamedTuple):
    """Where and how one frame is stored."""

    segment: int
    offset: int
    stored_bytes: int
    pts_ns: int
    spec: FrameSpec
    packing: Packing
    bottom_up: bool
    checksum: int
    """CRC-32 of the stored bytes."""
    follows: bool = False
    """Whether the frame that was stored before is the one that was recorded before."""

    def to_bytes(self) -> bytes:
        """Return the record as it lies in the journal."""
        body = _RECORD.pack(
            self.segment,
            self.offset,
            self.stored_bytes,
            self.pts_ns,
            *self.spec.size,
            FORMATS.index(self.spec.format),
            self.packing,
            _BOTTOM_UP * self.bottom_up | _FOLLOWS * self.follows,
        ) + _CHECKSUM.pack(self.checksum)
        return body + _CHECKSUM.pack(zlib.crc32(body))

    @classmethod
    def from_bytes(cls, data: bytes) -> Record | None:
        """Return the record; None if it is damaged or says what cannot be."""
        body, (checksum,) = data[: -_CHECKSUM.size], _CHECKSUM.unpack(data[-_CHECKSUM.size :])
        if zlib.crc32(body) != checksum:
            return None
        segment, offset, stored, pts_ns, width, height, number, packing, flags = _RECORD.unpack_from(body)
        known = number < len(FORMATS) and packing < len(Packing) and flags <= _BOTTOM_UP | _FOLLOWS
        if not known or not 0 <= pts_ns <= MAX_PTS_NS:
            return None
        spec = FrameSpec(Size(width, height), FORMATS[number])
        if not _is_size(spec) or not _can_hold(stored, spec, Packing(packing)):
            return None
        (pixels_checksum,) = _CHECKSUM.unpack(body[_RECORD.size :])
        bottom_up, follows = bool(flags & _BOTTOM_UP), bool(flags & _FOLLOWS)
        return cls(
            segment, offset, stored, pts_ns, spec, Packing(packing), bottom_up, pixels_checksum, follows
        )


class JournalWriter:
    """A new journal; records can be read back by their index."""

    def __init__(self, directory: Path, header: Mapping[str, object]) -> None:
        self._path = directory / NAME
        self._descriptor = -1
        self._unsynced: deque[int] = deque()
        self._folders = [directory, *islice(directory.parents, _NEW_FOLDERS)]
        self._last_segment = -1
        disown_in_children(self)
        text = json.dumps(header).encode()
        with translated(SpillError, "cannot make the journal", SYSTEM, path=self._path):
            if len(text) > _MAX_HEADER_BYTES:
                raise OSError(
                    errno.EFBIG, f"the recording's options are more than {_MAX_HEADER_BYTES >> 10} KiB"
                )
            self._descriptor = files.open_file(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL)
            self._begin_bytes = _HEADER.size + len(text)
            self._records = 0
            try:
                write_all(
                    self._descriptor, _HEADER.pack(_MAGIC, len(text), zlib.crc32(text)) + text, offset=0
                )
            except BaseException:
                os.close(self._descriptor)
                self._descriptor = -1
                raise
        self._syncing = Syncing(self._sync)

    def append(self, record: Record) -> int:
        """Store a record and return its index; one that failed is overwritten by the next.

        Raises:
            SpillError: it could not be written, or what was written before did not reach the disk.

        """
        with translated(SpillError, "cannot write the journal", SYSTEM, path=self._path):
            self._syncing.check()
            if self._offset(self._records + 1) > MAX_JOURNAL_BYTES:
                raise OSError(errno.EFBIG, f"it would be longer than {MAX_JOURNAL_BYTES >> 20} MiB")
            write_all(self._descriptor, record.to_bytes(), self._offset(self._records))
        self._records += 1
        self._unsynced.append(record.segment)
        return self._records - 1

    def read(self, index: int) -> Record:
        """Return a stored record.

        Raises:
            SpillError: it cannot be read.

        """
        with translated(SpillError, "cannot read the journal", SYSTEM, path=self._path):
            data = files.read_at(self._descriptor, RECORD_BYTES, self._offset(index))
        record = Record.from_bytes(data) if len(data) == RECORD_BYTES else None
        if record is None:
            raise SpillError(errno.EIO, f"record {index} is damaged", str(self._path))
        return record

    def close(self) -> None:
        """Bring everything to the disk and close the file; safe to call twice.

        Raises:
            SpillError: it could not be brought there; the file is closed.

        """
        if self._descriptor < 0:
            return
        with translated(SpillError, "cannot bring the journal to the disk", SYSTEM, path=self._path):
            try:
                self._syncing.end()
                self._syncing.check()
                self._sync()
            finally:
                os.close(self._descriptor)
                self._descriptor = -1

    def _sync(self) -> None:
        """Bring the frames that have records to the disk, and then the records."""
        segments = {self._unsynced.popleft() for _ in range(len(self._unsynced))}
        for segment in segments:
            _sync_segment(self._path.with_name(segment_name(segment)))
        if segments:
            sync_data(self._descriptor)
        if segments and (last := max(segments)) > self._last_segment:
            self._last_segment = last
            for folder in self._folders:
                sync_folder(folder)
            del self._folders[1:]

    def disown(self) -> None:
        """Close a forked child's copy."""
        descriptor, self._descriptor = self._descriptor, -1
        close_copy(descriptor)

    def _offset(self, index: int) -> int:
        return self._begin_bytes + index * RECORD_BYTES


class Journal:
    """The records of a journal as it was found: whole, believable, by their timestamps; of equal ones the first.

    Those of segments before `first_segment` are left out: such segments were deleted, since their frames were encoded.
    """

    def __init__(self, header: dict[str, object], data: bytes, first_segment: int = 0) -> None:
        self.header = header
        self._data = data
        count = -(-len(data) // RECORD_BYTES)
        records = map(self._record, range(len(data) // RECORD_BYTES))
        found: NDArray[np.int64] = np.fromiter(map(_place_in_line, records), np.dtype((np.int64, 3)))
        distinct, indices = np.unique(found[:, 0], return_index=True)
        whole = distinct >= 0
        self.damaged: int = count - int(np.count_nonzero(whole))
        """How many records were left out since they are damaged, or another one has their time."""
        kept = whole & (found[indices, 1] >= first_segment)
        self._indices = indices[kept]
        self.times_ns: NDArray[np.int64] = distinct[kept]
        """The timestamps, ascending."""
        self.begins_ns: NDArray[np.int64] = distinct[kept & (found[indices, 2] == 0)]
        """Those of them before which a frame of the recording may not be here, ascending."""

    def __len__(self) -> int:
        return len(self._indices)

    def records(self, after_ns: int = -1) -> Iterator[Record]:
        """Yield the records with later timestamps than that, in order."""
        for index in self._indices[np.searchsorted(self.times_ns, after_ns, side="right") :]:
            record = self._record(int(index))
            assert record is not None
            yield record

    def _record(self, index: int) -> Record | None:
        return Record.from_bytes(self._data[index * RECORD_BYTES : (index + 1) * RECORD_BYTES])


def read_journal(directory: Path, first_segment: int = 0) -> Journal:
    """Read a journal, whatever state it is in; see `Journal` for `first_segment`.

    Raises:
        SpillError: there is none, it cannot be read, or its header is damaged.

    """
    path = directory / NAME
    with translated(SpillError, "cannot read the journal", SYSTEM, path=path):
        descriptor = open_regular(path)
        try:
            length = os.fstat(descriptor).st_size
            if length > MAX_JOURNAL_BYTES:
                raise SpillError(errno.EFBIG, f"a journal of {length} bytes is not read", str(path))
            header, begin = _read_header(descriptor, path)
            data = _read_rest(descriptor, begin, length)
        finally:
            os.close(descriptor)
    return Journal(header, data, first_segment)


def holds_no_record(directory: Path) -> bool:
    """Whether a directory has no journal, or one that ended before its first record was whole."""
    try:
        descriptor = open_regular(directory / NAME)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    try:
        start, length = files.read_at(descriptor, _HEADER.size, 0), os.fstat(descriptor).st_size
    finally:
        os.close(descriptor)
    if len(start) < _HEADER.size:
        return True
    magic, text_bytes, _ = _HEADER.unpack(start)
    return bool(magic == _MAGIC and length < _HEADER.size + text_bytes + RECORD_BYTES)


def segment_name(number: int) -> str:
    """Return the name of the file with a segment's frames."""
    return f"{number:06}.segment"


def open_regular(path: Path) -> int:
    """Open a file for reading that must be a regular one: no link, pipe or device."""
    descriptor = files.open_without_waiting(path, os.O_RDONLY)
    if files.is_regular(descriptor):
        return descriptor
    os.close(descriptor)
    raise SpillError(errno.EINVAL, "this is not a regular file", str(path))


def write_all(descriptor: int, data: bytes | memoryview, offset: int) -> None:
    """Write all of `data` at `offset`; a partial write shows the reason when it is tried again."""
    rest = memoryview(data)
    while rest:
        written = files.write_at(descriptor, rest, offset)
        rest, offset = rest[written:], offset + written


def _sync_segment(path: Path) -> None:
    try:
        descriptor = files.open_file(path, os.O_RDWR)
    except FileNotFoundError:  # its frames are encoded by now
        return
    try:
        sync_data(descriptor)
    finally:
        os.close(descriptor)


def _read_header(descriptor: int, path: Path) -> tuple[dict[str, object], int]:
    start = files.read_at(descriptor, _HEADER.size, 0)
    damaged = SpillError(
        errno.EINVAL, "this is not a journal of glrec, or its beginning is damaged", str(path)
    )
    if len(start) < _HEADER.size:
        raise damaged
    magic, length, checksum = _HEADER.unpack(start)
    if magic != _MAGIC or length > _MAX_HEADER_BYTES:
        raise damaged
    text = files.read_at(descriptor, length, _HEADER.size)
    if zlib.crc32(text) != checksum:
        raise damaged
    try:
        header = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise damaged from error
    if not isinstance(header, dict):
        raise damaged
    return header, _HEADER.size + length


def _read_rest(descriptor: int, begin: int, end: int) -> bytes:
    with os.fdopen(os.dup(descriptor), "rb", buffering=0) as file:
        file.seek(begin)
        return file.read(max(0, end - begin))  # asked for more, some systems make room for it first


def _place_in_line(record: Record | None) -> tuple[int, int, int]:
    """Return a record's time, its segment and whether it follows the record before; -1 for a damaged one."""
    return (-1, -1, 0) if record is None else (record.pts_ns, record.segment, record.follows)


def _is_size(spec: FrameSpec) -> bool:
    width, height = spec.size
    step = spec.format.alignment
    return 0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE and width % step == 0 and height % step == 0


def _can_hold(stored_bytes: int, spec: FrameSpec, packing: Packing) -> bool:
    """Whether so many bytes can hold a frame; LZ4's bound is that of LZ4_compressBound()."""
    raw_bytes = frame_bytes(spec)
    if packing is Packing.RAW:
        return stored_bytes == raw_bytes
    return 0 < stored_bytes <= raw_bytes + raw_bytes // 255 + 16
