"""What this process has open and running now, for a comparison with what it had before. Linux, but for `descriptors`."""

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support import warm

_MOST_DESCRIPTORS = 512
_PF_EXITING = 0x4  # include/linux/sched.h


def open_files() -> set[str]:
    """Return what this process has open, as far as it has a path.

    Without memory files: from Mesa 25 on, llvmpipe keeps one for each process that has drawn; glrec makes none.
    """
    links = set()
    for link in Path("/proc/self/fd").iterdir():
        try:
            links.add(str(link.readlink()))
        except FileNotFoundError:  # the folder's own descriptor, closed by now
            continue
    return {link for link in links if link.startswith("/") and not link.startswith(("/dev/", "/memfd:"))}


def descriptors() -> int:
    """Return how many files, pipes and sockets are open; two of one file are two."""
    if sys.platform == "win32":
        return sum(map(_is_open, range(_MOST_DESCRIPTORS)))
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def _is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


def children() -> set[str]:
    """Return the process numbers of this process's children, whichever thread began them.

    Interpreters that wait for the next test's program are no test's children.
    """
    return {
        entry.name for entry in Path("/proc").iterdir() if entry.name.isdecimal() and _is_ours(entry)
    } - set(map(str, warm.processes()))


def native_threads() -> set[str]:
    """Return the numbers of this process's threads, those of libraries too, without any that is about to end.

    Joining a thread waits for its last use of memory; it is still in the list then, for a moment.
    """
    return {entry.name for entry in Path("/proc/self/task").iterdir() if _is_running(entry)}


@contextmanager
def threads_end_by_themselves() -> Iterator[None]:
    """Fail if threads that were begun within the block are left at its end, which no garbage collection helps to reach."""
    gc.collect()
    before = native_threads()
    gc.disable()
    try:
        yield
        assert native_threads() <= before
    finally:
        gc.enable()


def _is_ours(process: Path) -> bool:
    status = _status(process)
    return bool(status) and int(status[1]) == os.getpid()


def _is_running(thread: Path) -> bool:
    status = _status(thread)
    return bool(status) and not int(status[6]) & _PF_EXITING


def _status(entry: Path) -> list[str]:
    """Return the fields of proc_pid_stat(5) from the third on, [state, parent, ...]; none if it has ended meanwhile."""
    try:
        text = (entry / "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return []
    return text.rpartition(")")[2].split()  # the second, the name, may hold spaces and parentheses
