"""Hears of the renders of a VTK window by its `EndEvent`, when the resolved picture lies in its display framebuffer.

VTK calls observers of an event in the order of their priorities; this one comes after the program's own. A window tells when
it is deleted, but not when it is finalized; that is a method, which can be hooked for calls from Python.
"""

from __future__ import annotations

import sys
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
    end_attachment,
    hookimpl,
    made_current,
    restored_context,
)

_AFTER_THE_PROGRAMS_OWN = -1.0


@hookimpl
def glrec_targets() -> str:
    """Name what this adapter takes."""
    return "vtk: vtkRenderWindow, pyvista.Plotter"


@hookimpl
def glrec_frameworks() -> tuple[str, ...]:
    """Name the distributions whose windows it takes."""
    return ("vtk", "pyvista")


@hookimpl
def glrec_attach(target: object, tap: Tap) -> Attachment | None:
    """Hook `target` if it is a render window, or a plotter that has one.

    Raises:
        ConfigError: the plotter is closed.

    """
    opengl = sys.modules.get("vtkmodules.vtkRenderingOpenGL2")
    if opengl is None:
        return None
    window = window_of(target)
    return WindowAttachment(window, tap) if isinstance(window, opengl.vtkOpenGLRenderWindow) else None


def window_of(target: object) -> Any:
    """Return the render window of a plotter of PyVista's; anything else is returned as it is.

    Raises:
        ConfigError: the plotter is closed.

    """
    plotters = getattr(sys.modules.get("pyvista"), "BasePlotter", ())
    if not isinstance(target, plotters):
        return target
    window = getattr(target, "render_window", None)
    if window is None:
        raise ConfigError("this PyVista plotter is closed; attach to one that is open")
    return window


def _binding_of(window: Any) -> Binding | None:
    if not window.GetInitialized():
        return None
    with restored_context():
        window.MakeCurrent()
        return current_binding()


class WindowAttachment:
    """The hooks on one window. Its observers keep this alive, and this does not keep the window alive."""

    def __init__(self, window: Any, tap: Tap) -> None:
        self._window = weakref.ref(window)
        self._tap = tap
        self._ended = False
        self._binding = _binding_of(window)
        self._finalize = MethodHook(window, "Finalize", self._before_end)
        self._observers = [
            window.AddObserver("EndEvent", self._rendered, _AFTER_THE_PROGRAMS_OWN),
            window.AddObserver("DeleteEvent", self._deleted, _AFTER_THE_PROGRAMS_OWN),
        ]

    def detach(self) -> None:
        """Take the hooks off."""
        self._ended = True
        self._finalize.remove()
        observers, self._observers = self._observers, []
        window = self._window()
        if window is not None:
            for observer in observers:
                window.RemoveObserver(observer)

    @contextmanager
    def current(self) -> Iterator[None]:
        """Make the window's context current for a `with` block, then what was current before; VTK asks what is current.

        Before its first render a window has no context.
        """
        if self._ended or self._binding is None:
            yield
            return
        with made_current(self._binding):
            yield

    def _rendered(self, window: Any, _: str) -> None:
        self._binding = current_binding()
        width, height = window.GetActualSize()
        framebuffer = window.GetDisplayFramebuffer()
        if framebuffer is not None and framebuffer.GetFBOIndex() and width and height:
            self._tap.frame_drawn(Framebuffer(framebuffer.GetFBOIndex(), Size(width, height)))

    def _deleted(self, *_: object) -> None:
        self._before_end()

    def _before_end(self) -> None:
        if self._ended:
            return
        end_attachment(self, self._tap)
