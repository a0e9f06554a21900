"""Makes an OpenGL context without a window and without any framework, through EGL: for probing, and for test clips."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple

from glrec_core.errors import CaptureError
from glrec_core.gl.platform import current_context
from glrec_core.system.libraries import how_to_install, open_library

# From the Khronos registry, egl.xml.
_NONE = 0x3038
_SURFACE_TYPE, _PBUFFER_BIT, _RENDERABLE_TYPE, _OPENGL_BIT = 0x3033, 0x0001, 0x3040, 0x0008
_COLOR_BITS = (0x3024, 8, 0x3023, 8, 0x3022, 8, 0x3021, 8)  # EGL_RED_SIZE, GREEN, BLUE, ALPHA
_WIDTH, _HEIGHT = 0x3057, 0x3056
_OPENGL_API = 0x30A2
_MAJOR, _MINOR, _PROFILE_MASK, _CORE_PROFILE = 0x3098, 0x30FB, 0x30FD, 0x0001
_PLATFORM_DEVICE, _PLATFORM_SURFACELESS = 0x313F, 0x31DD
_WINDOW_PLATFORMS = {
    "WAYLAND_DISPLAY": 0x31D8,
    "DISPLAY": 0x31D5,
}  # EGL_PLATFORM_WAYLAND_EXT, EGL_PLATFORM_X11_EXT

DISPLAY_VARIABLES = tuple(_WINDOW_PLATFORMS)
"""The environment variables that say where a session's window system is."""

_VERSIONS = ((4, 6), (4, 5), (4, 4), (4, 3), (3, 3))  # compute shaders came with 4.3, buffer storage with 4.4
_MAX_DEVICES = 32
_RETURN_HANDLES = frozenset(
    {"eglGetProcAddress", "eglGetPlatformDisplayEXT", "eglCreateContext", "eglCreatePbufferSurface"}
)
"""The others return an EGLBoolean or EGLint of 32 bits."""


class Display(NamedTuple):
    """A connection to a driver: how it was found, in words, and its EGLDisplay."""

    name: str
    handle: int


class Egl:
    """The entry points that are needed, their failures as exceptions.

    Raises:
        CaptureError: there is no EGL on this machine.

    """

    def __init__(self) -> None:
        try:
            self._library = open_library("egl")
        except OSError as error:
            raise CaptureError(f"EGL is not installed ({error}){how_to_install('libegl1')}") from error

    def call(self, name: str, *arguments: object) -> int:
        """Call a function that answers with a handle or a truth value.

        Raises:
            CaptureError: it answered with 0.

        """
        result = self._function(name, arguments)(*arguments)
        if not result:
            code = self._function("eglGetError", ())()
            raise CaptureError(f"{name} failed with EGL error {code:#06x}")
        return int(result)

    def extension(self, name: str, *arguments: object) -> int:
        """Call a function that has no fixed place in the library; 0 if there is none of this name, or it fails."""
        address = self._function("eglGetProcAddress", (b"",))(name.encode())
        if not address:
            return 0
        return _prototype(name, arguments)(address)(*arguments) or 0

    def _function(self, name: str, arguments: tuple[object, ...]) -> Callable[..., int | None]:
        function: Callable[..., int | None] = _prototype(name, arguments)((name, self._library))
        return function


def _prototype(name: str, arguments: tuple[object, ...]) -> Any:
    result = ctypes.c_void_p if name in _RETURN_HANDLES else ctypes.c_uint32
    return ctypes.CFUNCTYPE(result, *map(_ctype, arguments))


def _ctype(argument: object) -> Any:
    if isinstance(argument, bytes):
        return ctypes.c_char_p
    # EGLenum and EGLint have 32 bits; handles come as c_void_p, attribute lists and results as arrays and pointers.
    return ctypes.c_int32 if isinstance(argument, int) else ctypes.c_void_p


def headless_displays(egl: Egl) -> Iterator[Display]:
    """Yield the displays that need no window system: those of the devices, then Mesa's surfaceless one."""
    devices, count = (ctypes.c_void_p * _MAX_DEVICES)(), ctypes.c_int32()
    if egl.extension("eglQueryDevicesEXT", _MAX_DEVICES, devices, ctypes.byref(count)):
        for index in range(count.value):
            yield from _platform_display(egl, f"device {index}", _PLATFORM_DEVICE, devices[index])
    yield from _platform_display(egl, "surfaceless", _PLATFORM_SURFACELESS, None)


