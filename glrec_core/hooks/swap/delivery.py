"""Takes an exception that came within a callback to where the program can handle it: its main thread.

C is between a callback and the program, and an exception cannot cross it. Python runs signal handlers wherever the main
thread executes Python next, which may be within a callback of ours: Ctrl-C would be printed and forgotten.
"""

from __future__ import annotations

import ctypes
import threading
from contextlib import suppress
from time import sleep

_BACK_IN_C_SECONDS = 0.001
"""By then the callback has mostly returned; if it has not, the exception comes here once more."""


def deliver(error: BaseException) -> None:
    """Have an exception like this one raised in the main thread, soon."""
    thread = threading.Thread(
        target=_raise_in_main_thread, args=[_like(error)], daemon=True, name="glrec delivery"
    )
    with suppress(RuntimeError):  # the program ends anyway
        thread.start()


def _raise_in_main_thread(kind: type[BaseException]) -> None:
    sleep(_BACK_IN_C_SECONDS)
    identity = threading.main_thread().ident
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(identity or 0), ctypes.py_object(kind))


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
