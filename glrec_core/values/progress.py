"""A progress bar on standard error, for people: only on a terminal, only if it takes a while, only if rich is there."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from time import monotonic

Progress = Callable[[int, int], None]
"""Told how many steps are done and how many there are; 0 where that is not known."""

_PATIENCE_SECONDS = 1.0
_UPDATE_SECONDS = 0.1


def silent(_done: int, _total: int) -> None:
    """Progress that nobody wants to see."""


@contextmanager
def progress_bar(label: str) -> Iterator[Progress]:
    """Give a function that is told how many steps are done of how many; 0 where that is not known."""
    with ExitStack() as stack:
        yield _Bar(label, stack) if _somebody_looks() else silent


def wait_with_progress(join: Callable[[float | None], bool], left: Callable[[], int]) -> None:
    """Wait for the encode thread, which has `left()` frames to go and then finishes its files.

    `join(timeout_seconds)` says whether it has ended.
    """
    if not _somebody_looks():
        join(None)
        return
    total = left()
    with progress_bar("encoding") as encoding:
        while left() > 0 and not join(_UPDATE_SECONDS):
            encoding(total - left(), total)
    with progress_bar("finishing") as finishing:
        while not join(_UPDATE_SECONDS):
            finishing(0, 0)


def _somebody_looks() -> bool:
    return sys.stderr.isatty() and _has_rich()


def _has_rich() -> bool:
    from importlib.util import find_spec

    return find_spec("rich") is not None


class _Bar:
    """A bar that appears when its time has come; it goes with the stack that it is entered into.

    It is drawn by whoever tells of steps, and has no thread of its own.
    """

    def __init__(self, label: str, stack: ExitStack) -> None:
        self._label = label
        self._stack = stack
        self._due = monotonic() + _PATIENCE_SECONDS
        self._draw: Progress | None = None

    def __call__(self, done: int, total: int) -> None:
        now = monotonic()
        if now < self._due:
            return
        self._due = now + _UPDATE_SECONDS
        if self._draw is None:
            self._draw = self._open()
        self._draw(done, total)

    def _open(self) -> Progress:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as RichProgress

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        console = Console(stderr=True)
        bar = self._stack.enter_context(
            RichProgress(*columns, console=console, transient=True, auto_refresh=False)
        )
        task = bar.add_task(self._label, total=None)
        return lambda done, total: bar.update(task, completed=done, total=total or None, refresh=True)
