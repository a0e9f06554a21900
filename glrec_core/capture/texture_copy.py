"""Copies one texture into another by a compute pass.

A blit draws, which data-centre GPUs do slowly: on an H200 a blit of a 4K picture takes 0.66 ms, ten times what its memory
would allow.
"""

from __future__ import annotations

from glrec_core.frame import Size
from glrec_core.gl import functions as g
from glrec_core.gl.functions import GL
from glrec_core.gl.program import build_program
from glrec_core.gl.state import ImageState

_GROUP = Size(32, 8)
"""Threads of a work group, one for each pixel: 32 neighbours move 128 bytes in one go."""

# Extensions rather than `#version 430`: a driver may make a context of no higher version than the program asked for.
_SHADER = """#version 330
#extension GL_ARB_compute_shader : require
#extension GL_ARB_shader_image_load_store : require
#extension GL_ARB_shading_language_420pack : require
layout(local_size_x = {group.width}, local_size_y = {group.height}) in;
layout(binding = {source}, rgba8) readonly restrict uniform image2D source;
layout(binding = {target}, rgba8) writeonly restrict uniform image2D target;
void main() {{
    ivec2 at = ivec2(gl_GlobalInvocationID.xy);
    if (at.x < {size.width} && at.y < {size.height}) {{
        imageStore(target, at, imageLoad(source, at));
    }}
}}
"""


class TextureCopy:
    """A program that copies RGBA8 textures of one size, values unchanged. Needs compute shaders."""

    def __init__(self, gl: GL, size: Size) -> None:
        """Build the program.

        Raises:
            CaptureError: the driver refuses it.

        """
        self._gl = gl
        self._state = ImageState(gl, 2)
        source, target = self._state.units
        text = _SHADER.format(group=_GROUP, size=size, source=source, target=target)
        self._program = build_program(gl, {g.COMPUTE_SHADER: text})
        self._work_groups = -(-size.width // _GROUP.width), -(-size.height // _GROUP.height), 1

    def copy(self, source: int, target: int) -> None:
        """Copy level 0 of the texture `source` into that of `target`, for whoever reads it next, by whatever means."""
        gl, (source_unit, target_unit) = self._gl, self._state.units
        with self._state:
            gl.UseProgram(self._program)
            gl.BindImageTexture(source_unit, source, 0, 0, 0, g.READ_ONLY, g.RGBA8)
            gl.BindImageTexture(target_unit, target, 0, 0, 0, g.WRITE_ONLY, g.RGBA8)
            gl.DispatchCompute(*self._work_groups)
            gl.MemoryBarrier(g.ALL_BARRIER_BITS)

    def delete(self) -> None:
        """Delete the program."""
        self._gl.DeleteProgram(self._program)
        self._program = 0
