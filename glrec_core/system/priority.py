"""Keeps an encoder library from raising the priority of threads that are not its own, or above the host's.

Opened as root, SVT-AV1 leaves the thread that opens it with real-time priority (seen with PyAV 18.1 on Linux: SCHED_FIFO,
99). In a guest of somebody's program that would starve the render loop, and every process
started by that thread.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def ordinary_priority() -> Iterator[None]:
    """Give every thread that turned real-time within the block ordinary scheduling at its end. Linux only."""
    if sys.platform != "linux":
        yield
        return
    before = _real_time_threads()
    try:
        yield
    finally:
        for thread in _real_time_threads() - before:
            try:
                os.sched_setscheduler(thread, os.SCHED_OTHER, os.sched_param(0))
            except ProcessLookupError:  # it has ended meanwhile
                continue


def _real_time_threads() -> set[int]:
    return {thread for thread in _threads() if _policy(thread) in {os.SCHED_FIFO, os.SCHED_RR}}


def _threads() -> list[int]:
    return [int(task.name) for task in Path("/proc/self/task").iterdir()]


def _policy(thread: int) -> int | None:
    try:
        return os.sched_getscheduler(thread)
    except ProcessLookupError:
        return None
