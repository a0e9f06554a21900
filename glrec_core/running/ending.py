"""Ends a program whose loop glrec knows nothing of, step by step, when its film is finished.

It is asked as a user would ask it, by its windows. If it goes on, it is interrupted in Python; then by signals that it need not
hear. What comes after the first step is said.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import NamedTuple

from glrec_core.running import closing
from glrec_core.system.processes import end_this_process


def remind(after_seconds: float, *, all_of_display: bool) -> Callable[[], None]:
    """Have another process ask this one's windows to close after a time; what is returned calls that off.

    It is for loops in C that keep Python's lock while nothing changes, so that no thread of this process gets to do it.
    """
    arguments = [sys.executable, "-I", "-S", closing.__file__, str(os.getpid()), str(after_seconds)]
    process = subprocess.Popen(  # noqa: S603 - this very interpreter
        [*arguments, "all" if all_of_display else "own"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C is for the program
    )

    def call_off() -> None:
        if process.stdin is not None:
            process.stdin.close()
        process.wait()

    return call_off


class _Step(NamedTuple):
    patience_seconds: float
    """How long the step before may take."""
    said: str
    act: Callable[[], None]


class Ending:
    """The end of one program. `begin` may be called at every frame."""

    def __init__(
        self, ask: Callable[[], bool], interrupt: Callable[[], None], say: Callable[[str], None]
    ) -> None:
        """`ask` returns whether anything was there to ask; `interrupt` raises the program's end in its main thread."""
        self._ask, self._say = ask, say
        self._beginning = threading.Lock()
        self._begun = False
        self._over = threading.Event()
        self._steps = (
            _Step(3.0, "", interrupt),
            _Step(5.0, "the program goes on although it was interrupted: it is sent SIGTERM", _terminate),
            _Step(3.0, "the program goes on although it was sent SIGTERM: it is killed", _kill),
        )

    @property
    def begun(self) -> bool:
        """Whether the program has been asked."""
        return self._begun

    def begin(self) -> None:
        """Ask the program to end, and see to it that it does."""
        with self._beginning:
            if self._begun:
                return
            self._begun = True
        asked = self._ask()
        threading.Thread(target=self._insist, args=[asked], daemon=True, name="glrec ending").start()

    def over(self) -> None:
        """Note that the program has ended."""
        self._over.set()

    def _insist(self, asked: bool) -> None:  # noqa: FBT001 - the argument of a thread
        steps = self._steps
        if not asked:
            steps = (steps[0]._replace(patience_seconds=0.0), *steps[1:])
        for step in steps:
            if self._over.wait(step.patience_seconds):
                return
            if step.said:
                self._say(step.said)
            elif asked:
                self._say("the program goes on although its windows were asked to close: it is interrupted")
            step.act()


def _terminate() -> None:
    end_this_process(gently=True)


def _kill() -> None:
    end_this_process(gently=False)
