"""Child processes that never outlive the test: each leads a process group of its own, ended as a whole.

Output goes to files, not pipes: a grandchild that keeps a pipe open could otherwise hold up its reader.
"""

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import IO, Any

import psutil

_GRACE_SECONDS = 5.0
_POLL_SECONDS = 0.01


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
    with subprocess.Popen(
        arguments,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
        env=env,
        cwd=cwd,
        pass_fds=pass_fds,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    _signal_group(process.pid, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):  # what ignores the request is killed next
        process.wait(_GRACE_SECONDS)
    _signal_group(process.pid, signal.SIGKILL)
    process.wait()
    deadline = time.monotonic() + _GRACE_SECONDS
    while _is_running(process.pid) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)  # a killed child may be writing files until it is really gone


def _signal_group(group: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):  # the whole group has ended already
        os.killpg(group, number)


def _is_running(group: int) -> bool:
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
