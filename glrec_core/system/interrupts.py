"""Keeps Ctrl-C out of the midst of a frame: a signal that comes there is handled when the frame is done.

Python runs signal handlers between any two lines of the main thread, and most of them raise. Raised while a frame is read,
an exception would leave the program's OpenGL state changed and a slot of the ring lost. So the handlers are exchanged for
the length of a frame and called, as they would have been, at its end. What waits meanwhile asks `waiting` and gives up.

A handler that a library has installed behind Python's back, with sigaction(), is left alone.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # `signal` below its conversion to enumerations, see below
import _thread
import ctypes
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any, Self

Handler = Callable[[int, FrameType | None], Any]

_SIGNALS: tuple[int, ...] = tuple(
    int(getattr(signal, name))
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGALRM", "SIGBREAK")
    if hasattr(signal, name)
)

# The conversion takes ten times as long as the calls, several microseconds of each frame.
_get: Callable[[int], Any] = _signal.getsignal
_set: Callable[[int, Any], Any] = _signal.signal

_main = threading.main_thread()


class HeldBack:
    """Holds the signals of Python's main thread back for a `with` block, which may be entered again within itself."""

    def __init__(self) -> None:
        self._depth = 0
        self._exchanged: list[tuple[int, Handler]] = []
        self._come: list[tuple[Handler, int, FrameType | None]] = []
        self._note_it: Handler = self._note
        self._python_handler: int | None = None

    @property
    def waiting(self) -> bool:
        """Whether a signal has come in this thread's block and waits for its end."""
        return bool(self._come) and threading.get_ident() == _main.ident

    def __enter__(self) -> Self:
        if threading.get_ident() == _main.ident:
            if self._depth == 0:
                self._exchange()
            self._depth += 1
        return self

    def __exit__(self, *_: object) -> None:
        if threading.get_ident() == _main.ident:
            self._depth -= 1
            if self._depth == 0:
                try:
                    self._restore()
                finally:
                    come, self._come = self._come, []
                    _handle(come)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self._come += [(handler, number, frame) for each, handler in self._exchanged if each == number]

    def _exchange(self) -> None:
        try:
            for number in _SIGNALS:
                handler = _get(number)
                if callable(handler) and self._is_pythons(number):
                    self._exchanged.append((number, handler))
                    _set(number, self._note_it)
        except BaseException:  # a handler that was not exchanged yet has raised
            self._restore()
            raise

    def _restore(self) -> None:
        try:
            while self._exchanged:
                number, handler = self._exchanged[-1]
                if _get(number) is self._note_it:  # the program may have installed another one meanwhile
                    _set(number, handler)
                del self._exchanged[-1]
        finally:
            if self._exchanged:  # the handler that is in place again has raised
                self._restore()

    def _is_pythons(self, number: int) -> bool:
        """Whether the process's handler is the one through which Python calls its own."""
        if _handler_address is None:
            return True
        if self._python_handler is None:
            self._python_handler = _learn_python_handler()
        return not self._python_handler or _handler_address(number) == self._python_handler


ENDING: tuple[signal.Signals, ...] = tuple(
    getattr(signal, name) for name in ("SIGTERM", "SIGBREAK") if hasattr(signal, name)
)
"""What asks a program to end, beside Ctrl-C: on Windows Ctrl-Break, and the closing of the console."""

FROM_THE_CONSOLE: tuple[signal.Signals, ...] = tuple(number for number in ENDING if number.name == "SIGBREAK")
"""Those of them that come to every process of a console at once."""


def signal_main_thread(number: int) -> None:
    """Let a signal come to the main thread, from any other; where the system can, a call that waits there is broken off."""
    main = threading.main_thread().ident
    if main is None:
        return
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(main, number)
    else:
        _thread.interrupt_main(signal.Signals(number))


def _handle(come: list[tuple[Handler, int, FrameType | None]]) -> None:
    """Call the handlers of all signals that have come, whatever each of them raises."""
    if come:
        handler, number, frame = come[0]
        try:
            handler(number, frame)
        finally:
            _handle(come[1:])


def _open_handler_address() -> Callable[[int], int | None] | None:
    """Return CPython's own question for a signal's C handler; None where libraries do not install such."""
    if not hasattr(signal, "SIGRTMAX"):
        return None
    asked = ctypes.pythonapi.PyOS_getsig
    asked.argtypes, asked.restype = [ctypes.c_int], ctypes.c_void_p
    return asked


_handler_address = _open_handler_address()


def _learn_python_handler() -> int:
    """Return the address of the C function that calls Python's handlers: that of a signal that nobody uses, for a moment."""
    unused = int(signal.SIGRTMAX)
    before = _get(unused)
    if _handler_address is None or before != signal.SIG_DFL:
        return 0
    _set(unused, _nothing)
    try:
        return _handler_address(unused) or 0
    finally:
        _set(unused, before)


def _nothing(_: int, __: FrameType | None) -> None:
    """Handle nothing."""


held_back: HeldBack = HeldBack()
"""The one of this process."""
