"""Waves, drawn off screen by moderngl as fast as they can be encoded; frame n is shown at exactly n / 30 s.

python moderngl_offline.py [film.mp4]
"""

import sys

import moderngl

from glrec_integrations.moderngl import OfflineFrame, recorded

TRIANGLE = "#version 330\nvoid main() { gl_Position = vec4(gl_VertexID % 2 * 4 - 1, gl_VertexID / 2 * 4 - 1, 0, 1); }"
WAVES = """
#version 330
uniform float seconds;
out vec4 color;

void main() {
    vec2 at = gl_FragCoord.xy / 60;
    float height = sin(at.x + 2 * seconds) + sin(length(at - 3) - 3 * seconds);
    color = vec4(0.5 + 0.2 * height, 0.4, 0.6 - 0.2 * height, 1);
}
"""
path = sys.argv[1] if len(sys.argv) > 1 else "moderngl_offline.mp4"


@recorded(path, size=(640, 360), fps=30, frames=90, overwrite=True)
def render(ctx: moderngl.Context, frame: OfflineFrame) -> None:
    if frame.index == 0:
        ctx.extra = ctx.vertex_array(ctx.program(vertex_shader=TRIANGLE, fragment_shader=WAVES), [])
    ctx.extra.program["seconds"] = frame.time_seconds
    ctx.extra.render(vertices=3)


print(render())
