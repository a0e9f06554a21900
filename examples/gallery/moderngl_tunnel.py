"""A shader, off screen: frame n is drawn for exactly n/30 s, however long that takes."""

import glrec

VERTEX = """#version 330
out vec2 p;
void main() { p = vec2[](vec2(-1), vec2(3, -1), vec2(-1, 3))[gl_VertexID]; gl_Position = vec4(p, 0, 1); }"""
FRAGMENT = """#version 330
in vec2 p; out vec4 color; uniform float t;
void main() {
    vec2 q = vec2(p.x * 1.78, p.y) + 0.25 * vec2(cos(1.57 * t), sin(1.57 * t));
    float far = 0.5 / length(q), turn = atan(q.y, q.x) / 6.2832;
    float tile = mod(floor(8 * turn) + floor(2 * (far + t)), 2);
    color = vec4((0.3 + 0.7 * tile) * (0.6 + 0.4 * cos(far + vec3(0, 2, 4))) * min(1, 1.6 * length(q)), 1);
}"""


@glrec.recorded("moderngl_tunnel.mp4", size=(480, 270), fps=30, frames=120, samples=4)
def render(ctx, frame):
    program = ctx.program(vertex_shader=VERTEX, fragment_shader=FRAGMENT)
    screen = ctx.vertex_array(program, [])
    while True:
        program["t"] = frame.time_seconds
        screen.render(vertices=3)
        yield


render()
