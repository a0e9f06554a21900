"""The red dot that says "recording" on the screen: drawn when the frame has been read, so that it is in no file.

It is made of cleared rectangles. They need no shader, no buffer and no texture, hence there is little state to put back.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from math import cos, radians, sin

from glrec_core.gl import functions as g
from glrec_core.gl.functions import GL
from glrec_core.gl.state import ReadState, SetupState
from glrec_core.values.frame import Framebuffer, Size

_RED = (ctypes.c_float * 4)(1.0, 0.0, 0.0, 1.0)  # 0 and 1 are the same in sRGB
_PARTS = 30
"""How many times the dot's diameter goes into the picture's height."""
_LEAST = 10
_ANGLES = (15, 30, 45, 60, 75)


class RecordingDot:
    """Draws into framebuffers of one context, in the upper left corner."""

    def __init__(self, gl: GL) -> None:
        self._gl = gl
        self._read_state, self._setup_state = ReadState(gl), SetupState(gl)
        self._clear_color = (ctypes.c_float * 4)()
        # The arrays of viewports (OpenGL 4.1) have a scissor box each, and a clear heeds the first one's.
        self._indexed = not gl.es and gl.version >= (4, 1)

    def draw(self, target: Framebuffer) -> None:
        """Draw the dot; nothing of the host's state changes but these pixels."""
        gl = self._gl
        with self._read_state, self._setup_state:
            gl.BindFramebuffer(g.DRAW_FRAMEBUFFER, target.name)
            box = gl.integers(g.SCISSOR_BOX, 4)
            self._enable()
            for part in _rectangles(target.size):
                self._scissor(*part)
                self._clear(target)
            self._scissor(*box)
            self._disable()

    def _clear(self, target: Framebuffer) -> None:
        """Fill the scissor box: of a framebuffer object only the first colour buffer, which is the one that is recorded.

        Of a default framebuffer it is the one that the host draws to; Mesa's pbuffers do not clear that by its number.
        """
        gl = self._gl
        if target.name:
            gl.ClearBufferfv(g.COLOR, 0, _RED)
            return
        gl.GetFloatv(g.COLOR_CLEAR_VALUE, self._clear_color)
        gl.ClearColor(*_RED)
        gl.Clear(g.COLOR_BUFFER_BIT)
        gl.ClearColor(*self._clear_color)

    def _enable(self) -> None:
        if self._indexed:
            self._gl.Enablei(g.SCISSOR_TEST, 0)
        else:
            self._gl.Enable(g.SCISSOR_TEST)

    def _disable(self) -> None:
        if self._indexed:
            self._gl.Disablei(g.SCISSOR_TEST, 0)
        else:
            self._gl.Disable(g.SCISSOR_TEST)

    def _scissor(self, x: int, y: int, width: int, height: int) -> None:
        if self._indexed:
            self._gl.ScissorIndexed(0, x, y, width, height)
        else:
            self._gl.Scissor(x, y, width, height)


def _rectangles(size: Size) -> Iterator[tuple[int, int, int, int]]:
    """Yield x, y, width and height of the rectangles that make a disc, all around one centre; y counts from below."""
    diameter = max(_LEAST, size.height // _PARTS)
    x, y = diameter, size.height - diameter  # the centre: half a diameter from both borders
    for degrees in _ANGLES:
        width, height = (round(diameter / 2 * side(radians(degrees))) for side in (cos, sin))
        yield x - width, y - height, 2 * width, 2 * height
