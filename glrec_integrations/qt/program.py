"""What `glrec run` does when a program imports PySide6 or PyQt6: its OpenGL widgets, its event loop, its screen."""

from __future__ import annotations

import logging
import sys
import weakref
from collections.abc import Mapping
from functools import cache
from types import ModuleType
from typing import Any

from glrec_core.adapter import ImportHook, Program, hookimpl
from glrec_integrations.qt.adapter import BINDINGS
from glrec_integrations.qt.virtual_timers import VirtualTimers

logger = logging.getLogger("glrec")


@hookimpl
def glrec_imports() -> Mapping[str, ImportHook]:
    """Hook both bindings."""
    hooks: dict[str, ImportHook] = {}
    for binding in BINDINGS:
        loop = _Loop()
        hooks |= {f"{binding}.QtCore": loop.watch, f"{binding}.QtOpenGLWidgets": loop.watch_widgets}
    return hooks


class _Loop:
    """The event loop of one binding, which gets a timer of ours that ends its turns."""

    def __init__(self) -> None:
        self._widgets: weakref.WeakSet[Any] = weakref.WeakSet()
        self._exposed: weakref.WeakSet[Any] = weakref.WeakSet()
        self._timers: VirtualTimers | None = None
        self._pump: Any = None

    def watch(self, core: ModuleType, program: Program) -> None:
        """Have a display; end the loop with the program; let timers run on virtual time."""
        program.use_display()
        if program.step:
            self._timers = VirtualTimers(core, started=lambda: self._start(core, program))
            self._timers.install()

        def stop() -> bool:
            running = bool(core.QThread.currentThread().loopLevel())
            if running:
                core.QCoreApplication.exit(0)
            return running

        program.at_stop(stop)

    def watch_widgets(self, module: ModuleType, program: Program) -> None:
        """Record each widget from its making on."""
        init = module.QOpenGLWidget.__init__
        core = sys.modules[f"{module.__name__.partition('.')[0]}.QtCore"]

        # Without functools.wraps: to look at a method's documentation makes PySide complain before it is fully imported.
        def __init__(widget: Any, *arguments: Any, **options: Any) -> None:  # noqa: N807
            with program.making(widget):
                init(widget, *arguments, **options)
            self._widgets.add(widget)
            if program.hides_windows:
                _say_that_windows_show()
            self._start(core, program)

        module.QOpenGLWidget.__init__ = __init__

    def _start(self, core: ModuleType, program: Program) -> None:
        """Start the timer once there is an application. Under virtual time it fires whenever Qt has nothing else to do."""
        if self._pump is not None or core.QCoreApplication.instance() is None:
            return
        self._pump = core.QTimer()
        self._pump.timeout.connect(lambda: self._turn(program))
        start = core.QTimer.start if self._timers is None else self._timers.real_start
        start(self._pump, round(1000 * program.turn_seconds))

    def _turn(self, program: Program) -> None:
        if self._is_showing():
            return
        if self._timers is not None:
            self._timers.fire()
        if program.turn():
            for widget in list(self._widgets):
                _draw(widget, at_once=program.step)

    def _is_showing(self) -> bool:
        """Whether a window is on its way to the screen: virtual time waits, for how long that takes is never the same."""
        for widget in [each for each in self._widgets if each not in self._exposed]:
            state = _exposure(widget)
            if state is False:
                return True
            if state:
                self._exposed.add(widget)
        return False


@cache
def _say_that_windows_show() -> None:
    logger.warning("Qt draws nothing in a window that is not shown: its windows are, in spite of --headless")


def _exposure(widget: Any) -> bool | None:
    """Return whether a widget's window can be painted; None where it is not shown, or deleted."""
    try:
        window = widget.window().windowHandle() if widget.isVisible() else None
    except RuntimeError:
        return None
    return None if window is None else bool(window.isExposed())


def _draw(widget: Any, *, at_once: bool) -> None:
    """Draw a widget; at once where the next turn must not begin before it is drawn."""
    try:
        if widget.isVisible():
            widget.repaint() if at_once else widget.update()
    except RuntimeError:  # Qt has deleted it
        return
