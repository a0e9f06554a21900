"""A ring of pixel buffers: glReadPixels of RGBA, which every context from OpenGL 3.0 on can do without waiting."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from glrec_core.capture.buffer_ring import BufferRing
from glrec_core.capture.ring import ReadSource
from glrec_core.gl import functions as g
from glrec_core.gl.functions import GL
from glrec_core.values.frame import FrameSpec, PixelFormat, Size


class PixelBufferRing(BufferRing):
    """RGBA frames. All methods are called within `ReadState`; only a frame's release is not."""

    reads_textures = False
    latency = 2
    """Frames that may still be read when the next one is drawn; a GPU works that far behind its program."""

    def __init__(self, gl: GL, size: Size, slots: int) -> None:
        """Create the buffers.

        Raises:
            CaptureError: the driver cannot make or map them.

        """
        super().__init__(gl, FrameSpec(size, PixelFormat.RGBA), size.width * size.height * 4, slots)

    def _write(self, _: ReadSource, buffer: int) -> None:
        gl = self._gl
        gl.BindBuffer(g.PIXEL_PACK_BUFFER, buffer)
        gl.ReadPixels(0, 0, *self.spec.size, g.RGBA, g.UNSIGNED_BYTE, None)

    def _planes(self, memory: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], ...]:
        """Return (height, width, 4) with row 0 the top: a view with reversed rows."""
        width, height = self.spec.size
        return (memory.reshape(height, width, 4)[::-1],)
