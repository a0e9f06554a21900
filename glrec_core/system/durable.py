"""What was written reaches the disk within a second or so, and stays there when the power fails.

The system keeps what a program writes in memory for half a minute, and the name of a new file too. Whoever writes a file
that grows has it brought to the disk by `Syncing`, on a thread of its own: a disk may take its time for that, and nobody
else is to wait. A folder is synced after a name in it was made or changed.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic
from weakref import WeakMethod

INTERVAL_SECONDS = 1.0
"""From the beginning of one sync to that of the next, where the disk is fast enough."""
_LEAST_WAIT_SECONDS = 0.05

sync_data: Callable[[int], None] = getattr(os, "fdatasync", os.fsync)
"""Brings what was written to a descriptor's file to the disk, and its length."""

# Not every file system can sync a folder, nor may every user read one that he can write to.
_CANNOT_SYNC = frozenset({errno.EINVAL, errno.ENOTSUP, errno.EACCES, errno.EPERM, errno.EBADF})


_FOLDERS_ARE_FILES = os.name != "nt"
"""Windows opens no folder as a file; its file systems write names down in order."""


def sync_file(path: Path) -> None:
    """Bring a file that is complete to the disk.

    Raises:
        OSError: the disk failed, or there is no such file.

    """
    with path.open(
        "rb" if _FOLDERS_ARE_FILES else "rb+"
    ) as file:  # Windows syncs only for those who may write
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk; does nothing where that cannot be asked for.

    Raises:
        OSError: the disk failed, or there is no such folder.

    """
    if not _FOLDERS_ARE_FILES:
        return
    try:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        if error.errno not in _CANNOT_SYNC:
            raise


class Syncing:
    """Calls a method every second on a thread of its own, until `end()` or until the method's object is gone.

    The first OSError of the method ends the thread; `check()` raises it. A thread that cannot be started is logged by
    nobody here: `refusal` says why there is none.
    """

    def __init__(self, sync: Callable[[], None]) -> None:
        # Neither a Condition nor an Event, whose locks an interrupt may leave taken.
        orders: SimpleQueue[None] = SimpleQueue()
        self._orders = orders
        self._sync = WeakMethod(sync, lambda _: orders.put(None))
        self._error: OSError | None = None
        self._thread: Thread | None = Thread(target=self._run, name="glrec-sync", daemon=True)
        self.refusal: RuntimeError | None = None
        try:
            self._thread.start()
        except RuntimeError as error:  # the program is ending, or has as many threads as it may
            self._thread, self.refusal = None, error

    def check(self) -> None:
        """Raise the error that a sync has met, if one has."""
        if self._error is not None:
            raise self._error

    def end(self) -> None:
        """End the thread, and wait for a sync that is under way; safe to call twice."""
        if self._thread is not None:
            self._orders.put(None)
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        wait_seconds = INTERVAL_SECONDS
        while not self._told_to_end(wait_seconds):
            began = monotonic()
            if not self._sync_once():
                return
            wait_seconds = max(_LEAST_WAIT_SECONDS, began + INTERVAL_SECONDS - monotonic())

    def _told_to_end(self, wait_seconds: float) -> bool:
        try:
            self._orders.get(timeout=wait_seconds)
        except Empty:
            return False
        return True

    def _sync_once(self) -> bool:
        """Return whether to go on: False after an error, and when there is nobody any more to sync for."""
        sync = self._sync()
        if sync is None:
            return False
        try:
            sync()
        except OSError as error:
            self._error = error
            return False
        return True
