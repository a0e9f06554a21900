"""What reading frames into host memory adds to each frame of a loop that the GPU bounds, against `fbo.read_into`.

A scene as heavy as a demanding program's is drawn off screen as fast as it goes; every way of reading gets the same number
of frames, in turn, several times, and is charged the time that its loop takes longer than the one that reads nothing in
the same round. Frames are given back at once, as if the encoder took no time. `copy` is the part of glrec's own routes
that resolves and scales into a texture; `grab` is the median of what one frame takes from the render thread while the GPU
has nothing else to do.

    python benchmarks/gpu_host_route.py [--sizes 1920x1080 3840x2160] [--frames 200] [--rounds 7] [--json results.json]
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

import moderngl

from glrec_core.capture.blit import Blitter
from glrec_core.capture.compute import ComputeRing
from glrec_core.capture.geometry import PaddedSize
from glrec_core.capture.pixel_buffers import PixelBufferRing
from glrec_core.capture.ring import Direct, OpenRing
from glrec_core.capture.ring_capture import RingCapture
from glrec_core.config import Config
from glrec_core.gl.functions import current_gl
from glrec_core.gl.state import ReadState
from glrec_core.values.color import BT709
from glrec_core.values.frame import Frame, Framebuffer, Size

SLOTS = 8
NANOSECONDS_PER_PIXEL = 0.45
"""How heavy the scene is made: 0.93 ms at 1920x1080 and 3.7 ms at 3840x2160."""

VERTEX = """#version 330
void main() { vec2 p = vec2((gl_VertexID << 1) & 2, gl_VertexID & 2); gl_Position = vec4(p * 2.0 - 1.0, 0.0, 1.0); }
"""
FRAGMENT = """#version 330
uniform float time; uniform int rounds; out vec4 color;
void main() {
    vec3 v = vec3(gl_FragCoord.xy * 0.01, time);
    for (int i = 0; i < rounds; i++) v = sin(v.yzx * 1.7 + vec3(0.1, 0.2, 0.3));
    color = vec4(0.5 + 0.5 * v, 1.0);
}
"""


class Scene:
    """A picture in a texture of its own whose shader takes as long as it is told to."""

    def __init__(self, size: Size) -> None:
        self.size = size
        self.context = moderngl.create_context(standalone=True, backend="egl")  # type: ignore[arg-type]
        self.fbo = self.context.framebuffer([self.context.texture(size, 4)])
        self.source = Framebuffer(self.fbo.glo, size)
        self._program = self.context.program(vertex_shader=VERTEX, fragment_shader=FRAGMENT)
        self._triangle = self.context.vertex_array(self._program, [])
        self._make_as_heavy_as(NANOSECONDS_PER_PIXEL * size.width * size.height)

    def draw(self, number: int) -> None:
        self.fbo.use()
        self._program["time"] = number / 60
        self._triangle.render(vertices=3)

    def _make_as_heavy_as(self, wanted_ns: float) -> None:
        self._program["rounds"] = rounds = 64
        self._time_draws_ns(3)
        self._program["rounds"] = max(1, round(rounds * wanted_ns / self._time_draws_ns(10)))

    def _time_draws_ns(self, count: int) -> float:
        self.context.finish()
        began_ns = time.perf_counter_ns()
        for number in range(count):
            self.draw(number)
        self.context.finish()
        return (time.perf_counter_ns() - began_ns) / count


class Reader(Protocol):
    """One way of getting at the frames."""

    def grab(self) -> None: ...
    def close(self) -> None:
        """Wait until all frames are there, and free everything."""


class Nothing:
    """Draws only."""

    def __init__(self, scene: Scene) -> None:
        pass

    def grab(self) -> None:
        pass

    def close(self) -> None:
        pass


class ReadInto(Nothing):
    """The idiom: moderngl's `fbo.read_into`, which waits for the GPU."""

    def __init__(self, scene: Scene) -> None:
        self._fbo = scene.fbo
        self._pixels = bytearray(scene.size.width * scene.size.height * 4)

    def grab(self) -> None:
        self._fbo.read_into(self._pixels, components=4)


class Copy(Nothing):
    """The blit into a texture of glrec's, and nothing more."""

    def __init__(self, scene: Scene) -> None:
        gl = current_gl()
        self._source = scene.source
        self._state = ReadState(gl)
        with self._state:
            self._blitter = Blitter(gl, PaddedSize.of(scene.size, 2), keep_shape=True)

    def grab(self) -> None:
        with self._state:
            self._blitter.prepare(self._source, Direct.NOTHING)
            self._blitter.restore()

    def close(self) -> None:
        with self._state:
            self._blitter.delete()


