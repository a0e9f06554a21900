"""Windows and buffers of no toolkit at all: X11, GLX and EGL by ctypes, as a program would call them."""

import ctypes
from ctypes import byref, c_char_p, c_int, c_long, c_uint, c_ulong, c_void_p
from typing import Any, Protocol

_GLX_RGBA, _GLX_DOUBLEBUFFER, _GLX_RED_SIZE, _GLX_DEPTH_SIZE = 4, 5, 8, 12
_EGL_SURFACE_TYPE, _EGL_RENDERABLE_TYPE, _EGL_OPENGL_BIT, _EGL_NONE = 0x3033, 0x3040, 0x0008, 0x3038
_EGL_RED_SIZE, _EGL_WIDTH, _EGL_HEIGHT, _EGL_OPENGL_API = 0x3024, 0x3057, 0x3056, 0x30A2
_PBUFFER, _WINDOW = 1, 4
_CLIENT_MESSAGE = 33


class Shown(Protocol):
    """What a program draws into."""

    def make_current(self) -> None:
        """Draw into it from now on."""

    def swap(self) -> None:
        """Show what was drawn."""

    def close(self) -> None:
        """End it."""


class _VisualInfo(ctypes.Structure):
    _fields_ = (
        ("visual", c_void_p),
        ("visual_id", c_ulong),
        ("screen", c_int),
        ("depth", c_int),
        ("rest", c_long * 6),
    )


class _Attributes(ctypes.Structure):
    _fields_ = (
        ("background_pixmap", c_ulong),
        ("background_pixel", c_ulong),
        ("border_pixmap", c_ulong),
        ("border_pixel", c_ulong),
        ("gravities", c_int * 3),
        ("planes", c_ulong * 2),
        ("save_under", c_int),
        ("event_masks", c_long * 2),
        ("override_redirect", c_int),
        ("colormap", c_ulong),
        ("cursor", c_ulong),
    )


def x11() -> Any:
    """Return libX11 with the types of what is called here."""
    library = ctypes.CDLL("libX11.so.6")
    library.XOpenDisplay.restype = c_void_p
    library.XDefaultRootWindow.restype = library.XCreateColormap.restype = c_ulong
    library.XCreateWindow.restype = library.XInternAtom.restype = c_ulong
    library.XDefaultRootWindow.argtypes = library.XCloseDisplay.argtypes = [c_void_p]
    library.XPending.argtypes = [c_void_p]
    library.XNextEvent.argtypes = [c_void_p, c_void_p]
    library.XCreateColormap.argtypes = [c_void_p, c_ulong, c_void_p, c_int]
    library.XCreateWindow.argtypes = [
        c_void_p,
        c_ulong,
        *[c_int] * 2,
        *[c_uint] * 3,
        c_int,
        c_uint,
        c_void_p,
        c_ulong,
        c_void_p,
    ]
    library.XMapWindow.argtypes = library.XDestroyWindow.argtypes = [c_void_p, c_ulong]
    library.XResizeWindow.argtypes = [c_void_p, c_ulong, c_uint, c_uint]
    library.XSync.argtypes = [c_void_p, c_int]
    library.XInternAtom.argtypes = [c_void_p, c_char_p, c_int]
    library.XSetWMProtocols.argtypes = [c_void_p, c_ulong, c_void_p, c_int]
    return library


class XWindow:
    """A window on X11, which can be asked to close."""

    def __init__(self, size: tuple[int, int], visual: Any = None) -> None:
        self.library = x11()
        self.display = self.library.XOpenDisplay(None)
        assert self.display, "there is no X server"
        root = self.library.XDefaultRootWindow(self.display)
        attributes = _Attributes()
        if visual is None:
            self.window = self.library.XCreateWindow(
                self.display, root, 0, 0, *size, 0, 0, 1, None, 0, byref(attributes)
            )
        else:
            found = visual(self.display)
            attributes.colormap = self.library.XCreateColormap(self.display, root, found.visual, 0)
            self.window = self.library.XCreateWindow(
                self.display,
                root,
                0,
                0,
                *size,
                0,
                found.depth,
                1,
                found.visual,
                1 << 13 | 1 << 3,
                byref(attributes),
            )
        delete = c_ulong(self.library.XInternAtom(self.display, b"WM_DELETE_WINDOW", 0))
        self.library.XSetWMProtocols(self.display, self.window, byref(delete), 1)
        self.library.XMapWindow(self.display, self.window)
        self.library.XSync(self.display, 0)

    def asked_to_close(self) -> bool:
        """Look at the events that have come."""
        event, asked = (c_long * 24)(), False
        while self.library.XPending(self.display):
            self.library.XNextEvent(self.display, byref(event))
            asked = asked or event[0] & 0xFFFFFFFF == _CLIENT_MESSAGE
        return asked

    def resize(self, size: tuple[int, int]) -> None:
        """Give it another size."""
        self.library.XResizeWindow(self.display, self.window, *size)
        self.library.XSync(self.display, 0)


