"""What libraries are called on each system, in one table, and which of them are in this process already.

The names for Windows and macOS that stand for NVIDIA's libraries and libass were read in their documentation: nobody has
seen glrec use them.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_NAMES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "linux": {
        "cuda": ("libcuda.so.1",),
        "nvenc": ("libnvidia-encode.so.1",),
        "nvcuvid": ("libnvcuvid.so.1",),
        "egl": ("libEGL.so.1",),
        "glx": ("libGL.so.1", "libGLX.so.0"),
        "osmesa": ("libOSMesa.so.8",),
        "ass": ("libass.so.9",),
    },
    "win32": {
        "cuda": ("nvcuda.dll",),
        "nvenc": ("nvEncodeAPI64.dll",),
        "nvcuvid": ("nvcuvid.dll",),
        "egl": ("libEGL.dll",),  # of ANGLE, which some toolkits bring
        "wgl": ("opengl32.dll",),
        "ass": ("ass.dll", "libass-9.dll", "libass.dll"),
    },
    "darwin": {
        "egl": ("libEGL.dylib",),
        "cgl": ("/System/Library/Frameworks/OpenGL.framework/OpenGL",),
        "ass": ("libass.9.dylib", "/opt/homebrew/lib/libass.9.dylib", "/usr/local/lib/libass.9.dylib"),
    },
}
"""By `sys.platform`; other systems with ELF libraries have Linux's names. NVIDIA has no driver for macOS."""

_WITHOUT_APT = frozenset({"win32", "darwin"})
_NOLOAD: int = getattr(os, "RTLD_NOLOAD", 0) | getattr(os, "RTLD_NOW", 0)


def names(library: str) -> tuple[str, ...]:
    """Return the file names to try for a library of the table; none where the system has no such library."""
    return _NAMES.get(sys.platform, _NAMES["linux"]).get(library, ())


def name(library: str) -> str:
    """Return the one name to call a library by, in messages too."""
    return next(iter(names(library)), library)


def open_library(library: str) -> ctypes.CDLL:
    """Load the first library of the table's names that is there.

    Raises:
        OSError: none is; the text is the loader's.

    """
    *others, last = names(library) or (library,)
    for each in others:
        try:
            return ctypes.CDLL(each)
        except OSError:
            continue
    return ctypes.CDLL(last)


def loaded(library: str) -> ctypes.CDLL | None:
    """Return a library of the table if it is in this process already; looking never loads one."""
    return next((found for each in names(library) if (found := loaded_by_name(each)) is not None), None)


def loaded_by_name(file_name: str) -> ctypes.CDLL | None:
    """Return a library of any name or path if it is in this process already."""
    if sys.platform == "win32":
        kernel = ctypes.WinDLL("kernel32")
        kernel.GetModuleHandleW.argtypes, kernel.GetModuleHandleW.restype = (
            [ctypes.c_wchar_p],
            ctypes.c_void_p,
        )
        handle = kernel.GetModuleHandleW(file_name)
        return ctypes.CDLL(file_name, handle=handle) if handle else None
    try:
        return ctypes.CDLL(file_name, mode=_NOLOAD)
    except OSError:
        return None


def is_loaded(part: str) -> bool:
    """Whether a library is in this process whose file name begins so; false where the system does not tell."""
    try:
        with Path("/proc/self/maps").open(encoding="utf-8", errors="replace") as maps:
            return any(line.rpartition("/")[2].startswith(part) for line in maps)
    except OSError:
        return False


def has_elf_libraries() -> bool:
    """Whether this system loads libraries as Linux does: others can look at where each keeps the addresses of functions."""
    return sys.platform == "linux"


def c_function(name: str) -> Any:
    """Return a function of the C library that this process has."""
    if sys.platform == "win32":  # where what is not ISO C of 1989 begins with an underscore
        return getattr(ctypes.CDLL("msvcrt"), f"_{name}")
    return getattr(ctypes.CDLL(None), name)


def how_to_install(packages: str, tool: str = "apt") -> str:
    """Return the end of a sentence on what is missing: how Debian and Ubuntu bring it; nothing on Windows and macOS."""
    return "" if sys.platform in _WITHOUT_APT else f"; on Debian and Ubuntu: {tool} install {packages}"
