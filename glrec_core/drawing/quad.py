"""Shows a texture: the recorder's preview in a window, or a framebuffer's picture in another one."""

from __future__ import annotations

from glrec_core.drawing.state import check_usable, plain_drawing
from glrec_core.gl import functions as g
from glrec_core.gl.functions import GL, current_gl
from glrec_core.gl.shaders import build_program

_VERTEX = """
uniform bool flip;
out vec2 place;

void main() {
    vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1);
    place = vec2(corner.x, flip ? 1.0 - corner.y : corner.y);
    gl_Position = vec4(2.0 * corner - 1.0, 0.0, 1.0);
}
"""
_FRAGMENT = """
uniform sampler2D picture;
in vec2 place;
out vec4 color;

void main() {
    color = texture(picture, place);
}
"""


class Quad:
    """A rectangle over the whole viewport, in the context that is current when it is made.

    For example:

        quad = Quad()
        quad.draw(recorder.texture_id)
    """

    def __init__(self) -> None:
        """Compile its shaders.

        Raises:
            CaptureError: no context is current, or the driver refuses the shaders.

        """
        gl = self._gl = current_gl()
        header = _glsl_header(gl)
        shaders = {g.VERTEX_SHADER: header + _VERTEX, g.FRAGMENT_SHADER: header + _FRAGMENT}
        self._program = build_program(gl, shaders)
        self._flip = gl.GetUniformLocation(self._program, b"flip")
        self._vertex_array = gl.generate("GenVertexArrays")

    def draw(self, texture_id: int, *, flip: bool = False) -> None:
        """Draw a 2-D texture over the viewport of the bound framebuffer; all other GL state stays as it is.

            quad.draw(recorder.texture_id)
            quad.draw(picture_id, flip=True)

        All four channels are copied, filtered as the texture says. `flip` turns the rows upside down, for textures whose
        first row is the top; those of glrec begin at the bottom, as OpenGL's do.

        Raises:
            ClosedError: it is closed.
            CaptureError: its context is not current.

        """
        gl = self._gl
        check_usable(gl, "Quad.draw()", closed=self._program == 0)
        with plain_drawing(gl):
            gl.UseProgram(self._program)
            gl.Uniform1i(self._flip, flip)
            gl.BindVertexArray(self._vertex_array)
            gl.BindTexture(g.TEXTURE_2D, texture_id)
            gl.DrawArrays(g.TRIANGLE_STRIP, 0, 4)

    def close(self) -> None:
        """Delete all GL objects; if its context is not current, leave them to the context's end. Safe to call twice.

        For example:

            quad = Quad()
            quad.close()
        """
        if self._program and self._gl.context.is_current():
            self._gl.DeleteProgram(self._program)
            self._gl.delete("DeleteVertexArrays", self._vertex_array)
        self._program = self._vertex_array = 0


def _glsl_header(gl: GL) -> str:
    """Return the first lines of a shader: the oldest GLSL that is sure to be there; core profiles have none below 1.50."""
    if gl.es:
        return "#version 300 es\nprecision highp float;\nprecision highp sampler2D;\n"
    return "#version 150\n" if gl.version >= (3, 2) else "#version 130\n"
