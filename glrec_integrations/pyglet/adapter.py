"""Hears of the frames of a pyglet window by standing in for the swap method of the window's context.

That method is the one place through which `pyglet.app.run`, loops of one's own, subclasses that override
`Window.flip`, and arcade all pass: `Context.flip` in pyglet 2.1, `Context.present` in 3.0. `Window.close` is wrapped as
well, since the context dies in it. The picture is always in framebuffer 0, headless windows included.
"""

from __future__ import annotations

import sys
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from glrec_core.adapter import (
    Attachment,
    ConfigError,
    Framebuffer,
    MethodHook,
    Size,
    Tap,
    end_attachment,
    hookimpl,
    restored_context,
)


@hookimpl
def glrec_targets() -> str:
    """Name what this adapter takes."""
    return "pyglet: pyglet.window.Window and its subclasses, such as arcade.Window"


@hookimpl
def glrec_frameworks() -> tuple[str, ...]:
    """Name the distributions whose windows it takes."""
    return ("pyglet", "arcade")


@hookimpl
def glrec_attach(target: object, tap: Tap) -> Attachment | None:
    """Hook `target` if it is a pyglet window.

    Raises:
        ConfigError: the window is closed.

    """
    module = sys.modules.get("pyglet.window")
    if module is None or not isinstance(target, module.BaseWindow):
        return None
    if target.context is None:
        raise ConfigError(
            f"{target!r} is closed and draws no more frames; attach to a pyglet window that is open"
        )
    return WindowAttachment(target, tap)


class WindowAttachment:
    """The hooks on one pyglet window. The window keeps this alive through them, never the other way round."""

    def __init__(self, window: Any, tap: Tap) -> None:
        self._window = weakref.ref(window)
        self._tap = tap
        swap = "present" if hasattr(window.context, "present") else "flip"
        self._hooks = [
            MethodHook(window.context, swap, self._before_swap),
            MethodHook(window, "close", self._before_close),
        ]

    def detach(self) -> None:
        """Take the hooks off."""
        for hook in self._hooks:
            hook.remove()

    def watch_key(self, key: str, pressed: Callable[[], None]) -> None:
        """Call `pressed` when a key goes down on the window. See `KeyWatcher`.

        Every event passes `Window.dispatch_event` once, ahead of all handlers, of which any may keep it from the others.
        """
        symbols = sys.modules["pyglet.window"].key
        wanted = getattr(symbols, f"_{key}" if key.isdigit() else key)

        def before_event(name: str, *arguments: Any) -> None:
            if name == "on_key_press" and arguments[0] == wanted:
                pressed()

        self._hooks.append(MethodHook(self._window(), "dispatch_event", before_event, arguments=True))

    @contextmanager
    def current(self) -> Iterator[None]:
        """Make the window's context current for a `with` block, then what was current before.

        pyglet's own note of what is current is put back as well, but not trusted to skip the switch: another library
        may have made its context current since.
        """
        context = self._context()
        if context is None:
            yield
            return
        with restored_context():
            before = _current_context()
            if before is context:  # Windows' pyglet would do nothing
                _notes().current_context = None
            context.set_current()
            try:
                yield
            finally:
                if before is not None and before is not context:
                    before.set_current()

    def _context(self) -> Any:
        """Return the window's context, None after the window was closed or collected."""
        window = self._window()
        return None if window is None else window.context

    def _before_swap(self) -> None:
        window = self._window()
        if window is not None and window.context is not None:
            with self.current():
                self._tap.frame_drawn(Framebuffer(0, Size(*window.get_framebuffer_size())))

    def _before_close(self) -> None:
        end_attachment(self, self._tap)


def _current_context() -> Any:
    """Return the context that pyglet takes for current, or None."""
    return _notes().current_context or None


def _notes() -> Any:
    """Return what has pyglet's note of the current context: the module `pyglet.gl` in 2.1, its core in 3.0."""
    core = getattr(sys.modules.get("pyglet.graphics.api"), "core", None)
    return sys.modules["pyglet.gl"] if core is None else core
