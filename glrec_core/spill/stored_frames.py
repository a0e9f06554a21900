"""A spill directory that nobody records to any more: its frames, in order, as far as they are whole."""

from __future__ import annotations

import errno
import logging
import re
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from glrec_core.errors import SpillError
from glrec_core.spill.journal import NAME as JOURNAL
from glrec_core.spill.journal import holds_no_record, read_journal
from glrec_core.spill.location import spill_root
from glrec_core.spill.lock import NAME as LOCK
from glrec_core.spill.lock import DirectoryLock
from glrec_core.spill.segments import SegmentReader, first_segment
from glrec_core.spill.spill_file import read_frame, remove_directory
from glrec_core.system.forks import Maker
from glrec_core.values.frame import Frame

logger: logging.Logger = logging.getLogger("glrec")

_DIRECTORY = re.compile(r"\d{8}-\d{6}-\d+-.+")
"""The names that `make_spill_directory` gives."""

_OURS = re.compile(rf"{JOURNAL}|{LOCK}|\d+\.segment")

_ABANDONED_SECONDS = 600.0
"""A directory without a frame that has not changed for so long is nobody's: a recording locks its own at once."""


class StoredFrames:
    """The frames of a spill directory; a context manager, which holds the directory's lock.

    A frame that is damaged is left out, counted in `damaged` and logged. Frames that the recording's file already held,
    and whose segments are gone for that reason, are not missed.

    Raises:
        SpillError: it is no spill directory, or a recording still uses it.

    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        journal = read_journal(directory, first_segment(directory))
        self._lock = DirectoryLock(directory)  # last, so that no lock file is left where there is no spill
        self._journal = journal
        self._reader = SegmentReader(directory)
        self._maker = Maker()
        self.damaged: int = journal.damaged

    @property
    def header(self) -> dict[str, object]:
        """What the recording said of itself; not to be trusted."""
        return self._journal.header

    @property
    def times_ns(self) -> NDArray[np.int64]:
        """The timestamps of all frames, ascending."""
        return self._journal.times_ns

    @property
    def begins_ns(self) -> NDArray[np.int64]:
        """Those of the timestamps before which a frame of the recording may not be here, ascending."""
        return self._journal.begins_ns

    def __len__(self) -> int:
        """Return how many frames the journal names."""
        return len(self._journal)

    def __iter__(self) -> Iterator[Frame]:
        return self.after(-1)

    def after(self, time_ns: int) -> Iterator[Frame]:
        """Yield the frames that are later than that."""
        for record in self._journal.records(time_ns):
            try:
                planes = read_frame(self._reader, record)
            except SpillError as error:
                self.damaged += 1
                logger.warning("a stored frame is left out: %s", error)
                continue
            yield Frame(record.spec, planes, record.pts_ns)

    def refuse_empty(self, *, keep: bool) -> None:
        """Delete a directory in which no frame was ever stored, unless it is to be kept.

        Raises:
            SpillError: it is such a one.

        """
        if not holds_no_record(self.directory):
            return
        text = "no frame was ever stored here"
        if not keep:
            self.remove()
            text += "; the empty directory is deleted"
        raise SpillError(errno.ENODATA, text, str(self.directory))

    def remove(self) -> None:
        """Delete the directory; does nothing in a process forked from the one that opened it."""
        self.close()
        if self._maker.is_here:
            remove_directory(self.directory)

    def close(self) -> None:
        """Close the files and let go of the lock; safe to call twice."""
        self._reader.close()
        self._lock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def unfinished(spill_dir: str | None = None) -> list[Path]:
    """Return the spill directories that no living recording uses, oldest first: those to recover.

    Those that a process left before it stored a frame hold nothing to recover; they are deleted ten minutes later.
    """
    found = []
    for directory in sorted(path for path in spill_root(spill_dir).glob("*") if path.is_dir()):
        try:
            if holds_no_record(directory):
                _remove_abandoned(directory)
            else:
                DirectoryLock(directory).close()
                found.append(directory)
        except OSError:  # in use, another user's, or gone meanwhile
            continue
    return found


def _remove_abandoned(directory: Path) -> None:
    """Delete a directory without a frame if nobody uses it and nothing else is in it."""
    contents = list(directory.iterdir())
    if directory.is_symlink() or not _DIRECTORY.fullmatch(directory.name):
        return
    if not all(_OURS.fullmatch(path.name) for path in contents):
        return
    changed = max(path.lstat().st_mtime for path in (directory, *contents))
    if time.time() - changed < _ABANDONED_SECONDS:
        return
    lock = DirectoryLock(directory)
    try:
        remove_directory(directory, lock)
    finally:
        lock.close()
