"""glrec's own clip, drawn by OpenGL: the numbered test picture, with a box that moves, for an encoder to follow.

The box runs along the lower edge, where nothing reads the picture.
"""

from __future__ import annotations

import ctypes
from typing import Self

from glrec_core.drawing import OffscreenFramebuffer
from glrec_core.gl import functions as g
from glrec_core.gl.functions import current_gl
from glrec_core.values.frame import Framebuffer, Size
from glrec_core.verify.pattern import Rectangle, rectangles

_BOX_SHARE = 16  # its sides are a sixteenth of the picture's height
_STEP_PIXELS = 4
_LIGHT_GREY = (220, 220, 220)


class Clip:
    """Draws the clip's pictures into a framebuffer of its own, in the context that is current. Closed by its block.

    Raises:
        ConfigError: the size cannot be had.
        CaptureError: no context is current.

    """

    def __init__(self, size: Size) -> None:
        self._gl = current_gl()
        self._framebuffer = OffscreenFramebuffer(size, depth=False)
        self._size = size

    def draw(self, number: int) -> Framebuffer:
        """Draw picture `number` and return where it is; raises ValueError as `pattern.rectangles` does."""
        gl = self._gl
        with self._framebuffer:
            gl.Enable(g.SCISSOR_TEST)
            for left, top, width, height, rgb in (*rectangles(self._size, number), self._box(number)):
                gl.Scissor(left, self._size.height - top - height, width, height)  # OpenGL counts from below
                gl.ClearBufferfv(g.COLOR, 0, (ctypes.c_float * 4)(*(each / 255 for each in rgb), 1.0))
            gl.Disable(g.SCISSOR_TEST)
        return self._framebuffer.framebuffer

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._framebuffer.close()

    def _box(self, number: int) -> Rectangle:
        width, height = self._size
        side = height // _BOX_SHARE
        return Rectangle(number * _STEP_PIXELS % (width - side), height - side, side, side, _LIGHT_GREY)
