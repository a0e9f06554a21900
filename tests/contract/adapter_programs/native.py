"""OpenGL and its windowing APIs without any framework, and without the product: the checks' own eyes and hands.

All functions act on the context that is current, whoever made it.
"""

import ctypes
import os
import sys
from collections.abc import Callable
from ctypes import POINTER, byref, c_float, c_int, c_ssize_t, c_uint, c_void_p
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glrec_core.testing.barcode import Rgb
from tests.support import wgl

_READ_FRAMEBUFFER, _READ_FRAMEBUFFER_BINDING = 0x8CA8, 0x8CAA
_RGBA, _UNSIGNED_BYTE = 0x1908, 0x1401
_SCISSOR_TEST, _FRAMEBUFFER_SRGB, _RASTERIZER_DISCARD = 0x0C11, 0x8DB9, 0x8C89
_COLOR_BUFFER_BIT = 0x4000
_PIXEL_PACK_BUFFER, _PIXEL_UNPACK_BUFFER = 0x88EB, 0x88EC
_TEXTURE_2D, _STREAM_READ = 0x0DE1, 0x88E1
_COLOR_CLEAR_VALUE = 0x0C22
_PACK = (
    0x0D05,
    0x0D02,
    0x0D03,
    0x0D04,
    0x0D00,
)  # alignment, row length, skipped rows and pixels, swapped bytes

_EGL_SURFACE_TYPE, _EGL_RENDERABLE_TYPE, _EGL_OPENGL_BIT = 0x3033, 0x3040, 0x0008
_EGL_OPENGL_API, _EGL_NONE = 0x30A2, 0x3038
_EGL_DRAW, _EGL_READ = 0x3059, 0x305A
_GLX_DRAWABLE_TYPE, _GLX_PBUFFER_BIT, _GLX_RGBA_TYPE = 0x8010, 0x0004, 0x8014

_CAPABILITIES = {
    "SCISSOR_TEST": _SCISSOR_TEST,
    "FRAMEBUFFER_SRGB": _FRAMEBUFFER_SRGB,
    "RASTERIZER_DISCARD": _RASTERIZER_DISCARD,
    "BLEND": 0x0BE2,
    "CULL_FACE": 0x0B44,
    "DEPTH_TEST": 0x0B71,
    "STENCIL_TEST": 0x0B90,
    "DITHER": 0x0BD0,
    "MULTISAMPLE": 0x809D,
}
_INTEGERS = {
    "READ_FRAMEBUFFER_BINDING": (_READ_FRAMEBUFFER_BINDING, 1),
    "DRAW_FRAMEBUFFER_BINDING": (0x8CA6, 1),
    "RENDERBUFFER_BINDING": (0x8CA7, 1),
    "READ_BUFFER": (0x0C02, 1),
    "DRAW_BUFFER": (0x0C01, 1),
    "VIEWPORT": (0x0BA2, 4),
    "SCISSOR_BOX": (0x0C10, 4),
    "COLOR_WRITEMASK": (0x0C23, 4),
    "DEPTH_WRITEMASK": (0x0B72, 1),
    "PACK_SWAP_BYTES": (0x0D00, 1),
    "PACK_LSB_FIRST": (0x0D01, 1),
    "PACK_ROW_LENGTH": (0x0D02, 1),
    "PACK_SKIP_ROWS": (0x0D03, 1),
    "PACK_SKIP_PIXELS": (0x0D04, 1),
    "PACK_ALIGNMENT": (0x0D05, 1),
    "UNPACK_SWAP_BYTES": (0x0CF0, 1),
    "UNPACK_LSB_FIRST": (0x0CF1, 1),
    "UNPACK_ROW_LENGTH": (0x0CF2, 1),
    "UNPACK_SKIP_ROWS": (0x0CF3, 1),
    "UNPACK_SKIP_PIXELS": (0x0CF4, 1),
    "UNPACK_ALIGNMENT": (0x0CF5, 1),
    "PIXEL_PACK_BUFFER_BINDING": (0x88ED, 1),
    "PIXEL_UNPACK_BUFFER_BINDING": (0x88EF, 1),
    "ARRAY_BUFFER_BINDING": (0x8894, 1),
    "UNIFORM_BUFFER_BINDING": (0x8A28, 1),
    "COPY_READ_BUFFER_BINDING": (0x8F36, 1),
    "COPY_WRITE_BUFFER_BINDING": (0x8F37, 1),
    "VERTEX_ARRAY_BINDING": (0x85B5, 1),
    "CURRENT_PROGRAM": (0x8B8D, 1),
    "ACTIVE_TEXTURE": (0x84E0, 1),
    "TEXTURE_BINDING_2D": (0x8069, 1),
    "TEXTURE_BINDING_2D_MULTISAMPLE": (0x9104, 1),
    "SAMPLER_BINDING": (0x8919, 1),
    "POLYGON_MODE": (0x0B40, 1),
    "BLEND_SRC_RGB": (0x80C9, 1),
    "BLEND_DST_RGB": (0x80C8, 1),
}

