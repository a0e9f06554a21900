"""Textures to draw into, and what can be learnt of a framebuffer without raising a GL error."""

from __future__ import annotations

import ctypes

from glrec_core.errors import CaptureError, ConfigError
from glrec_core.gl import functions as g
from glrec_core.gl.functions import GL, current_gl
from glrec_core.values.checks import shown, whole_number
from glrec_core.values.frame import Framebuffer, Size

_ATTACHED = (
    (g.FRAMEBUFFER_ATTACHMENT_OBJECT_TYPE, g.TEXTURE),
    (g.FRAMEBUFFER_ATTACHMENT_TEXTURE_LEVEL, 0),
)
_PLAIN = (
    (g.TEXTURE_TARGET, {g.TEXTURE_2D}),
    (g.TEXTURE_MIN_FILTER, {g.NEAREST, g.LINEAR}),
    (g.TEXTURE_BASE_LEVEL, {0}),
)
_BLACK = (ctypes.c_float * 4)(0.0, 0.0, 0.0, 1.0)
_TRANSPARENT = (ctypes.c_float * 4)(0.0, 0.0, 0.0, 0.0)


class ColorTarget:
    """A texture of 8 bits a channel with a framebuffer around it: a name that `make` gives memory.

    Make, clear and delete it within `SetupState` and `ReadState`.
    """

    def __init__(self, gl: GL, size: Size, *, srgb: bool = False) -> None:
        """Take a name for the texture."""
        self._gl = gl
        self._srgb = srgb
        self.size = size
        self.texture: int = gl.generate("GenTextures")
        self.framebuffer: int = 0

    def make(self) -> None:
        """Create the texture, if that has not been done yet.

        Raises:
            CaptureError: the driver cannot make a texture of this size.

        """
        if self.framebuffer:
            return
        try:
            self._make()
        except BaseException:
            self.delete()
            raise

    def _make(self) -> None:
        gl, size = self._gl, self.size
        gl.BindTexture(g.TEXTURE_2D, self.texture)
        internal_format = g.SRGB8_ALPHA8 if self._srgb else g.RGBA8
        gl.TexImage2D(g.TEXTURE_2D, 0, internal_format, *size, 0, g.RGBA, g.UNSIGNED_BYTE, None)
        for name, value in (
            (g.TEXTURE_MIN_FILTER, g.LINEAR),
            (g.TEXTURE_MAG_FILTER, g.LINEAR),
            (g.TEXTURE_MAX_LEVEL, 0),
        ):
            gl.TexParameteri(g.TEXTURE_2D, name, value)
        self.framebuffer = gl.generate("GenFramebuffers")
        gl.BindFramebuffer(g.FRAMEBUFFER, self.framebuffer)
        gl.FramebufferTexture2D(g.FRAMEBUFFER, g.COLOR_ATTACHMENT0, g.TEXTURE_2D, self.texture, 0)
        status = gl.CheckFramebufferStatus(g.FRAMEBUFFER)
        if status != g.FRAMEBUFFER_COMPLETE:
            raise CaptureError(
                f"the driver ({gl.renderer}) cannot make a {size} texture to draw into (status {status:#x}); "
                f"its largest side is {gl.integer(g.MAX_TEXTURE_SIZE)}"
            )

    def clear(self, *, opaque: bool = True) -> None:
        """Fill with black, opaque or fully transparent."""
        self._gl.BindFramebuffer(g.DRAW_FRAMEBUFFER, self.framebuffer)
        self._gl.ClearBufferfv(g.COLOR, 0, _BLACK if opaque else _TRANSPARENT)

    def delete(self) -> None:
        """Delete both objects; safe to call twice."""
        if self.framebuffer:
            self._gl.delete("DeleteFramebuffers", self.framebuffer)
        if self.texture:
            self._gl.delete("DeleteTextures", self.texture)
        self.framebuffer = self.texture = 0


def color_buffer(gl: GL, framebuffer: int) -> int:
    """Return the colour buffer of `framebuffer` that holds the finished picture; it must be bound for drawing."""
    if framebuffer != 0:
        return g.COLOR_ATTACHMENT0
    # GL_DOUBLEBUFFER belongs to the bound draw framebuffer; OpenGL ES names its one buffer BACK in any case.
    if gl.es or gl.integer(g.DOUBLEBUFFER):
        return g.BACK
    # NVIDIA calls the one buffer of an EGL pbuffer BACK, Mesa calls it FRONT.
    return g.BACK if gl.integer(g.DRAW_BUFFER) in {g.BACK, g.BACK_LEFT} else g.FRONT


def attachment_parameter(gl: GL, framebuffer: int, parameter: int) -> int:
    """Return a glGetFramebufferAttachmentParameteriv of the colour buffer; `framebuffer` must be bound and complete."""
    attachment = color_buffer(gl, framebuffer)
    if framebuffer == 0 and not gl.es:
        attachment = g.BACK_LEFT if attachment == g.BACK else g.FRONT_LEFT
    value = ctypes.c_int()
    gl.GetFramebufferAttachmentParameteriv(g.DRAW_FRAMEBUFFER, attachment, parameter, ctypes.byref(value))
    return value.value


