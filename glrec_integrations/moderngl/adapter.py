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
from collections.abc import Callable, Iterator
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
    end_attachment,
    hookimpl,
    made_current,
)

_NO_KEY = "undefined"
"""What moderngl-window has for all keys of a window without any, such as a headless one."""


@hookimpl
def glrec_targets() -> str:
    """Name what this adapter takes."""
    return "moderngl: moderngl_window.BaseWindow and moderngl_window.WindowConfig objects"


@hookimpl
def glrec_frameworks() -> tuple[str, ...]:
    """Name the distributions whose windows it takes."""
    return ("moderngl", "moderngl-window")


@hookimpl
def glrec_attach(target: object, tap: Tap) -> Attachment | None:
    """Hook `target` if it is a window of moderngl-window, or the config of one.

    Raises:
        ConfigError: the window is closed; or it is no window but a context or framebuffer of moderngl.

    """
    _refuse_contexts(target)
    module = sys.modules.get("moderngl_window.context.base")
    if module is None:
        return None
    window = target.wnd if isinstance(target, module.WindowConfig) else target
    if not isinstance(window, module.BaseWindow):
        return None
    if _is_closed(window):
        raise ConfigError(f"{window!r} is closed and draws no more frames; attach to a window that is open")
    return WindowAttachment(window, tap)


def _refuse_contexts(target: object) -> None:
    module = sys.modules.get("moderngl")
    if module is not None and isinstance(target, module.Context | module.Framebuffer):
        raise ConfigError(
            f"a moderngl.{type(target).__name__} does not tell when a frame is drawn. Record a loop of your own: "
            "with glrec_integrations.moderngl.record('film.mp4') as rec, call rec.frame(framebuffer) after each frame; "
            "or give the window, if it is one of moderngl-window"
        )


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
        self._key_hook: MethodHook | None = None
        self._on_key: Callable[..., None] | None = None

    def detach(self) -> None:
        """Take the hooks off."""
        for hook in (*self._hooks, self._key_hook):
            if hook is not None:
                hook.remove()
        self._context = self._on_key = None

    def watch_key(self, key: str, pressed: Callable[[], None]) -> None:
        """Call `pressed` when a key goes down on the window. See `KeyWatcher`."""
        window: Any = self._window()
        wanted = getattr(window.keys, f"NUMBER_{key}" if key.isdigit() else key)
        if wanted == _NO_KEY:
            raise ConfigError(f"hotkey={key!r}: {window!r} hears no keys")
        down = window.keys.ACTION_PRESS

        def on_key(found: Any, action: Any, *_: Any) -> None:
            if found == wanted and action == down:
                pressed()

        self._on_key = on_key
        self._hook_key(window)

    def _hook_key(self, window: Any) -> None:
        """Stand in for the window's key handler, again where a config has set its own since."""
        if self._on_key is None or (self._key_hook is not None and self._key_hook.in_place):
            return
        if self._key_hook is not None:
            self._key_hook.remove()
        self._key_hook = MethodHook(window, "_key_event_func", self._on_key, arguments=True)

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
        self._hook_key(window)
        if window.frames == 0 and window.config is not None and not self._rendered:
            return
        with self.current():
            self._tap.frame_drawn(_framebuffer(window))

    def _before_end(self) -> None:
        end_attachment(self, self._tap)


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
