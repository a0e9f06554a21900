"""Other processes, where systems differ: a group of their own, their end with all that they started, their signs of life.

On Linux the kernel is asked; elsewhere psutil, which knows each system's own way.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

_STATE, _USER_TICKS, _SYSTEM_TICKS = 0, 11, 12  # of /proc/PID/stat, counted after the name (proc(5))
_PARTS_OF_A_SECOND = 1000


class Seen(NamedTuple):
    """CPU time, in whatever unit the system counts it, and whether the process is stopped."""

    ticks: int
    stopped: bool


_NOTHING_SEEN = Seen(0, stopped=False)


def own_group() -> dict[str, Any]:
    """Return what starts a `subprocess.Popen` in a process group of its own: Ctrl-C in a terminal is not for it."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"process_group": 0}


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """End a process that was started in a group of its own, and all that it has started."""
    if sys.platform != "win32":
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        return
    import psutil

    with suppress(psutil.NoSuchProcess):
        for child in psutil.Process(process.pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                child.kill()
    process.kill()


def end_this_process(*, gently: bool) -> None:
    """End this process at once, from any thread, with no regard to what handles signals in Python.

    Args:
        gently: by SIGTERM, which a handler in C may still hear; else by what nothing can hear.

    """
    if sys.platform == "win32":
        os._exit(1)
    if not gently:
        os.kill(os.getpid(), signal.SIGKILL)
    library: Any = ctypes.CDLL(None)
    library.signal.argtypes, library.signal.restype = [ctypes.c_int, ctypes.c_void_p], ctypes.c_void_p
    if (
        signal.getsignal(signal.SIGTERM) is not None
    ):  # it is Python's, which the main thread would have to run
        library.signal(signal.SIGTERM, None)
    os.kill(os.getpid(), signal.SIGTERM)


def seen(process_id: int) -> Seen:
    """Return what the system tells of a process; of one that has ended, nothing."""
    return _seen_by_linux(process_id) if sys.platform == "linux" else _seen_by_psutil(process_id)


def _seen_by_linux(process_id: int) -> Seen:
    stat = Path(f"/proc/{process_id}/stat")
    try:
        fields = stat.read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
        return Seen(int(fields[_USER_TICKS]) + int(fields[_SYSTEM_TICKS]), fields[_STATE] in "Tt")
    except (OSError, ValueError, IndexError):
        return _NOTHING_SEEN


def _seen_by_psutil(process_id: int) -> Seen:
    import psutil

    try:
        process = psutil.Process(process_id)
        times = process.cpu_times()
        stopped = process.status() == psutil.STATUS_STOPPED
    except psutil.Error:
        return _NOTHING_SEEN
    return Seen(round(_PARTS_OF_A_SECOND * (times.user + times.system)), stopped)