State = dict[str, tuple[float, ...]]


class _WindowsGl:
    """opengl32.dll exports OpenGL 1.1; for the rest each context's driver is asked."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL("opengl32")
        self._library.wglGetProcAddress.restype = c_void_p

    def __getattr__(self, name: str) -> Any:
        address = self._library.wglGetProcAddress(name.encode())
        function = getattr(self._library, name) if not address else _untyped(address)
        setattr(self, name, function)
        return function


def _untyped(address: int) -> Any:
    """Return a function as ctypes has those of a library: `argtypes` can be set, and need not be."""
    kind: Any = type(ctypes.CDLL("opengl32").glFlush)  # the class of a library's functions is its own
    return kind(address)


@cache
def _gl() -> Any:
    library: Any = _WindowsGl() if sys.platform == "win32" else ctypes.CDLL("libOpenGL.so.0")
    library.glClearColor.argtypes = [c_float] * 4
    library.glReadPixels.argtypes = [*[c_int] * 4, c_uint, c_uint, c_void_p]
    library.glBufferData.argtypes = [c_uint, c_ssize_t, c_void_p, c_uint]
    library.glGetString.restype = ctypes.c_char_p
    return library


@dataclass(frozen=True, slots=True)
class _System:
    """EGL, GLX or WGL: how a context is made current, and what tells the arguments of that call; the last is the context."""

    make_current: Callable[..., int]
    getters: tuple[Callable[[], int | None], ...]


@cache
def _systems() -> tuple[_System, ...]:
    """Return EGL, and GLX where there is a display: loaded elsewhere, it would be found where no program has it."""
    if sys.platform == "win32":
        return (_wgl_system(),)
    return (_egl_system(), _glx_system()) if os.environ.get("DISPLAY") else (_egl_system(),)


@cache
def _egl_system() -> _System:
    egl = _egl()
    surfaces = (partial(egl.eglGetCurrentSurface, which) for which in (_EGL_DRAW, _EGL_READ))
    return _System(egl.eglMakeCurrent, (egl.eglGetCurrentDisplay, *surfaces, egl.eglGetCurrentContext))


@cache
def _glx_system() -> _System:
    glx = _glx()
    getters = (glx.glXGetCurrentDisplay, glx.glXGetCurrentDrawable, glx.glXGetCurrentReadDrawable)
    return _System(glx.glXMakeContextCurrent, (*getters, glx.glXGetCurrentContext))


@cache
def _wgl_system() -> _System:
    library = wgl.library()
    return _System(library.wglMakeCurrent, (library.wglGetCurrentDC, library.wglGetCurrentContext))


@cache
def _egl() -> ctypes.CDLL:
    library = ctypes.CDLL("libEGL.so.1")
    for getter in ("eglGetCurrentContext", "eglGetCurrentDisplay", "eglGetCurrentSurface"):
        getattr(library, getter).restype = c_void_p
    library.eglMakeCurrent.argtypes = [c_void_p] * 4
    library.eglGetDisplay.argtypes = [c_void_p]
    library.eglGetDisplay.restype = c_void_p
    library.eglInitialize.argtypes = [c_void_p] * 3
    library.eglChooseConfig.argtypes = [c_void_p, c_void_p, c_void_p, c_int, c_void_p]
    library.eglCreateContext.argtypes = [c_void_p] * 4
    library.eglCreateContext.restype = c_void_p
    library.eglDestroyContext.argtypes = [c_void_p] * 2
    return library


@cache
def _glx() -> ctypes.CDLL:
    library = ctypes.CDLL("libGLX.so.0")
    for getter in ("Context", "Display", "Drawable", "ReadDrawable"):
        getattr(library, f"glXGetCurrent{getter}").restype = c_void_p  # a drawable is as wide
    library.glXMakeContextCurrent.argtypes = [c_void_p] * 4
    library.glXChooseFBConfig.argtypes = [c_void_p, c_int, c_void_p, c_void_p]
    library.glXChooseFBConfig.restype = POINTER(c_void_p)
    library.glXCreateNewContext.argtypes = [c_void_p, c_void_p, c_int, c_void_p, c_int]
    library.glXCreateNewContext.restype = c_void_p
    library.glXCreatePbuffer.argtypes = [c_void_p] * 3
    library.glXCreatePbuffer.restype = c_void_p
    library.glXDestroyPbuffer.argtypes = library.glXDestroyContext.argtypes = [c_void_p] * 2
    return library


@cache
def _x11() -> ctypes.CDLL:
    library = ctypes.CDLL("libX11.so.6")
    library.XOpenDisplay.restype = c_void_p
    library.XCloseDisplay.argtypes = library.XFree.argtypes = [c_void_p]
    return library


def current_context() -> int | None:
    """Return the handle of the context that is current, or None."""
    return next(filter(None, (system.getters[-1]() for system in _systems())), None)


def release_current_context() -> None:
    """Leave no context current, behind the frameworks' backs."""
    for system in _systems():
        if system.getters[-1]():
            assert system.make_current(system.getters[0](), *[None] * (len(system.getters) - 1))


