"""A pipe to another process that never holds up whoever writes to it for longer than he likes.

Where a pipe can be asked whether it takes more, it is asked. Windows' pipes cannot: there a thread writes, and what is asked
is whether that is done.
"""

from __future__ import annotations

import os
import select
import sys
import threading
from queue import SimpleQueue
from typing import Any, Protocol


class PatientPipe(Protocol):
    """The writing end. All methods belong to one thread; `write` follows a `takes` that said yes."""

    def takes(self, seconds: float) -> bool:
        """Wait up to so long until more can be written; returns whether it can.

        Raises:
            OSError: the other end is closed.

        """

    def write(self, data: memoryview) -> int:
        """Take a part of `data`, or all, and return how many bytes.

        Raises:
            OSError: the other end is closed.

        """

    def is_done(self, seconds: float) -> bool:
        """Wait up to so long until all that was taken is in the pipe; returns whether it is.

        Raises:
            OSError: the other end is closed.

        """

    def end(self) -> None:
        """End what is of one's own here, the other process being dead or all being in the pipe; the pipe stays open."""


class _AskedPipe:
    """A pipe that can be asked."""

    def __init__(self, pipe: Any) -> None:
        self._pipe = pipe
        os.set_blocking(pipe.fileno(), False)

    def takes(self, seconds: float) -> bool:
        _, writable, _ = select.select([], [self._pipe], [], seconds)
        return bool(writable)

    def write(self, data: memoryview) -> int:
        return self._pipe.write(data) or 0

    def is_done(self, seconds: float) -> bool:  # noqa: ARG002 - what was taken is in the pipe
        return True

    def end(self) -> None:
        """Have nothing to end."""


class _ThreadedPipe:
    """A pipe that a thread writes to."""

    def __init__(self, pipe: Any) -> None:
        self._pipe = pipe
        self._orders: SimpleQueue[bytes | None] = SimpleQueue()
        self._idle = threading.Lock()
        """Taken while something is on its way; CPython's plain locks wait without being asked twice."""
        self._error: OSError | None = None
        self._thread = threading.Thread(target=self._run, name="glrec-pipe", daemon=True)
        self._thread.start()

    def takes(self, seconds: float) -> bool:
        if not self._idle.acquire(timeout=seconds):
            return False
        self._idle.release()
        if self._error is not None:
            raise self._error
        return True

    def write(self, data: memoryview) -> int:
        self._idle.acquire()
        self._orders.put(bytes(data))
        return len(data)

    is_done = takes

    def end(self) -> None:
        self._orders.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (data := self._orders.get()) is not None:
            try:
                rest = memoryview(data)
                while rest:
                    rest = rest[self._pipe.write(rest) or 0 :]
            except OSError as error:
                self._error = error
            self._idle.release()


def patient_pipe(pipe: Any) -> PatientPipe:
    """Return the writing end of a pipe, a raw file, as one that waits no longer than it is told to."""
    return _ThreadedPipe(pipe) if sys.platform == "win32" else _AskedPipe(pipe)
