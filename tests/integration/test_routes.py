"""Which way frames take to host memory in which context, and that a file comes out right at the end of the fast one."""

from fractions import Fraction
from pathlib import Path

import moderngl
import pytest

from glrec_core import record
from glrec_core.backends import table
from glrec_core.config import Config
from glrec_core.gl.functions import GL, current_gl
from glrec_core.values.frame import PixelFormat, Size
from tests.support import video
from tests.support.displays import run_program
from tests.support.recording import BarcodeLoop


@pytest.fixture
def hardware(context: moderngl.Context, monkeypatch: pytest.MonkeyPatch) -> GL:
    """Give the context's functions, its renderer being taken for a GPU."""
    gl = current_gl()
    monkeypatch.setattr(gl, "is_software", False)
    return gl


def route(gl: GL, codec: str = "h264") -> tuple[str, PixelFormat]:
    """Return what is said of the route, and the format that its frames have."""
    config = Config(codec=codec)
    backend, reason = table.choose(table.agree(config, ()), gl)
    capture = backend.open(gl, config, config.make_clock(), Size(64, 48)).capture
    capture.close()
    return reason, capture.spec.format


def test_a_renderer_on_the_cpu_is_read_as_rgba(hardware: GL, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hardware, "is_software", True)
    reason, pixel_format = route(hardware)
    assert pixel_format is PixelFormat.RGBA
    assert "draws on the CPU" in reason


def test_a_gpu_writes_nv12(hardware: GL) -> None:
    for codec in ("h264", "hevc", "av1", "vp9"):
        reason, pixel_format = route(hardware, codec=codec)
        assert pixel_format is PixelFormat.NV12
        assert f"a compute pass of {hardware.renderer}" in reason


def test_a_codec_that_keeps_rgb_is_given_rgba(hardware: GL) -> None:
    reason, pixel_format = route(hardware, codec="ffv1")
    assert pixel_format is PixelFormat.RGBA
    assert "ffv1 takes bgr0" in reason


@pytest.mark.parametrize("missing", ["GL_ARB_compute_shader", "BufferStorage"])
def test_an_older_gpu_is_read_as_rgba(hardware: GL, missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hardware, "extensions", hardware.extensions - {missing})
    if missing == "BufferStorage":
        monkeypatch.setattr(hardware, missing, None)
    reason, pixel_format = route(hardware)
    assert pixel_format is PixelFormat.RGBA
    assert "no compute shaders or no buffer storage" in reason


@pytest.mark.parametrize("codec", ["h264", "hevc"])
@pytest.mark.parametrize("size", [(320, 240), (322, 242)], ids=str)
def test_every_frame_is_in_the_file(
    context: moderngl.Context, hardware: GL, tmp_path: Path, codec: str, size: tuple[int, int]
) -> None:
    recorder = record(None, tmp_path / "a.mp4", timing="step", fps=30, codec=codec)
    BarcodeLoop(context, size).record(recorder, range(40))
    recording = recorder.close()
    assert "compute pass" in recording.reason
    video.assert_recording(tmp_path / "a.mp4", 40, size, Fraction(30))


def test_a_context_of_an_older_version_has_the_extensions() -> None:
    program = """
import moderngl
from glrec_core.values.color import BT709
from tests.capture import test_nv12_shader as shader

context = moderngl.create_context(standalone=True, backend="egl")
picture = shader.noise((70, 34), 1)
with shader.converted(context, picture, BT709) as frame:
    print(context.version_code, shader.current_gl().has_compute, shader.errors(frame, picture, BT709).max() <= 1)
"""
    assert run_program(program, env={"MESA_GL_VERSION_OVERRIDE": "3.3"}).stdout.split() == [
        "330",
        "True",
        "True",
    ]
