"""Puts back every piece of GL state that a capture touches: glrec is a guest in somebody else's context."""

from __future__ import annotations

import ctypes
from types import TracebackType

from glrec_core.gl import functions as g
from glrec_core.gl.functions import GL

_BINDINGS = (g.DRAW_FRAMEBUFFER_BINDING, g.READ_FRAMEBUFFER_BINDING, g.PIXEL_PACK_BUFFER_BINDING)
_PACK_BUFFER = len(_BINDINGS) - 1
# PACK_SWAP_BYTES and PACK_LSB_FIRST are left alone: single bytes have no order to swap (OpenGL 4.6, section 18.2.8).
_PACK_DEFAULTS = (
    (g.PACK_ALIGNMENT, 4),  # rows of RGBA8 are always whole multiples of it
    (g.PACK_ROW_LENGTH, 0),
    (g.PACK_SKIP_ROWS, 0),
    (g.PACK_SKIP_PIXELS, 0),
)


class ReadState:
    """What blits and reads depend on: entering saves it and sets what a capture needs, leaving restores it.

    Touches the framebuffer bindings, scissor test, sRGB conversion, pixel pack buffer binding (none within) and pack
    parameters. One instance serves every frame of a context; it is not re-entrant. Each query costs some microseconds in
    a paced loop, where caches are cold, so only what is needed is asked for.
    """

    def __init__(self, gl: GL) -> None:
        self._gl = gl
        self._needed = [value for _, value in _PACK_DEFAULTS]
        self._capabilities = (g.SCISSOR_TEST,) if gl.es else (g.SCISSOR_TEST, g.FRAMEBUFFER_SRGB)
        self._was: list[int] = []
        self._enabled: list[int] = []
        names = [*_BINDINGS, *(name for name, _ in _PACK_DEFAULTS)]
        self._values = (ctypes.c_int * len(names))()
        at = ctypes.sizeof(ctypes.c_int)
        self._queries = [
            (name, ctypes.addressof(self._values) + at * index) for index, name in enumerate(names)
        ]

    def __enter__(self) -> None:
        gl, get = self._gl, self._gl.GetIntegerv
        for name, address in self._queries:
            get(name, address)
        self._was = self._values[:]
        self._enabled = [capability for capability in self._capabilities if gl.IsEnabled(capability)]
        for capability in self._enabled:
            gl.Disable(capability)
        if self._was[_PACK_BUFFER]:
            gl.BindBuffer(g.PIXEL_PACK_BUFFER, 0)
        if self._was[len(_BINDINGS) :] != self._needed:
            for name, need in _PACK_DEFAULTS:
                gl.PixelStorei(name, need)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        gl = self._gl
        draw, read, pack_buffer, *pack = self._was
        if pack != self._needed:
            for (name, _), was in zip(_PACK_DEFAULTS, pack, strict=True):
                gl.PixelStorei(name, was)
        for capability in self._enabled:
            gl.Enable(capability)
        gl.BindBuffer(g.PIXEL_PACK_BUFFER, pack_buffer)
        gl.BindFramebuffer(g.READ_FRAMEBUFFER, read)
        gl.BindFramebuffer(g.DRAW_FRAMEBUFFER, draw)


class SetupState:
    """What creating and clearing our own objects touches, beyond `ReadState`; used when a capture opens or resizes."""

    def __init__(self, gl: GL) -> None:
        self._gl = gl
        self._texture = self._unpack_buffer = 0
        self._discard = False
        self._mask = (ctypes.c_ubyte * 4)()

    def __enter__(self) -> None:
        gl = self._gl
        self._texture = gl.integer(g.TEXTURE_BINDING_2D)
        self._unpack_buffer = gl.integer(g.PIXEL_UNPACK_BUFFER_BINDING)
        self._discard = bool(gl.IsEnabled(g.RASTERIZER_DISCARD))
        gl.GetBooleanv(g.COLOR_WRITEMASK, self._mask)
        gl.BindBuffer(g.PIXEL_UNPACK_BUFFER, 0)
        gl.Disable(g.RASTERIZER_DISCARD)
        self._set_mask(1, 1, 1, 1)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        gl = self._gl
        self._set_mask(*self._mask)
        if self._discard:
            gl.Enable(g.RASTERIZER_DISCARD)
        gl.BindBuffer(g.PIXEL_UNPACK_BUFFER, self._unpack_buffer)
        gl.BindTexture(g.TEXTURE_2D, self._texture)

    def _set_mask(self, *mask: int) -> None:
        # ColorMask sets the masks of all draw buffers; ours is buffer 0, and the host's others are not ours to change.
        if self._gl.has_indexed_color_mask:
            self._gl.ColorMaski(0, *mask)
        else:
            self._gl.ColorMask(*mask)