def window_displays(egl: Egl) -> Iterator[Display]:
    """Yield the display of the window system that this session has, if any."""
    for variable, platform in _WINDOW_PLATFORMS.items():
        if name := os.environ.get(variable):
            yield from _platform_display(egl, f"{variable}={name}", platform, None)


def _platform_display(egl: Egl, name: str, platform: int, native: int | None) -> Iterator[Display]:
    handle = egl.extension("eglGetPlatformDisplayEXT", platform, ctypes.c_void_p(native), ctypes.c_void_p())
    if handle:
        yield Display(name, handle)


@contextmanager
def context_on(egl: Egl, display: Display) -> Iterator[None]:
    """Make an OpenGL 3.3+ core context, current in this thread until the end of the block.

    Raises:
        CaptureError: the driver refuses, or another context is current in this thread.

    """
    if current_context() is not None:
        raise CaptureError("an OpenGL context is current in this thread already; release it first")
    handle = ctypes.c_void_p(display.handle)
    egl.call("eglInitialize", handle, None, None)
    egl.call("eglBindAPI", _OPENGL_API)
    # The display is never terminated: it is the process's, and another library's contexts would go with it.
    with ExitStack() as stack:
        config, surface = _config_and_surface(egl, handle)
        if surface.value:
            stack.callback(egl.call, "eglDestroySurface", handle, surface)
        context = _create_context(egl, handle, config)
        stack.callback(egl.call, "eglDestroyContext", handle, context)
        egl.call("eglMakeCurrent", handle, surface, surface, context)
        stack.callback(egl.call, "eglMakeCurrent", handle, None, None, None)
        yield


def _create_context(egl: Egl, handle: ctypes.c_void_p, config: ctypes.c_void_p) -> ctypes.c_void_p:
    """Create a core context of the newest version that the driver has; some give exactly what they are asked for."""
    refusal: CaptureError | None = None
    for major, minor in _VERSIONS:
        wanted = _attributes(_MAJOR, major, _MINOR, minor, _PROFILE_MASK, _CORE_PROFILE)
        try:
            return ctypes.c_void_p(egl.call("eglCreateContext", handle, config, None, wanted))
        except CaptureError as error:
            refusal = error
    raise CaptureError(f"no OpenGL 3.3 or newer: {refusal}")


def _config_and_surface(egl: Egl, handle: ctypes.c_void_p) -> tuple[ctypes.c_void_p, ctypes.c_void_p]:
    """Return a configuration and a surface of one pixel; no surface where there are only windows (Wayland)."""
    config = _choose_config(egl, handle, _PBUFFER_BIT)
    if config.value:
        surface = egl.call("eglCreatePbufferSurface", handle, config, _attributes(_WIDTH, 1, _HEIGHT, 1))
        return config, ctypes.c_void_p(surface)
    config = _choose_config(egl, handle, 0)
    if not config.value:
        raise CaptureError("no EGL configuration offers OpenGL with 8 bits a channel")
    return config, ctypes.c_void_p()


def _choose_config(egl: Egl, handle: ctypes.c_void_p, surface_type: int) -> ctypes.c_void_p:
    """Return the best configuration; NULL if there is none."""
    wanted = _attributes(_SURFACE_TYPE, surface_type, _RENDERABLE_TYPE, _OPENGL_BIT, *_COLOR_BITS)
    config, count = ctypes.c_void_p(), ctypes.c_int32()
    egl.call("eglChooseConfig", handle, wanted, ctypes.byref(config), 1, ctypes.byref(count))
    return config


def _attributes(*values: int) -> ctypes.Array[ctypes.c_int32]:
    return (ctypes.c_int32 * (len(values) + 1))(*values, _NONE)


@contextmanager
def first_context(displays: Callable[[Egl], Iterator[Display]]) -> Iterator[Display]:
    """Make a context on the first of the displays that gives one: `first_context(headless_displays)`.

    Raises:
        CaptureError: none does; the text holds each display's reason.

    """
    egl, reasons = Egl(), []
    with ExitStack() as stack:
        for display in displays(egl):
            try:
                stack.enter_context(context_on(egl, display))
            except CaptureError as error:
                reasons.append(f"{display.name}: {error}")
            else:
                yield display
                return
    raise CaptureError(f"no OpenGL context through EGL: {'; '.join(reasons) or 'there is no display'}")
