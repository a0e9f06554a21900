"""Shows on a terminal how far the encoding of a backlog has come; quiet everywhere else."""

from __future__ import annotations

import sys
from collections.abc import Callable

_UPDATE_SECONDS = 0.1


def wait_with_progress(join: Callable[[float | None], bool], left: Callable[[], int]) -> None:
    """Wait for a thread with `left()` frames to go; `join(timeout_seconds)` says whether it has ended."""
    total = left()
    if total == 0 or not sys.stderr.isatty():
        join(None)
        return
    try:
        from rich.console import Console
        from rich.progress import Progress
    except ImportError:
        join(None)
        return
    # Without its own thread: this one has nothing else to do.
    with Progress(console=Console(stderr=True), auto_refresh=False, transient=True) as bar:
        task = bar.add_task("encoding", total=total)
        while not join(_UPDATE_SECONDS):
            bar.update(task, completed=total - left(), refresh=True)
