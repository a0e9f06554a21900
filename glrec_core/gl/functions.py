"""Entry points and constants of OpenGL 3.0+ and OpenGL ES 3.0+, typed for ctypes.

Names are OpenGL's without the `gl` and `GL_` prefixes; values are from the Khronos registry (gl.xml).
"""

from __future__ import annotations

import ctypes
import re
import threading
from ctypes import c_char_p, c_float, c_int, c_int64, c_ssize_t, c_ubyte, c_uint, c_uint64, c_void_p
from typing import Any

from glrec_core.errors import CaptureError
from glrec_core.gl.platform import NativeContext, current_context

VENDOR, RENDERER, VERSION = 0x1F00, 0x1F01, 0x1F02
EXTENSIONS, NUM_EXTENSIONS = 0x1F03, 0x821D

FRAMEBUFFER, READ_FRAMEBUFFER, DRAW_FRAMEBUFFER = 0x8D40, 0x8CA8, 0x8CA9
READ_FRAMEBUFFER_BINDING, DRAW_FRAMEBUFFER_BINDING = 0x8CAA, 0x8CA6
FRAMEBUFFER_COMPLETE = 0x8CD5
FRAMEBUFFER_ATTACHMENT_OBJECT_TYPE, FRAMEBUFFER_ATTACHMENT_OBJECT_NAME = 0x8CD0, 0x8CD1
FRAMEBUFFER_ATTACHMENT_TEXTURE_LEVEL = 0x8CD2
FRAMEBUFFER_ATTACHMENT_COLOR_ENCODING, FRAMEBUFFER_ATTACHMENT_COMPONENT_TYPE = 0x8210, 0x8211
COLOR_ATTACHMENT0 = 0x8CE0
FRONT, BACK, FRONT_LEFT, BACK_LEFT = 0x0404, 0x0405, 0x0400, 0x0402
DRAW_BUFFER, READ_BUFFER, DOUBLEBUFFER, SAMPLES = 0x0C01, 0x0C02, 0x0C32, 0x80A9
COLOR, COLOR_BUFFER_BIT, COLOR_CLEAR_VALUE = 0x1800, 0x4000, 0x0C22
NEAREST, LINEAR = 0x2600, 0x2601
SCISSOR_TEST, FRAMEBUFFER_SRGB, RASTERIZER_DISCARD = 0x0C11, 0x8DB9, 0x8C89
COLOR_WRITEMASK, VIEWPORT, SCISSOR_BOX = 0x0C23, 0x0BA2, 0x0C10
DEPTH, DEPTH_ATTACHMENT, DEPTH_COMPONENT24, MAX_SAMPLES = 0x1801, 0x8D00, 0x81A6, 0x8D57

DEPTH_TEST, STENCIL_TEST, BLEND, CULL_FACE, COLOR_LOGIC_OP = 0x0B71, 0x0B90, 0x0BE2, 0x0B44, 0x0BF2
SAMPLE_ALPHA_TO_COVERAGE, SAMPLE_COVERAGE, SAMPLE_MASK = 0x809E, 0x80A0, 0x8E51
POLYGON_MODE, FRONT_AND_BACK, POINT, LINE, FILL = 0x0B40, 0x0408, 0x1B00, 0x1B01, 0x1B02

VERTEX_SHADER, FRAGMENT_SHADER, TRIANGLE_STRIP = 0x8B31, 0x8B30, 0x0005
COMPILE_STATUS, LINK_STATUS, INFO_LOG_LENGTH = 0x8B81, 0x8B82, 0x8B84
CURRENT_PROGRAM, VERTEX_ARRAY_BINDING = 0x8B8D, 0x85B5
TEXTURE0, ACTIVE_TEXTURE, SAMPLER_BINDING = 0x84C0, 0x84E0, 0x8919

TEXTURE_2D, TEXTURE_BINDING_2D = 0x0DE1, 0x8069
TEXTURE_2D_MULTISAMPLE, TEXTURE_BINDING_2D_MULTISAMPLE = 0x9100, 0x9104
TEXTURE, RENDERBUFFER, RENDERBUFFER_BINDING = 0x1702, 0x8D41, 0x8CA7
TEXTURE_WIDTH, TEXTURE_HEIGHT = 0x1000, 0x1001
RENDERBUFFER_WIDTH, RENDERBUFFER_HEIGHT = 0x8D42, 0x8D43
TEXTURE_MAG_FILTER, TEXTURE_MIN_FILTER, TEXTURE_MAX_LEVEL = 0x2800, 0x2801, 0x813D
MAX_TEXTURE_SIZE = 0x0D33
RGBA, BGRA, UNSIGNED_BYTE = 0x1908, 0x80E1, 0x1401
R8, RGBA8, SRGB8_ALPHA8, SRGB = 0x8229, 0x8058, 0x8C43, 0x8C40
INT, UNSIGNED_INT = 0x1404, 0x1405

