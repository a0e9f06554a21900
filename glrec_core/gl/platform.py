"""Finds the OpenGL context that is current in this thread, and the API that owns it.

EGL, GLX, OSMesa, WGL and CGL each keep their own current context and their own GetProcAddress. Only libraries that are
already in the process are asked, so that looking never loads a driver.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from glrec_core.system.libraries import loaded, loaded_by_name, open_library

OFFSCREEN_API: str = {"win32": "WGL", "darwin": "CGL"}.get(sys.platform, "EGL")
"""The windowing API that makes contexts of one's own on this system."""


@dataclass(frozen=True, slots=True, eq=False)
class Api:
    """One windowing API: how to ask for the current context and for entry points. There is one object for each."""

    kind: str
    library: ctypes.CDLL = field(repr=False)
    get_current_context: Callable[[], int | None] = field(repr=False)
    get_proc_address: Callable[[bytes], int | None] = field(repr=False)


@dataclass(frozen=True, slots=True)
class NativeContext:
    """A context by its native handle; handles are compared, never dereferenced."""

    api: Api
    handle: int

    def is_current(self) -> bool:
        """Whether this context is current in the calling thread."""
        return self.api.get_current_context() == self.handle


def current_context() -> NativeContext | None:
    """Return the context that is current in the calling thread, or None."""
    for open_api in _OPENERS:
        api = open_api()
        handle = api.get_current_context() if api is not None else None
        if api is not None and handle:
            return NativeContext(api, handle)
    return None


def _function(
    library: ctypes.CDLL, name: str, *argtypes: type, restype: type = ctypes.c_void_p
) -> Callable[..., int | None] | None:
    # PYFUNCTYPE keeps the GIL: these calls take nanoseconds and giving it up would let the encode thread in between.
    try:
        return ctypes.PYFUNCTYPE(restype, *argtypes)((name, library))
    except AttributeError:
        return None


def _posix_api(kind: str, library: ctypes.CDLL | None, current: str, proc: str) -> Api | None:
    if library is None:
        return None
    get_current = _function(library, current)
    get_proc = _function(library, proc, ctypes.c_char_p)
    if get_current is None or get_proc is None:
        return None
    return Api(kind, library, get_current, get_proc)


# Only a found library is remembered: a program may load another one later.
_found: dict[str, Api] = {}


def _remembered(kind: str, make: Callable[[], Api | None]) -> Callable[[], Api | None]:
    def get() -> Api | None:
        api = _found.get(kind)
        if api is None and (api := make()) is not None:
            _found[kind] = api
        return api

    return get


def _egl() -> Api | None:
    return _posix_api("EGL", loaded("egl"), "eglGetCurrentContext", "eglGetProcAddress")


def _glx() -> Api | None:
    return _posix_api("GLX", loaded("glx"), "glXGetCurrentContext", "glXGetProcAddressARB")


def _osmesa() -> Api | None:
    mapped = map(loaded_by_name, _mapped_libraries("libOSMesa"))
    library = loaded("osmesa") or next(filter(None, mapped), None)
    return _posix_api("OSMesa", library, "OSMesaGetCurrentContext", "OSMesaGetProcAddress")


def _mapped_libraries(part: str) -> Iterator[str]:
    """Paths of mapped libraries whose name contains `part`: wheels bring OSMesa under names of their own."""
    try:
        with Path("/proc/self/maps").open(encoding="utf-8", errors="replace") as maps:
            yield from {line.split()[-1] for line in maps if part in line}
    except FileNotFoundError:
        return


def _wgl() -> Api | None:
    library = open_library("wgl")  # part of Windows, and no driver
    get_current = _function(library, "wglGetCurrentContext")
    get_extension = _function(library, "wglGetProcAddress", ctypes.c_char_p)
    if get_current is None or get_extension is None:
        return None

    def get_proc(name: bytes) -> int | None:
        # wglGetProcAddress knows no function of OpenGL 1.1, and drivers answer so with NULL, 1, 2, 3 or -1.
        address = get_extension(name)
        if address not in {None, 0, 1, 2, 3, ctypes.c_void_p(-1).value}:
            return address
        return _exported(library, name)

    return Api("WGL", library, get_current, get_proc)


def _cgl() -> Api | None:
    library = open_library("cgl")  # part of macOS
    get_current = _function(library, "CGLGetCurrentContext")
    if get_current is None:
        return None
    return Api("CGL", library, get_current, lambda name: _exported(library, name))


def _exported(library: ctypes.CDLL, name: bytes) -> int | None:
    try:
        return ctypes.cast(getattr(library, name.decode()), ctypes.c_void_p).value
    except AttributeError:
        return None


@cache
def _openers() -> tuple[Callable[[], Api | None], ...]:
    if sys.platform == "win32":
        return _remembered("WGL", _wgl), _remembered("EGL", _egl)
    if sys.platform == "darwin":
        return (_remembered("CGL", _cgl),)
    return _remembered("EGL", _egl), _remembered("GLX", _glx), _remembered("OSMesa", _osmesa)


_OPENERS = _openers()
