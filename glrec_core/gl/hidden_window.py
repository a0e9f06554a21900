"""Makes an OpenGL context on a window that nobody sees, through WGL: Windows knows no context without a window."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from glrec_core.errors import CaptureError
from glrec_core.gl.platform import current_context
from glrec_core.system.libraries import open_library

# From winuser.h and wingdi.h.
_POPUP = 0x80000000
_PFD_DRAW_TO_WINDOW, _PFD_SUPPORT_OPENGL, _PFD_DOUBLEBUFFER = 0x04, 0x20, 0x01
# From the Khronos registry, wgl.xml.
_MAJOR, _MINOR, _PROFILE_MASK, _CORE_PROFILE = 0x2091, 0x2092, 0x9126, 0x0001

VERSIONS = ((4, 6), (4, 5), (4, 4), (4, 3), (3, 3))
"""What is asked for, newest first: compute shaders came with 4.3, buffer storage with 4.4."""


class _PixelFormat(ctypes.Structure):
    """PIXELFORMATDESCRIPTOR (wingdi.h), its counts of bits and planes in one array."""

    _fields_ = [
        ("size", ctypes.c_ushort),
        ("version", ctypes.c_ushort),
        ("flags", ctypes.c_uint32),
        ("pixel_type", ctypes.c_ubyte),
        ("color_bits", ctypes.c_ubyte),
        ("others", ctypes.c_ubyte * 18),
        ("masks", ctypes.c_uint32 * 3),
    ]


class _Calls:
    """Functions of user32, gdi32 and opengl32; one that answers with 0 has failed."""

    def __init__(self) -> None:
        self._libraries = [ctypes.CDLL("user32"), ctypes.CDLL("gdi32"), open_library("wgl")]

    def __call__(self, name: str, *arguments: object) -> int:
        """Call a function.

        Raises:
            CaptureError: it failed.

        """
        function = next(getattr(each, name) for each in self._libraries if hasattr(each, name))
        function.restype = ctypes.c_void_p
        result = function(*map(_argument, arguments))
        if not result:
            raise CaptureError(f"{name} failed")
        return int(result)


def _argument(value: object) -> Any:
    """Return a handle, a number or a pointer so that ctypes passes all of it."""
    return ctypes.c_void_p(value) if isinstance(value, int) or value is None else value


@contextmanager
def hidden_window() -> Iterator[str]:
    """Make an OpenGL 3.3+ core context, current in this thread until the end of the block; gives its name in words.

    Raises:
        CaptureError: the driver refuses, or another context is current in this thread.

    """
    if current_context() is not None:
        raise CaptureError("an OpenGL context is current in this thread already; release it first")
    with ExitStack() as stack:
        call = _Calls()
        window = call("CreateWindowExW", 0, "STATIC", "glrec", _POPUP, 0, 0, 1, 1, None, None, None, None)
        stack.callback(call, "DestroyWindow", window)
        surface = call("GetDC", window)
        stack.callback(call, "ReleaseDC", window, surface)
        _choose_format(call, surface)
        make = _core_context_maker(call, surface)
        context = _newest(make, surface)
        stack.callback(call, "wglDeleteContext", context)
        call("wglMakeCurrent", surface, context)
        stack.callback(call, "wglMakeCurrent", None, None)
        yield "a hidden window"


def _choose_format(call: _Calls, surface: int) -> None:
    flags = _PFD_DRAW_TO_WINDOW | _PFD_SUPPORT_OPENGL | _PFD_DOUBLEBUFFER
    wanted = _PixelFormat(size=ctypes.sizeof(_PixelFormat), version=1, flags=flags, color_bits=32)
    number = call("ChoosePixelFormat", surface, ctypes.byref(wanted))
    call("SetPixelFormat", surface, number, ctypes.byref(wanted))


def _core_context_maker(call: _Calls, surface: int) -> Callable[..., int | None]:
    """Return wglCreateContextAttribsARB, which only a context of the old kind tells."""
    old = call("wglCreateContext", surface)
    try:
        call("wglMakeCurrent", surface, old)
        address = call("wglGetProcAddress", b"wglCreateContextAttribsARB")
        call("wglMakeCurrent", None, None)
    except CaptureError as error:
        raise CaptureError("this driver makes no context of OpenGL 3.3 or newer") from error
    finally:
        call("wglDeleteContext", old)
    return ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)(address)


def _newest(make: Callable[..., int | None], surface: int) -> int:
    for major, minor in VERSIONS:
        wanted = (_MAJOR, major, _MINOR, minor, _PROFILE_MASK, _CORE_PROFILE, 0)
        context = make(surface, None, ctypes.cast((ctypes.c_int32 * len(wanted))(*wanted), ctypes.c_void_p))
        if context:
            return context
    raise CaptureError("this driver makes no context of OpenGL 3.3 or newer")