PIXEL_PACK_BUFFER, PIXEL_PACK_BUFFER_BINDING = 0x88EB, 0x88ED
PIXEL_UNPACK_BUFFER, PIXEL_UNPACK_BUFFER_BINDING = 0x88EC, 0x88EF
PACK_SWAP_BYTES, PACK_LSB_FIRST, PACK_ALIGNMENT = 0x0D00, 0x0D01, 0x0D05
PACK_ROW_LENGTH, PACK_SKIP_ROWS, PACK_SKIP_PIXELS = 0x0D02, 0x0D03, 0x0D04
STREAM_READ = 0x88E1
MAP_READ_BIT, MAP_PERSISTENT_BIT, MAP_COHERENT_BIT, CLIENT_STORAGE_BIT = 0x0001, 0x0040, 0x0080, 0x0200
SYNC_GPU_COMMANDS_COMPLETE, SYNC_FLUSH_COMMANDS_BIT = 0x9117, 0x0001
ALREADY_SIGNALED, TIMEOUT_EXPIRED, CONDITION_SATISFIED, WAIT_FAILED = 0x911A, 0x911B, 0x911C, 0x911D

COMPUTE_SHADER, CLIENT_MAPPED_BUFFER_BARRIER_BIT = 0x91B9, 0x4000
SHADER_STORAGE_BUFFER, SHADER_STORAGE_BUFFER_BINDING = 0x90D2, 0x90D3
SHADER_STORAGE_BUFFER_START, SHADER_STORAGE_BUFFER_SIZE = 0x90D4, 0x90D5
MAX_SHADER_STORAGE_BUFFER_BINDINGS, MAX_SHADER_STORAGE_BLOCK_SIZE = 0x90DD, 0x90DE
MAX_IMAGE_UNITS, READ_ONLY, WRITE_ONLY = 0x8F38, 0x88B8, 0x88B9
ALL_BARRIER_BITS = 0xFFFFFFFF
IMAGE_BINDING_NAME, IMAGE_BINDING_LEVEL, IMAGE_BINDING_LAYERED = 0x8F3A, 0x8F3B, 0x8F3C
IMAGE_BINDING_LAYER, IMAGE_BINDING_ACCESS, IMAGE_BINDING_FORMAT = 0x8F3D, 0x8F3E, 0x906E
TEXTURE_TARGET, TEXTURE_INTERNAL_FORMAT, TEXTURE_BASE_LEVEL = 0x1006, 0x1003, 0x813C

_COMPUTE_EXTENSIONS = frozenset(
    {
        "GL_ARB_compute_shader",
        "GL_ARB_shader_image_load_store",
        "GL_ARB_shader_storage_buffer_object",
        "GL_ARB_shading_language_420pack",
    }
)

_enum, _name, _bits = c_uint, c_uint, c_uint

