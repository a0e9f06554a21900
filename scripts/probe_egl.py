"""Says whether this machine can draw with OpenGL without a screen.

Library files prove little: a driver may be half installed, or refuse the GPU to this user. So a context is really made
through EGL and asked for its version. It runs as its own program, so that a driver that crashes takes only the probe
with it, and uses nothing but the standard library, so that it can run before anything else is installed.

Exit status: 0 when a context of at least OpenGL 3.3 was made, 1 (with the reasons on stderr) when not.
"""

import ctypes
import sys
from collections.abc import Callable, Iterator
from typing import Any

MINIMUM_VERSION = (3, 3)  # what pyglet and moderngl ask for

# From the Khronos registry, egl.xml and gl.xml.
EGL_NONE = 0x3038
EGL_SURFACE_TYPE = 0x3033
EGL_PBUFFER_BIT = 0x0001
EGL_RENDERABLE_TYPE = 0x3040
EGL_OPENGL_BIT = 0x0008
EGL_OPENGL_API = 0x30A2
EGL_CONTEXT_MAJOR_VERSION = 0x3098
EGL_CONTEXT_MINOR_VERSION = 0x30FB
EGL_PLATFORM_DEVICE_EXT = 0x313F
EGL_PLATFORM_SURFACELESS_MESA = 0x31DD
GL_RENDERER = 0x1F01
GL_VERSION = 0x1F02

MAX_DEVICES = 16


class ProbeError(Exception):
    """One step on the way to a context failed; the message names the step."""


def attributes(*values: int) -> ctypes.Array[ctypes.c_int32]:
    """Return an attribute list as EGL takes it, with its end mark."""
    return (ctypes.c_int32 * (len(values) + 1))(*values, EGL_NONE)


class Egl:
    """The EGL entry points that the probe needs, with their failures as exceptions."""

    def __init__(self) -> None:
        ctypes.CDLL("libGL.so.1")  # the frameworks load it beside EGL
        self._library = ctypes.CDLL("libEGL.so.1")
        self._library.eglGetProcAddress.restype = ctypes.c_void_p

    def call(self, name: str, *arguments: object) -> int:
        """Call an EGL function that answers with a handle or a boolean; 0 is a failure."""
        function = getattr(self._library, name)
        function.restype = ctypes.c_void_p
        result: int | None = function(*arguments)
        if not result:
            raise ProbeError(f"{name} failed with EGL error {self._library.eglGetError():#06x}")
        return result

    def extension(self, name: str, result: type, *arguments: type) -> Callable[..., Any]:
        """Return a function that has no fixed address in the library."""
        address = self._library.eglGetProcAddress(name.encode())
        if not address:
            raise ProbeError(f"this EGL has no {name}")
        return ctypes.CFUNCTYPE(result, *arguments)(address)


def displays(egl: Egl) -> Iterator[tuple[str, int]]:
    """Yield the displays that need no screen: those of the devices, then Mesa's surfaceless one."""
    handle = ctypes.c_void_p
    query = egl.extension("eglQueryDevicesEXT", ctypes.c_uint, ctypes.c_int, handle, handle)
    get_display = egl.extension("eglGetPlatformDisplayEXT", handle, ctypes.c_uint, handle, handle)
    devices, count = (handle * MAX_DEVICES)(), ctypes.c_int()
    query(MAX_DEVICES, devices, ctypes.byref(count))
    for index in range(count.value):
        yield f"device {index}", get_display(EGL_PLATFORM_DEVICE_EXT, devices[index], None)
    yield "surfaceless", get_display(EGL_PLATFORM_SURFACELESS_MESA, None, None)


def make_context(egl: Egl, display: ctypes.c_void_p) -> None:
    """Make an OpenGL context without a surface current on this thread."""
    egl.call("eglInitialize", display, None, None)
    egl.call("eglBindAPI", EGL_OPENGL_API)
    wanted = attributes(EGL_SURFACE_TYPE, EGL_PBUFFER_BIT, EGL_RENDERABLE_TYPE, EGL_OPENGL_BIT)
    config, count = ctypes.c_void_p(), ctypes.c_int()
    egl.call("eglChooseConfig", display, wanted, ctypes.byref(config), 1, ctypes.byref(count))
    if not count.value:
        raise ProbeError("no EGL configuration offers OpenGL")
    version = attributes(
        EGL_CONTEXT_MAJOR_VERSION, MINIMUM_VERSION[0], EGL_CONTEXT_MINOR_VERSION, MINIMUM_VERSION[1]
    )
    context = egl.call("eglCreateContext", display, config, None, version)
    egl.call("eglMakeCurrent", display, None, None, ctypes.c_void_p(context))


def describe_context(egl: Egl) -> str:
    """Return the current context's version and renderer in the driver's words."""
    get_string = egl.extension("glGetString", ctypes.c_char_p, ctypes.c_uint)
    return " on ".join((get_string(name) or b"?").decode() for name in (GL_VERSION, GL_RENDERER))


def probe() -> str:
    """Return a description of the first context that can be made."""
    reasons = []
    egl = Egl()
    for name, display in displays(egl):
        try:
            make_context(egl, ctypes.c_void_p(display))
        except ProbeError as error:
            reasons.append(f"{name}: {error}")
        else:
            return f"{describe_context(egl)} ({name})"
    raise ProbeError("; ".join(reasons))


def main() -> int:
    """Print what was found."""
    try:
        print(f"OpenGL through EGL: {probe()}")
    except (OSError, ProbeError) as error:
        print(f"No OpenGL {MINIMUM_VERSION[0]}.{MINIMUM_VERSION[1]} through EGL: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
