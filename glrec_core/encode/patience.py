"""How long to wait for another process: as long as it shows signs of life.

A slow encoder must not be taken for one that hangs, nor hold up a recording that hangs. So what counts is not how long it takes
but what it does: a byte taken or given shows that it works. Its CPU time shows it, too, though not for ever, and a process
that somebody has stopped is seen to be stopped.

Time counts in short waits of this program's own: one that was itself stopped, or slept with its machine, is not late.
"""

from __future__ import annotations

from collections.abc import Callable

from glrec_core.system.processes import seen

SILENT_SECONDS = 10.0
"""How long a process may do nothing that can be seen."""

BUSY_SECONDS = 60.0
"""How long it may compute and neither take nor give a byte."""

STOPPED_SECONDS = 2.0
"""How long it may be stopped, by SIGSTOP or a debugger."""

_SLICE_SECONDS = 0.1


class Patience:
    """Waits for one process. Its waits follow each other: what one has seen of it, the next knows."""

    def __init__(self, process_id: int) -> None:
        self._process_id = process_id
        self._signs = self._signs_seen = 0
        self._ticks_seen = 0
        self._silent_seconds = self._busy_seconds = self._stopped_seconds = 0.0

    def encourage(self) -> None:
        """Note a sign of life: it has taken or given something. From any thread."""
        self._signs += 1

    def wait(self, step: Callable[[float], bool]) -> None:
        """Call `step` with some seconds, which it may wait, until it returns True.

        Raises:
            TimeoutError: the process hangs; the text says how that is known.

        """
        while not step(min(_SLICE_SECONDS, SILENT_SECONDS)):
            self._look()

    def _look(self) -> None:
        slice_seconds = min(_SLICE_SECONDS, SILENT_SECONDS)
        self._silent_seconds += slice_seconds
        self._busy_seconds += slice_seconds
        if (signs := self._signs) != self._signs_seen:
            self._signs_seen = signs
            self._silent_seconds = self._busy_seconds = 0.0
        found = seen(self._process_id)
        if found.ticks != self._ticks_seen:
            self._ticks_seen = found.ticks
            self._silent_seconds = 0.0
        self._stopped_seconds = self._stopped_seconds + slice_seconds if found.stopped else 0.0
        if self._stopped_seconds >= STOPPED_SECONDS:
            raise TimeoutError(f"it has been stopped for {STOPPED_SECONDS:g} s")
        if self._silent_seconds >= SILENT_SECONDS:
            raise TimeoutError(f"it has done nothing for {SILENT_SECONDS:g} s")
        if self._busy_seconds >= BUSY_SECONDS:
            raise TimeoutError(f"it computes, and has taken and given nothing for {BUSY_SECONDS:g} s")
