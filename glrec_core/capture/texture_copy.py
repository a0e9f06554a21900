"""Copies one texture into another by a compute pass.

A blit draws, which data-centre GPUs do slowly: on an H200 a blit of a 4K picture takes 0.66 ms, ten times what its memory
would allow.
"""

from __future__ import annotations

from glrec_core.gl import functions as g
from glrec_core.gl.functions import GL
from glrec_core.gl.shaders import build_program
from glrec_core.gl.state import ImageState
from glrec_core.values.frame import Size

_GROUP, _BLOCK = Size(8, 8), Size(4, 2)
"""Threads of a work group, and pixels of each thread, a group's size apart.

All of a thread's loads are under way before its first store. Measured on an H200 (2026-11): 19 us for a 4K picture, as CUDA
takes for a copy of as many bytes; one pixel a thread in rows of 32 takes 29, two by two pixels 22.
"""

# Extensions rather than `#version 430`: a driver may make a context of no higher version than the program asked for.
_SHADER = """#version 330
#extension GL_ARB_compute_shader : require
#extension GL_ARB_shader_image_load_store : require
#extension GL_ARB_shading_language_420pack : require
layout(local_size_x = {group.width}, local_size_y = {group.height}) in;
layout(binding = {source}, rgba8) readonly restrict uniform image2D source;
layout(binding = {target}, rgba8) writeonly restrict uniform image2D target;
const ivec2 group = ivec2({group.width}, {group.height}), block = ivec2({block.width}, {block.height});
void main() {{
    ivec2 first = ivec2(gl_WorkGroupID.xy) * group * block + ivec2(gl_LocalInvocationID.xy);
    vec4 pixels[{block.width} * {block.height}];
    // Loads beyond the picture give 0 and stores there do nothing (OpenGL 4.6, section 8.26).
    for (int i = 0; i < pixels.length(); i++) {{
        pixels[i] = imageLoad(source, first + group * ivec2(i % block.x, i / block.x));
    }}
    for (int i = 0; i < pixels.length(); i++) {{
        imageStore(target, first + group * ivec2(i % block.x, i / block.x), pixels[i]);
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
        text = _SHADER.format(group=_GROUP, block=_BLOCK, source=source, target=target)
        self._program = build_program(gl, {g.COMPUTE_SHADER: text})
        across, down = _GROUP.width * _BLOCK.width, _GROUP.height * _BLOCK.height
        self._work_groups = -(-size.width // across), -(-size.height // down), 1

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
