"""Asks the windows of this program to close, as a click on their close button does: the end that every toolkit knows.

It is asked for over a connection of one's own, so that it does not matter which thread has the program's. Started as a program,
this file does it for another process, after a time: a loop in C that keeps Python's lock lets nothing within that process do it.
For that it imports nothing of glrec's.
"""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_CLIENT_MESSAGE = 33
_CARDINAL = 6
_AGAIN_SECONDS = 1.0
_POINTER, _NUMBER, _LONG = ctypes.c_void_p, ctypes.c_int, ctypes.c_ulong
_CALLS: dict[str, tuple[Any, ...]] = {
    "XOpenDisplay": (_POINTER, ctypes.c_char_p),
    "XCloseDisplay": (_NUMBER, _POINTER),
    "XDefaultRootWindow": (_LONG, _POINTER),
    "XInternAtom": (_LONG, _POINTER, ctypes.c_char_p, _NUMBER),
    "XQueryTree": (_NUMBER, _POINTER, _LONG, *[_POINTER] * 4),
    "XGetWMProtocols": (_NUMBER, _POINTER, _LONG, _POINTER, _POINTER),
    "XGetWindowProperty": (
        _NUMBER,
        _POINTER,
        _LONG,
        _LONG,
        *[ctypes.c_long] * 2,
        _NUMBER,
        _LONG,
        *[_POINTER] * 5,
    ),
    "XSendEvent": (_NUMBER, _POINTER, _LONG, _NUMBER, ctypes.c_long, _POINTER),
    "XFree": (_NUMBER, _POINTER),
}


class _ClientMessage(ctypes.Structure):
    _fields_ = (
        ("type", _NUMBER),
        ("serial", _LONG),
        ("send_event", _NUMBER),
        ("display", _POINTER),
        ("window", _LONG),
        ("message_type", _LONG),
        ("format", _NUMBER),
        ("data", ctypes.c_long * 5),
        ("rest", ctypes.c_long * 16),  # an event is the largest of all kinds
    )


def ask_windows_to_close(process_id: int, *, all_of_display: bool) -> int:
    """Ask every window of a process; returns how many there were.

    Args:
        process_id: of the process. Windows that go meanwhile raise errors of X11, which are the caller's to ignore.
        all_of_display: the display is that process's alone, so windows need not tell whose they are.

    """
    if not os.environ.get("DISPLAY"):
        return 0
    try:
        library = ctypes.CDLL("libX11.so.6")
    except OSError:
        return 0
    for name, (result, *arguments) in _CALLS.items():
        function = library[name]
        function.restype, function.argtypes = result, arguments
        setattr(library, name, function)
    owners: set[int | None] = {process_id, None} if all_of_display else {process_id}
    with _connection(library) as display:
        return _ask(library, display, owners) if display else 0


@contextmanager
def _connection(library: Any) -> Iterator[int | None]:
    display = library.XOpenDisplay(None)
    try:
        yield display
    finally:
        if display:
            library.XCloseDisplay(display)


def _ask(library: Any, display: int, owners: set[int | None]) -> int:
    protocols, delete, owner = (
        library.XInternAtom(display, name, 0)
        for name in (b"WM_PROTOCOLS", b"WM_DELETE_WINDOW", b"_NET_WM_PID")
    )
    asked = 0
    for window in _windows(library, display, library.XDefaultRootWindow(display)):
        own = _owner(library, display, window, owner) in owners
        if own and delete in _protocols(library, display, window):
            event = _ClientMessage(type=_CLIENT_MESSAGE, window=window, message_type=protocols, format=32)
            event.data[0] = delete
            library.XSendEvent(display, window, 0, 0, ctypes.byref(event))
            asked += 1
    return asked


def _windows(library: Any, display: int, window: int) -> Iterator[int]:
    """Yield a window and all those within it: a window manager may have put ours into one of its own."""
    yield window
    root, parent, count = _LONG(), _LONG(), ctypes.c_uint()
    children = ctypes.POINTER(_LONG)()
    found = library.XQueryTree(display, window, *map(ctypes.byref, (root, parent, children, count)))
    within = [children[index] for index in range(count.value)] if found else []
    if children:  # type: ignore[truthy-bool] # a null pointer is false
        library.XFree(children)
    for each in within:
        yield from _windows(library, display, each)


def _protocols(library: Any, display: int, window: int) -> list[int]:
    atoms, count = ctypes.POINTER(_LONG)(), _NUMBER()
    if not library.XGetWMProtocols(display, window, ctypes.byref(atoms), ctypes.byref(count)):
        return []
    found = [atoms[index] for index in range(count.value)]
    library.XFree(atoms)
    return found


def _owner(library: Any, display: int, window: int, name: int) -> int | None:
    """Return the number of the process that a window says it belongs to."""
    kind, width, count, rest = _LONG(), _NUMBER(), _LONG(), _LONG()
    value = ctypes.POINTER(_LONG)()
    outputs = map(ctypes.byref, (kind, width, count, rest, value))
    library.XGetWindowProperty(display, window, name, 0, 1, 0, _CARDINAL, *outputs)
    found = value[0] if count.value else None
    if value:  # type: ignore[truthy-bool] # a null pointer is false
        library.XFree(value)
    return found


def main(process_id: str, seconds: str, all_of_display: str) -> None:
    """Ask another process's windows after a time, and again, until standard input ends: it may not be listening yet."""
    waiting = threading.Thread(target=sys.stdin.read, daemon=True)
    waiting.start()
    waiting.join(float(seconds))
    ignore = ctypes.CFUNCTYPE(ctypes.c_int, _POINTER, _POINTER)(lambda _, __: 0)
    while waiting.is_alive():
        ctypes.CDLL("libX11.so.6").XSetErrorHandler(ignore)
        ask_windows_to_close(int(process_id), all_of_display=all_of_display == "all")
        waiting.join(_AGAIN_SECONDS)


if __name__ == "__main__":
    main(*sys.argv[1:])
