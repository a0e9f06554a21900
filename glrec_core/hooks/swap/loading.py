"""`dlopen` and `dlsym` on behalf of the library that called them.

Both look at who calls: where a bare name is searched, and what "the program" means to a library that was loaded for itself
alone. Called from here, the caller would be Python. So what follows from the caller is done by name.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from glrec_core.hooks.swap.elf import Library

_RTLD_LAZY, _RTLD_NOLOAD = 1, 4
_POINTER = ctypes.c_void_p


class Linker:
    """The real functions, looked up before anything stands in for them."""

    def __init__(self) -> None:
        library = ctypes.CDLL(None)
        self.addresses: dict[str, int] = {
            name: ctypes.cast(library[name], _POINTER).value or 0 for name in ("dlopen", "dlmopen", "dlsym")
        }
        self._open = ctypes.CFUNCTYPE(_POINTER, ctypes.c_char_p, ctypes.c_int)(self.addresses["dlopen"])
        self._close: Any = library["dlclose"]
        self._close.argtypes = [_POINTER]
        self._look_up = ctypes.CFUNCTYPE(_POINTER, _POINTER, ctypes.c_char_p)(self.addresses["dlsym"])

    def is_loaded(self, name: bytes) -> bool:
        """Whether a library of this name is in this process already."""
        if handle := self._open(name, _RTLD_LAZY | _RTLD_NOLOAD):
            self._close(handle)
        return bool(handle)

    def find(self, library: Library, name: str) -> int:
        """Return the address that a library's calls of a function lead to; 0 if there is none."""
        return self.look_up(self._look_up, library, None, name.encode())

    def find_with(self, handle: int, name: str) -> int:
        """Return the address of a function by the handle of a library."""
        return self._look_up(handle, name.encode()) or 0

    def look_up(
        self, real: Callable[..., int | None], library: Library, handle: int | None, name: bytes | None
    ) -> int:
        """Do what `dlsym` does for this library."""
        found = real(handle, name)
        if found or handle or not library.path:
            return found or 0
        own = self._open(library.path.encode(errors="surrogateescape"), _RTLD_LAZY | _RTLD_NOLOAD)
        if not own:
            return 0
        found = real(own, name)  # in what it was loaded with, where that is for itself alone
        self._close(own)
        return (
            found or real(handle, name) or 0
        )  # once more, so that `dlerror` tells of this and of nothing since


def open_for(
    real: Callable[..., int | None],
    library: Library,
    name: bytes | None,
    flags: int,
    is_loaded: Callable[[bytes], bool],
) -> int:
    """Do what `dlopen` does for this library."""
    if name is not None and b"/" not in name and library.search_path and not is_loaded(name):
        for folder in _folders(library):
            path = os.fsencode(folder) + b"/" + name
            if Path(os.fsdecode(path)).is_file() and (opened := real(path, flags)):
                return opened
    if name is not None and name.startswith(b"$ORIGIN/"):
        name = os.fsencode(os.path.dirname(library.path)) + name.removeprefix(b"$ORIGIN")  # noqa: PTH120 - as it was given
    return real(name, flags) or 0


def _folders(library: Library) -> list[str]:
    environment = [
        each for each in os.environ.get("LD_LIBRARY_PATH", "").replace(";", ":").split(":") if each
    ]
    own = list(library.search_path)
    return [*own, *environment] if library.searches_before_environment else [*environment, *own]
