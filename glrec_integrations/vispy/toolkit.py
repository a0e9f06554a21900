"""Makes a canvas's OpenGL context current for a while, in the words of the toolkit that is behind the canvas.

vispy makes a context current, but neither tells which one was before nor gives it back. Qt and pyglet keep a note of
their own beside the driver's, so each toolkit has to be asked in its own way.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

Restore = Callable[[], object]

_EGL_DRAW, _EGL_READ = 0x3059, 0x305A
"""Which of the current surfaces eglGetCurrentSurface is asked for (EGL 1.5, section 3.7.4)."""


@contextmanager
def made_current(backend: Any) -> Iterator[None]:
    """Make the context of a vispy canvas backend current, and afterwards make current what was so before.

    "No context" is given back too, but not on pyglet, which has no call for it. Where the context is current already
    nothing is called: to make it current once more would bind the widget's framebuffer on Qt.
    """
    restore = _restorer(backend)
    if restore is None:
        yield
        return
    backend._vispy_set_current()  # noqa: SLF001  # canvas.set_current() would change what gloo takes for current
    try:
        yield
    finally:
        restore()


def _restorer(backend: Any) -> Restore | None:
    """Return what makes the context current that is so now, or None if it is the backend's own."""
    modules = (base.__module__ for base in type(backend).__mro__)
    restorer: Restore | None = next((_TOOLKITS[name] for name in modules if name in _TOOLKITS), _other)(
        backend
    )
    return restorer


def _egl(backend: Any) -> Restore | None:
    module = sys.modules["vispy.app.backends._egl"]
    library = module.egl._lib  # noqa: SLF001  # the libEGL that vispy chose
    context = _egl_query(library, "eglGetCurrentContext")()
    if context == backend._native_context.value:  # noqa: SLF001
        return None
    display = _egl_query(library, "eglGetCurrentDisplay")() or module._EGL_DISPLAY  # noqa: SLF001
    surface = _egl_query(library, "eglGetCurrentSurface", ctypes.c_int)
    surfaces = surface(_EGL_DRAW), surface(_EGL_READ)
    # A plain call, since vispy's raises: vispy may have destroyed that surface, as it does to resize a canvas.
    return lambda: library.eglMakeCurrent(display, *surfaces, context)


def _egl_query(library: ctypes.CDLL, name: str, *arguments: Any) -> Callable[..., int | None]:
    return ctypes.CFUNCTYPE(ctypes.c_void_p, *arguments)((name, library))


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


def _other(_: Any) -> Restore:
    canvas = sys.modules["vispy.gloo.context"].get_current_canvas()
    return _nothing if canvas is None else canvas._backend._vispy_set_current  # noqa: SLF001


def _nothing() -> None:
    """Leave the context current."""


_TOOLKITS: dict[str, Callable[[Any], Restore | None]] = {
    "vispy.app.backends._egl": _egl,
    "vispy.app.backends._glfw": _glfw,
    "vispy.app.backends._pyglet": _pyglet,
    "vispy.app.backends._qt": _qt,
}
