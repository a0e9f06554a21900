"""What `glrec run` does when a program imports pygame: its display, its windows, its clocks."""

from __future__ import annotations

import functools
import sys
import time
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from glrec_core.adapter import ImportHook, Program, current_binding, hookimpl
from glrec_integrations.pygame.adapter import has_opengl

_AVERAGED_TICKS = 10
"""Over how many frames pygame's clock takes its rate."""


@hookimpl
def glrec_imports() -> Mapping[str, ImportHook]:
    """Hook the parts of the package."""
    return {
        "pygame.display": _watch_display,
        "pygame.window": _watch_windows,
        "pygame.time": _replace_clocks,
        "pygame.event": _stop_by_event,
    }


def _watch_display(display: ModuleType, program: Program) -> None:
    program.use_display()
    set_mode = display.set_mode

    @functools.wraps(set_mode)
    def set_mode_and_record(*arguments: Any, **options: Any) -> Any:
        before = current_binding()
        surface = set_mode(*_hidden(arguments, options) if program.hides_windows else arguments, **options)
        after = current_binding()
        kept = before is not None and after is not None and before.context == after.context
        if not kept and has_opengl(sys.modules["pygame"]):
            program.made(surface)
        return surface

    display.set_mode = set_mode_and_record  # type: ignore[attr-defined]


def _hidden(arguments: tuple[Any, ...], options: dict[str, Any]) -> tuple[Any, ...]:
    """Return the arguments of a hidden window; `options` gets the flag where that is given by name, or not at all."""
    hidden = sys.modules["pygame"].HIDDEN
    if len(arguments) > 1:
        return arguments[0], arguments[1] | hidden, *arguments[2:]
    options["flags"] = options.get("flags", 0) | hidden
    return arguments


def _watch_windows(window: Any, program: Program) -> None:
    """Put a subclass in the place of pygame-ce's `Window`, which takes no hooks itself."""

    class Window(window.Window):  # type: ignore[misc]
        def __init__(self, *arguments: Any, **options: Any) -> None:
            if not options.get("opengl"):
                super().__init__(*arguments, **options)
                return
            if program.hides_windows:
                options["hidden"] = True
            with program.making(self):
                super().__init__(*arguments, **options)

        def show(self) -> None:
            if not program.hides_windows:
                super().show()

    window.Window = Window


def _stop_by_event(event: ModuleType, program: Program) -> None:
    """Do what a click on the close button does."""

    def stop() -> bool:
        pygame = sys.modules["pygame"]
        if not pygame.display.get_init():
            return False
        event.post(event.Event(pygame.QUIT))
        return True

    program.at_stop(stop)


def _replace_clocks(module: ModuleType, program: Program) -> None:
    """Let pygame's clocks tell virtual time, and its waits not wait."""
    if not program.step:
        return
    zero_seconds = time.perf_counter()

    def wait(milliseconds: int) -> int:
        time.sleep(milliseconds / 1000)
        return milliseconds

    module.get_ticks = lambda: int(1000 * (time.perf_counter() - zero_seconds))  # type: ignore[attr-defined]
    module.wait = module.delay = wait  # type: ignore[attr-defined]
    module.Clock = StepClock  # type: ignore[attr-defined]


class StepClock:
    """`pygame.time.Clock` that takes its time from Python's clock, and never waits."""

    def __init__(self) -> None:
        self._ticks = [time.perf_counter()]

    def tick(self, framerate: float = 0) -> int:  # noqa: ARG002 - pygame's signature
        """Return the milliseconds since the last call; the rate is that of the recording."""
        self._ticks = [*self._ticks[-_AVERAGED_TICKS:], time.perf_counter()]
        return self.get_time()

    tick_busy_loop = tick

    def get_time(self) -> int:
        """Return the milliseconds between the last two calls of `tick`."""
        return round(1000 * (self._ticks[-1] - self._ticks[-2])) if len(self._ticks) > 1 else 0

    get_rawtime = get_time

    def get_fps(self) -> float:
        """Return the mean number of calls of `tick` per second."""
        passed_seconds = self._ticks[-1] - self._ticks[0]
        return (len(self._ticks) - 1) / passed_seconds if passed_seconds else 0.0
