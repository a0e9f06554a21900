"""Named moments of a recording, which become chapters of its files."""

from __future__ import annotations

import threading
from fractions import Fraction

from glrec_core.values.clock import ticks


class Marks:
    """Names that wait for the next recorded frame, and those that have got its time. From any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[str] = []
        self._placed: list[tuple[int, str]] = []

    def add(self, name: str) -> None:
        """Name the next recorded frame."""
        with self._lock:
            self._waiting.append(name)

    def place(self, pts_ns: int) -> None:
        """Give the names that wait the time of the frame that is being recorded."""
        if self._waiting:
            with self._lock:
                names, self._waiting = self._waiting, []
                self._placed += [(pts_ns, name) for name in names]

    def between(self, begin: int, end: int | None, time_base: Fraction) -> list[tuple[int, str]]:
        """Return the marks of a part and their ticks in it, in order; `end` is the first tick of the next part."""
        with self._lock:
            placed = [(ticks(pts_ns, time_base), name) for pts_ns, name in self._placed]
        return [
            (tick - begin, name) for tick, name in placed if begin <= tick and (end is None or tick < end)
        ]