_IMAGE_UNIT = (
    g.IMAGE_BINDING_NAME,
    g.IMAGE_BINDING_LEVEL,
    g.IMAGE_BINDING_LAYERED,
    g.IMAGE_BINDING_LAYER,
    g.IMAGE_BINDING_ACCESS,
    g.IMAGE_BINDING_FORMAT,
)
_NO_IMAGE = (0, 0, 0, 0, g.READ_ONLY, g.R8)
"""An image unit's initial state (OpenGL 4.6, table 23.45): without a texture the rest of it says nothing."""


class ImageState:
    """What a compute pass over images binds: a program, and `units`, the last ones of the driver, which hosts use least.

    Each query costs a third of a microsecond in every frame, so a unit without a texture is asked for nothing more.
    """

    def __init__(self, gl: GL, count: int) -> None:
        self._gl = gl
        end = gl.integer(g.MAX_IMAGE_UNITS)
        self.units: tuple[int, ...] = tuple(range(end - count, end))
        self._program = 0
        self._images: list[tuple[int, ...]] = []

    def __enter__(self) -> None:
        self._program = self._gl.integer(g.CURRENT_PROGRAM)
        self._images = [self._bound(unit) for unit in self.units]

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        gl = self._gl
        for unit, image in zip(self.units, self._images, strict=True):
            gl.BindImageTexture(unit, *image)
        # A program that the host deleted while it was in use went when another one took its place.
        program = self._program
        gl.UseProgram(program if program and gl.IsProgram(program) else 0)

    def _bound(self, unit: int) -> tuple[int, ...]:
        ask = self._gl.indexed_integer
        if not ask(g.IMAGE_BINDING_NAME, unit):
            return _NO_IMAGE
        return tuple(ask(name, unit) for name in _IMAGE_UNIT)


class ComputeState:
    """What a compute pass from an image to a buffer binds: a program, an image unit and a shader storage buffer.

    `image_unit` and `storage_slot` are the last ones that the driver has, which hosts use least.
    """

    def __init__(self, gl: GL) -> None:
        self._gl = gl
        self._images = ImageState(gl, 1)
        self.image_unit: int = self._images.units[0]
        self.storage_slot: int = gl.integer(g.MAX_SHADER_STORAGE_BUFFER_BINDINGS) - 1
        self._storage_buffer = 0
        self._slot = 0, 0, 0

    def __enter__(self) -> None:
        self._images.__enter__()
        self._storage_buffer = self._gl.integer(g.SHADER_STORAGE_BUFFER_BINDING)
        self._slot = self._bound_in_slot()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        gl = self._gl
        buffer, start, size_bytes = self._slot
        if size_bytes:
            gl.BindBufferRange(g.SHADER_STORAGE_BUFFER, self.storage_slot, buffer, start, size_bytes)
        else:  # none is bound, or the whole of one
            gl.BindBufferBase(g.SHADER_STORAGE_BUFFER, self.storage_slot, buffer)
        gl.BindBuffer(g.SHADER_STORAGE_BUFFER, self._storage_buffer)
        self._images.__exit__(kind, error, at)

    def _bound_in_slot(self) -> tuple[int, int, int]:
        """Return the buffer, and the start and size of its range; they are 0 where all of it, or nothing, is bound."""
        ask, slot = self._gl.indexed_integer, self.storage_slot
        buffer = ask(g.SHADER_STORAGE_BUFFER_BINDING, slot)
        if not buffer:
            return 0, 0, 0
        return buffer, ask(g.SHADER_STORAGE_BUFFER_START, slot), ask(g.SHADER_STORAGE_BUFFER_SIZE, slot)
