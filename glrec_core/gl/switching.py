"""Puts back the OpenGL context that was current, by its native handles, whichever library had made it so.

Frameworks restore only contexts of their own, if they do at all. Between two windowing APIs the old one must be told
first that nothing of its is current: a GLX context that stays current makes eglMakeCurrent fail in silence, and the
reverse ends the process.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial

from glrec_core.gl.platform import Api, current_context

_EGL_DRAW, _EGL_READ = 0x3059, 0x305A
"""Which of the current surfaces eglGetCurrentSurface is asked for (EGL 1.5, section 3.7.4)."""


@dataclass(frozen=True, slots=True)
class _Call:
    """The call that makes a context current, and what gives its arguments in order; the last is the context."""

    make_current: str
    getters: tuple[tuple[str, tuple[int, ...]], ...]
    has_display: bool = True
    """Whether the first argument is a display, which is named also when no context is to be current."""


_CALLS = {
    "EGL": _Call(
        "eglMakeCurrent",
        (
            ("eglGetCurrentDisplay", ()),
            ("eglGetCurrentSurface", (_EGL_DRAW,)),
            ("eglGetCurrentSurface", (_EGL_READ,)),
            ("eglGetCurrentContext", ()),
        ),
    ),
    "GLX": _Call(
        "glXMakeContextCurrent",
        (
            ("glXGetCurrentDisplay", ()),
            ("glXGetCurrentDrawable", ()),
            ("glXGetCurrentReadDrawable", ()),
            ("glXGetCurrentContext", ()),
        ),
    ),
    "WGL": _Call("wglMakeCurrent", (("wglGetCurrentDC", ()), ("wglGetCurrentContext", ()))),
    "CGL": _Call("CGLSetCurrentContext", (("CGLGetCurrentContext", ()),), has_display=False),
}
"""By `Api.kind`. OSMesa is not here: it does not tell which memory a context draws into."""


@dataclass(frozen=True, slots=True)
class Binding:
    """A context that was current, with its display and surfaces.

    For example:

        binding = current_binding()
        with made_current(binding):
            draw()
    """

    api: Api
    handles: tuple[int | None, ...]

    @property
    def context(self) -> tuple[Api, int | None]:
        """The context alone, for comparisons."""
        return self.api, self.handles[-1]

    def make_current(self) -> None:
        """Make it current as it was; do nothing if it or one of its surfaces is gone.

        For example:

            binding = current_binding()
            toolkit.render_elsewhere()
            binding.make_current()
        """
        _functions(self.api)[0](*self.handles)

    def release(self) -> None:
        """Leave no context of its API current.

        For example:

            binding.make_current()
            draw()
            binding.release()
        """
        named = 1 if _CALLS[self.api.kind].has_display else 0
        _functions(self.api)[0](*self.handles[:named], *[None] * (len(self.handles) - named))


@contextmanager
def made_current(binding: Binding | None) -> Iterator[Binding | None]:
    """Make a context, or none, current for a `with` block, and restore what was current before.

        with made_current(binding):
            draw()

    The block gets the current binding: where the context was current already, that is with its newest surfaces.
    """
    with restored_context() as before:
        same = before is not None and binding is not None and before.context == binding.context
        if not same:
            _switch(before, binding)
        yield before if same else binding


@contextmanager
def restored_context() -> Iterator[Binding | None]:
    """Restore at the end of a `with` block the context that was current at its beginning, or none if there was none.

    For example:

        with restored_context():
            toolkit.render_elsewhere()
    """
    before = current_binding()
    try:
        yield before
    finally:
        _switch(current_binding(), before)


def current_binding() -> Binding | None:
    """Return the context that is current in the calling thread with its surfaces, None if there is none.

    For example:

        window.make_current()
        binding = current_binding()
    """
    context = current_context()
    if context is None or context.api.kind not in _CALLS:
        return None
    return binding_by(context.api)


def binding_by(api: Api) -> Binding:
    """Return what is current in the calling thread by one API, which must be EGL, GLX, WGL or CGL."""
    return Binding(api, tuple(get() for get in _functions(api)[1]))


def _switch(old: Binding | None, new: Binding | None) -> None:
    if old == new:
        return
    if old is not None and (new is None or new.api is not old.api):
        old.release()
    if new is not None:
        new.make_current()


@cache
def _functions(api: Api) -> tuple[Callable[..., object], tuple[Callable[[], int | None], ...]]:
    """Return the call that makes a context current, and the getters of its arguments."""
    call = _CALLS[api.kind]
    getters = tuple(partial(_function(api, name, len(of)), *of) for name, of in call.getters)
    return _function(api, call.make_current, len(getters)), getters


def _function(api: Api, name: str, arguments: int) -> Callable[..., int | None]:
    return ctypes.CFUNCTYPE(ctypes.c_void_p, *[ctypes.c_void_p] * arguments)((name, api.library))
