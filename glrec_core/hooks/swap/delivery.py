"""Takes an exception that came within a callback to where the program can handle it: its main thread.

C is between a callback and the program, and an exception cannot cross it. Python runs signal handlers wherever the main
thread executes Python next, which may be within a callback of ours: Ctrl-C would be printed and forgotten.
"""

from __future__ import annotations

import ctypes
import sys
import threading
from contextlib import suppress
from pathlib import Path
from time import sleep

_BACK_IN_C_SECONDS = 0.001
"""After so long it is looked again whether the callback has returned."""

_HERE = str(Path(__file__).parent)


def deliver(error: BaseException) -> None:
    """Have an exception like this one raised in the main thread, soon."""
    thread = threading.Thread(
        target=_raise_in_main_thread, args=[_like(error)], daemon=True, name="glrec delivery"
    )
    with suppress(RuntimeError):  # the program ends anyway
        thread.start()


def _raise_in_main_thread(kind: type[BaseException]) -> None:
    identity = threading.main_thread().ident
    while True:
        sleep(_BACK_IN_C_SECONDS)
        if not _is_in_a_callback(identity):
            break
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(identity or 0), ctypes.py_object(kind))


def _is_in_a_callback(identity: int | None) -> bool:
    """Whether a thread is still in functions of ours, which would be the ones to get the exception."""
    frame = sys._current_frames().get(identity or 0)  # noqa: SLF001 - the documented way
    while frame is not None:
        if frame.f_code.co_filename.startswith(_HERE):
            return True
        frame = frame.f_back
    return False


def _like(error: BaseException) -> type[BaseException]:
    """Return a class whose objects are made without arguments and are like this exception."""
    kind, arguments = type(error), error.args
    if not arguments:
        return kind

    def __init__(self: BaseException) -> None:  # noqa: N807
        kind.__init__(self, *arguments)

    return type(
        kind.__name__,
        (kind,),
        {"__init__": __init__, "__module__": kind.__module__, "__qualname__": kind.__qualname__},
    )
