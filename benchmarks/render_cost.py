"""What recording costs, against the idiom that people write by hand: `fbo.read()` and imageio's `append_data`.

Both record the same moderngl scene off screen with the same x264 settings, in turn, several times. The scenes are a
lit, turning cube, as a program draws it, and a plasma that computes each pixel, which takes a software renderer longer than
recording does. Two tables:

* paced: a loop at 60 frames/s and 1280x720; the time that recording takes from the render thread in each frame, the GPU
  having finished the scene before it starts, so that waiting for the scene counts for neither.
* unpaced: as fast as it goes at 1920x1080; the time until the file is finished.

    python benchmarks/render_cost.py [--scene cube|plasma] [--repeats 3] [--json results.json]
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import imageio.v2 as imageio
import moderngl
import numpy as np

from glrec_core import Framebuffer, Size, record

X264 = {"preset": "ultrafast", "quality": 20}

CUBE_VERTEX = """#version 330
uniform float time; uniform vec2 size; out vec3 normal;
mat3 turn(float a, float b) {
    return mat3(cos(a), 0, sin(a), 0, 1, 0, -sin(a), 0, cos(a)) * mat3(1, 0, 0, 0, cos(b), sin(b), 0, -sin(b), cos(b));
}
void main() {
    int side = gl_VertexID / 6, corner = int[6](0, 1, 2, 2, 1, 3)[gl_VertexID % 6];
    vec3 p = vec3(corner & 1, corner >> 1, 1) * 2.0 - 1.0, n = vec3(0, 0, 1);
    if (side % 2 == 1) { p.yz = -p.yz; n = -n; }
    if (side / 2 == 1) { p = p.zxy; n = n.zxy; }
    if (side / 2 == 2) { p = p.yzx; n = n.yzx; }
    mat3 rotation = turn(time, 0.7 * time);
    vec3 q = rotation * p + vec3(0, 0, -4.5);
    normal = rotation * n;
    gl_Position = vec4(q.x * 2.0 * size.y / size.x, q.y * 2.0, -1.2 * q.z - 2.2, -q.z);
}
"""
CUBE_FRAGMENT = """#version 330
in vec3 normal; out vec4 color;
void main() {
    color = vec4(vec3(0.1, 0.3, 0.7) + vec3(0.8, 0.5, 0.2) * max(dot(normalize(normal), vec3(0.4, 0.5, 0.77)), 0.0), 1.0);
}
"""
PLASMA_VERTEX = """#version 330
void main() { vec2 p = vec2((gl_VertexID << 1) & 2, gl_VertexID & 2); gl_Position = vec4(p * 2.0 - 1.0, 0.0, 1.0); }
"""
PLASMA_FRAGMENT = """#version 330
uniform float time; uniform vec2 size; out vec4 color;
void main() {
    vec2 p = gl_FragCoord.xy / size.y * 6.0;
    float v = sin(p.x + time) + sin(p.y * 1.3 - time) + sin((p.x + p.y) * 0.7 + 2.0 * time);
    color = vec4(0.5 + 0.5 * cos(v + vec3(0.0, 2.1, 4.2)), 1.0);
}
"""


SCENES = {"cube": (CUBE_VERTEX, CUBE_FRAGMENT, 36), "plasma": (PLASMA_VERTEX, PLASMA_FRAGMENT, 3)}
"""Shaders and number of vertices."""


class Scene:
    """One of `SCENES` in a framebuffer of its own."""

    def __init__(self, name: str, size: tuple[int, int]) -> None:
        vertex, fragment, self._vertices = SCENES[name]
        self.size = Size(*size)
        self.context = moderngl.create_context(standalone=True, backend="egl")  # type: ignore[arg-type]
        self.fbo = self.context.framebuffer(
            [self.context.renderbuffer(size)], self.context.depth_renderbuffer(size)
        )
        self.context.enable(moderngl.DEPTH_TEST)
        self.program = self.context.program(vertex_shader=vertex, fragment_shader=fragment)
        self.program["size"] = size
        self.shape = self.context.vertex_array(self.program, [])

    def draw(self, number: int) -> None:
        self.fbo.use()
        self.fbo.clear(0.05, 0.05, 0.08, 1.0)
        self.program["time"] = number / 60
        self.shape.render(vertices=self._vertices)


Grab = Callable[[], None]


class Glrec:
    """glrec's own recorder."""

    name = "glrec"

    def __init__(self, scene: Scene, path: Path) -> None:
        self._source = Framebuffer(scene.fbo.glo, scene.size)
        self._recorder = record(None, path, timing="step", fps=60, codec="h264", **X264)

    def grab(self) -> None:
        self._recorder.frame_drawn(self._source)

    def close(self) -> None:
        self._recorder.close()


