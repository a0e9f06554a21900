"""Files by their descriptors, where systems differ: how they are opened, read in places, locked, named and removed.

On Windows a file is binary only if that is asked for, nothing is read at a position, and nobody can remove or replace a
file that somebody holds open; a virus scanner or a player lets go of it after a while. So whoever removes or replaces a file
closes his own descriptors first and does it by `remove` and `replace`, which wait for the others. Elsewhere both are
what `os` has by these names.
"""

from __future__ import annotations

import ctypes
import errno
import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep
from typing import Any

HELD_SECONDS = 5.0
"""How long to wait for another program that holds a file open."""

_MOUNTS = Path("/proc/self/mountinfo")  # of Linux; see proc_pid_mountinfo(5)
_BETWEEN_SECONDS = 0.05
_LOCKED_BYTE = 1 << 30
"""What is locked of a file on Windows: a byte far behind its end, since what is locked there cannot be read either."""

_BINARY: int = getattr(os, "O_BINARY", 0)
_NO_LINK: int = getattr(os, "O_NOFOLLOW", 0)
_NO_WAIT: int = getattr(os, "O_NONBLOCK", 0)


def open_file(path: Path, flags: int, mode: int = 0o600) -> int:
    """Open a file of one's own as bytes, never through a link, and return its descriptor.

    Raises:
        OSError: as `os.open` does; ELOOP where it is a link.

    """
    if not _NO_LINK and path.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), os.fspath(path))
    return os.open(path, flags | _BINARY | _NO_LINK, mode)


def open_without_waiting(path: Path, flags: int) -> int:
    """Open what may be a pipe or a device, which must not hold up whoever looks; see `open_file`."""
    return open_file(path, flags | _NO_WAIT)


if sys.platform == "win32":
    import msvcrt
    from ctypes import wintypes

    import numpy as np

    class _Overlapped(ctypes.Structure):
        """OVERLAPPED (minwinbase.h): with it, ReadFile and WriteFile take a position and leave the file's own alone."""

        _fields_ = [
            ("internal", ctypes.c_size_t),
            ("internal_high", ctypes.c_size_t),
            ("offset", wintypes.DWORD),
            ("offset_high", wintypes.DWORD),
            ("event", wintypes.HANDLE),
        ]

    _kernel = ctypes.WinDLL("kernel32", use_last_error=True)
    _ERROR_HANDLE_EOF = 38
    _LOCKED_BY_ANOTHER = frozenset({33, 997})  # ERROR_LOCK_VIOLATION, ERROR_IO_PENDING
    _LOCKFILE_FAIL_IMMEDIATELY, _LOCKFILE_EXCLUSIVE_LOCK = 1, 2
    _MOST_BYTES = 1 << 30
    for _name in ("ReadFile", "WriteFile"):
        getattr(_kernel, _name).argtypes = [
            wintypes.HANDLE,
            ctypes.c_void_p,
            wintypes.DWORD,
            ctypes.POINTER(wintypes.DWORD),
            ctypes.POINTER(_Overlapped),
        ]
    _kernel.LockFileEx.argtypes = [wintypes.HANDLE, *[wintypes.DWORD] * 4, ctypes.POINTER(_Overlapped)]

    def _transfer(call: Any, descriptor: int, address: int, count: int, offset: int) -> int:
        """Read or write at a position and return how many bytes; any number of threads may on one descriptor."""
        place = _Overlapped(offset=offset & 0xFFFFFFFF, offset_high=offset >> 32)
        done = wintypes.DWORD()
        length = min(count, _MOST_BYTES)
        if not call(
            msvcrt.get_osfhandle(descriptor), address, length, ctypes.byref(done), ctypes.byref(place)
        ):
            code = ctypes.get_last_error()
            if code != _ERROR_HANDLE_EOF:
                raise ctypes.WinError(code)
        return int(done.value)

    def read_into(descriptor: int, target: memoryview, offset: int) -> int:
        """Fill `target`, writable bytes, from a position on and return how many there were; 0 at the end."""
        if not target.nbytes:
            return 0
        bytes_ = np.frombuffer(target, np.uint8)
        return _transfer(_kernel.ReadFile, descriptor, bytes_.ctypes.data, bytes_.size, offset)

    def write_at(descriptor: int, data: bytes | memoryview, offset: int) -> int:
        """Write at a position and return how many bytes were taken."""
        bytes_ = np.frombuffer(data, np.uint8)
        return _transfer(_kernel.WriteFile, descriptor, bytes_.ctypes.data, bytes_.size, offset)

    def lock(descriptor: int) -> bool:
        """Lock a file until its descriptor is closed or its process ends; returns False if somebody has it locked."""
        flags = _LOCKFILE_FAIL_IMMEDIATELY | _LOCKFILE_EXCLUSIVE_LOCK
        place = ctypes.byref(_Overlapped(offset=_LOCKED_BYTE))
        if _kernel.LockFileEx(msvcrt.get_osfhandle(descriptor), flags, 0, 1, 0, place):
            return True
        if (code := ctypes.get_last_error()) in _LOCKED_BY_ANOTHER:
            return False
        raise ctypes.WinError(code)

    def _is_held(error: OSError) -> bool:
        """Whether somebody has the file open: ERROR_ACCESS_DENIED, ERROR_SHARING_VIOLATION, ERROR_USER_MAPPED_FILE."""
        return getattr(error, "winerror", None) in {5, 32, 1224}

