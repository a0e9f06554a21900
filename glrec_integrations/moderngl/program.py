"""What `glrec run` does when a program imports moderngl or moderngl-window."""

from __future__ import annotations

import functools
import os
import time
from collections.abc import Callable, Mapping
from types import ModuleType, SimpleNamespace
from typing import Any

from glrec_core.adapter import ImportHook, Program, hookimpl


@hookimpl
def glrec_imports() -> Mapping[str, ImportHook]:
    """Hook the window classes; a context alone has no frames, but it needs no screen either."""
    return {
        "moderngl": _choose_context,
        "moderngl_window": _choose_window,
        "moderngl_window.context.base.window": _watch_windows,
        "moderngl_window.timers.clock": _count_finely,
    }


def _choose_context(moderngl: ModuleType, program: Program) -> None:
    """Let standalone contexts that ask for no backend use EGL: the default one needs a display."""
    if not program.headless:
        return
    create_context = moderngl.create_context

    @functools.wraps(create_context)
    def create_context_on_egl(*arguments: Any, **settings: Any) -> Any:
        standalone = settings.get("standalone", len(arguments) > 1 and arguments[1])
        if standalone and "backend" not in settings and program.use_egl():
            settings["backend"] = "egl"
        return create_context(*arguments, **settings)

    moderngl.create_context = create_context_on_egl  # type: ignore[attr-defined]
    moderngl.create_standalone_context = functools.partial(create_context_on_egl, standalone=True)  # type: ignore[attr-defined]


def _choose_window(moderngl_window: ModuleType, program: Program) -> None:
    if program.use_egl() or program.hides_windows:
        os.environ["MODERNGL_WINDOW"] = "headless"
        moderngl_window.settings.WINDOW["class"] = "moderngl_window.context.headless.Window"

    def stop() -> bool:
        window = moderngl_window.ContextRefs.WINDOW
        if window is not None:
            window.is_closing = True
        return window is not None

    program.at_stop(stop)


def _watch_windows(window: ModuleType, program: Program) -> None:
    """Record windows of every class with a constructor of its own; the abstract base has no context yet."""

    def __init_subclass__(cls: type[Any], /, **options: Any) -> None:  # noqa: N807
        super(window.BaseWindow, cls).__init_subclass__(**options)
        if "__init__" in vars(cls):
            cls.__init__ = _recorded(cls.__init__, program)

    window.BaseWindow.__init_subclass__ = classmethod(__init_subclass__)


def _recorded(init: Callable[..., None], program: Program) -> Callable[..., None]:
    @functools.wraps(init)
    def __init__(self: Any, *arguments: Any, **options: Any) -> None:  # noqa: N807
        with program.making(self):
            init(self, *arguments, **options)

    return __init__


def _count_finely(clock: ModuleType, program: Program) -> None:
    """Give the timer seconds that are small under virtual time: those since 1970 leave floats too few digits."""
    if program.step:
        clock.time = SimpleNamespace(time=time.perf_counter)  # type: ignore[attr-defined]
