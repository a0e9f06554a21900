"""Keeps a spill directory from being recovered while the recording that fills it still lives.

The lock is the operating system's: it goes with its process, however that ends. The number in the file is only
for the message.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path

from glrec_core.errors import SpillError
from glrec_core.system import files
from glrec_core.system.forks import close_copy, disown_in_children
from glrec_core.values.foreign import SYSTEM, translated

NAME = "lock"
_LONGEST_NUMBER = 20


class DirectoryLock:
    """Holds a directory until it is closed.

    Raises:
        SpillError: another process, or another part of this one, holds it.

    """

    def __init__(self, directory: Path) -> None:
        path = directory / NAME
        self._descriptor = -1
        disown_in_children(self)
        with translated(SpillError, "cannot lock the spill directory", SYSTEM, path=path):
            self._descriptor = files.open_without_waiting(path, os.O_RDWR | os.O_CREAT)
            try:
                self._acquire(directory)
            except BaseException:
                self.close()
                raise

    def close(self) -> None:
        """Let go of the directory; safe to call twice."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def disown(self) -> None:
        """Close a forked child's copy, which would hold the directory longer than this process lives."""
        descriptor, self._descriptor = self._descriptor, -1
        close_copy(descriptor)

    def _acquire(self, directory: Path) -> None:
        if not files.lock(self._descriptor):
            number = files.read_at(self._descriptor, _LONGEST_NUMBER, 0).decode("ascii", "replace").strip()
            raise SpillError(
                errno.EBUSY, f"process {number} still records here; wait until it has ended", str(directory)
            )
        os.ftruncate(self._descriptor, 0)
        files.write_at(self._descriptor, f"{os.getpid()}\n".encode(), 0)