class GlxWindow(XWindow):
    """A window that GLX draws into."""

    def __init__(self, size: tuple[int, int]) -> None:
        self._glx: Any = ctypes.CDLL("libGL.so.1")
        self._glx.glXChooseVisual.restype = ctypes.POINTER(_VisualInfo)
        self._glx.glXChooseVisual.argtypes = [c_void_p, c_int, c_void_p]
        self._glx.glXCreateContext.restype = c_void_p
        self._glx.glXCreateContext.argtypes = [c_void_p, c_void_p, c_void_p, c_int]
        self._glx.glXMakeCurrent.argtypes = [c_void_p, c_ulong, c_void_p]
        self._glx.glXSwapBuffers.argtypes = [c_void_p, c_ulong]
        self._glx.glXDestroyContext.argtypes = [c_void_p, c_void_p]
        super().__init__(size, self._choose)
        self._context = self._glx.glXCreateContext(self.display, byref(self._visual), None, 1)

    def _choose(self, display: int) -> _VisualInfo:
        wanted = (c_int * 7)(_GLX_RGBA, _GLX_DOUBLEBUFFER, _GLX_RED_SIZE, 8, _GLX_DEPTH_SIZE, 24, 0)
        found: _VisualInfo = self._glx.glXChooseVisual(display, 0, wanted).contents
        self._visual = found
        return found

    def make_current(self) -> None:
        assert self._glx.glXMakeCurrent(self.display, self.window, self._context)

    def swap(self) -> None:
        self._glx.glXSwapBuffers(self.display, self.window)

    def close(self) -> None:
        self._glx.glXMakeCurrent(self.display, 0, None)
        self._glx.glXDestroyContext(self.display, self._context)
        self.library.XDestroyWindow(self.display, self.window)
        self.library.XCloseDisplay(self.display)


class _Egl:
    """A surface of EGL."""

    def __init__(self, kind: int, native_display: int | None) -> None:
        self._egl: Any = ctypes.CDLL("libEGL.so.1")
        self._egl.eglGetDisplay.restype = c_void_p
        self._egl.eglGetDisplay.argtypes = [c_void_p]
        self._egl.eglInitialize.argtypes = [c_void_p] * 3
        self._egl.eglChooseConfig.argtypes = [c_void_p, c_void_p, c_void_p, c_int, c_void_p]
        self._egl.eglCreateContext.restype = c_void_p
        self._egl.eglCreateContext.argtypes = [c_void_p] * 4
        self._egl.eglCreatePbufferSurface.restype = self._egl.eglCreateWindowSurface.restype = c_void_p
        self._egl.eglCreatePbufferSurface.argtypes = [c_void_p] * 3
        self._egl.eglCreateWindowSurface.argtypes = [c_void_p, c_void_p, c_ulong, c_void_p]
        self._egl.eglMakeCurrent.argtypes = [c_void_p] * 4
        self._egl.eglSwapBuffers.argtypes = [c_void_p] * 2
        self._egl.eglDestroySurface.argtypes = self._egl.eglDestroyContext.argtypes = [c_void_p] * 2
        self._own = self._egl.eglGetDisplay(native_display)
        assert self._egl.eglInitialize(self._own, None, None)
        wanted = (c_int * 7)(
            _EGL_SURFACE_TYPE, kind, _EGL_RENDERABLE_TYPE, _EGL_OPENGL_BIT, _EGL_RED_SIZE, 8, _EGL_NONE
        )
        self._config, count = c_void_p(), c_int()
        assert self._egl.eglChooseConfig(self._own, wanted, byref(self._config), 1, byref(count))
        assert count.value
        self._egl.eglBindAPI(_EGL_OPENGL_API)
        self._context = self._egl.eglCreateContext(self._own, self._config, None, None)
        assert self._context
        self._surface: int | None = None

    def make_current(self) -> None:
        assert self._egl.eglMakeCurrent(self._own, self._surface, self._surface, self._context)

    def swap(self) -> None:
        assert self._egl.eglSwapBuffers(self._own, self._surface)

    def close(self) -> None:
        self._egl.eglMakeCurrent(self._own, None, None, None)
        self._egl.eglDestroySurface(self._own, self._surface)
        self._egl.eglDestroyContext(self._own, self._context)


class EglBuffer(_Egl):
    """A buffer of EGL's, which needs no window system; to swap it shows nothing, but is a swap."""

    def __init__(self, size: tuple[int, int]) -> None:
        super().__init__(_PBUFFER, None)
        attributes = (c_int * 5)(_EGL_WIDTH, size[0], _EGL_HEIGHT, size[1], _EGL_NONE)
        self._surface = self._egl.eglCreatePbufferSurface(self._own, self._config, attributes)
        assert self._surface


class EglWindow(_Egl):
    """A window on X11 that EGL draws into."""

    def __init__(self, size: tuple[int, int]) -> None:
        self._window = XWindow(size)
        super().__init__(_WINDOW, self._window.display)
        self._surface = self._egl.eglCreateWindowSurface(self._own, self._config, self._window.window, None)
        assert self._surface
        self.asked_to_close = self._window.asked_to_close
        self.resize = self._window.resize
