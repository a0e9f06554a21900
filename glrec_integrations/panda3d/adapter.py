"""Hears of the frames of Panda3D's main window by a display region of its own, which draws nothing and comes after all others.

Panda3D calls a region's draw callback where it draws, in the thread and with the context that it draws with, however the frame
was asked for. Windows are objects of C++, which take no hooks; the base tells when it closes them.
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
    bound_framebuffer,
    current_binding,
    end_attachment,
    hookimpl,
    made_current,
)

_AFTER_ALL_OTHERS = 1_000_000_000
"""The region's place among those of the window, whose numbers are small."""


@hookimpl
def glrec_targets() -> str:
    """Name what this adapter takes."""
    return "panda3d: direct.showbase.ShowBase.ShowBase, such as ursina.Ursina"


@hookimpl
def glrec_frameworks() -> tuple[str, ...]:
    """Name the distributions whose windows it takes."""
    return ("panda3d", "ursina")


@hookimpl
def glrec_attach(target: object, tap: Tap) -> Attachment | None:
    """Hook `target` if it is a base of Panda3D's.

    Raises:
        ConfigError: it has no window, or has been destroyed.

    """
    kind = getattr(sys.modules.get("direct.showbase.ShowBase"), "ShowBase", None)
    if kind is None or not isinstance(target, kind):
        return None
    if getattr(target, "win", None) is None:
        raise ConfigError("this ShowBase has no window, or its window is closed; open one before you attach")
    return BaseAttachment(target, tap)


class BaseAttachment:
    """The hooks on one base and its main window. The region's callback keeps this alive, and this does not keep the base alive.

    Panda3D does not tell which context a window has: it is current after a frame, mostly still when this is made, and for sure
    at each frame.
    """

    def __init__(self, base: Any, tap: Tap) -> None:
        from panda3d.core import PythonCallbackObject

        self._base = weakref.ref(base)
        self._tap = tap
        self._ended = False
        self._drawing = False
        self._binding: Binding | None = current_binding()
        self._window = base.win
        self._region = base.win.makeDisplayRegion()
        self._region.setSort(_AFTER_ALL_OTHERS)
        self._region.setDrawCallback(PythonCallbackObject(self._drawn))
        self._hooks = (
            MethodHook(base, "destroy", self._before_end),
            MethodHook(base, "closeWindow", self._before_closing, arguments=True),
        )

    def detach(self) -> None:
        """Take the hooks off. While the window is being drawn, its list of regions stays as it is until the next frame."""
        if self._ended:
            return
        self._ended = True
        for hook in self._hooks:
            hook.remove()
        self._region.setActive(False)
        base = self._base()
        if not self._drawing:
            self._remove_region()
        elif base is not None:
            base.taskMgr.add(lambda _: self._remove_region(), "glrec-detach")

    @contextmanager
    def current(self) -> Iterator[None]:
        """Make the window's context current for a `with` block, then what was current before; Panda3D need not know."""
        if self._ended or self._binding is None:
            yield
            return
        with made_current(self._binding):
            yield

    def _drawn(self, _: object) -> None:
        if self._ended:
            return
        self._drawing = True
        try:
            self._binding = current_binding()
            size = Size(self._window.getFbXSize(), self._window.getFbYSize())
            self._tap.frame_drawn(Framebuffer(bound_framebuffer().name, size))
        finally:
            self._drawing = False

    def _before_closing(self, window: object, *_: object, **__: object) -> None:
        if window == self._window:
            self._before_end()

    def _before_end(self) -> None:
        if self._ended:
            return
        end_attachment(self, self._tap)

    def _remove_region(self) -> None:
        region, self._region = self._region, None
        window, self._window = self._window, None
        if region is not None:
            region.clearDrawCallback()
            window.removeDisplayRegion(region)
