"""The memory of programs that a measured process starts, such as FFmpeg's, looked at from outside."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Self

_INTERVAL_SECONDS = 0.2
"""So seldom that looking takes less than a hundredth of a core; the kernel keeps the peak of each process meanwhile."""


class ChildrenPeak:
    """While it is entered, follows the descendants of a process; `bytes` is the sum of their own peaks."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._peaks: dict[int, int] = {}
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    @property
    def bytes(self) -> int:
        """Sum of the peaks that were seen."""
        return sum(self._peaks.values())

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._end.wait(_INTERVAL_SECONDS):
            self.look()

    def look(self) -> None:
        """Note what each descendant has taken so far."""
        import psutil

        try:
            descendants = psutil.Process(self._pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return
        for each in descendants:
            if (peak := peak_bytes(each.pid)) is not None:
                # Not the larger one: between fork and exec a child shows its parent's memory.
                self._peaks[each.pid] = peak


def peak_bytes(pid: int) -> int | None:
    """Return VmHWM of a process (proc(5)); None if it has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM:")), None)
