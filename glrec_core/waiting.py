"""One thread waits for another, safe against an exception at any line.

`threading.Condition` and `Event` are not: Ctrl-C between their own lines can leave their lock taken, and then everybody
waits for ever. Here nothing is kept but a hint to look again. What is waited for is looked at under a plain lock, which
CPython takes and gives back in one step each.
"""

from __future__ import annotations

import threading
from contextlib import suppress

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
