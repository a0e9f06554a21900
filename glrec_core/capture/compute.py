"""A ring of buffers that a compute pass writes NV12 into: 3/8 of the bytes of RGBA go to the host, converted already.

Measured on an H200 in a loop bound by the GPU, this adds less than half of what reading RGBA into pixel buffers does; on
a software renderer it would cost more than the conversion on the encode thread.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from glrec_core.capture.buffer_ring import BufferRing
from glrec_core.capture.nv12_shader import nv12_source, pitch_bytes, work_groups
from glrec_core.capture.ring import ReadSource
from glrec_core.errors import CaptureError
from glrec_core.gl import functions as g
from glrec_core.gl.functions import GL
from glrec_core.gl.shaders import build_program
from glrec_core.gl.state import ComputeState
from glrec_core.values.color import ColorSpace
from glrec_core.values.frame import FrameSpec, PixelFormat, Size


class ComputeRing(BufferRing):
    """NV12 frames of an even size. All methods are called within `ReadState`; only a frame's release is not."""

    reads_textures = True
    latency = 4
    """Frames that may still be read when the next one is drawn: more than a window's swap lets a program run ahead."""

    def __init__(self, gl: GL, size: Size, slots: int, *, color: ColorSpace) -> None:
        """Build the program and create the buffers; the context must have compute shaders.

        Raises:
            CaptureError: the driver refuses the shader, or cannot make or map the buffers.

        """
        frame_bytes = pitch_bytes(size.width) * size.height * 3 // 2
        _check_block_size(gl, size, frame_bytes)
        self._state = ComputeState(gl)
        self._program = build_program(gl, {g.COMPUTE_SHADER: nv12_source(size, color, self._state)})
        self._work_groups = work_groups(size)
        super().__init__(gl, FrameSpec(size, PixelFormat.NV12), frame_bytes, slots)

    def delete(self) -> None:
        """Delete the program and all buffers. Their memory goes with them, so no frame may be lent any more."""
        super().delete()
        self._gl.DeleteProgram(self._program)
        self._program = 0

    def _write(self, picture: ReadSource, buffer: int) -> None:
        gl = self._gl
        with self._state:
            gl.UseProgram(self._program)
            gl.BindImageTexture(self._state.image_unit, picture.texture, 0, 0, 0, g.READ_ONLY, g.RGBA8)
            gl.BindBufferBase(g.SHADER_STORAGE_BUFFER, self._state.storage_slot, buffer)
            gl.DispatchCompute(*self._work_groups)
            gl.MemoryBarrier(g.CLIENT_MAPPED_BUFFER_BARRIER_BIT)

    def _planes(self, memory: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], ...]:
        """Return luma (height, width) and chroma (height/2, width/2, 2), views whose rows are `pitch_bytes` apart."""
        width, height = self.spec.size
        rows = memory.reshape(height * 3 // 2, pitch_bytes(width))[:, :width]
        return rows[:height], rows[height:].reshape(height // 2, width // 2, 2)


def _check_block_size(gl: GL, size: Size, frame_bytes: int) -> None:
    largest = gl.integer(g.MAX_SHADER_STORAGE_BLOCK_SIZE)
    if frame_bytes > largest:
        raise CaptureError(
            f"a frame of {size} is {frame_bytes} bytes and the driver ({gl.renderer}) lets a shader write to {largest}; "
            "lower size="
        )
