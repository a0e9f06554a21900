"""The compute pass on a real GPU: exact pixels up to 8K, nothing read too early, any context, a file at the end."""

import json
import runpy
import sys
from fractions import Fraction
from functools import partial
from pathlib import Path

import moderngl
import numpy as np
import pytest
from numpy.typing import NDArray

from glrec_core import record
from glrec_core.backends import table
from glrec_core.capture.compute import ComputeRing
from glrec_core.capture.ring import Direct
from glrec_core.capture.ring_capture import RingCapture
from glrec_core.config import Config
from glrec_core.gl.functions import current_gl
from glrec_core.values.color import BT709, BT709_FULL, COLOR_SPACES, ColorSpace
from glrec_core.values.frame import Frame, Framebuffer, PixelFormat, Size
from tests.support import reference, video
from tests.support.recording import BarcodeLoop

pytestmark = pytest.mark.gpu

BENCHMARK = Path(__file__).resolve().parents[2] / "benchmarks" / "gpu_host_route.py"
HEAVY = """
    #version 330
    uniform vec3 rgb;
    out vec4 color;
    void main() {
        float v = gl_FragCoord.x;
        for (int i = 0; i < 400; i++) v = sin(v * 1.7 + 0.1);
        color = vec4(rgb + v * 1e-9, 1.0);
    }
"""
TRIANGLE = """
    #version 330
    void main() { gl_Position = vec4(vec2[](vec2(-1, -1), vec2(3, -1), vec2(-1, 3))[gl_VertexID], 0, 1); }
"""
SIZES = [(2, 2), (854, 480), (1366, 768), (1920, 1080), (3840, 2160), (7680, 4320), (8192, 4320)]


def skip_without_gpu() -> None:
    gl = current_gl()
    if gl.is_software:
        pytest.skip(f"the OpenGL context is on {gl.renderer}, not on a GPU")


@pytest.fixture
def gpu(context: moderngl.Context) -> moderngl.Context:
    skip_without_gpu()
    return context


def noise(size: tuple[int, int]) -> NDArray[np.uint8]:
    pixels = np.random.default_rng(5).integers(0, 256, (size[1], size[0], 4), np.uint8)
    pixels[..., 3] = 255
    return pixels


def assert_is(frame: Frame, rgba: NDArray[np.uint8], color: ColorSpace) -> None:
    matrix: reference.Matrix = "bt601" if color.name.startswith("bt601") else "bt709"
    y, cb, cr = reference.yuv420p(rgba, matrix, full_range=color.full_range)
    luma, chroma = frame.planes
    for found, wanted in ((luma, y), (chroma[..., 0], cb), (chroma[..., 1], cr)):
        assert np.abs(found.astype(np.int16) - wanted).max() <= 1


def convert(context: moderngl.Context, size: tuple[int, int], color: ColorSpace) -> None:
    """Capture noise of a size and compare it with the exact reference."""
    rgba = noise(size)
    fbo = context.framebuffer([context.texture(size, 4, rgba[::-1].tobytes())])
    ring = partial(ComputeRing, color=color)
    capture = RingCapture(current_gl(), Config(slots=2), Size(*size), 2, ring, direct=Direct.NOTHING)
    [frame] = capture.grab(Framebuffer(fbo.glo, Size(*size)), 0) + capture.drain()
    with frame:
        assert_is(frame, rgba, color)
    capture.close()


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_every_size_is_exact(gpu: moderngl.Context, size: tuple[int, int]) -> None:
    convert(gpu, size, BT709)


@pytest.mark.parametrize("color", COLOR_SPACES.values(), ids=lambda color: color.name)
def test_every_colour_space_is_exact(gpu: moderngl.Context, color: ColorSpace) -> None:
    convert(gpu, (1920, 1080), color)


@pytest.mark.parametrize("version", [330, 430, 450])
def test_a_context_of_any_version_takes_the_pass(version: int) -> None:
    context = moderngl.create_context(standalone=True, backend="egl", require=version)  # type: ignore[arg-type]
    skip_without_gpu()
    gl, config = current_gl(), Config()
    assert gl.has_compute, f"{gl.version_text} on {gl.renderer} lists no compute extensions"
    backend, reason = table.choose(table.agree(config, ()), gl)
    capture = backend.open(gl, config, config.make_clock(), Size(64, 48)).capture
    assert capture.spec.format is PixelFormat.NV12
    assert "compute pass" in reason
    capture.close()
    convert(context, (322, 242), BT709_FULL)
    assert context.error == "GL_NO_ERROR"
    context.release()


def test_no_frame_is_lent_before_the_gpu_has_written_it(gpu: moderngl.Context) -> None:
    """The program runs ahead of a GPU that is far behind: each frame has a colour of its own, all over."""
    size = Size(1920, 1080)
    fbo = gpu.framebuffer([gpu.texture(size, 4)])
    program = gpu.program(vertex_shader=TRIANGLE, fragment_shader=HEAVY)
    triangle = gpu.vertex_array(program, [])
    ring = partial(ComputeRing, color=BT709_FULL)
    capture = RingCapture(current_gl(), Config(slots=3), size, 2, ring, direct=Direct.NOTHING)
    seen = []
    for number in range(240):
        fbo.use()
        program["rgb"] = (number / 255,) * 3
        triangle.render(vertices=3)
        frames = capture.grab(Framebuffer(fbo.glo, size), number)
        if number == 239:
            frames += capture.drain()
        for frame in frames:
            with frame:
                luma, chroma = frame.planes
                assert (luma.min(), luma.max()) == (frame.pts_ns, frame.pts_ns)
                assert (chroma.min(), chroma.max()) == (128, 128)
                seen.append(frame.pts_ns)
    capture.close()
    assert seen == list(range(240))


@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_every_frame_is_in_the_file(gpu: moderngl.Context, tmp_path: Path, codec: str) -> None:
    recorder = record(None, tmp_path / "a.mp4", timing="step", fps=60, codec=codec)
    BarcodeLoop(gpu, (1280, 720)).record(recorder, range(300))
    recording = recorder.close()
    assert "compute pass" in recording.reason
    video.assert_recording(tmp_path / "a.mp4", 300, (1280, 720), Fraction(60))


def test_the_benchmark_measures_every_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On any renderer: what it measures is read from its own table."""
    results = tmp_path / "results.json"
    options = ["--sizes", "64x32", "--frames", "8", "--rounds", "1", "--json", str(results)]
    monkeypatch.setattr(sys, "argv", [str(BENCHMARK), *options])
    runpy.run_path(str(BENCHMARK), run_name="__main__")
    found = json.loads(results.read_text())["results"]
    assert [result["reader"] for result in found] == [
        "nothing",
        "fbo.read_into",
        "copy",
        "RGBA pixel buffers",
        "copy, NV12 compute",
        "NV12 compute",
    ]
    assert all(result["loop_ms"] > 0 for result in found)
