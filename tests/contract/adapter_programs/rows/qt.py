"""Qt. A widget draws when its events are processed, into a framebuffer of its own; Qt then composes the window.

Python code that Qt calls cannot raise through it: what it raises is told to `sys.excepthook`.
"""

import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any, ClassVar

from tests.contract.adapter_programs.toolkit import (
    SIZE,
    Act,
    Adapter,
    Environment,
    Toolkit,
    attributes,
    nothing,
)


class _Qt(Toolkit):
    """A `QOpenGLWidget` in a window of X's, by GLX. Qt's offscreen platform has no framebuffers for widgets."""

    name = "qt"
    on_display = True
    environment: ClassVar[Environment] = {"QT_QPA_PLATFORM": "xcb"}

    def __init__(self) -> None:
        self._application: Any = None
        self._drawing: tuple[Any, Act] = (None, nothing)
        self._heard: Callable[[str], object] = lambda _: None

    def adapter(self) -> Adapter:
        from glrec_integrations.qt import adapter

        return adapter

    def open(self) -> Any:
        widgets, toolkit = self._module("QtWidgets"), self
        self._application = self._application or widgets.QApplication([])

        class Widget(self._module("QtOpenGLWidgets").QOpenGLWidget):  # type: ignore[misc]
            def paintGL(self) -> None:  # noqa: N802 - Qt's name
                widget, draw = toolkit._drawing
                if widget is self:
                    draw()

            def keyPressEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
                toolkit._heard(toolkit._key_name(event))

        widget = Widget()
        widget.setAttribute(self._module("QtCore").Qt.WidgetAttribute.WA_DeleteOnClose)
        widget.setFixedSize(*SIZE)
        widget.show()
        while not widget.windowHandle().isExposed():
            self._application.processEvents()
        self._application.processEvents()
        return widget

    def frame(self, target: Any, draw: Act, after: Act = nothing) -> None:
        composed, raised = list[bool](), list[BaseException]()

        def on_compose() -> None:  # the last to hear of it
            context = target.context()
            context.makeCurrent(context.surface())
            after()
            context.doneCurrent()
            composed.append(True)

        self._drawing = target, draw
        target.aboutToCompose.connect(on_compose)
        hook, sys.excepthook = sys.excepthook, lambda _, error, __: raised.append(error)
        try:
            target.update()
            while not composed and not raised:
                self._application.processEvents()
        finally:
            sys.excepthook = hook
            target.aboutToCompose.disconnect(on_compose)
            self._drawing = None, nothing
        if raised:
            raise raised[0]

    def close(self, target: Any) -> None:
        target.close()
        self._delete()

    def fingerprint(self, target: Any) -> dict[str, Any]:
        self._delete()
        own: dict[str, Any] = {"widget": attributes(target)}
        try:
            filters = list(map(id, target.children()))  # of events, whose widget is their parent
        except RuntimeError:  # Qt has deleted it
            return own
        handlers = {name: [0] * count for name, count in self._receivers(target).items()}
        return {**own, "handlers": {**handlers, "events": filters}}

    def hear_keys(self, target: Any, heard: Callable[[str], object]) -> None:
        self._heard = heard

    def press(self, target: Any, key: str) -> None:
        core, gui = self._module("QtCore"), self._module("QtGui")
        code, none = getattr(core.Qt.Key, f"Key_{key}").value, core.Qt.KeyboardModifier.NoModifier
        for kind in (core.QEvent.Type.KeyPress, core.QEvent.Type.KeyRelease):
            self._application.sendEvent(target, gui.QKeyEvent(kind, code, none))

    def _key_name(self, event: Any) -> str:
        name: str = self._module("QtCore").Qt.Key(event.key()).name
        return name.removeprefix("Key_")

    def _delete(self) -> None:
        """Delete what is to be deleted later, which is when a loop runs."""
        core = self._module("QtCore")
        core.QCoreApplication.sendPostedEvents(None, core.QEvent.Type.DeferredDelete.value)

    def _module(self, name: str) -> Any:
        return import_module(f"{self.framework}.{name}")

    def _receivers(self, widget: Any) -> dict[str, int]:
        """Return how many handlers the signals have."""
        raise NotImplementedError


class PySide(_Qt):
    """Of PySide6."""

    framework = "PySide6"

    def _receivers(self, widget: Any) -> dict[str, int]:
        signal = self._module("QtCore").SIGNAL
        return {
            "composed": widget.receivers(signal("aboutToCompose()")),
            "destroyed": widget.context().receivers(signal("aboutToBeDestroyed()")),
        }


class PyQt(_Qt):
    """Of PyQt6, which tells nothing of the context's signals, since Qt has made that."""

    framework = "PyQt6"

    def _receivers(self, widget: Any) -> dict[str, int]:
        return {"composed": widget.receivers(widget.aboutToCompose)}
