"""What depends on the toolkit behind a canvas: how its context is made current for a while, and what vispy's egl backend forgets.

vispy makes a context current, but neither tells which one was before nor gives it back. Native calls restore that; but
GLFW, Qt and pyglet keep a note of their own beside the driver's, so these have to be asked in their own way as well.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from glrec_core.adapter import MethodHook, restored_context

Restore = Callable[[], object]

_USUAL_DEPTH = 24
"""Bits that go together with a stencil everywhere."""


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


@contextmanager
def buffers_as_asked(canvas: Any) -> Iterator[None]:
    """Let a canvas that makes its window in the `with` block have the depth, stencil and samples that its config asks for.

    vispy's egl backend, unlike others, asks EGL for none, and without depth what lies behind is drawn before what hides it.
    EGL may not have all of it for such a surface: then it goes with less.
    """
    egl = sys.modules.get("vispy.ext.egl")
    if egl is None:
        yield
        return
    choose = egl.eglChooseConfig

    def choose_as_asked(display: Any, attributes: list[int]) -> Any:
        for depth, stencil, samples in _wishes(**canvas.context.config):
            sizes = [egl.EGL_DEPTH_SIZE, depth, egl.EGL_STENCIL_SIZE, stencil]
            sizes += [egl.EGL_SAMPLE_BUFFERS, min(1, samples), egl.EGL_SAMPLES, samples]
            with suppress(RuntimeError):
                return choose(display, [*attributes, *sizes])
        return choose(display, attributes)

    egl.eglChooseConfig = choose_as_asked  # type: ignore[attr-defined]
    try:
        yield
    finally:
        egl.eglChooseConfig = choose  # type: ignore[attr-defined]


def _wishes(*, depth_size: int, stencil_size: int, samples: int, **_: object) -> list[tuple[int, int, int]]:
    """Return what to ask for one after the other, as (depth, stencil, samples)."""
    usual = min(depth_size, _USUAL_DEPTH)
    return [
        (depth_size, stencil_size, samples),
        (usual, stencil_size, samples),
        (usual, stencil_size, 0),
        (usual, 0, 0),
    ]


def tell_size(canvas: Any) -> None:
    """See to the first resize event, which vispy's egl backend, unlike others, forgets: scenes stay invisible without it.

    It comes just before the canvas draws for the first time, on the screen or off it. Earlier would be too early: `on_resize`
    of a subclass uses what its constructor sets after vispy's own, which makes the window.
    """
    if canvas.app.backend_name != "egl" or canvas._backend is None:
        return

    def tell() -> None:
        for hook in hooks:
            hook.remove()
        if canvas._backend._vispy_get_size() is not None:  # None: it was closed before it drew anything
            canvas.set_current()
            canvas.events.resize(size=canvas.size)

    hooks = [MethodHook(canvas._backend, "_on_draw", tell), MethodHook(canvas, "render", tell)]


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
