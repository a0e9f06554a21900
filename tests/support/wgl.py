"""Windows' own OpenGL contexts, without any framework and without the product; on other systems nothing here can be called."""

import ctypes
from ctypes import POINTER, c_int, c_uint32, c_void_p
from functools import cache

_POPUP = 0x80000000
_DRAW_TO_WINDOW, _SUPPORT_OPENGL = 0x04, 0x20
_DESCRIPTOR_BYTES = 40


@cache
def library() -> ctypes.CDLL:
    """Return opengl32.dll, with the types of what is called here."""
    found = ctypes.CDLL("opengl32")
    for getter in ("wglGetCurrentDC", "wglGetCurrentContext"):
        getattr(found, getter).restype = c_void_p
    found.wglMakeCurrent.argtypes = [c_void_p] * 2
    found.wglCreateContext.argtypes, found.wglCreateContext.restype = [c_void_p], c_void_p
    found.wglDeleteContext.argtypes = [c_void_p]
    return found


@cache
def _windows() -> ctypes.CDLL:
    found = ctypes.CDLL("user32")
    found.CreateWindowExW.argtypes = [
        c_uint32,
        *[ctypes.c_wchar_p] * 2,
        c_uint32,
        *[c_int] * 4,
        *[c_void_p] * 4,
    ]
    found.CreateWindowExW.restype = c_void_p
    found.GetDC.argtypes, found.GetDC.restype = [c_void_p], c_void_p
    found.ReleaseDC.argtypes, found.DestroyWindow.argtypes = [c_void_p] * 2, [c_void_p]
    return found


class Context:
    """A context on a window of one pixel, which is never shown."""

    def __init__(self) -> None:
        surfaces = ctypes.CDLL("gdi32")
        surfaces.ChoosePixelFormat.argtypes = [c_void_p, POINTER(c_uint32)]
        surfaces.SetPixelFormat.argtypes = [c_void_p, c_int, POINTER(c_uint32)]
        self._window = _windows().CreateWindowExW(
            0, "STATIC", "own", _POPUP, 0, 0, 1, 1, None, None, None, None
        )
        assert self._window
        self._surface = _windows().GetDC(self._window)
        # PIXELFORMATDESCRIPTOR: its size and version in the first 32 bits, then the flags; nothing else is wished for.
        wanted = (c_uint32 * (_DESCRIPTOR_BYTES // 4))(
            _DESCRIPTOR_BYTES | 1 << 16, _DRAW_TO_WINDOW | _SUPPORT_OPENGL
        )
        number = surfaces.ChoosePixelFormat(self._surface, wanted)
        assert surfaces.SetPixelFormat(self._surface, number, wanted)
        self.handle: int | None = library().wglCreateContext(self._surface)
        assert self.handle is not None

    def make_current(self) -> None:
        """Make it current, as a library does that knows of no other."""
        assert library().wglMakeCurrent(self._surface, self.handle)

    def destroy(self) -> None:
        """Give it back; it must not be current."""
        assert library().wglDeleteContext(self.handle)
        assert _windows().ReleaseDC(self._window, self._surface)
        assert _windows().DestroyWindow(self._window)
