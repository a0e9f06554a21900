"""One thread waits for another, safe against an exception at any line.

`threading.Condition` and `Event` are not: Ctrl-C between their own lines can leave their lock taken, and then everybody
waits for ever. Here nothing is kept but a hint to look again. What is waited for is looked at under a plain lock, which
CPython takes and gives back in one step each.

Imports that another thread does beforehand are waited for by all that need them, and not left to Python's own locks: who
meets one that fails in the other thread gets half a module from those, without the reason. A fork waits, too: the child would
have the lock of an import, and no thread that opens it.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from weakref import WeakSet

LOOK_AGAIN_SECONDS = 0.1
"""How long a wait takes at most, so that a hint that was lost with an exception costs no more than that."""


class Hint:
    """A hint from any thread to the one that waits. Many hints are one."""

    __slots__ = ("_gate",)

    def __init__(self) -> None:
        self._gate = threading.Lock()
        self._gate.acquire()

    def give(self) -> None:
        """Let the one who waits look again, or not begin to wait."""
        if self._gate.locked():
            with suppress(RuntimeError):  # another thread was faster, and one hint is enough
                self._gate.release()

    def wait(self, timeout_seconds: float = LOOK_AGAIN_SECONDS) -> None:
        """Wait for a hint, or for so long."""
        self._gate.acquire(timeout=timeout_seconds)


_importing: WeakSet[threading.Thread] = WeakSet()

_LONGEST_IMPORT_SECONDS = 5.0
"""After so long one goes on without: the other thread may wait for the lock of an import that this one is in the midst of."""


def begin_imports(work: Callable[[], None]) -> None:
    """Let a thread of its own do imports, and end; what it raises is left to those who import the same later."""

    def run() -> None:
        with suppress(BaseException):
            work()

    # No daemon: the program's end must not come into the midst of a library's beginning.
    thread = threading.Thread(target=run, name="glrec-import")
    _importing.add(thread)
    with suppress(RuntimeError):  # the system gives no thread
        thread.start()


def finish_imports(longest_seconds: float = _LONGEST_IMPORT_SECONDS) -> None:
    """Wait for all that was begun, for each so long at most; but not in a thread that does such: two would wait for each other."""
    if threading.current_thread() not in _importing:
        for thread in list(_importing):
            if thread.is_alive():
                thread.join(longest_seconds)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=finish_imports)
