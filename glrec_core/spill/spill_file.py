"""The frames of one recording on disk: appended by one thread, read back by another, gone when they are encoded.

What a frame needs to be found is its number in the journal, so that a backlog of any length takes next to no memory.
"""

from __future__ import annotations

import errno
import logging
import threading
import zlib
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from time import monotonic, perf_counter

from glrec_core.errors import SpillError
from glrec_core.spill.journal import NAME as JOURNAL
from glrec_core.spill.journal import JournalWriter, Record
from glrec_core.spill.location import make_spill_directory
from glrec_core.spill.lock import NAME as LOCK
from glrec_core.spill.lock import DirectoryLock
from glrec_core.spill.packing import Packing, PackingChoice, has_lz4, pack, unpack
from glrec_core.spill.pixels import Planes, frame_bytes, pixels_of, planes_of
from glrec_core.spill.segments import Place, SegmentReader, SegmentWriter, segment_path
from glrec_core.system import files
from glrec_core.system.forks import Maker
from glrec_core.values.frame import Frame

logger: logging.Logger = logging.getLogger("glrec")

KEPT_SECONDS = 3.0
"""How long frames stay on disk after they got into the file: until that is on the disk itself, and some time more."""

KEPT_NS = 1_000_000_000
"""How much of the video stays in any case: formats with coarse times show frames later than they were drawn."""

_NOTED_SECONDS = 0.25
"""How finely it is remembered when frames got into the file."""


class SpillFile:
    """A directory of its own below `root`, locked while this process has it.

    `header` is what recovery must know of the recording. `keep_all` keeps frames that were encoded as well. `append`
    belongs to one thread, `load` and `written` to one other.

    Raises:
        SpillError: the directory cannot be made, would be in RAM, or its disk is nearly full.

    """

    def __init__(self, root: Path, header: Mapping[str, object], *, keep_all: bool) -> None:
        self.directory: Path = make_spill_directory(root)
        self.stored_bytes: int = 0
        self._maker = Maker()
        self._keep_all = keep_all
        self._last_ns: dict[int, int] = {}
        """Time of the last frame of each segment, oldest first."""
        self._in_file: deque[tuple[float, int]] = deque()
        self._settled_ns = -1
        self._changing = threading.Lock()
        self.packings: PackingChoice = PackingChoice(lz4=has_lz4())
        self._writer = SegmentWriter(self.directory)
        self._reader = SegmentReader(self.directory)
        self._closes = [self._writer.close, self._reader.close]
        try:
            self._closes.append(DirectoryLock(self.directory).close)
            self._journal = JournalWriter(self.directory, header)
            self._closes.append(self._journal.close)
        except BaseException:
            self.close(keep=False)
            raise

    def append(self, frame: Frame, *, follows: bool = False) -> int:
        """Store a frame and return its number in the journal; `follows` says that no frame is between it and the last one.

        Raises:
            SpillError: it could not be stored; the frame is as it was.

        """
        if not self._maker.is_here:
            raise SpillError(
                errno.EPERM, "another process records here: this one was forked from it", str(self.directory)
            )
        began = perf_counter()
        packing = self.packings.next()
        pixels, bottom_up = pixels_of(frame)
        packed = pack(pixels, packing)
        checksum = zlib.crc32(packed)
        place = self._writer.write(packed)
        record = Record(
            *place, len(packed), frame.pts_ns, frame.spec, packing, bottom_up, checksum, follows=follows
        )
        with self._changing:
            self._last_ns[place.segment] = max(self._last_ns.get(place.segment, 0), frame.pts_ns)
        number = self._journal.append(record)
        self.stored_bytes += len(packed)
        self.packings.measured(packing, pixels.nbytes, perf_counter() - began)
        return number

    def load(self, number: int) -> Planes:
        """Return a stored frame's planes.

        Raises:
            SpillError: it cannot be read, or is damaged.

        """
        return read_frame(self._reader, self._journal.read(number))

    def written(self, time_ns: int) -> None:
        """Take note that all frames up to that time are in the recording's files; delete the segments that are of no use."""
        if self._keep_all or not self._maker.is_here:
            return
        self._note(time_ns)
        with self._changing:
            while self._last_ns and self._is_over(first := next(iter(self._last_ns))):
                del self._last_ns[first]
                self._reader.let_go(first)
                self._delete(segment_path(self.directory, first))

    def close(self, *, keep: bool) -> None:
        """Close the files, and delete them unless they are to be kept; does nothing in a process forked from their maker's."""
        if not self._maker.is_here:
            return
        for close in self._closes:
            try:
                close()
            except SpillError as error:
                logger.warning("closing the spill: %s", error)
        if not keep:
            remove_directory(self.directory)

    def _delete(self, path: Path) -> None:
        try:
            files.remove(path)
        except OSError as error:
            logger.warning("cannot delete %s, whose frames are encoded: %s", path, error)

    def _note(self, time_ns: int) -> None:
        """Find out which time was in the file long enough ago."""
        now, in_file = monotonic(), self._in_file
        if not in_file or now - in_file[-1][0] >= _NOTED_SECONDS:
            in_file.append((now, time_ns))
        while in_file and now - in_file[0][0] >= KEPT_SECONDS:
            self._settled_ns = in_file.popleft()[1]

    def _is_over(self, segment: int) -> bool:
        return segment != self._writer.number and self._last_ns[segment] < self._settled_ns - KEPT_NS


def read_frame(reader: SegmentReader, record: Record) -> Planes:
    """Return the planes of a stored frame, writable.

    Raises:
        SpillError: they cannot be read, or are damaged.

    """
    data = reader.read(Place(record.segment, record.offset), record.stored_bytes)
    if zlib.crc32(data.data) != record.checksum:
        path = segment_path(reader.directory, record.segment)
        raise SpillError(errno.EIO, f"the frame at {record.pts_ns} ns is damaged", str(path))
    pixels = unpack(data, Packing(record.packing), frame_bytes(record.spec))
    return planes_of(pixels, record.spec, bottom_up=record.bottom_up)


def remove_directory(directory: Path, lock: DirectoryLock | None = None) -> None:
    """Delete a spill directory and what belongs in it; what cannot be deleted is logged and left.

    The journal goes first: what is left without one holds no frames to recover. A lock that is held on the directory goes
    last, since not every system deletes a file that is open.
    """
    try:
        for path in (directory / JOURNAL, *directory.glob("*.segment")):
            files.remove(path)
        if lock is not None:
            lock.close()
        files.remove(directory / LOCK)
        directory.rmdir()
    except OSError as error:
        logger.warning("cannot delete all of %s: %s", directory, error)
