"""A framebuffer to draw into and a quad that shows a texture, for programs that bring no framework.

The recorder does not need them. Both work in any context of OpenGL 3.0+ or OpenGL ES 3.0+, beside any other library.
"""

import warnings
from typing import Any

from glrec_core.drawing.framebuffer import OffscreenFramebuffer
from glrec_core.drawing.quad import Quad

__all__ = ["OffscreenFramebuffer", "Quad"]


def __getattr__(name: str) -> Any:
    if name != "FrameBuffer":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    warnings.warn(
        f"{__name__}.FrameBuffer is now named OffscreenFramebuffer", DeprecationWarning, stacklevel=2
    )
    return OffscreenFramebuffer