else:
    import fcntl

    def read_into(descriptor: int, target: memoryview, offset: int) -> int:
        """Fill `target`, writable bytes, from a position on and return how many there were; 0 at the end."""
        return os.preadv(descriptor, [target], offset)

    def write_at(descriptor: int, data: bytes | memoryview, offset: int) -> int:
        """Write at a position and return how many bytes were taken."""
        return os.pwrite(descriptor, data, offset)

    def lock(descriptor: int) -> bool:
        """Lock a file until its descriptor is closed or its process ends; returns False if somebody has it locked."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _is_held(_: OSError) -> bool:
        """Whether somebody has the file open, which is nobody's hindrance here."""
        return False


def read_at(descriptor: int, count: int, offset: int) -> bytes:
    """Return up to so many bytes from a position on."""
    data = bytearray(count)
    return bytes(data[: read_into(descriptor, memoryview(data), offset)])


def path_of(descriptor: int) -> Path | None:
    """Return the path of a file that is open here, as the system knows it; None where it does not tell.

    Windows is not asked: nobody moves a file there that is open here.
    """
    try:
        if sys.platform == "darwin":
            return Path(os.fsdecode(fcntl.fcntl(descriptor, fcntl.F_GETPATH, bytes(1024)).rstrip(b"\0")))
        if sys.platform == "linux":
            return Path(f"/proc/self/fd/{descriptor}").readlink()
    except OSError:
        return None
    return None


def file_system(path: Path) -> str:
    """Return the type of the file system that holds `path`, as Linux calls it; empty where that is not known."""
    if sys.platform != "linux" or not _MOUNTS.exists():
        return ""
    device = path.stat().st_dev
    number = f"{os.major(device)}:{os.minor(device)}"
    for line in _MOUNTS.read_text(encoding="utf-8", errors="replace").splitlines():
        mount, _, kind = line.partition(" - ")
        if mount.split()[2] == number:
            return kind.split()[0]
    return ""


def replace(source: Path, target: Path) -> None:
    """Give a file another name, in place of whatever has it; waits a while for a program that holds one of them.

    Raises:
        OSError: as `os.replace` does; `is_held_open` says whether another program is the reason.

    """
    _patiently(lambda: source.replace(target))


def remove(path: Path) -> None:
    """Remove a file, if there is one; waits a while for a program that holds it.

    Raises:
        OSError: as `os.unlink` does.

    """
    _patiently(lambda: path.unlink(missing_ok=True))


def move(source: Path, target: Path) -> None:
    """Move a file to wherever it is to be, in place of what is there; copies it where that is another disk.

    Raises:
        OSError: it cannot be moved.

    """
    try:
        replace(source, target)
    except OSError as error:
        if is_held_open(error):
            raise
        import shutil  # to another disk, which is rare

        shutil.move(source, target)


def is_held_open(error: OSError) -> bool:
    """Whether a file could not be replaced or removed since a program has it open."""
    return _is_held(error)


def is_regular(descriptor: int) -> bool:
    """Whether a descriptor is that of a file, and not of a pipe, folder or device."""
    return stat.S_ISREG(os.fstat(descriptor).st_mode)


def _patiently(action: Callable[[], object]) -> None:
    deadline = monotonic() + HELD_SECONDS
    while True:
        try:
            action()
        except OSError as error:
            if not _is_held(error) or monotonic() >= deadline:
                raise
        else:
            return
        sleep(_BETWEEN_SECONDS)
