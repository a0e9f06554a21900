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

from glrec_core.adapter import Attachment, ConfigError, Framebuffer, Size, Tap, hookimpl


@hookimpl
def glrec_targets() -> str:
    """Name what this adapter takes."""
    return "pyglet: pyglet.window.Window and its subclasses, such as arcade.Window"


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


class MethodHook:
    """Has `before` called ahead of one method of one object, without keeping the object alive."""

    def __init__(self, owner: object, name: str, before: Callable[[], None]) -> None:
        shadow = _Shadow(owner, name, before)
        self._owner = weakref.ref(owner)
        self._name = name
        self._shadow = weakref.ref(shadow)
        setattr(owner, name, shadow)

    def remove(self) -> None:
        """Give the object its own method back; under somebody else's wrapper only pass calls on from now."""
        owner, shadow = self._owner(), self._shadow()
        if owner is None or shadow is None:
            return
        shadow.before = None
        wrapped = vars(owner).get(self._name) is not shadow
        if wrapped:
            return
        if (beneath := shadow.beneath) is None:
            delattr(owner, self._name)
        else:
            setattr(owner, self._name, beneath)


class _Shadow:
    """The instance attribute that stands before a method. Only the object itself and wrappers around it hold it."""

    def __init__(self, owner: object, name: str, before: Callable[[], None]) -> None:
        self.before: Callable[[], None] | None = before
        self._attribute: Any = vars(owner).get(name)
        self._method: Any = getattr(owner, name)

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        try:
            if self.before is not None:
                self.before()
        finally:
            result = self._method(*arguments, **options)
        return result

    @property
    def beneath(self) -> Any:
        """The instance attribute that was there before, but for hooks removed since; None if there was none."""
        attribute = self._attribute
        return attribute.beneath if isinstance(attribute, _Shadow) and attribute.before is None else attribute


class WindowAttachment:
    """The hooks on one pyglet window. The window keeps this alive through them, never the other way round."""

    def __init__(self, window: Any, tap: Tap) -> None:
        self._window = weakref.ref(window)
        self._tap = tap
        swap = "present" if hasattr(window.context, "present") else "flip"
        self._hooks = (
            MethodHook(window.context, swap, self._before_swap),
            MethodHook(window, "close", self._before_close),
        )

    def detach(self) -> None:
        """Take the hooks off."""
        for hook in self._hooks:
            hook.remove()

    @contextmanager
    def current(self) -> Iterator[None]:
        """Make the window's context current for a `with` block, then the one that pyglet had current before.

        pyglet's own note of what is current is not trusted to skip the switch: another library may have made its
        context current since.
        """
        context = self._context()
        if context is None:
            yield
            return
        before = _current_context()
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
        try:
            with self.current():
                self._tap.context_closing()
        finally:
            self.detach()


def _current_context() -> Any:
    """Return the context that pyglet takes for current, or None: a global of `pyglet.gl` in 2.1, of its core in 3.0."""
    core = getattr(sys.modules.get("pyglet.graphics.api"), "core", None)
    holder = sys.modules["pyglet.gl"] if core is None else core
    return holder.current_context or None
