"""Switches between OpenGL contexts by their native handles, and puts back what was current before.

moderngl's own `with ctx:` cannot be used for that: on EGL it leaves no context current at its end, it keeps one place to
remember the context that was current before, which a nested block overwrites, and it knows one windowing API only, while a
GLX context that stays current makes eglMakeCurrent fail in silence, and the reverse ends the process.
"""

from __future__ import annotations

import ctypes
import functools
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field

_EGL_DRAW, _EGL_READ = 0x3059, 0x305A
"""Which of the current surfaces eglGetCurrentSurface is asked for (EGL 1.5, section 3.7.4)."""

_NOLOAD = getattr(os, "RTLD_NOLOAD", 0) | getattr(os, "RTLD_NOW", 0)


@dataclass(frozen=True, slots=True)
class _Api:
    """How a windowing API tells what is current, and the call that takes the same handles in the same order.

    The last getter gives the context; with more than one, the first gives the display or device.
    """

    libraries: tuple[str, ...]
    getters: tuple[tuple[str, tuple[int, ...]], ...]
    make_current: str


_EGL = _Api(
    ("libEGL.so.1",),
    (
        ("eglGetCurrentDisplay", ()),
        ("eglGetCurrentSurface", (_EGL_DRAW,)),
        ("eglGetCurrentSurface", (_EGL_READ,)),
        ("eglGetCurrentContext", ()),
    ),
    "eglMakeCurrent",
)
_GLX = _Api(
    ("libGL.so.1", "libGLX.so.0"),
    (
        ("glXGetCurrentDisplay", ()),
        ("glXGetCurrentDrawable", ()),
        ("glXGetCurrentReadDrawable", ()),
        ("glXGetCurrentContext", ()),
    ),
    "glXMakeContextCurrent",
)
_WGL = _Api(("opengl32",), (("wglGetCurrentDC", ()), ("wglGetCurrentContext", ())), "wglMakeCurrent")
_CGL = _Api(
    ("/System/Library/Frameworks/OpenGL.framework/OpenGL",),
    (("CGLGetCurrentContext", ()),),
    "CGLSetCurrentContext",
)
_APIS = {"win32": (_WGL,), "darwin": (_CGL,)}.get(sys.platform, (_EGL, _GLX))


@dataclass(frozen=True, slots=True)
class CurrentContext:
    """A context that was current in a thread, with its display and its surfaces; equal by API and context alone."""

    api: _Api
    context: int
    handles: tuple[int | None, ...] = field(compare=False)

    def make_current(self) -> None:
        """Make it current as it was. Nothing happens when it or a surface of it is gone."""
        _make_current(self.api, self.handles)

    def release(self) -> None:
        """Leave no context of its API current."""
        display = self.handles[:1] if len(self.handles) > 1 else (None,)
        _make_current(self.api, (*display, *[None] * (len(self.handles) - 1)))


def current_context() -> CurrentContext | None:
    """Return the context that is current in the calling thread, or None."""
    for api in _APIS:
        functions = _functions(api)
        if functions is not None and (context := functions.getters[-1]()):
            return CurrentContext(api, context, tuple(get() for get in functions.getters))
    return None


@contextmanager
def made_current(context: CurrentContext | None) -> Iterator[CurrentContext | None]:
    """Make `context`, or none at all, current for a `with` block, and afterwards what was current before.

    The block gets the current context; where that is `context` already, with its newest surfaces.
    """
    before = current_context()
    _switch(before, context)
    try:
        yield before if before == context else context
    finally:
        _switch(current_context(), before)


def context_of(owner: AbstractContextManager[object]) -> CurrentContext | None:
    """Return the native context of a `moderngl.Context`, and leave current what was so before."""
    before = current_context()
    with made_current(None), owner:
        found = current_context()
    return before if before == found else found


def _make_current(api: _Api, handles: tuple[int | None, ...]) -> None:
    functions = _functions(api)
    assert functions is not None  # the handles came from there
    functions.make_current(*handles)


def _switch(old: CurrentContext | None, new: CurrentContext | None) -> None:
    if old == new:
        return
    if old is not None and (new is None or new.api is not old.api):
        old.release()
    if new is not None:
        new.make_current()


@dataclass(frozen=True, slots=True)
class _Functions:
    """The functions of an API that is in this process."""

    getters: tuple[Callable[[], int | None], ...]
    make_current: Callable[..., int | None]


_found: dict[_Api, _Functions] = {}


def _functions(api: _Api) -> _Functions | None:
    """Return the API's functions if its library is loaded; only a found one is remembered, another may come later."""
    if api not in _found and (library := _loaded(api.libraries)) is not None:
        getters = tuple(functools.partial(_function(library, name, len(of)), *of) for name, of in api.getters)
        _found[api] = _Functions(getters, _function(library, api.make_current, len(getters)))
    return _found.get(api)


def _loaded(names: tuple[str, ...]) -> ctypes.CDLL | None:
    for name in names:
        try:
            return ctypes.CDLL(name, mode=_NOLOAD)
        except OSError:
            continue
    return None


def _function(library: ctypes.CDLL, name: str, arguments: int) -> Callable[..., int | None]:
    return ctypes.CFUNCTYPE(ctypes.c_void_p, *[ctypes.c_void_p] * arguments)((name, library))