class Imageio:
    """The idiom: read the framebuffer, turn it upright, append it to an imageio writer."""

    name = "imageio"

    def __init__(self, scene: Scene, path: Path) -> None:
        self._scene = scene
        options = ["-preset", X264["preset"], "-crf", str(X264["quality"])]
        self._writer = imageio.get_writer(
            path, fps=60, codec="libx264", quality=None, macro_block_size=2, ffmpeg_params=options
        )

    def grab(self) -> None:
        width, height = self._scene.size
        pixels = np.frombuffer(self._scene.fbo.read(components=3), np.uint8).reshape(height, width, 3)
        self._writer.append_data(pixels[::-1])

    def close(self) -> None:
        self._writer.close()


RECORDERS: tuple[type[Glrec | Imageio], ...] = (Glrec, Imageio)


def paced(kind: type[Glrec | Imageio], scene: Scene, folder: Path, frames: int) -> float:
    """Return the median time in ms that recording took from the render thread, per frame of a loop at 60 frames/s."""
    recorder = kind(scene, folder / f"{kind.name}.mp4")
    costs_ms = []
    due = time.perf_counter()
    for number in range(frames):
        scene.draw(number)
        scene.context.finish()
        began = time.perf_counter()
        recorder.grab()
        costs_ms.append(1000 * (time.perf_counter() - began))
        due += 1 / 60
        time.sleep(max(0.0, due - time.perf_counter()))
    recorder.close()
    return statistics.median(costs_ms)


def unpaced(kind: type[Glrec | Imageio], scene: Scene, folder: Path, frames: int) -> float:
    """Return the seconds from the first drawn frame to the finished file."""
    began = time.perf_counter()
    recorder = kind(scene, folder / f"{kind.name}.mp4")
    for number in range(frames):
        scene.draw(number)
        recorder.grab()
    recorder.close()
    return time.perf_counter() - began


def compare(measure: Callable[..., float], scene: Scene, frames: int, repeats: int) -> dict[str, list[float]]:
    """Measure every recorder in turn, `repeats` times after one turn that does not count."""
    results: dict[str, list[float]] = {kind.name: [] for kind in RECORDERS}
    for _ in range(repeats + 1):
        for kind in RECORDERS:
            with tempfile.TemporaryDirectory() as folder:
                results[kind.name].append(measure(kind, scene, Path(folder), frames))
    return {name: values[1:] for name, values in results.items()}


def show(title: str, unit: str, results: dict[str, list[float]]) -> None:
    """Print medians with their spread, and glrec's ratio to each other recorder."""
    own = statistics.median(results[Glrec.name])
    print(f"\n{title}")
    for name, values in results.items():
        middle = statistics.median(values)
        print(
            f"  {name:8} {middle:8.3f} {unit}  ({min(values):.3f} to {max(values):.3f}), glrec takes {own / middle:.2f} of it"
        )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--scene", choices=SCENES, default="cube")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--frames", type=int, default=300)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    name = arguments.scene
    results = {
        "paced_720p60_ms": compare(paced, Scene(name, (1280, 720)), arguments.frames, arguments.repeats),
        "unpaced_1080p_seconds": compare(
            unpaced, Scene(name, (1920, 1080)), arguments.frames, arguments.repeats
        ),
    }
    show(
        "Paced, 1280x720 at 60 frames/s: render-thread time for each frame", "ms", results["paced_720p60_ms"]
    )
    show(
        f"Unpaced, 1920x1080, {arguments.frames} frames: until the file is finished",
        "s",
        results["unpaced_1080p_seconds"],
    )
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