def plain_texture(gl: GL, framebuffer: int) -> int:
    """Return the name of the RGBA8 texture that a framebuffer draws into, or 0 if it draws into anything else.

    That is level 0 of a two-dimensional texture, which a shader can load from as it is: not one whose filter asks for
    mipmaps, since drivers refuse to load from a texture that has not all of them (seen on NVIDIA's). `framebuffer` need
    not be bound, and nothing is bound to find out.
    """
    if framebuffer == 0 or not gl.has_direct_state_access:
        return 0
    value = ctypes.c_int()
    address = ctypes.addressof(value)
    attached = gl.GetNamedFramebufferAttachmentParameteriv
    for parameter, accepted_value in _ATTACHED:
        attached(framebuffer, g.COLOR_ATTACHMENT0, parameter, address)
        if value.value != accepted_value:
            return 0
    attached(framebuffer, g.COLOR_ATTACHMENT0, g.FRAMEBUFFER_ATTACHMENT_OBJECT_NAME, address)
    texture = value.value
    for parameter, accepted in _PLAIN:
        gl.GetTextureParameteriv(texture, parameter, address)
        if value.value not in accepted:
            return 0
    gl.GetTextureLevelParameteriv(texture, 0, g.TEXTURE_INTERNAL_FORMAT, address)
    return texture if value.value == g.RGBA8 else 0


def as_framebuffer(source: object) -> Framebuffer:
    """Return what a program says that its frame is in, in the one form: numbers of other libraries are taken.

    Raises:
        ConfigError: it is no `Framebuffer`, or not of a name and a size.

    """
    if type(source) is Framebuffer and type(source.name) is int and type(source.size) is Size:
        width, height = source.size
        if type(width) is type(height) is int and source.name >= 0 <= min(width, height):
            return source
    if not isinstance(source, Framebuffer):
        raise ConfigError(f"frame_drawn({shown(source)}): {_instead(source)}")
    try:
        width, height = source.size
    except (TypeError, ValueError) as error:
        raise ConfigError(f"size={shown(source.size)} of a framebuffer must be (width, height)") from error
    size = Size(*(whole_number(name, side, 0) for name, side in (("width", width), ("height", height))))
    return Framebuffer(whole_number("name", source.name, 0), size)


def _instead(source: object) -> str:
    """Return what to do with what is no `Framebuffer`."""
    if hasattr(source, "glo") and hasattr(source, "size"):
        return (
            "for a framebuffer of moderngl give Framebuffer(framebuffer.glo, Size(*framebuffer.size)), or record by "
            "glrec_integrations.moderngl.record, whose frame(framebuffer) takes it as it is"
        )
    if isinstance(getattr(source, "framebuffer", None), Framebuffer):
        return "for a OffscreenFramebuffer of glrec_core.drawing give its .framebuffer, or .resolve() of a multisampled one"
    return "give Framebuffer(name, Size(width, height)), name being that of OpenGL, or what bound_framebuffer() returns"


def bound_framebuffer() -> Framebuffer:
    """Return the framebuffer that is bound for drawing in the current context, with its size.

        framebuffer = bound_framebuffer()
        print(framebuffer.name, framebuffer.size)

    The size is the colour attachment's; of the default framebuffer, whose size OpenGL does not tell, the viewport's.

    Raises:
        CaptureError: no context is current, or the bound framebuffer has no colour attachment.

    """
    gl = current_gl()
    name = gl.integer(g.DRAW_FRAMEBUFFER_BINDING)
    if name == 0:
        x, y, width, height = gl.integers(g.VIEWPORT, 4)
        return Framebuffer(0, Size(x + width, y + height))
    if gl.CheckFramebufferStatus(g.DRAW_FRAMEBUFFER) != g.FRAMEBUFFER_COMPLETE:
        raise CaptureError(
            f"the bound framebuffer {name} is not complete; attach a colour texture or renderbuffer to it"
        )
    kind = attachment_parameter(gl, name, g.FRAMEBUFFER_ATTACHMENT_OBJECT_TYPE)
    if kind == g.RENDERBUFFER:
        return Framebuffer(name, _renderbuffer_size(gl, _attached(gl, name)))
    if kind == g.TEXTURE:
        return Framebuffer(name, _texture_size(gl, name))
    raise CaptureError(f"the bound framebuffer {name} has no colour attachment 0")


def _attached(gl: GL, framebuffer: int) -> int:
    return attachment_parameter(gl, framebuffer, g.FRAMEBUFFER_ATTACHMENT_OBJECT_NAME)


def _renderbuffer_size(gl: GL, renderbuffer: int) -> Size:
    bound = gl.integer(g.RENDERBUFFER_BINDING)
    gl.BindRenderbuffer(g.RENDERBUFFER, renderbuffer)
    values = [ctypes.c_int(), ctypes.c_int()]
    for value, parameter in zip(values, (g.RENDERBUFFER_WIDTH, g.RENDERBUFFER_HEIGHT), strict=True):
        gl.GetRenderbufferParameteriv(g.RENDERBUFFER, parameter, ctypes.byref(value))
    gl.BindRenderbuffer(g.RENDERBUFFER, bound)
    return Size(values[0].value, values[1].value)


def _texture_size(gl: GL, framebuffer: int) -> Size:
    if gl.GetTexLevelParameteriv is None:
        raise CaptureError(
            "this OpenGL ES context does not tell a texture's size; pass the framebuffer's size"
        )
    multisampled = gl.integer(g.SAMPLES) > 0
    target = g.TEXTURE_2D_MULTISAMPLE if multisampled else g.TEXTURE_2D
    bound = gl.integer(g.TEXTURE_BINDING_2D_MULTISAMPLE if multisampled else g.TEXTURE_BINDING_2D)
    level = attachment_parameter(gl, framebuffer, g.FRAMEBUFFER_ATTACHMENT_TEXTURE_LEVEL)
    gl.BindTexture(target, _attached(gl, framebuffer))
    values = [ctypes.c_int(), ctypes.c_int()]
    for value, parameter in zip(values, (g.TEXTURE_WIDTH, g.TEXTURE_HEIGHT), strict=True):
        gl.GetTexLevelParameteriv(target, level, parameter, ctypes.byref(value))
    gl.BindTexture(target, bound)
    return Size(values[0].value, values[1].value)
