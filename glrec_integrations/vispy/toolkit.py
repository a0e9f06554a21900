"""Makes a canvas's OpenGL context current for a while, in the words of the toolkit that is behind the canvas.

vispy makes a context current, but neither tells which one was before nor gives it back. Native calls restore that; but
GLFW, Qt and pyglet keep a note of their own beside the driver's, so these have to be asked in their own way as well.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from glrec_core.adapter import restored_context

Restore = Callable[[], object]


@contextmanager
def made_current(backend: Any) -> Iterator[None]:
    """Make the context of a vispy canvas backend current, and afterwards make current what was so before.

    Where a Qt widget's context is current already nothing is called: that would bind the widget's framebuffer.
    """
    with restored_context():
        restore = _restorer(backend)
        if restore is None:
            yield
            return
        backend._vispy_set_current()  # canvas.set_current() would change what gloo takes for current
        try:
            yield
        finally:
            restore()


def _restorer(backend: Any) -> Restore | None:
    """Return what puts back the toolkit's own note of the current context, or None if that is the backend's already."""
    modules = (base.__module__ for base in type(backend).__mro__)
    remember = next((_TOOLKITS[name] for name in modules if name in _TOOLKITS), _no_note)
    return remember(backend)


def _no_note(_: Any) -> Restore:
    return _nothing


def _glfw(_: Any) -> Restore:
    glfw = sys.modules["glfw"]
    window = glfw.get_current_context()
    return lambda: glfw.make_context_current(window)


def _pyglet(_: Any) -> Restore:
    context = sys.modules["pyglet"].gl.current_context
    # pyglet still notes the context of a window that was closed: one without a canvas.
    return _nothing if context is None or context.canvas is None else context.set_current


def _qt(backend: Any) -> Restore | None:
    own = _qt_context(backend)
    if own is None:
        return None
    current = type(own).currentContext()
    if current == own:
        return None
    if current is None:
        done: Restore = backend.doneCurrent
        return done
    surface = current.surface()
    return lambda: current.makeCurrent(surface)


def _qt_context(backend: Any) -> Any:
    """Return the widget's QOpenGLContext; None before the widget is shown and after Qt has deleted it."""
    try:
        return backend.context()
    except RuntimeError:  # PySide's and PyQt's way to say that the widget's C++ half is gone
        return None


def _nothing() -> None:
    """Leave a toolkit alone that keeps no note, or whose note is of no use."""


_TOOLKITS: dict[str, Callable[[Any], Restore | None]] = {
    "vispy.app.backends._glfw": _glfw,
    "vispy.app.backends._pyglet": _pyglet,
    "vispy.app.backends._qt": _qt,
}
