"""A lit cube turns, in a plain GLFW window or off screen by EGL, and is recorded without any framework.

    python render_cube.py --out_dir films                # a window with a preview, until it is closed
    python render_cube.py --out_dir films --offscreen    # needs no display; frame n is shown at exactly n / fps_limit

The cube is drawn into a `OffscreenFramebuffer` of any size, with 4 samples a pixel; a `Quad` shows in the window what was
recorded. moderngl does no more than draw the cube: any other way to call OpenGL does as well.
"""

import argparse
from collections.abc import Iterator
from contextlib import closing
from fractions import Fraction
from itertools import count
from pathlib import Path
from typing import Any

import glfw
import moderngl

import glrec_core
from glrec_core.drawing import OffscreenFramebuffer, Quad

HEADLESS = {"standalone": True, "backend": "egl"}
HINTS = {
    glfw.CONTEXT_VERSION_MAJOR: 3,
    glfw.CONTEXT_VERSION_MINOR: 3,
    glfw.OPENGL_PROFILE: glfw.OPENGL_CORE_PROFILE,
    glfw.OPENGL_FORWARD_COMPAT: True,
    glfw.RESIZABLE: False,
}
VERTEX = """
#version 330
uniform float angle, aspect;
out vec3 local, place;

void main() {
    const vec2 corners[6] = vec2[](vec2(-1), vec2(1, -1), vec2(1), vec2(-1), vec2(1), vec2(-1, 1));
    int face = gl_VertexID / 6;
    vec3 at = vec3(corners[gl_VertexID % 6], 1);
    local = (face < 3 ? 1 : -1) * (face % 3 == 0 ? at : face % 3 == 1 ? at.zxy : at.yzx);
    float s = sin(angle), c = cos(angle), t = sin(0.6 * angle + 0.5), d = cos(0.6 * angle + 0.5);
    place = mat3(1, 0, 0, 0, d, t, 0, -t, d) * mat3(c, 0, -s, 0, 1, 0, s, 0, c) * local - vec3(0, 0, 5);
    gl_Position = vec4(2 * place.x / aspect, 2 * place.y, -1.25 * place.z - 2.25, -place.z);  // near 1, far 9
}
"""
FRAGMENT = """
#version 330
in vec3 local, place;
out vec4 color;

void main() {
    vec3 normal = normalize(cross(dFdx(place), dFdy(place))), light = normalize(vec3(2, 3, 0) - place);
    float shine = 0.35 * pow(max(dot(reflect(-light, normal), -normalize(place)), 0), 24);
    color = vec4((0.55 + 0.4 * local) * (0.25 + 0.75 * max(dot(normal, light), 0)) + shine, 1);
}
"""


def main(options: argparse.Namespace) -> glrec_core.Recording:
    window = None if options.offscreen else open_window(options.size)
    context = moderngl.create_context(**({} if window else HEADLESS))
    context.enable(moderngl.DEPTH_TEST)
    program = context.program(vertex_shader=VERTEX, fragment_shader=FRAGMENT)
    cube = context.vertex_array(program, [])
    with (
        closing(OffscreenFramebuffer(options.size, samples=4)) as framebuffer,
        closing(Quad()) as quad,
        open_recorder(options) as recorder,
    ):
        program["aspect"] = framebuffer.size.width / framebuffer.size.height
        for seconds in times(window, options.fps_limit):
            program["angle"] = seconds
            with framebuffer, recorder.record():
                framebuffer.clear(0.04, 0.05, 0.08)
                cube.render(vertices=36)
            if recorder.finished:
                break
            if window:
                quad.draw(recorder.texture_id)
        return recorder.finalize(options.out_dir / f"render_cube_{recorder.recording.route}.mp4")


def open_recorder(options: argparse.Namespace) -> glrec_core.Recorder:
    options.out_dir.mkdir(parents=True, exist_ok=True)
    if options.offscreen and options.frames is None:
        options.frames = 240  # there is no window that somebody could close
    return glrec_core.record(
        None,
        options.out_dir / "render_cube_unfinished.mp4",
        backend=options.backend,
        timing="step" if options.offscreen else "wall",
        fps=options.fps_limit,
        frames=options.frames,
        overwrite=True,
    )


def open_window(size: tuple[int, int]) -> Any:
    if not glfw.init():
        raise SystemExit("render_cube: GLFW finds no display; --offscreen needs none")
    for hint, value in HINTS.items():
        glfw.window_hint(hint, value)
    window = glfw.create_window(*size, "render_cube", None, None)
    if not window:
        raise SystemExit("render_cube: GLFW finds no OpenGL 3.3; try --offscreen")
    glfw.make_context_current(window)
    glfw.swap_interval(1)
    return window


def times(window: Any, fps: Fraction) -> Iterator[float]:
    """Yield the time of each frame in seconds: exact steps off screen, else the clock's until the window is closed."""
    if window is None:
        yield from (float(number / fps) for number in count())
    while not glfw.window_should_close(window):
        yield glfw.get_time()
        glfw.swap_buffers(window)
        glfw.poll_events()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Record a cube that turns.")
    route = parser.add_mutually_exclusive_group()
    route.add_argument("--nvenc", dest="backend", action="store_const", const="nvenc", default="auto")
    route.add_argument("--cpu", dest="backend", action="store_const", const="host")
    parser.add_argument("--offscreen", action="store_true", help="draw without a window")
    parser.add_argument("--fps_limit", type=Fraction, default=Fraction(60), help="frames per second, at most")
    parser.add_argument("--frames", type=int, help="when to stop; off screen 240, in a window never")
    parser.add_argument("--size", type=int, nargs=2, default=(1280, 720), metavar=("WIDTH", "HEIGHT"))
    parser.add_argument("--out_dir", type=Path, default=Path("out"))
    try:
        print(main(parser.parse_args()))
    except glrec_core.GlrecError as error:
        raise SystemExit(f"render_cube: {error}") from error
