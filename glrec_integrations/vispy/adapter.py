"""Hooks vispy's canvases: reads the picture after all drawing and just before vispy swaps the buffers.

vispy queues GL commands, so the queue is run first. It also emits `draw` for off-screen pictures (`Canvas.render`), so a
frame counts only when the canvas's own framebuffer is the one that was drawn into.
"""

from __future__ import annotations

import sys
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from glrec_core.adapter import Attachment, ConfigError, Framebuffer, Size, Tap, end_attachment, hookimpl
from glrec_integrations.vispy.toolkit import made_current

_DRAW_FRAMEBUFFER_BINDING = 0x8CA6
"""Name in OpenGL 3.0; older versions and OpenGL ES 2.0 call the same number GL_FRAMEBUFFER_BINDING."""


class CanvasAttachment:
    """The draw and close handlers on one `vispy.app.Canvas`."""

    def __init__(self, canvas: Any, tap: Tap) -> None:
        self._canvas = weakref.ref(canvas)
        self._tap = tap
        self._closed = False
        # vispy keeps a bound method by weak reference only, which would unhook an attachment that nobody else holds.
        self._handlers: dict[str, Callable[[Any], None]] = {
            "draw": lambda _: self._on_draw(),
            "close": lambda _: self._on_close(),
        }
        before = "swap_buffers" if "swap_buffers" in canvas.events.draw.callback_refs else None
        canvas.events.draw.connect(self._handlers["draw"], position="last", before=before)
        canvas.events.close.connect(self._handlers["close"])

    def detach(self) -> None:
        """Disconnect both handlers."""
        canvas = self._canvas()
        handlers, self._handlers = self._handlers, {}
        if canvas is not None:
            for event, handler in handlers.items():
                canvas.events[event].disconnect(handler)

    def watch_key(self, key: str, pressed: Callable[[], None]) -> None:
        """Call `pressed` when a key goes down on the canvas. See `KeyWatcher`."""

        def on_key(event: Any) -> None:
            repeats = getattr(
                event.native, "isAutoRepeat", bool
            )  # only Qt's events come again while a key is held
            if event.key is not None and event.key.name == key and not repeats():
                pressed()

        canvas = self._canvas()
        if canvas is not None:
            self._handlers["key_press"] = on_key
            canvas.events.key_press.connect(on_key)

    @contextmanager
    def current(self) -> Iterator[None]:
        """Make the canvas's context current for a `with` block."""
        canvas = None if self._closed else self._canvas()
        backend = None if canvas is None else canvas._backend
        with nullcontext() if backend is None else made_current(backend):
            yield

    def _on_draw(self) -> None:
        canvas = self._canvas()
        if canvas is None or not self._handlers:
            return
        canvas.context.flush_commands()
        own = canvas._backend._vispy_get_fb_bind_location()
        if sys.modules["vispy.gloo.gl"].glGetParameter(_DRAW_FRAMEBUFFER_BINDING) == own:
            width, height = canvas.physical_size  # not always whole numbers on Qt
            self._tap.frame_drawn(Framebuffer(own, Size(int(width), int(height))))

    def _on_close(self) -> None:
        try:
            end_attachment(self, self._tap)
        finally:
            self._closed = True


@hookimpl
def glrec_targets() -> str:
    """Name what this adapter takes."""
    return "vispy: vispy.app.Canvas, vispy.scene.SceneCanvas, vispy.plot.Fig"


@hookimpl
def glrec_frameworks() -> tuple[str, ...]:
    """Name the distributions whose windows it takes."""
    return ("vispy", "napari")


@hookimpl
def glrec_attach(target: object, tap: Tap) -> Attachment | None:
    """Hook `target` if it is a vispy canvas.

    Raises:
        ConfigError: the canvas is closed.

    """
    vispy = sys.modules.get("vispy.app.canvas")
    if vispy is None or not isinstance(target, vispy.Canvas):
        return None
    if target._closed:
        raise ConfigError(f"{target!r} is closed; attach before canvas.close()")
    return CanvasAttachment(target, tap)
