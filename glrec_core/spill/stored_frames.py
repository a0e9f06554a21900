"""A spill directory that nobody records to any more: its frames, in order, as far as they are whole."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from glrec_core.errors import SpillError
from glrec_core.frame import Frame
from glrec_core.spill.journal import NAME as JOURNAL
from glrec_core.spill.journal import read_journal
from glrec_core.spill.location import spill_root
from glrec_core.spill.lock import DirectoryLock
from glrec_core.spill.segments import SegmentReader
from glrec_core.spill.spill_file import read_frame, remove_directory

logger: logging.Logger = logging.getLogger("glrec")


class StoredFrames:
    """The frames of a spill directory; a context manager, which holds the directory's lock.

    A frame that is damaged is left out, counted in `damaged` and logged.

    Raises:
        SpillError: it is no spill directory, or a recording still uses it.

    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        journal = read_journal(directory)  # first, so that no lock file is left where there is no spill
        self._lock = DirectoryLock(directory)
        self._journal = journal
        self._reader = SegmentReader(directory)
        self.damaged: int = journal.damaged

    @property
    def header(self) -> dict[str, object]:
        """What the recording said of itself; not to be trusted."""
        return self._journal.header

    def __len__(self) -> int:
        """Return how many frames the journal names."""
        return len(self._journal)

    def __iter__(self) -> Iterator[Frame]:
        for record in self._journal:
            try:
                planes = read_frame(self._reader, record)
            except SpillError as error:
                self.damaged += 1
                logger.warning("a stored frame is left out: %s", error)
                continue
            yield Frame(record.spec, planes, record.pts_ns)

    def remove(self) -> None:
        """Delete the directory."""
        self.close()
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
    """Return the spill directories that no living recording uses, oldest first: those to recover."""
    found = []
    for directory in sorted(path.parent for path in spill_root(spill_dir).glob(f"*/{JOURNAL}")):
        try:
            DirectoryLock(directory).close()
        except SpillError:  # in use, or another user's
            continue
        found.append(directory)
    return found
