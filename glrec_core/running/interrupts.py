"""Turns Ctrl-C and a request to end into a proper end of the program, and so of its recordings.

A running event loop is asked to end: those of C++ libraries print and forget an exception. Any other program gets the
exception that it would get without glrec, when the frame that is being recorded is done.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from glrec_core.system.interrupts import ENDING, signal_main_thread

_SIGNALS = (signal.SIGINT, *ENDING)

_PATIENCE_SECONDS = 3.0
"""How long a loop that was asked to end may take; then the program is ended where it is."""


class Interrupts:
    """Signal handlers while the program runs. A program that installs its own keeps those."""

    def __init__(self, ask_to_stop: Callable[[], bool]) -> None:
        self._ask_to_stop = ask_to_stop
        self._again = False
        self._insistence: threading.Timer | None = None
        self._end: BaseException | None = None
        self.exit_code: int = 0
        """What the program's exit code becomes when it ended well, but since it was asked to."""

    def end_with(self, error: BaseException) -> None:
        """Raise this in the main thread, and in the program's own handler of Ctrl-C where it has one; from any thread."""
        self._end = error
        signal_main_thread(signal.SIGINT)

    @contextmanager
    def handled(self) -> Iterator[None]:
        """Handle the signals for a `with` block, in the main thread; nowhere else can Python do so."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = [(number, signal.signal(number, self._on_signal)) for number in _SIGNALS]
        try:
            yield
        finally:
            if self._insistence is not None:
                self._insistence.cancel()
            for number, handler in before:
                if signal.getsignal(number) == self._on_signal:
                    signal.signal(number, handler)

    def _on_signal(self, number: int, _: FrameType | None) -> None:
        if self._end is not None:
            raise self._end
        again, self._again = self._again, True
        if again or not self._ask_to_stop():
            self._raise(number)
        self.exit_code = 128 + number
        self._insistence = threading.Timer(_PATIENCE_SECONDS, signal_main_thread, [number])
        self._insistence.daemon = True
        self._insistence.start()

    def _raise(self, number: int) -> NoReturn:
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        raise SystemExit(128 + number)
