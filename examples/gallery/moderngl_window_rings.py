"""A moderngl-window program that knows nothing of glrec."""

import moderngl_window


class Rings(moderngl_window.WindowConfig):
    window_size = (480, 270)
    aspect_ratio = None

    def __init__(self, **keys):
        super().__init__(**keys)
        vertex = """#version 330
            void main() { gl_Position = vec4(vec2[](vec2(-1), vec2(3, -1), vec2(-1, 3))[gl_VertexID], 0, 1); }"""
        fragment = """#version 330
            out vec4 color; uniform float t;
            void main() {
                vec2 p = gl_FragCoord.xy - vec2(240, 135);
                float wave = sin(length(p - 90 * vec2(sin(t), 0)) / 7) + sin(length(p + 90 * vec2(sin(t), 0)) / 7);
                color = vec4(smoothstep(-0.2, 0.2, wave - vec3(0.6, 0, -0.6)), 1);
            }"""
        self.program = self.ctx.program(vertex_shader=vertex, fragment_shader=fragment)
        self.screen = self.ctx.vertex_array(self.program, [])

    def on_render(self, time, frame_time):
        self.program["t"] = time * 1.5708
        self.screen.render(vertices=3)


Rings.run()