class Current:
    """The context that is current when this is made, with its surfaces."""

    def __init__(self) -> None:
        [self._system] = [system for system in _systems() if system.getters[-1]()]
        self._handles = tuple(get() for get in self._system.getters)

    def make_current(self) -> None:
        """Make it current as it was, behind the frameworks' backs."""
        assert self._system.make_current(*self._handles)


class OwnContext:
    """A context that no framework knows of, without a window that shows: WGL's, GLX's where there is a display, else EGL's."""

    def __init__(self) -> None:
        own: wgl.Context | _GlxContext | _EglContext
        if sys.platform == "win32":
            own = wgl.Context()
        else:
            own = _GlxContext() if os.environ.get("DISPLAY") else _EglContext()
        self.handle, self.make_current, self.destroy = own.handle, own.make_current, own.destroy


class _EglContext:
    """Has no surface."""

    def __init__(self) -> None:
        egl = _egl()
        self._display = egl.eglGetDisplay(None)
        assert egl.eglInitialize(self._display, None, None)
        config, count = c_void_p(), c_int()
        wanted = (c_int * 5)(_EGL_SURFACE_TYPE, 0, _EGL_RENDERABLE_TYPE, _EGL_OPENGL_BIT, _EGL_NONE)
        assert egl.eglChooseConfig(self._display, wanted, byref(config), 1, byref(count))
        assert count.value == 1
        assert egl.eglBindAPI(_EGL_OPENGL_API)
        self.handle: int | None = egl.eglCreateContext(self._display, config, None, None)
        assert self.handle is not None

    def make_current(self) -> None:
        """Make it current, as a library does that knows of no other."""
        assert _egl().eglMakeCurrent(self._display, None, None, self.handle)

    def destroy(self) -> None:
        """Give it back; it must not be current."""
        assert _egl().eglDestroyContext(self._display, self.handle)


class _GlxContext:
    """Draws into a buffer of a few pixels, on a connection of its own."""

    def __init__(self) -> None:
        glx = _glx()
        self._display = _x11().XOpenDisplay(None)
        assert self._display, "there is no X server"
        count, wanted = c_int(), (c_int * 3)(_GLX_DRAWABLE_TYPE, _GLX_PBUFFER_BIT, 0)
        configs = glx.glXChooseFBConfig(self._display, 0, wanted, byref(count))
        assert count.value
        self._buffer = glx.glXCreatePbuffer(self._display, configs[0], (c_int * 1)(0))
        self.handle: int | None = glx.glXCreateNewContext(self._display, configs[0], _GLX_RGBA_TYPE, None, 1)
        assert self.handle is not None
        _x11().XFree(configs)

    def make_current(self) -> None:
        """Make it current, as a library does that knows of no other."""
        assert _glx().glXMakeContextCurrent(self._display, self._buffer, self._buffer, self.handle)

    def destroy(self) -> None:
        """Give it back; it must not be current."""
        _glx().glXDestroyContext(self._display, self.handle)
        _glx().glXDestroyPbuffer(self._display, self._buffer)
        _x11().XCloseDisplay(self._display)


