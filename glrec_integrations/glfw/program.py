"""What `glrec run` does when a program imports glfw: its windows, its clock, its screen."""

from __future__ import annotations

import functools
import time
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from glrec_core.adapter import ImportHook, MethodHook, Program, hookimpl
from glrec_integrations.glfw.adapter import watch


@hookimpl
def glrec_imports() -> Mapping[str, ImportHook]:
    """Hook the module."""
    return {"glfw": _watch}


def _watch(glfw: ModuleType, program: Program) -> None:
    program.use_display()
    watch(glfw).keep()
    windows = _Windows(glfw)
    create_window = glfw.create_window

    @functools.wraps(create_window)
    def create_and_record(*arguments: Any, **options: Any) -> Any:
        if program.hides_windows:
            glfw.window_hint(glfw.VISIBLE, glfw.FALSE)
        window = create_window(*arguments, **options)
        if window and glfw.get_window_attrib(window, glfw.CLIENT_API) != glfw.NO_API:
            windows.add(window)
            program.made(window)
        return window

    glfw.create_window = create_and_record  # type: ignore[attr-defined]
    if program.hides_windows:
        glfw.show_window = glfw.focus_window = lambda _: None  # type: ignore[attr-defined]
    program.at_stop(windows.ask_to_close)
    if program.step:
        _replace_clock(glfw)


class _Windows:
    """The windows that are open."""

    def __init__(self, glfw: ModuleType) -> None:
        self._glfw = glfw
        self._open: list[Any] = []
        MethodHook(glfw, "destroy_window", self._forget, arguments=True)
        MethodHook(glfw, "terminate", self._forget_all)

    def add(self, window: Any) -> None:
        self._open.append(window)

    def ask_to_close(self) -> bool:
        """Do what a click on the close button does; returns whether there is any window to ask."""
        for window in self._open:
            self._glfw.set_window_should_close(window, self._glfw.TRUE)
        return bool(self._open)

    def _forget_all(self) -> None:
        self._open = []

    def _forget(self, window: Any) -> None:
        self._open = [each for each in self._open if each is not window]


def _replace_clock(glfw: ModuleType) -> None:
    """Let `get_time` tell virtual time, and waits for events not wait."""
    zero = [time.perf_counter()]
    wait_events_timeout, poll_events = glfw.wait_events_timeout, glfw.poll_events

    @functools.wraps(glfw.get_time)
    def get_time() -> float:
        return time.perf_counter() - zero[0]

    @functools.wraps(glfw.set_time)
    def set_time(seconds: float) -> None:
        zero[0] = time.perf_counter() - seconds

    @functools.wraps(wait_events_timeout)
    def poll_and_sleep(timeout: float) -> None:
        poll_events()
        time.sleep(timeout)

    glfw.get_time, glfw.set_time, glfw.wait_events_timeout = get_time, set_time, poll_and_sleep  # type: ignore[attr-defined]
