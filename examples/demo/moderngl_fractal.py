"""A Julia set breathes while its parameter moves along the edge of the Mandelbrot set, in one fragment shader of moderngl.

    python moderngl_fractal.py moderngl_fractal.mp4

needs no display: glrec makes the context and the framebuffer, and records every frame.
"""

import math
import sys
from collections.abc import Iterator

import moderngl

from glrec_core import Recording
from glrec_integrations.moderngl import OfflineFrame, recorded

SIZE = (1280, 720)
FRAMES = 240

VERTEX = """
#version 330
out vec2 uv;

void main() {  // one triangle that covers the screen
    uv = vec2[](vec2(-1, -1), vec2(3, -1), vec2(-1, 3))[gl_VertexID];
    gl_Position = vec4(uv, 0, 1);
}
"""

FRAGMENT = """
#version 330
uniform float phase, aspect;
in vec2 uv;
out vec4 color;

vec3 ramp(float t) {
    const vec3 stops[6] = vec3[](
        vec3(0.010, 0.012, 0.045), vec3(0.06, 0.05, 0.22), vec3(0.36, 0.06, 0.32),
        vec3(0.87, 0.24, 0.14), vec3(1.00, 0.72, 0.24), vec3(1.00, 0.97, 0.86)
    );
    float x = clamp(t, 0.0, 0.9999) * 5.0;
    return mix(stops[int(x)], stops[int(x) + 1], smoothstep(0.0, 1.0, fract(x)));
}

void main() {
    float tilt = 0.12 * sin(phase), swing = 1.05 * sin(phase), sun = 0.9 + 0.9 * sin(phase + 1.0);
    vec2 c = vec2(-0.785, 0.156) + 0.022 * vec2(cos(swing), sin(swing));
    vec2 z = mat2(cos(tilt), sin(tilt), -sin(tilt), cos(tilt)) * (uv * vec2(aspect, 1.0)) * (0.74 - 0.06 * cos(phase));
    vec2 dz = vec2(1.0, 0.0);
    float r2 = dot(z, z), steps = 0.0;
    while (steps < 160.0 && r2 < 1000.0) {  // z -> z^2 + c, and its derivative
        dz = 2.0 * vec2(z.x * dz.x - z.y * dz.y, z.x * dz.y + z.y * dz.x);
        z = vec2(z.x * z.x - z.y * z.y, 2.0 * z.x * z.y) + c;
        r2 = dot(z, z);
        steps += 1.0;
    }
    float smooth_steps = steps + 1.0 - log2(0.5 * log2(r2));
    float distance = 0.5 * sqrt(r2 / dot(dz, dz)) * log(r2);
    vec3 normal = vec3(normalize(vec2(dot(z, dz), z.y * dz.x - z.x * dz.y)), 1.1);
    float light = max(dot(normalize(normal), normalize(vec3(cos(sun), sin(sun), 1.0))), 0.0);
    float heat = 1.0 - exp(-0.022 * smooth_steps);
    vec3 rgb = ramp(heat) * (0.35 + 0.9 * light);
    rgb += ramp(heat + 0.25) * 0.6 * pow(light, 30.0) * smoothstep(6.0, 16.0, smooth_steps);
    rgb *= 0.15 + 0.85 * smoothstep(0.0, 0.0035, distance);  // fades what is finer than a pixel
    color = vec4(rgb * (1.0 - 0.15 * dot(uv, uv)), 1.0);
}
"""


def main(path: str) -> Recording:
    @recorded(path, size=SIZE, fps=60, frames=FRAMES, overwrite=True)
    def render(ctx: moderngl.Context, frame: OfflineFrame) -> Iterator[None]:
        program = ctx.program(vertex_shader=VERTEX, fragment_shader=FRAGMENT)
        program["aspect"] = SIZE[0] / SIZE[1]
        screen = ctx.vertex_array(program, [])
        while True:
            program["phase"] = 2 * math.pi * frame.index / FRAMES
            screen.render(vertices=3)
            yield

    return render()


if __name__ == "__main__":
    print(main(sys.argv[1]))