def error() -> int:
    """Take the pending error, 0 if there is none."""
    return int(_gl().glGetError())


def raise_invalid_enum() -> None:
    """Leave GL_INVALID_ENUM pending."""
    _gl().glEnable(0xFFFF)


def fill(x: int, y: int, width: int, height: int, rgb: Rgb) -> None:
    """Fill a rectangle of the bound framebuffer, counted from the bottom-left corner."""
    gl = _gl()
    gl.glEnable(_SCISSOR_TEST)
    gl.glScissor(x, y, width, height)
    gl.glClearColor(*rgb, 1.0)
    gl.glClear(_COLOR_BUFFER_BIT)
    gl.glDisable(_SCISSOR_TEST)


def read_picture(framebuffer: int, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Return a framebuffer as (height, width, 4) RGBA, row 0 at the top; the read binding is given back."""
    gl = _gl()
    bound = c_int()
    gl.glGetIntegerv(_READ_FRAMEBUFFER_BINDING, byref(bound))
    gl.glBindFramebuffer(_READ_FRAMEBUFFER, framebuffer)
    picture = np.empty((size[1], size[0], 4), np.uint8)
    gl.glReadPixels(0, 0, *size, _RGBA, _UNSIGNED_BYTE, picture.ctypes.data)
    gl.glBindFramebuffer(_READ_FRAMEBUFFER, bound.value)
    return picture[::-1]


def state() -> State:
    """Return every value that a capture could change."""
    gl = _gl()
    integers, floats = (c_int * 4)(), (c_float * 4)()
    found: State = {name: (gl.glIsEnabled(value) & 1,) for name, value in _CAPABILITIES.items()}
    for name, (value, count) in _INTEGERS.items():
        gl.glGetIntegerv(value, integers)
        found[name] = tuple(integers[:count])
    gl.glGetFloatv(_COLOR_CLEAR_VALUE, floats)
    found["COLOR_CLEAR_VALUE"] = tuple(floats)
    return found


class OddState:
    """State that a program may well leave behind and that would spoil a naive read-back."""

    def __init__(self) -> None:
        gl = _gl()
        self._buffer, self._texture = c_uint(), c_uint()
        gl.glGenBuffers(1, byref(self._buffer))
        gl.glBindBuffer(_PIXEL_PACK_BUFFER, self._buffer)
        gl.glBufferData(_PIXEL_PACK_BUFFER, 64, None, _STREAM_READ)
        gl.glGenTextures(1, byref(self._texture))

    def set(self) -> None:
        """Set it, as the last thing in a frame."""
        self._apply(_gl().glEnable, self._buffer, self._texture, pack=(1, 7, 3, 2, 1), mask=0)
        _gl().glScissor(3, 5, 7, 11)
        _gl().glClearColor(0.25, 0.5, 0.75, 0.125)

    def reset(self) -> None:
        """Take it back, as the first thing in the next frame."""
        self._apply(_gl().glDisable, c_uint(), c_uint(), pack=(4, 0, 0, 0, 0), mask=1)

    def _apply(
        self,
        switch: Callable[[int], object],
        buffer: c_uint,
        texture: c_uint,
        *,
        pack: tuple[int, ...],
        mask: int,
    ) -> None:
        gl = _gl()
        for capability in (_SCISSOR_TEST, _FRAMEBUFFER_SRGB, _RASTERIZER_DISCARD):
            switch(capability)
        for name, value in zip(_PACK, pack, strict=True):
            gl.glPixelStorei(name, value)
        for target in (_PIXEL_PACK_BUFFER, _PIXEL_UNPACK_BUFFER):
            gl.glBindBuffer(target, buffer)
        gl.glBindTexture(_TEXTURE_2D, texture)
        gl.glColorMask(mask, 1, mask, 1)