# Calls that only set or read state keep the GIL (they take well under a microsecond); calls that may wait for the GPU or
# move pixels release it.
_QUICK: dict[str, tuple[Any, ...]] = {
    "GetString": (c_char_p, _enum),
    "GetStringi": (c_char_p, _enum, c_uint),
    "GetIntegerv": (None, _enum, c_void_p),
    "GetBooleanv": (None, _enum, c_void_p),
    "GetFloatv": (None, _enum, c_void_p),
    "ClearColor": (None, *[c_float] * 4),
    "IsEnabled": (c_ubyte, _enum),
    "Enable": (None, _enum),
    "Disable": (None, _enum),
    "ColorMask": (None, c_ubyte, c_ubyte, c_ubyte, c_ubyte),
    "ColorMaski": (None, c_uint, c_ubyte, c_ubyte, c_ubyte, c_ubyte),
    "PixelStorei": (None, _enum, c_int),
    "ReadBuffer": (None, _enum),
    "GenFramebuffers": (None, c_int, c_void_p),
    "BindFramebuffer": (None, _enum, _name),
    "CheckFramebufferStatus": (_enum, _enum),
    "FramebufferTexture2D": (None, _enum, _enum, _enum, _name, c_int),
    "GetFramebufferAttachmentParameteriv": (None, _enum, _enum, _enum, c_void_p),
    "GenTextures": (None, c_int, c_void_p),
    "BindTexture": (None, _enum, _name),
    "TexParameteri": (None, _enum, _enum, c_int),
    "GetTexLevelParameteriv": (None, _enum, c_int, _enum, c_void_p),
    "BindRenderbuffer": (None, _enum, _name),
    "GetRenderbufferParameteriv": (None, _enum, _enum, c_void_p),
    "GenRenderbuffers": (None, c_int, c_void_p),
    "FramebufferRenderbuffer": (None, _enum, _enum, _enum, _name),
    "Viewport": (None, *[c_int] * 4),
    "Scissor": (None, *[c_int] * 4),
    "ScissorIndexed": (None, c_uint, *[c_int] * 4),
    "Enablei": (None, _enum, c_uint),
    "Disablei": (None, _enum, c_uint),
    "PolygonMode": (None, _enum, _enum),
    "ActiveTexture": (None, _enum),
    "BindSampler": (None, c_uint, _name),
    "GenVertexArrays": (None, c_int, c_void_p),
    "BindVertexArray": (None, _name),
    "CreateShader": (_name, _enum),
    "ShaderSource": (None, _name, c_int, c_void_p, c_void_p),
    "AttachShader": (None, _name, _name),
    "GetShaderInfoLog": (None, _name, c_int, c_void_p, c_void_p),
    "DeleteShader": (None, _name),
    "CreateProgram": (_name,),
    "GetProgramInfoLog": (None, _name, c_int, c_void_p, c_void_p),
    "UseProgram": (None, _name),
    "GetUniformLocation": (c_int, _name, c_char_p),
    "Uniform1i": (None, c_int, c_int),
    "GenBuffers": (None, c_int, c_void_p),
    "BindBuffer": (None, _enum, _name),
    "BindBufferBase": (None, _enum, c_uint, _name),
    "BindBufferRange": (None, _enum, c_uint, _name, c_ssize_t, c_ssize_t),
    "GetInteger64i_v": (None, _enum, c_uint, c_void_p),
    "BindImageTexture": (None, c_uint, _name, c_int, c_ubyte, c_int, _enum, _enum),
    "GetNamedFramebufferAttachmentParameteriv": (None, _name, _enum, _enum, c_void_p),
    "GetTextureParameteriv": (None, _name, _enum, c_void_p),
    "GetTextureLevelParameteriv": (None, _name, c_int, _enum, c_void_p),
    "IsProgram": (c_ubyte, _name),
    "MemoryBarrier": (None, _bits),
    "FenceSync": (c_void_p, _enum, _bits),
    "DeleteSync": (None, c_void_p),
}
_BLOCKING: dict[str, tuple[Any, ...]] = {
    "Finish": (None,),
    "BlitFramebuffer": (None, *[c_int] * 8, _bits, _enum),
    "Clear": (None, _bits),
    "ClearBufferfv": (None, _enum, c_int, ctypes.POINTER(c_float)),
    "ReadPixels": (None, *[c_int] * 4, _enum, _enum, c_void_p),
    "TexImage2D": (None, _enum, *[c_int] * 5, _enum, _enum, c_void_p),
    "RenderbufferStorageMultisample": (None, _enum, c_int, _enum, c_int, c_int),
    "DrawArrays": (None, _enum, c_int, c_int),
    "CompileShader": (None, _name),
    "GetShaderiv": (None, _name, _enum, c_void_p),
    "LinkProgram": (None, _name),
    "GetProgramiv": (None, _name, _enum, c_void_p),
    "DeleteProgram": (None, _name),
    "DeleteVertexArrays": (None, c_int, c_void_p),
    "DeleteFramebuffers": (None, c_int, c_void_p),
    "DeleteRenderbuffers": (None, c_int, c_void_p),
    "DeleteTextures": (None, c_int, c_void_p),
    "DeleteBuffers": (None, c_int, c_void_p),
    "BufferData": (None, _enum, c_ssize_t, c_void_p, _enum),
    "BufferStorage": (None, _enum, c_ssize_t, c_void_p, _bits),
    "MapBufferRange": (c_void_p, _enum, c_ssize_t, c_ssize_t, _bits),
    "UnmapBuffer": (c_ubyte, _enum),
    "DispatchCompute": (None, c_uint, c_uint, c_uint),
    "ClientWaitSync": (_enum, c_void_p, _bits, c_uint64),
}


_SOFTWARE = re.compile(r"llvmpipe|softpipe|swrast|SWR|SwiftShader|Apple Software|GDI Generic")


