"""What a swap shows: a window, or a buffer, that a context draws into."""

from __future__ import annotations

import ctypes
from functools import cache
from typing import Any, NamedTuple

from glrec_core.adapter import Binding, Size, current_binding
from glrec_core.gl.platform import Api
from glrec_core.gl.switching import binding_by

_GLX_SIZE = (0x801D, 0x801E)
_EGL_SIZE = (0x3057, 0x3056)
"""Which attributes width and height are (GLX 1.4, section 3.3.6; EGL 1.5, section 3.5.6)."""

_POINTER, _NUMBER = ctypes.c_void_p, ctypes.c_uint


class Key(NamedTuple):
    """By what drawables are told apart: the API, the handle, and that of the context that draws into it."""

    kind: str
    handle: int
    context: int


class Drawable:
    """A drawable with the context that draws into it. A target for `glrec_core.record`.

    For example:

        window.make_current()
        recorder = glrec_core.record(current_drawable(), "film.mp4")
    """

    def __init__(self, binding: Binding) -> None:
        self.binding: Binding = binding
        self.key: Key = key_of(binding)
        self.closed: bool = False
        """Whether its end, or that of its context, has been heard."""

    @property
    def display(self) -> int:
        """The handle of the connection to the window system."""
        return self.binding.handles[0] or 0


def size_of(binding: Binding) -> Size:
    """Return the size of a binding's drawable in pixels, as it is now. Its context must be current."""
    ask, attributes = _size_call(binding.api)
    values = (_NUMBER * 2)()
    for index, attribute in enumerate(attributes):
        ask(binding.handles[0], binding.handles[1], attribute, ctypes.byref(values, 4 * index))
    return Size(values[0], values[1])


def key_of(binding: Binding) -> Key:
    """Return by what the drawable of a binding is known."""
    _, draw, *_, context = binding.handles
    return Key(binding.api.kind, draw or 0, context or 0)


_with_context: dict[str, Api] = {}
"""The APIs that have had a context current, by their kind."""


def binding_of(kind: str) -> Binding | None:
    """Return what is current by one API, which is known to be in this process; None if nothing is.

    Others are not asked once it has been found: to see that one is not in the process takes longer than a frame may.
    """
    known = _with_context.get(kind)
    if known is not None:
        binding = binding_by(known)
        return binding if binding.handles[-1] else None
    found = current_binding()
    if found is None or found.api.kind != kind:
        return None
    _with_context[kind] = found.api
    return found


def current_drawable() -> Drawable | None:
    """Return what the context that is current in this thread draws into; None without a context or a drawable.

    For example:

        window.make_current()
        drawable = current_drawable()
    """
    binding = current_binding()
    if binding is None or binding.api.kind not in _SIZE_CALLS or not binding.handles[1]:
        return None
    return Drawable(binding)


_SIZE_CALLS = {"GLX": ("glXQueryDrawable", _GLX_SIZE), "EGL": ("eglQuerySurface", _EGL_SIZE)}


@cache
def _size_call(api: Api) -> tuple[Any, tuple[int, int]]:
    name, attributes = _SIZE_CALLS[api.kind]
    ask = ctypes.CFUNCTYPE(_NUMBER, _POINTER, _POINTER, _NUMBER, _POINTER)((name, api.library))
    return ask, attributes
