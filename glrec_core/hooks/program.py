"""What a framework's hooks see of the program that `glrec run` runs: the seam between them, as `Tap` is for adapters.

A framework is hooked at the moment at which the program imports it. Its hooks tell which windows are made, ask each turn
of an event loop what to do, and say how that loop is ended.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from types import ModuleType
from typing import Protocol


class Program(Protocol):
    """The program that is being run and recorded.

    For example:

        def record_windows(toolkit: ModuleType, program: Program) -> None:
            program.at_stop(toolkit.stop_loop)
    """

    @property
    def headless(self) -> bool:
        """Whether it must not open a window on a screen."""

    @property
    def step(self) -> bool:
        """Whether its time is virtual: 1/fps for each recorded frame, as the functions of `time` tell."""

    def making(self, target: object) -> AbstractContextManager[None]:
        """Record `target` from the end of the `with` block on, in which it is constructed.

            with program.making(window):
                initialize(window)

        Windows that are made within the block are parts of `target` and are not recorded by themselves.
        """

    def made(self, target: object) -> None:
        """Record `target`, which has just been made, unless it is a part of one that is being made.

        For example:

            window = create_window(*arguments)
            program.made(window)
        """

    @property
    def turn_seconds(self) -> float:
        """How long an event loop may wait for events before it ends its turn."""

    def turn(self) -> bool:
        """Report that an event loop ends a turn; return whether to draw all windows again, because nothing else did.

            if program.turn():
                toolkit.redraw_all_windows()

        Under virtual time that is so after each turn without a frame. Otherwise it is so where the recording is to end
        the program: one that shows a picture that does not change would never end.
        """

    def at_stop(self, stop: Callable[[], bool]) -> None:
        """Have `stop` called when the program is to end. It ends the loop if that runs, and returns whether it did.

        For example:

            program.at_stop(toolkit.stop_loop)
            toolkit.run_loop()
        """

    def use_egl(self) -> bool:
        """Return whether to draw without a window system. If EGL cannot do that here, a display is there afterwards.

        For example:

            if program.headless and program.use_egl():
                toolkit.backend = "egl"
        """

    @property
    def hides_windows(self) -> bool:
        """Whether windows must be made without being shown, since nothing else keeps them from the screen here.

        So it is under `--headless` on Windows and macOS.
        """

    def use_display(self) -> None:
        """Provide a window system for a framework that needs one: a private X server if need be.

        For example:

            program.use_display()
            toolkit.connect()
        """


ImportHook = Callable[[ModuleType, Program], None]
"""Called with a module that the program has just imported, before the program sees it."""
