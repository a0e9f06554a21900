"""Environment variables as libraries see them: on Windows each C library has a copy of its own."""

from __future__ import annotations

import ctypes
import os
import sys

_C_LIBRARIES = ("ucrtbase", "msvcrt")


def set_unless_set(name: str, value: str) -> None:
    """Set a variable for this process and the libraries in it, unless the user has."""
    if name in os.environ:
        return
    os.environ[name] = value
    if sys.platform == "win32":
        for library in _C_LIBRARIES:
            ctypes.CDLL(library)._putenv(f"{name}={value}".encode())  # noqa: SLF001 - its public name
