"""Makes calls fail on purpose, and looks for what a failed run leaves behind."""

import os
import threading
from collections.abc import Callable, Container
from functools import partialmethod
from pathlib import Path
from typing import Any

import pytest


class Failing:
    """Stands in for a method and fails in the calls whose numbers, from 1, are among `calls`; counts all."""

    def __init__(self, original: Callable[..., Any], calls: Container[int], error: Exception) -> None:
        self._original = original
        self._calls = calls
        self._error = error
        self._lock = threading.Lock()
        self.count = 0

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        with self._lock:
            self.count += 1
            number = self.count
        if number in self._calls:
            raise self._error
        return self._original(*arguments, **options)

    @property
    def failed(self) -> bool:
        """Whether a call that was to fail has come."""
        return any(number in self._calls for number in range(1, self.count + 1))


def fail(
    monkeypatch: pytest.MonkeyPatch, target: object, name: str, calls: Container[int], error: Exception
) -> Failing:
    """Let a function, or a method of a class, fail in some of its calls; see `Failing`."""
    failing = Failing(getattr(target, name), calls, error)
    monkeypatch.setattr(target, name, partialmethod(failing) if isinstance(target, type) else failing)
    return failing


def open_files() -> set[str]:
    """Return what this process has open, as far as it has a path."""
    links = set()
    for link in Path("/proc/self/fd").iterdir():
        try:
            links.add(str(link.readlink()))
        except FileNotFoundError:  # the folder's own descriptor, closed by now
            continue
    return {link for link in links if link.startswith("/") and not link.startswith("/dev/")}


def children() -> set[str]:
    """Return the process numbers of this process's children."""
    return {entry.name for entry in Path("/proc").iterdir() if entry.name.isdecimal() and _is_ours(entry)}


def _is_ours(process: Path) -> bool:
    """Whether a process is a child of this one, whichever thread began it: threads come and go meanwhile."""
    try:
        status = (process / "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
        return False
    # "number (name) state parent ...", proc_pid_stat(5); the name may hold spaces and parentheses
    return int(status.rpartition(")")[2].split()[1]) == os.getpid()
