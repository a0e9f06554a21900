"""A framebuffer to draw into and a quad that shows a texture, for programs that bring no framework.

The recorder does not need them. Both work in any context of OpenGL 3.0+ or OpenGL ES 3.0+, beside any other library.
"""

from glrec_core.drawing.framebuffer import FrameBuffer
from glrec_core.drawing.quad import Quad

__all__ = ["FrameBuffer", "Quad"]
