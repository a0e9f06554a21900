"""Hears of the frames of a moderngl-window window by standing in for its `swap_buffers`.

All of moderngl-window's backends pass through that method, in its own loop and in loops of one's own. The first swap of a
window with a config is not a frame: `create_window_config_instance` makes it before anything was rendered. The context
ends in `destroy`, which is wrapped too; under the pyglet backend it ends when the pyglet window closes, even in the middle
of a render call. A frame counts when it is swapped: the one in which the program closes its window never is.
"""

from __future__ import annotations

import sys
import warnings
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from glrec_core.adapter import (
    Attachment,
    Binding,
    ConfigError,
    Framebuffer,
    MethodHook,
    Size,
    Tap,
    current_binding,
    hookimpl,
    made_current,
)


@hookimpl
def glrec_targets() -> str:
    """Name what this adapter takes."""
    return "moderngl: moderngl_window.BaseWindow and moderngl_window.WindowConfig objects"


@hookimpl
def glrec_attach(target: object, tap: Tap) -> Attachment | None:
    """Hook `target` if it is a window of moderngl-window, or the config of one.

    Raises:
        ConfigError: the window is closed.

    """
    module = sys.modules.get("moderngl_window.context.base")
    if module is None:
        return None
    window = target.wnd if isinstance(target, module.WindowConfig) else target
    if not isinstance(window, module.BaseWindow):
        return None
    if _is_closed(window):
        raise ConfigError(f"{window!r} is closed and draws no more frames; attach to a window that is open")
    return WindowAttachment(window, tap)


def _is_closed(window: Any) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # glfw warns when it is asked about a window after its end
        try:
            return bool(window.is_closing)
        except Warning:
            return True


class WindowAttachment:
    """The hooks on one window. The window keeps them alive, they do not keep the window alive."""

    def __init__(self, window: Any, tap: Tap) -> None:
        self._window = weakref.ref(window)
        self._tap = tap
        self._context = _binding_of(window.ctx)
        self._rendered = False
        hooks = [
            MethodHook(window, "render", self._before_render),
            MethodHook(window, "swap_buffers", self._before_swap),
            MethodHook(window, "destroy", self._before_end),
        ]
        if window.name == "pyglet":
            hooks.append(MethodHook(window._window, "close", self._before_end))
        self._hooks = tuple(hooks)

    def detach(self) -> None:
        """Take the hooks off."""
        for hook in self._hooks:
            hook.remove()
        self._context = None

    @contextmanager
    def current(self) -> Iterator[None]:
        """Make the window's context current for a `with` block, then the one that was current before."""
        if self._context is None:
            yield
            return
        with made_current(self._context) as self._context:
            yield

    def _before_render(self) -> None:
        self._rendered = True

    def _before_swap(self) -> None:
        window = self._window()
        if window is None or self._tap.finished:
            return
        if window.frames == 0 and window.config is not None and not self._rendered:
            return
        with self.current():
            self._tap.frame_drawn(_framebuffer(window))

    def _before_end(self) -> None:
        try:
            with self.current():
                self._tap.context_closing()
        finally:
            self.detach()


def _binding_of(ctx: Any) -> Binding | None:
    """Return the native context of a `moderngl.Context`, and leave current what was so before."""
    before = current_binding()
    with made_current(None), ctx:
        found = current_binding()
    return before if before is not None and found is not None and before.context == found.context else found


def _framebuffer(window: Any) -> Framebuffer:
    """Return where the window's picture is: moderngl keeps the first size of framebuffer 0, the window knows today's."""
    framebuffer = window.fbo
    width, height = framebuffer.size if framebuffer.glo else window.buffer_size
    return Framebuffer(framebuffer.glo, Size(int(width), int(height)))
