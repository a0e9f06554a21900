"""What `glrec run` does when a program imports pyglet: its windows, its event loop, its screen."""

from __future__ import annotations

import ctypes
import functools
import importlib
import os
import sys
import weakref
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

from glrec_core.adapter import ImportHook, Program, hookimpl

_EARLY_SECONDS = 1e-6
"""How much earlier scheduled functions come due under virtual time, which rounding would make a whole frame late."""

_CHANNELS = ("red_size", "green_size", "blue_size", "alpha_size")


@hookimpl
def glrec_imports() -> Mapping[str, ImportHook]:
    """Hook pyglet's own modules; arcade and others build on them."""
    return {
        "pyglet": _choose_screen,
        "pyglet.gl.headless": _ask_for_eight_bits,
        "pyglet.window": _watch_windows,
        "pyglet.window.headless": _tell_of_size,
        "pyglet.clock": _schedule_early,
        "pyglet.app": _watch_loop,
        "arcade": _use_loop,
    }


def _choose_screen(pyglet: ModuleType, program: Program) -> None:
    if program.use_egl():
        pyglet.options.headless = True
        if not _has_xlib():
            os.environ["ARCADE_HEADLESS"] = "1"  # else arcade imports pyglet.input, which needs Xlib


def _has_xlib() -> bool:
    try:
        ctypes.CDLL("libX11.so.6")
    except OSError:
        return False
    return True


def _use_loop(arcade: ModuleType, program: Program) -> None:
    """Let arcade run pyglet's event loop in any case: what it does instead without a screen calls no event handlers."""
    if program.headless:
        arcade.headless = False  # type: ignore[attr-defined]


def _ask_for_eight_bits(headless: ModuleType, _: Program) -> None:
    """Fill in what a program leaves to pyglet: a window has eight bits a channel, EGL would begin with RGB565."""
    match = headless.HeadlessConfig.match

    @functools.wraps(match)
    def match_eight_bits(self: Any, canvas: Any) -> Any:
        for channel in _CHANNELS:
            if getattr(self, channel) is None:
                setattr(self, channel, 8)
        return match(self, canvas)

    headless.HeadlessConfig.match = match_eight_bits


def _watch_windows(window: ModuleType, program: Program) -> None:
    init = window.BaseWindow.__init__

    @functools.wraps(init)
    def __init__(self: Any, *arguments: Any, **options: Any) -> None:  # noqa: N807
        if program.hides_windows:
            type(self).set_visible = _set_visible_unseen
        with program.making(self):
            init(self, *arguments, **options)

    window.BaseWindow.__init__ = __init__
    if sys.modules["pyglet"].options.headless and _has_xlib():
        importlib.import_module(
            "pyglet.window.xlib"
        )  # pyglet.input takes it for granted, with or without a screen


def _tell_of_size(headless: ModuleType, program: Program) -> None:
    """Give windows without a screen the events with which all others begin: programs place their scene in them."""
    if not program.headless:
        return

    headless.HeadlessWindow.set_visible = _set_visible_unseen
    headless.HeadlessWindow.dispatch_pending_events = headless.HeadlessWindow.dispatch_events


def _set_visible_unseen(window: Any, visible: bool = True) -> None:  # noqa: FBT001, FBT002 - pyglet's signature
    """Do as if a window were shown."""
    if visible:
        window.dispatch_event("on_resize", *window.get_size())
        window.dispatch_event("on_show")
        window.dispatch_event("on_expose")


def _schedule_early(clock: ModuleType, program: Program) -> None:
    if program.step:
        for name in ("schedule_interval", "schedule_interval_soft", "schedule_once"):
            setattr(clock.Clock, name, _early(getattr(clock.Clock, name)))


def _early(schedule: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(schedule)
    def schedule_early(self: Any, func: Any, *arguments: Any, **options: Any) -> None:
        if arguments:
            arguments = (_earlier(arguments[0]), *arguments[1:])
        for name in ("interval", "delay"):
            if name in options:
                options[name] = _earlier(options[name])
        schedule(self, func, *arguments, **options)

    return schedule_early


def _earlier(interval_seconds: float) -> float:
    """Return a slightly shorter interval, but never none: 0 has a meaning of its own."""
    return max(interval_seconds - _EARLY_SECONDS, interval_seconds / 2)


class _WindowsInOrder(weakref.WeakKeyDictionary[Any, None]):
    """Stands for pyglet's set of windows, whose order is that of addresses in memory: another one in every run."""

    def add(self, window: Any) -> None:
        self[window] = None

    def remove(self, window: Any) -> None:
        del self[window]

    def discard(self, window: Any) -> None:
        self.pop(window, None)


def _watch_loop(app: ModuleType, program: Program) -> None:
    if program.step:
        app.windows = _WindowsInOrder((window, None) for window in app.windows)  # type: ignore[attr-defined]
    idle = app.EventLoop.idle

    @functools.wraps(idle)
    def idle_and_draw(self: Any) -> float:
        timeout = idle(self)
        if program.turn():
            for window in list(app.windows):
                window.draw(0.0)
        return program.turn_seconds if timeout is None else min(timeout, program.turn_seconds)

    app.EventLoop.idle = idle_and_draw
    program.at_stop(lambda: _stop(app))


def _stop(app: ModuleType) -> bool:
    """End the event loop, or ask loops of the program's own to end as a click on the close button would."""
    if app.event_loop.is_running:
        app.event_loop.exit()
        return True
    for window in app.windows:
        window.has_exit = True
    return bool(app.windows)
