"""The files that hold the pixels: preallocated, so that writing costs no search for space, and filled from the front."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from glrec_core.errors import SpillError
from glrec_core.spill.journal import open_regular, segment_name, write_all
from glrec_core.spill.location import check_free
from glrec_core.system import files
from glrec_core.system.forks import close_copy, disown_in_children
from glrec_core.values.foreign import SYSTEM, translated

SEGMENT_BYTES = 64 << 20
"""Size of a segment, but for frames that are larger than that: small enough that disk space comes back soon."""

# Where the file system or the platform cannot preallocate, segments grow as they are written.
_preallocate: Callable[[int, int, int], None] | None = getattr(os, "posix_fallocate", None)
_CANNOT_PREALLOCATE = frozenset({errno.EINVAL, errno.EOPNOTSUPP, errno.ENOSYS})


class Place(NamedTuple):
    """Where stored bytes lie."""

    segment: int
    offset: int


def segment_path(directory: Path, number: int) -> Path:
    """Return the file of a segment."""
    return directory / segment_name(number)


def first_segment(directory: Path) -> int:
    """Return the number of the first segment that is there; 0 if none is."""
    stems = (path.stem for path in directory.glob("*.segment"))
    return min((int(stem) for stem in stems if stem.isdecimal()), default=0)


class SegmentWriter:
    """Appends to segments, making them as they are needed."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._descriptor = -1
        self._size_bytes = 0
        self._used_bytes = 0
        self.number: int = -1
        """The segment that is being filled."""
        disown_in_children(self)

    def write(self, data: bytes | memoryview) -> Place:
        """Store bytes and return where they are.

        Raises:
            SpillError: they could not be written, or the disk is nearly full.

        """
        view = memoryview(data)
        if self._used_bytes + len(view) > self._size_bytes:
            self._next_segment(len(view))
        place = Place(self.number, self._used_bytes)
        with translated(
            SpillError, "cannot write frames", SYSTEM, path=segment_path(self._directory, self.number)
        ):
            write_all(self._descriptor, view, place.offset)
        self._used_bytes += len(view)
        return place

    def close(self) -> None:
        """Close the segment and give back what it does not use; safe to call twice."""
        if self._descriptor < 0:
            return
        descriptor, self._descriptor = self._descriptor, -1
        self._size_bytes = 0
        with translated(
            SpillError, "cannot close the file", SYSTEM, path=segment_path(self._directory, self.number)
        ):
            try:
                os.ftruncate(descriptor, self._used_bytes)
            finally:
                os.close(descriptor)

    def disown(self) -> None:
        """Close a forked child's copy, and cut nothing: the segment is still being filled."""
        descriptor, self._descriptor = self._descriptor, -1
        close_copy(descriptor)

    def _next_segment(self, needed_bytes: int) -> None:
        self.close()
        size_bytes = max(SEGMENT_BYTES, needed_bytes)
        path = segment_path(self._directory, self.number + 1)
        with translated(SpillError, "cannot make a file for frames", SYSTEM, path=path):
            check_free(self._directory, size_bytes)
            self._descriptor = files.open_file(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
            self.number += 1
            self._used_bytes = 0
            _reserve(self._descriptor, size_bytes)
        self._size_bytes = size_bytes


class SegmentReader:
    """Reads from segments; keeps the last one open."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._descriptor = -1
        self._number = -1
        disown_in_children(self)

    def read(self, place: Place, length: int) -> NDArray[np.uint8]:
        """Return the bytes at a place, writable.

        Raises:
            SpillError: they are not there or cannot be read.

        """
        path = segment_path(self.directory, place.segment)
        with translated(SpillError, "cannot read frames", SYSTEM, path=path):
            self._open(place.segment, path)
            if place.offset + length > os.fstat(self._descriptor).st_size:
                raise SpillError(errno.EIO, "the file is shorter than the journal says", str(path))
            data = np.empty(length, np.uint8)
            rest, offset = data.data, place.offset
            while rest:
                got = files.read_into(self._descriptor, rest, offset)
                if got == 0:
                    raise SpillError(errno.EIO, "the file ended while it was read", str(path))
                rest, offset = rest[got:], offset + got
        return data

    def let_go(self, number: int) -> None:
        """Close the file of a segment that is to be deleted, if it is open."""
        if number == self._number:
            self.close()

    def close(self) -> None:
        """Close the file; safe to call twice."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor = self._number = -1

    def disown(self) -> None:
        """Close a forked child's copy."""
        descriptor, self._descriptor, self._number = self._descriptor, -1, -1
        close_copy(descriptor)

    def _open(self, number: int, path: Path) -> None:
        if number != self._number:
            self.close()
            self._descriptor = open_regular(path)
            self._number = number


def _reserve(descriptor: int, size_bytes: int) -> None:
    if _preallocate is None:
        return
    try:
        _preallocate(descriptor, 0, size_bytes)
    except OSError as error:
        if error.errno not in _CANNOT_PREALLOCATE:
            raise
