"""What `glrec run` does when a program imports vispy: its canvases, its event loops, its screen."""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from types import ModuleType
from typing import Any

from glrec_core.adapter import ImportHook, Program, hookimpl
from glrec_integrations.vispy.toolkit import buffers_as_asked, tell_size

_EARLY_SECONDS = 1e-6
"""How much earlier timers come due under virtual time, which rounding would make a whole frame late."""

_OWN_LOOPS = ("egl", "glfw", "osmesa")
"""Backends whose event loop is vispy's own; on Qt and pyglet it runs theirs."""


@hookimpl
def glrec_imports() -> Mapping[str, ImportHook]:
    """Hook the canvas and vispy's own event loops."""
    canvases = _Canvases()
    return {
        "vispy": _choose_screen,
        "vispy.util.ptime": _count_from_the_beginning,
        "vispy.app.canvas": canvases.watch,
        "vispy.app": canvases.stop_with_program,
        **{f"vispy.app.backends._{name}": canvases.watch_loop for name in _OWN_LOOPS},
    }


def _choose_screen(vispy: ModuleType, program: Program) -> None:
    if program.use_egl():
        vispy.config["default_backend"] = "egl"


def _count_from_the_beginning(ptime: ModuleType, program: Program) -> None:
    """Keep vispy's time small under virtual time: seconds since 1970 leave floats no digits for nanoseconds."""
    if program.step:
        ptime.START_TIME = 0.0  # type: ignore[attr-defined]


class _Canvases:
    """The program's canvases, and the end of the loop that draws them."""

    def __init__(self) -> None:
        self._all: weakref.WeakSet[Any] = weakref.WeakSet()
        self._running = 0
        self._ending = False

    def watch(self, canvas: ModuleType, program: Program) -> None:
        """Record each canvas from its making on."""
        create_native = canvas.Canvas.create_native

        @functools.wraps(create_native)
        def create_native_and_record(canvas: Any) -> None:
            if canvas._backend is not None:
                return
            with program.making(canvas), buffers_as_asked(canvas) if program.headless else nullcontext():
                create_native(canvas)
            self._all.add(canvas)
            tell_size(canvas)

        canvas.Canvas.create_native = create_native_and_record

    def watch_loop(self, backend: ModuleType, program: Program) -> None:
        """Draw again what nothing else draws; end the loop between two frames, since that closes the canvases."""
        run, process_events = (
            backend.ApplicationBackend._vispy_run,
            backend.ApplicationBackend._vispy_process_events,
        )

        @functools.wraps(run)
        def run_and_note(application: Any) -> Any:
            self._running += 1
            try:
                return run(application)
            finally:
                self._running -= 1

        @functools.wraps(process_events)
        def process_events_and_draw(application: Any) -> None:
            process_events(application)
            if self._ending:
                self._ending = False
                application._vispy_quit()
            elif program.turn():
                for canvas in [each for each in self._all if not each._closed]:
                    canvas.update()

        backend.ApplicationBackend._vispy_run = run_and_note
        backend.ApplicationBackend._vispy_process_events = process_events_and_draw
        if program.step:
            backend.TimerBackend._vispy_start = _early(backend.TimerBackend._vispy_start)

    def stop_with_program(self, app: ModuleType, program: Program) -> None:
        """End vispy's own loop when the program is to end; loops of others end by themselves, a program's own by force."""

        def stop() -> bool:
            application = app._default_app.default_app
            has_own = application is not None and application.backend_name in _OWN_LOOPS
            self._ending = has_own and self._running > 0
            return self._ending

        program.at_stop(stop)


def _early(start: Callable[[Any, float], None]) -> Callable[[Any, float], None]:
    return lambda timer, interval: start(timer, max(0.0, interval - _EARLY_SECONDS))
