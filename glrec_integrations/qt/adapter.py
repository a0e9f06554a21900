"""Hears of the frames of a `QOpenGLWidget`, in PySide6 and PyQt6 alike.

A widget paints into a framebuffer of its own, whether in `paintGL` or in `paintEvent`; Qt then composes the window of all
its widgets. So a frame is drawn when the widget has had a paint event and its window is about to be composed.
"""

from __future__ import annotations

import sys
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from glrec_core.adapter import (
    Attachment,
    Binding,
    ConfigError,
    Framebuffer,
    Size,
    Tap,
    current_binding,
    hookimpl,
    made_current,
)

BINDINGS = ("PySide6", "PyQt6")
"""The packages that bring Qt 6 to Python."""


@hookimpl
def glrec_targets() -> str:
    """Name what this adapter takes."""
    return "qt: QOpenGLWidget of PySide6 or PyQt6 and its subclasses"


@hookimpl
def glrec_frameworks() -> tuple[str, ...]:
    """Name the distributions whose windows it takes."""
    return ("PySide6-Essentials", "PyQt6")


@hookimpl
def glrec_attach(target: object, tap: Tap) -> Attachment | None:
    """Hook `target` if it is a widget that paints with OpenGL.

    Raises:
        ConfigError: Qt has deleted the widget.

    """
    for binding in BINDINGS:
        module = sys.modules.get(f"{binding}.QtOpenGLWidgets")
        if module is not None and isinstance(target, module.QOpenGLWidget):
            return _attachment(binding, target, tap)
    return None


def _attachment(binding: str, widget: Any, tap: Tap) -> Attachment:
    try:
        return WidgetAttachment(binding, widget, tap)
    except RuntimeError as error:  # how both bindings say that the C++ half is gone
        name = type(widget).__qualname__
        raise ConfigError(
            f"this {name} is closed, Qt has deleted it; attach to a widget that lives"
        ) from error


class WidgetAttachment:
    """The event filter and the signal handlers on one widget, which keeps them alive."""

    def __init__(self, binding: str, widget: Any, tap: Tap) -> None:
        self._contexts = sys.modules[f"{binding}.QtGui"].QOpenGLContext
        self._widget = weakref.ref(widget)
        self._tap = tap
        self._painted = False
        self._has_drawn = False
        self._native: Binding | None = None
        self._core: Any = sys.modules[f"{binding}.QtCore"]
        self._key: tuple[Any, Callable[[], None]] | None = None
        self._filter = _event_filter(binding)(self._on_event, widget)
        widget.installEventFilter(self._filter)
        widget.aboutToCompose.connect(self._on_compose)
        if widget.context() is not None:
            with self._widget_current(widget):
                self._note_context(widget)

    def detach(self) -> None:
        """Take filter and handlers off, if the widget still lives."""
        widget, taken_off = self._widget(), self._filter
        self._filter = None
        if widget is None or taken_off is None:
            return
        try:
            widget.removeEventFilter(taken_off)
            widget.aboutToCompose.disconnect(self._on_compose)
            taken_off.deleteLater()
            if self._native is not None:
                widget.context().aboutToBeDestroyed.disconnect(self._before_end)
        except RuntimeError:  # Qt has deleted the widget, and with it all that was connected to it
            return

    @contextmanager
    def current(self) -> Iterator[None]:
        """Make the widget's context current for a `with` block, then what was current before; Qt need not know."""
        if self._native is None:
            yield
            return
        with made_current(self._native):
            yield

    def watch_key(self, key: str, pressed: Callable[[], None]) -> None:
        """Call `pressed` when a key goes down while the widget has the focus. See `KeyWatcher`."""
        self._key = getattr(self._core.Qt.Key, f"Key_{key}"), pressed

    def _on_event(self, event: Any) -> None:
        kind = event.type()
        if kind == self._core.QEvent.Type.Paint:
            self._painted = True
        elif self._key is not None and kind == self._core.QEvent.Type.KeyPress:
            wanted, pressed = self._key
            if event.key() == wanted and not event.isAutoRepeat():
                pressed()

    def _on_compose(self) -> None:
        widget = self._widget()
        if widget is None or not self._painted:
            return
        self._painted, self._has_drawn = False, True
        with self._widget_current(widget):
            if self._native is None:
                self._note_context(widget)
            self._tap.frame_drawn(Framebuffer(widget.defaultFramebufferObject(), _size(widget)))

    def _note_context(self, widget: Any) -> None:
        """Note the widget's context, which is current. It has none before it is shown."""
        self._native = current_binding()
        widget.context().aboutToBeDestroyed.connect(self._before_end)

    @contextmanager
    def _widget_current(self, widget: Any) -> Iterator[None]:
        """Make the context current in Qt's own way: before the first frame it is known only to Qt."""
        own, before = widget.context(), self._contexts.currentContext()
        if before == own:
            yield
            return
        widget.makeCurrent()
        try:
            yield
        finally:
            if before is None:
                widget.doneCurrent()
            else:
                before.makeCurrent(before.surface())

    def _before_end(self) -> None:
        if not self._has_drawn:  # it only moves to another window, where it gets a context anew
            self._native = None
            return
        try:
            with self.current():
                self._tap.context_closing()
        finally:
            self._native = None
            self.detach()


def _size(widget: Any) -> Size:
    ratio = widget.devicePixelRatioF()
    return Size(round(widget.width() * ratio), round(widget.height() * ratio))


@cache
def _event_filter(binding: str) -> Callable[[Callable[[Any], None], Any], Any]:
    """Return the class of an event filter that shows its parent's events and keeps none of them."""
    core: Any = sys.modules[f"{binding}.QtCore"]

    class EventFilter(core.QObject):  # type: ignore[misc]
        def __init__(self, seen: Callable[[Any], None], parent: Any) -> None:
            super().__init__(parent)
            self._seen = seen

        def eventFilter(self, _: Any, event: Any) -> bool:  # noqa: N802 - Qt's name
            self._seen(event)
            return False

    return EventFilter
