"""A progress bar on standard error, for people: only on a terminal, only if it takes a while, only if rich is there."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from time import monotonic

from glrec_core.isolation import Progress, silent

_PATIENCE_SECONDS = 1.0


@contextmanager
def progress_bar(label: str) -> Iterator[Progress]:
    """Give a function that is told how many steps are done of how many; 0 where that is not known."""
    with ExitStack() as stack:
        yield _Bar(label, stack) if sys.stderr.isatty() and _has_rich() else silent


def _has_rich() -> bool:
    from importlib.util import find_spec

    return find_spec("rich") is not None


class _Bar:
    """A bar that appears when its time has come; it goes with the stack that it is entered into."""

    def __init__(self, label: str, stack: ExitStack) -> None:
        self._label = label
        self._stack = stack
        self._due = monotonic() + _PATIENCE_SECONDS
        self._update: Progress | None = None

    def __call__(self, done: int, total: int) -> None:
        if self._update is None and monotonic() >= self._due:
            self._update = self._open()
        if self._update is not None:
            self._update(done, total)

    def _open(self) -> Progress:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as RichProgress

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        bar = self._stack.enter_context(RichProgress(*columns, console=Console(stderr=True), transient=True))
        task = bar.add_task(self._label, total=None)
        return lambda done, total: bar.update(task, completed=done, total=total or None)
