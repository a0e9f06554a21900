"""How many frames a second the GPU's JPEG encoder takes, from the drawn texture to a finished file, by size and chroma.

The picture is `--picture smooth` (gradients that move) or `noise` (one of 64 tiles' worth of random colours, the worst case).
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import moderngl

from glrec_core import Framebuffer, Size, record

VERTEX = """
    #version 330
    void main() { gl_Position = vec4(vec2[](vec2(-1, -1), vec2(3, -1), vec2(-1, 3))[gl_VertexID], 0, 1); }
"""
PICTURES = {
    "smooth": "0.5 + 0.5 * sin(gl_FragCoord.xyx / vec3(90, 70, 150) + time)",
    "noise": "fract(sin(dot(floor(gl_FragCoord.xy / 4), vec2(12.99, 78.23)) + time) * vec3(43758.5, 22578.1, 19642.3))",
}


def measure(size: Size, chroma: str, picture: str, frames: int, rounds: int) -> dict[str, Any]:
    """Record the picture as fast as it goes, after one round that does not count."""
    context = moderngl.create_context(standalone=True, backend="egl")  # type: ignore[arg-type]
    fragment = (
        f"#version 330\nuniform float time; out vec4 c; void main() {{ c = vec4({PICTURES[picture]}, 1); }}"
    )
    program = context.program(vertex_shader=VERTEX, fragment_shader=fragment)
    triangle = context.vertex_array(program, [])
    fbo = context.framebuffer([context.texture(size, 4)])
    rates = []
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:  # noqa: S108
        for number in range(rounds + 1):
            path = Path(folder) / f"{number}.mov"
            recorder = record(None, path, timing="step", codec="mjpeg", backend="mjpeg", chroma=chroma)
            began = time.perf_counter()
            for frame in range(frames):
                fbo.use()
                program["time"] = frame / 60
                triangle.render(vertices=3)
                recorder.frame_drawn(Framebuffer(fbo.glo, size))
            recording = recorder.close()
            rates.append(frames / (time.perf_counter() - began))
            frame_bytes = path.stat().st_size / frames
            path.unlink()
    context.release()
    return {
        "size": str(size),
        "chroma": chroma,
        "picture": picture,
        "frames_per_s": statistics.median(rates[1:]),
        "frame_bytes": frame_bytes,
        "stats": recording.stats.as_dict(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--frames", type=int, default=600)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    results = []
    for size in (Size(1920, 1080), Size(3840, 2160)):
        for chroma in ("420", "444"):
            for picture in PICTURES:
                result = measure(size, chroma, picture, arguments.frames, arguments.rounds)
                print(
                    f"{size} {chroma} {picture}: {result['frames_per_s']:.0f} frames/s, "
                    f"{result['frame_bytes'] / 1000:.0f} kB a frame"
                )
                results.append(result)
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
