"""An OpenGL context of glrec's own, to probe and to draw test clips in: by whichever API the system has for it.

EGL needs no window system. Windows draws on a hidden window. macOS needs no window either; that branch was written from
Apple's documentation, and nobody has run it.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from glrec_core.errors import CaptureError
from glrec_core.gl.headless import DISPLAY_VARIABLES, first_context, headless_displays, window_displays
from glrec_core.gl.hidden_window import hidden_window
from glrec_core.gl.platform import OFFSCREEN_API, current_context
from glrec_core.system.libraries import open_library

# From CGLTypes.h: colour and alpha bits, the profile, and OpenGL 4.1, the newest that macOS has.
_COLOR_SIZE, _ALPHA_SIZE, _PROFILE, _GL4_CORE = 8, 11, 99, 0x4100


def missing_window() -> str | None:
    """Say why no window can be had in this session, where that is known without trying."""
    if OFFSCREEN_API == "EGL" and not any(map(os.environ.get, DISPLAY_VARIABLES)):
        return f"none: neither of {' and '.join(DISPLAY_VARIABLES)} is set"
    return None


@contextmanager
def own_context(*, window: bool) -> Iterator[str]:
    """Make a core context, current until the end of the block, and give in words what it is on.

    `window` asks for the context that a program with a window gets, where that can be another one.

    Raises:
        CaptureError: there is none; the text says why.

    """
    if OFFSCREEN_API == "WGL":
        with hidden_window() as name:
            yield name
    elif OFFSCREEN_API == "CGL":
        with _without_surface() as name:
            yield name
    else:
        with first_context(window_displays if window else headless_displays) as display:
            yield display.name


@contextmanager
def _without_surface() -> Iterator[str]:
    if current_context() is not None:
        raise CaptureError("an OpenGL context is current in this thread already; release it first")
    library = open_library("cgl")

    def call(name: str, *arguments: object) -> None:
        if code := getattr(library, name)(*arguments):
            raise CaptureError(f"{name} failed with CGL error {code}")

    wanted = (_PROFILE, _GL4_CORE, _COLOR_SIZE, 24, _ALPHA_SIZE, 8, 0)
    pixels, count, context = ctypes.c_void_p(), ctypes.c_int32(), ctypes.c_void_p()
    attributes = (ctypes.c_int32 * len(wanted))(*wanted)
    call("CGLChoosePixelFormat", attributes, ctypes.byref(pixels), ctypes.byref(count))
    with ExitStack() as stack:
        stack.callback(call, "CGLDestroyPixelFormat", pixels)
        call("CGLCreateContext", pixels, None, ctypes.byref(context))
        stack.callback(call, "CGLDestroyContext", context)
        call("CGLSetCurrentContext", context)
        stack.callback(call, "CGLSetCurrentContext", None)
        yield "no surface"
