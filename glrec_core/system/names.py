"""Which names and paths this system takes for files: what it would refuse later, or silently write somewhere else.

Windows has names for devices (`aux.mp4` is the serial port), forgets dots and spaces at the end of a name, takes a colon for a
stream within a file, and stops at 259 characters unless it was told otherwise. POSIX takes all but NUL and `/`.
"""

from __future__ import annotations

import ctypes
import os
import re
import sys

LONGEST_NAME = 255
"""Bytes on Linux's file systems (NAME_MAX); characters on Windows and macOS, where this errs on the safe side."""

_WINDOWS_LONGEST_PATH = 259
_SPARE = 24
"""Characters that names beside the film may have more than its own: those of the file that is to replace it."""

_DEVICE = re.compile(r"(CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(COM|LPT)[0-9¹²³])( *\..*| *)", re.IGNORECASE)
_NEVER = re.compile(r'[<>:"|?*\x00-\x1f]')
_EXTENDED = ("\\\\?\\", "//?/")
_DEVICES = ("\\\\.\\", "//./")


def problem_with(path: str) -> str | None:
    """Return why this system names no file so, as the end of a sentence that begins with the path; None if it does."""
    return windows_problem_with(path) if sys.platform == "win32" else None


def windows_problem_with(path: str) -> str | None:
    """Return why Windows names no file so; None if it does. What is there is not looked at."""
    if path.startswith(_DEVICES):
        return "names a device, not a file"
    _, rest = _without_root(path)
    names = [name for name in re.split(r"[\\/]", rest) if name not in {"", ".", ".."}]
    for name in names:
        if found := _NEVER.search(name):
            return f"has {found[0]!r} in it, which no name on Windows can have"
        if _DEVICE.fullmatch(name):
            return f"has {name!r} in it, which on Windows is a device; choose another name"
        if name.endswith((".", " ")):
            return f"has {name!r} in it, of which Windows forgets the end; choose a name without dots and spaces there"
    return None


def too_long(path: str) -> str | None:
    """Return why this system takes no file with so long an absolute path, nor those that are made beside it."""
    if sys.platform != "win32" or path.startswith(_EXTENDED) or _takes_long_paths():
        return None
    return windows_too_long(path)


def windows_too_long(path: str) -> str | None:
    """Return why Windows takes no file with so long a path; None if it does."""
    folder, name = os.path.split(path)
    longest = len(folder) + 1 + max(len(name), _SPARE)
    if longest <= _WINDOWS_LONGEST_PATH:
        return None
    return (
        f"is too long by {longest - _WINDOWS_LONGEST_PATH} characters for Windows, which takes {_WINDOWS_LONGEST_PATH} unless "
        "long paths are switched on; choose a shorter one"
    )


def _without_root(path: str) -> tuple[str, str]:
    """Return the drive, share or prefix of a path, and what follows it."""
    if path.startswith(_EXTENDED):
        root, rest = _without_root(path[4:])
        return path[:4] + root, rest
    found = re.match(r"[A-Za-z]:|[\\/]{2}[^\\/]+[\\/]+[^\\/]+", path)
    return (found[0], path[found.end() :]) if found else ("", path)


def _takes_long_paths() -> bool:
    """Whether this process may use long paths: the user has switched them on, and Python's executable says it can."""
    if sys.platform != "win32":
        return True
    try:
        return bool(ctypes.WinDLL("ntdll").RtlAreLongPathsEnabled() & 0xFF)
    except (OSError, AttributeError):
        return False