class GL:
    """The entry points of one context. Belongs to the thread in which the context is current.

    Functions are attributes under OpenGL's name without `gl`: `gl.BindFramebuffer(target, name)`.
    """

    def __init__(self, context: NativeContext) -> None:
        """Resolve all entry points.

        Raises:
            CaptureError: the context is older than OpenGL 3.0 or OpenGL ES 3.0.

        """
        self.context = context
        self._integers, self._indexed = (c_int * 16)(), c_int64()
        for prototype, table in ((ctypes.PYFUNCTYPE, _QUICK), (ctypes.CFUNCTYPE, _BLOCKING)):
            for name, (result, *arguments) in table.items():
                address = context.api.get_proc_address(b"gl" + name.encode())
                setattr(self, name, prototype(result, *arguments)(address) if address else None)
        self.vendor: str = self._string(VENDOR)
        self.renderer: str = self._string(RENDERER)
        self.version_text: str = self.driver_text()
        self.is_software: bool = _SOFTWARE.search(self.renderer) is not None
        """Whether the renderer draws on the CPU."""
        self.es: bool = self.version_text.startswith("OpenGL ES")
        self.version: tuple[int, int] = self._parse_version()
        if self.version < (3, 0):
            raise CaptureError(
                f"glrec needs OpenGL 3.0 or OpenGL ES 3.0; this context is {self.version_text!r} on {self.renderer!r}. "
                "Ask the framework for a newer context."
            )
        self.extensions: frozenset[Any] = frozenset(
            self.GetStringi(EXTENSIONS, index).decode() for index in range(self.integer(NUM_EXTENSIONS))
        )

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"gl{name} is not among the entry points that glrec uses")

    @property
    def has_buffer_storage(self) -> bool:
        """Whether buffers can stay mapped while the GPU writes to them (OpenGL 4.4 or ARB_buffer_storage)."""
        by_version = not self.es and self.version >= (4, 4)
        return self.BufferStorage is not None and (by_version or "GL_ARB_buffer_storage" in self.extensions)

    @property
    def has_compute(self) -> bool:
        """Whether compute shaders can write to buffers.

        OpenGL 4.3 lists these extensions, and so do contexts of 3.3 that drivers make for programs that asked for no more.
        """
        return not self.es and self.extensions >= _COMPUTE_EXTENSIONS

    @property
    def has_direct_state_access(self) -> bool:
        """Whether framebuffers and textures can be asked without binding them (OpenGL 4.5 or ARB_direct_state_access)."""
        return not self.es and "GL_ARB_direct_state_access" in self.extensions

    @property
    def has_indexed_color_mask(self) -> bool:
        """Whether glColorMaski can be called (OpenGL 3.0, OpenGL ES 3.2); EGL gives an address for it in any case."""
        return self.ColorMaski is not None and (not self.es or self.version >= (3, 2))

    def integer(self, name: int) -> int:
        """Return glGetIntegerv of a name that has one value."""
        self.GetIntegerv(name, self._integers)
        return int(self._integers[0])

    def indexed_integer(self, name: int, index: int) -> int:
        """Return glGetInteger64i_v of a name that has one value for each index."""
        self.GetInteger64i_v(name, index, ctypes.byref(self._indexed))
        return self._indexed.value

    def integers(self, name: int, count: int) -> tuple[int, ...]:
        """Return the first `count` values of glGetIntegerv."""
        self.GetIntegerv(name, self._integers)
        return tuple(self._integers[:count])

    def generate(self, generator: str) -> int:
        """Return one new name, as of `generate("GenTextures")`."""
        name = c_uint()
        getattr(self, generator)(1, ctypes.byref(name))
        return name.value

    def delete(self, deleter: str, name: int) -> None:
        """Delete one object, as of `delete("DeleteTextures", name)`."""
        getattr(self, deleter)(1, ctypes.byref(c_uint(name)))

    def driver_text(self) -> str:
        """Return GL_VERSION of the context that is current now."""
        return self._string(VERSION)

    def _string(self, name: int) -> str:
        text: bytes | None = self.GetString(name)
        return (text or b"").decode(errors="replace")

    def _parse_version(self) -> tuple[int, int]:
        found = re.search(r"(\d+)\.(\d+)", self.version_text)
        return (int(found[1]), int(found[2])) if found else (0, 0)


_last = threading.local()


def current_gl() -> GL:
    """Return the entry points of the context that is current in this thread; resolving them takes 0.4 ms, once.

    Raises:
        CaptureError: no context is current, or it is too old.

    """
    context = current_context()
    known: GL | None = getattr(_last, "gl", None)
    # A handle may be given out again to another context, so the driver's own word is asked for as well.
    if known is not None and known.context == context and known.driver_text() == known.version_text:
        return known
    if context is None:
        raise CaptureError(
            "no OpenGL context is current in this thread; make the window's context current, "
            "or call glrec from where the program draws"
        )
    gl = _last.gl = GL(context)
    return gl