class Captured(Nothing):
    """One of glrec's own routes."""

    def __init__(self, scene: Scene, open_ring: OpenRing, direct: Direct = Direct.NOTHING) -> None:
        self._source = scene.source
        config = Config(slots=SLOTS)
        self._capture = RingCapture(current_gl(), config, scene.size, 2, open_ring, direct=direct)

    def grab(self) -> None:
        give_back(self._capture.grab(self._source, 0))

    def close(self) -> None:
        give_back(self._capture.drain())
        self._capture.close()


def give_back(frames: Sequence[Frame]) -> None:
    for frame in frames:
        with frame:
            pass


COMPUTE: OpenRing = partial(ComputeRing, color=BT709)

READERS: dict[str, Callable[[Scene], Reader]] = {
    "nothing": Nothing,
    "fbo.read_into": ReadInto,
    "copy": Copy,
    "RGBA pixel buffers": partial(Captured, open_ring=PixelBufferRing),
    "copy, NV12 compute": partial(Captured, open_ring=COMPUTE),
    "NV12 compute": partial(Captured, open_ring=COMPUTE, direct=Direct.TEXTURE),
}


@dataclass(frozen=True)
class Result:
    """One way of reading at one size; times are medians over all rounds."""

    reader: str
    size: str
    loop_ms: float
    added_ms: float
    grab_us: float


def loop_ms(scene: Scene, reader: Reader, frames: int) -> float:
    """Return how long a frame of the loop takes, the last one's arrival included."""
    scene.context.finish()
    began = time.perf_counter()
    for number in range(frames):
        scene.draw(number)
        reader.grab()
    scene.context.finish()
    return 1000 * (time.perf_counter() - began) / frames


def grabs_us(scene: Scene, reader: Reader, frames: int) -> list[float]:
    """Return how long each grab takes while the GPU has nothing else to do."""
    times = []
    for number in range(frames):
        scene.draw(number)
        scene.context.finish()
        began = time.perf_counter()
        reader.grab()
        times.append(1e6 * (time.perf_counter() - began))
    return times


def measure(size: Size, frames: int, rounds: int) -> list[Result]:
    """Measure every way of reading in turn, after one round that does not count."""
    scene = Scene(size)
    loops: dict[str, list[float]] = {name: [] for name in READERS}
    grabs: dict[str, list[float]] = {name: [] for name in READERS}
    for counted in range(rounds + 1):
        for name, open_reader in READERS.items():
            reader = open_reader(scene)
            reader.grab()
            loop, grab = loop_ms(scene, reader, frames), grabs_us(scene, reader, min(frames, 100))
            reader.close()
            if counted:
                loops[name].append(loop)
                grabs[name] += grab
    scene.context.release()
    base = loops["nothing"]
    return [
        Result(
            name,
            str(size),
            statistics.median(times),
            statistics.median(own - drawn for own, drawn in zip(times, base, strict=True)),
            statistics.median(grabs[name]),
        )
        for name, times in loops.items()
    ]


def show(results: list[Result]) -> None:
    [idiom] = [result for result in results if result.reader == "fbo.read_into"]
    print(f"\n{results[0].size}: a frame takes {results[0].loop_ms:.3f} ms to draw")
    print(f"  {'':20}{'added':>12}{'of read_into':>14}{'grab':>12}")
    for result in results[1:]:
        part = result.added_ms / idiom.added_ms
        print(f"  {result.reader:20}{result.added_ms:9.3f} ms{part:14.3f}{result.grab_us:9.1f} us")


def parse_size(text: str) -> Size:
    width, height = text.split("x")
    return Size(int(width), int(height))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=parse_size, nargs="+", default=[Size(1920, 1080), Size(3840, 2160)])
    parser.add_argument("--frames", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    with moderngl.create_context(standalone=True, backend="egl") as context:  # type: ignore[arg-type]
        info = {"renderer": context.info["GL_RENDERER"], "version": context.info["GL_VERSION"]}
    print(f"{info['renderer']}, {info['version']}; {arguments.frames} frames, {arguments.rounds} rounds")
    results = []
    for size in arguments.sizes:
        results += measure(size, arguments.frames, arguments.rounds)
        show(results[-len(READERS) :])
    if arguments.json:
        options = {"frames": arguments.frames, "rounds": arguments.rounds, "slots": SLOTS}
        record = {**info, **options, "results": [asdict(result) for result in results]}
        arguments.json.write_text(json.dumps(record, indent=2) + "\n")


if __name__ == "__main__":
    main()
