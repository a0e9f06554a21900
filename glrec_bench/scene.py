"""The picture that all recorders record: a moving plasma with the barcode of glrec's test clips in it.

Its numbers let the finished file tell which frames it holds (`glrec_core/verify/pattern.py` reads them). The shader is
written so that GLSL 1.20 takes it as 3.30 does: frameworks that bring a context of their own draw the same picture.
"""

from __future__ import annotations

import time
from typing import Any, Protocol

import moderngl

from glrec_bench.job import Job, PixelSize

PICTURE = """
uniform vec2 size;
uniform float time;
uniform vec2 code;

float wave(float x) {
    float d = fract(x) - 0.5;
    return 1.0 - 8.0 * d * d * (1.0 - 2.0 * d * d);
}

// Parabolas rather than sines: on a renderer that runs on the CPU, sines would take longer than recording.
vec3 plasma(vec2 pixel) {
    vec2 p = pixel / size.y;
    float v = wave(p.x + 0.16 * time) + wave(p.y * 1.3 - 0.16 * time) + wave((p.x + p.y) * 0.7 + 0.32 * time);
    vec3 d = abs(fract(0.3 * v + vec3(0.0, 0.33, 0.67)) - 0.5);
    return 4.0 * d * d;
}

// A column's bit is found by division: GLSL 1.20 has no operators on bits. The half keeps it right where exp2 is not exact.
vec3 barcode(vec2 place) {
    float column = floor(place.x * 26.0);
    float half_code = column < 13.0 ? code.x : code.y;
    float bit = mod(floor((half_code + 0.5) / exp2(12.0 - mod(column, 13.0))), 2.0);
    return vec3(place.y < 0.5 ? bit : 1.0 - bit);
}

vec3 quadrant(vec2 place) {
    vec3 above = place.x < 0.5 ? vec3(200.0, 60.0, 50.0) : vec3(60.0, 180.0, 75.0);
    vec3 below = place.x < 0.5 ? vec3(60.0, 80.0, 200.0) : vec3(220.0, 190.0, 60.0);
    return (place.y < 0.5 ? above : below) / 255.0;
}

vec3 picture(vec2 pixel) {
    vec2 place = vec2(pixel.x, size.y - pixel.y) / size;
    if (abs(place.y - 0.5) < 0.125) return barcode(place);
    vec2 middle = vec2(place.x < 0.5 ? 0.25 : 0.75, place.y < 0.5 ? 0.1875 : 0.8125);
    if (max(abs(place.x - middle.x), abs(place.y - middle.y)) < 0.06) return quadrant(place);
    return plasma(pixel);
}
"""
_VERTEX = """#version 330
void main() { vec2 p = vec2((gl_VertexID << 1) & 2, gl_VertexID & 2); gl_Position = vec4(p * 2.0 - 1.0, 0.0, 1.0); }
"""
_FRAGMENT = f"""#version 330
{PICTURE}
out vec4 color;

void main() {{ color = vec4(picture(gl_FragCoord.xy), 1.0); }}
"""
_HEAVY_FRAGMENT = f"""#version 330
{PICTURE}
uniform int rounds;
out vec4 color;

void main() {{
    vec3 work = gl_FragCoord.xyz * 0.01;
    for (int i = 0; i < rounds; i++) work = sin(work.yzx * 1.7 + vec3(0.1, 0.2, 0.3));
    // What the work gives is far below one code, but the compiler cannot know that.
    color = vec4(picture(gl_FragCoord.xy) + work * 1e-6, 1.0);
}}
"""
_MODULUS = 61
_TRIAL_ROUNDS = 64


class AnyScene(Protocol):
    """A scene in some framework's context."""

    own_drawing_ns: int
    """Time that drawing took so far within the recorders' own calls, where the framework draws only there."""

    def draw(self, number: int) -> None:
        """Draw frame `number`, or see to it that the recorder's next call does."""

    def finish(self) -> None:
        """Wait until it is drawn."""


def code(number: int) -> tuple[float, float]:
    """Return the 26 columns of a frame's barcode, (the first 13, the last 13) as binary numbers."""
    columns = 0b10 << 24 | (number << 6 | number % _MODULUS) << 2 | 0b11
    return float(columns >> 13), float(columns & 0x1FFF)


class Scene:
    """The picture in a framebuffer, off screen by default."""

    own_drawing_ns = 0

    def __init__(self, job: Job) -> None:
        self.size = job.size
        self.context = self.make_context()
        self.fbo: Any = self.make_framebuffer()
        fragment = _HEAVY_FRAGMENT if job.heaviness else _FRAGMENT
        self._program = self.context.program(vertex_shader=_VERTEX, fragment_shader=fragment)
        self._program["size"] = self.size
        self._triangle = self.context.vertex_array(self._program, [])
        if job.heaviness:
            self._make_heavier_by(job.heaviness * self.size.width * self.size.height)

    def make_context(self) -> moderngl.Context:
        """Return the context to draw in."""
        return moderngl.create_context(standalone=True, backend="egl")  # type: ignore[arg-type]

    def make_framebuffer(self) -> Any:
        """Return the framebuffer to draw into."""
        return self.context.framebuffer([self.context.texture(self.size, 4)])

    def draw(self, number: int) -> None:
        """Draw frame `number`."""
        self.fbo.use()
        self._program["time"] = number / 60
        self._program["code"] = code(number)
        self._triangle.render(vertices=3)

    def finish(self) -> None:
        """Wait until it is drawn."""
        self.context.finish()

    def _make_heavier_by(self, wanted_ns: float) -> None:
        self._program["rounds"] = _TRIAL_ROUNDS
        self._draw_ns(3)
        self._program["rounds"] = max(1, round(_TRIAL_ROUNDS * wanted_ns / self._draw_ns(10)))

    def _draw_ns(self, count: int) -> float:
        self.finish()
        began_ns = time.perf_counter_ns()
        for number in range(count):
            self.draw(number)
        self.finish()
        return (time.perf_counter_ns() - began_ns) / count


def drawn(scene: Scene, number: int) -> bytes:
    """Return frame `number` as R, G, B bytes, rows from the bottom up."""
    scene.draw(number)
    read: bytes = scene.fbo.read(components=3)
    return read


def scene_of(size: PixelSize) -> Scene:
    """Return the scene that finished files are held against."""
    return Scene(Job(recorder="", path="", size=size, frames=0))
