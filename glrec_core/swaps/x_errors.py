"""Calls that may meet a window that is gone: X11 answers with an error, and Xlib ends the program for it."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from glrec_core.system.libraries import loaded_by_name

_Handler = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)


def _ignore(_: int | None, __: int | None) -> int:
    return 0


_ignoring: Any = _Handler(_ignore)


@contextmanager
def x_errors_ignored(display: int | None) -> Iterator[None]:
    """Let no error of X11 end the program in a `with` block.

    Args:
        display: whose errors are waited for at the end of the block; it must be open. None if the block itself waits.

    """
    library: Any = loaded_by_name("libX11.so.6")
    if library is None:
        yield
        return
    library.XSetErrorHandler.argtypes = [ctypes.c_void_p]
    library.XSetErrorHandler.restype = ctypes.c_void_p
    library.XSync.argtypes = [ctypes.c_void_p, ctypes.c_int]
    before = library.XSetErrorHandler(ctypes.cast(_ignoring, ctypes.c_void_p))
    try:
        yield
    finally:
        if display is not None:
            library.XSync(display, 0)  # errors come late
        library.XSetErrorHandler(before)
