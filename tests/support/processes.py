"""Child processes that never outlive the test: each leads a process group of its own, ended as a whole.

Windows knows no groups that could be ended: there a process's children are looked for.

Output goes to files, not pipes: a grandchild that keeps a pipe open could otherwise hold up its reader.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import IO, Any, Protocol

import psutil

from tests.support import systems

_GRACE_SECONDS = 30.0
_POLL_SECONDS = 0.01


class Process(Protocol):
    """What is needed of a process to end it; a `subprocess.Popen` has it."""

    @property
    def pid(self) -> int:
        """The number of the process, and of its group."""

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code; raises subprocess.TimeoutExpired."""


@contextmanager
def process_group(
    arguments: Sequence[str],
    *,
    stdout: IO[Any] | int = subprocess.DEVNULL,
    stderr: IO[Any] | int = subprocess.DEVNULL,
    env: Mapping[str, str] | None = None,
    cwd: str | os.PathLike[str] | None = None,
    pass_fds: Sequence[int] = (),
) -> Iterator[subprocess.Popen[bytes]]:
    """Start a program in a new session; at the end of the block the whole group is asked, then made, to end."""
    with systems.popen(
        arguments,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
        env=env,
        cwd=cwd,
        **_alone(pass_fds),
    ) as process:
        try:
            yield process
        finally:
            end_group(process)


def _alone(pass_fds: Sequence[int]) -> dict[str, Any]:
    """Return what gives a process a session of its own, and these descriptors."""
    if sys.platform == "win32":
        assert not pass_fds, "Windows hands no descriptors on"
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"pass_fds": pass_fds, "start_new_session": True}


def end_group(process: Process) -> None:
    """Ask, then make, a process that leads a group end, and all others of its group."""
    if sys.platform == "win32":
        _end_tree(process)
        return
    _signal_group(process.pid, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):  # what ignores the request is killed next
        process.wait(_GRACE_SECONDS)
    others = _signal_group(process.pid, signal.SIGKILL)
    process.wait()
    deadline = time.monotonic() + _GRACE_SECONDS
    while others and _is_group_running(process.pid) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)  # a killed child may be writing files until it is really gone


def _end_tree(process: Process) -> None:
    """End a process and all that it has started; to ask first is not possible without a console."""
    with suppress(psutil.NoSuchProcess):
        root = psutil.Process(process.pid)
        for each in (*root.children(recursive=True), root):
            with suppress(psutil.NoSuchProcess):
                each.kill()
    process.wait()


def is_running(number: int) -> bool:
    """Whether there is a process of this number that has not ended."""
    try:
        return _is_live(psutil.Process(number))
    except psutil.NoSuchProcess:
        return False


def _signal_group(group: int, number: signal.Signals) -> bool:
    """Signal all of a group; return False if the whole of it has ended already."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    return True


def _is_group_running(group: int) -> bool:
    return any(_group_of(process.pid) == group for process in psutil.process_iter() if _is_live(process))


def _group_of(process: int) -> int | None:
    try:
        return os.getpgid(process)
    except ProcessLookupError:
        return None


def _is_live(process: psutil.Process) -> bool:
    try:
        return bool(
            process.status() != psutil.STATUS_ZOMBIE
        )  # one that init has not collected yet is harmless
    except psutil.NoSuchProcess:
        return False


def text(file: IO[bytes]) -> str:
    """Return all that was written to a file."""
    file.seek(0)
    return file.read().decode("utf-8", "replace").replace(os.linesep, "\n")
