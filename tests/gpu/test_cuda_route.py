"""OpenGL to CUDA to NVENC on a real GPU: captured pictures and their order, whole recordings on the stand-in, no leaks."""

import json
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import moderngl
import numpy as np
import pytest
from numpy.typing import NDArray

from glrec_core.backends import table
from glrec_core.capture.ring import Direct
from glrec_core.capture.ring_capture import RingCapture
from glrec_core.config import Config
from glrec_core.errors import BackendUnavailable, CaptureError
from glrec_core.gl.functions import current_gl
from glrec_core.values.color import BT709, BT709_FULL
from glrec_core.values.frame import Frame, Framebuffer, Memory, PixelFormat, Size
from tests.gpu_support.call_log import CallLog
from tests.gpu_support.nvidia import open_stream, skip_without_nvidia_gpu, used_bytes
from tests.gpu_support.standin import Switches, environment
from tests.support import reference
from tests.support.displays import run_program
from tests.support.gl_names import names_alive

pytestmark = pytest.mark.gpu

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


@pytest.fixture
def gpu(context: moderngl.Context) -> moderngl.Context:
    skip_without_nvidia_gpu()
    return context


class Route:
    """A capture into CUDA memory, and the stream on which its frames are complete."""

    def __init__(
        self,
        size: tuple[int, int],
        batch: int,
        color: Any = BT709,
        pixel_format: PixelFormat = PixelFormat.NV12,
        **options: Any,
    ) -> None:
        from glrec_core.capture.cuda import CudaRing

        self.stream = open_stream()
        config = Config(timing="step", slots=3, **options)
        ring = partial(CudaRing, stream=self.stream, pixel_format=pixel_format, color=color, batch=batch)
        self.capture = RingCapture(
            current_gl(), config, Size(*size), 2, ring, direct=Direct.NOTHING, textures=batch
        )

    def take(self, frames: list[Frame]) -> list[tuple[int, NDArray[np.uint8]]]:
        """Copy the frames' rows to the host on their stream and give the frames back."""
        taken = []
        for frame in frames:
            with frame:
                taken.append((frame.pts_ns, self.read(frame.owner)))
        return taken

    def read(self, array: Any) -> NDArray[np.uint8]:
        """Return a copy in host memory of what the stream's work so far leaves in an array."""
        with self.stream.device:
            rows: NDArray[np.uint8] = array.get(stream=self.stream.cupy)
        return rows


def noise(size: tuple[int, int], seed: int = 0) -> NDArray[np.uint8]:
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 4), np.uint8)
    pixels[..., 3] = 255
    return pixels


def upload(context: moderngl.Context, pixels: NDArray[np.uint8]) -> tuple[moderngl.Framebuffer, Framebuffer]:
    height, width = pixels.shape[:2]
    fbo = context.framebuffer([context.texture((width, height), 4, pixels[::-1].tobytes())])
    return fbo, Framebuffer(fbo.glo, Size(width, height))


@pytest.mark.parametrize("batch", [1, 3, 8])
def test_frames_come_once_each_in_order_and_right(gpu: moderngl.Context, batch: int) -> None:
    size = (66, 50)
    sources = [upload(gpu, noise(size, seed))[1] for seed in range(4)]
    wanted = [reference.nv12(noise(size, seed)) for seed in range(4)]
    route = Route(size, batch)
    got = []
    for number in range(50):
        got += route.take(route.capture.grab(sources[number % 4], number))
        assert len(got) >= number + 1 - route.capture.latency
    got += route.take(route.capture.drain())
    route.capture.close()
    assert [pts for pts, _ in got] == list(range(50))
    for pts, rows in got:
        assert np.abs(rows.astype(np.int16) - wanted[pts % 4]).max() <= 1


def test_a_frames_planes_are_views_of_one_array(gpu: moderngl.Context) -> None:
    _, source = upload(gpu, noise((66, 50)))
    route = Route((66, 50), 1)
    [frame] = route.capture.grab(source, 5)
    assert frame.spec.memory is Memory.CUDA
    rows = route.read(frame.owner)
    luma, chroma = (route.read(plane) for plane in frame.planes)
    assert luma.shape == (50, 66)
    assert chroma.shape == (25, 33, 2)
    assert np.array_equal(np.concatenate([luma, chroma.reshape(25, 66)]), rows)
    with frame:
        pass
    route.capture.close()


@pytest.mark.parametrize("batch", [1, 3])
def test_rgba_is_the_very_picture_upright(gpu: moderngl.Context, batch: int) -> None:
    size = (66, 50)
    sources = [upload(gpu, noise(size, seed))[1] for seed in range(4)]
    route = Route(size, batch, pixel_format=PixelFormat.RGBA)
    got = 0
    for number in range(20):
        frames = route.capture.grab(sources[number % 4], number)
        for frame in frames if number < 19 else [*frames, *route.capture.drain()]:
            with frame:
                assert (frame.spec.format, frame.pts_ns) == (PixelFormat.RGBA, got)
                (plane,) = frame.planes
                assert np.array_equal(route.read(plane), noise(size, got % 4))
                assert np.array_equal(route.read(frame.owner), noise(size, got % 4).reshape(50, 264))
            got += 1
    route.capture.close()
    assert got == 20


@pytest.mark.parametrize("batch", [1, 8])
def test_nothing_is_converted_before_the_gpu_has_drawn_it(gpu: moderngl.Context, batch: int) -> None:
    """The program runs ahead of a GPU that is far behind: each frame has a colour of its own, all over."""
    size = Size(1920, 1080)
    fbo = gpu.framebuffer([gpu.texture(size, 4)])
    program = gpu.program(vertex_shader=TRIANGLE, fragment_shader=HEAVY)
    triangle = gpu.vertex_array(program, [])
    route = Route(size, batch, BT709_FULL)
    pending: list[Frame] = []
    seen = []
    for number in range(240):
        fbo.use()
        program["rgb"] = (number / 255,) * 3
        triangle.render(vertices=3)
        pending += route.capture.grab(Framebuffer(fbo.glo, size), number)
        if len(pending) >= 3:
            seen += route.take(pending)
            pending = []
    seen += route.take(pending + route.capture.drain())
    route.capture.close()
    assert [pts for pts, _ in seen] == list(range(240))
    for number, rows in seen:
        assert (int(rows[: size.height].min()), int(rows[: size.height].max())) == (number, number)


def test_a_source_that_changes_within_a_batch_spoils_no_earlier_picture(gpu: moderngl.Context) -> None:
    _, first = upload(gpu, noise((32, 16)))
    _, second = upload(gpu, np.full((32, 32, 4), 255, np.uint8))
    route = Route((32, 16), 8)
    frames = [
        frame for number in range(6) for frame in route.capture.grab((first, second)[number % 2], number)
    ]
    got = route.take(frames + route.capture.drain())
    route.capture.close()
    for pts, rows in got:
        if pts % 2 == 0:
            assert np.abs(rows.astype(np.int16) - reference.nv12(noise((32, 16)))).max() <= 1
        else:
            luma = rows[:16]
            assert (luma[:, :8] == 16).all()
            assert (luma[:, 8:24] == 235).all()
            assert (luma[:, 24:] == 16).all()


def test_a_new_size_starts_a_new_specification_when_asked(gpu: moderngl.Context) -> None:
    _, first = upload(gpu, noise((32, 16)))
    _, second = upload(gpu, noise((21, 30)))
    route = Route((32, 16), 8, on_resize="segment")
    frames = [frame for source in (first, second, first) for frame in route.capture.grab(source, 0)]
    frames += route.capture.drain()
    assert [frame.spec.size for frame in frames] == [(32, 16), (22, 30), (32, 16)]
    got = route.take(frames)
    route.capture.close()
    padded = reference.nv12(noise((21, 30)))
    assert np.abs(got[1][1].astype(np.int16) - padded).max() <= 1


def test_closing_leaves_no_gl_object_and_no_memory(gpu: moderngl.Context) -> None:
    _, source = upload(gpu, noise((1280, 720)))
    for batch in (1, 8):
        before: tuple[Any, int] | None = None
        for _ in range(20):
            route = Route((1280, 720), batch)
            route.take(route.capture.grab(source, 0) + route.capture.drain())
            route.capture.close()
            route.capture.close()
            del route
            now = names_alive(), used_bytes()
            before = before or now
        assert before is not None
        assert now[0] == before[0]
        # The driver takes 64 KiB of its own or gives 11 MiB back now and then; one texture of each recording would be 70 MB.
        assert now[1] - before[1] < 1 << 20


def test_a_texture_that_cannot_be_registered_is_an_error_of_ours(gpu: moderngl.Context) -> None:
    from glrec_core.cuda.texture import RegisteredTexture

    wrong = "CUDA cannot register the OpenGL texture 9999"
    with open_stream().device, pytest.raises(CaptureError, match=wrong):
        RegisteredTexture(9999)


def test_the_programs_own_cuda_device_and_stream_stay_current(gpu: moderngl.Context) -> None:
    import cupy

    _, source = upload(gpu, noise((64, 48)))
    with cupy.cuda.Stream() as own:
        route = Route((64, 48), 1)
        route.take(route.capture.grab(source, 0))
        route.capture.close()
        assert cupy.cuda.get_current_stream() == own


def test_a_gpu_without_nvenc_says_so_and_the_host_route_serves(gpu: moderngl.Context) -> None:
    pytest.importorskip(
        "PyNvVideoCodec", reason="PyNvVideoCodec is not installed (pip install 'glrec[nvenc]')"
    )
    gl, config = current_gl(), Config()
    reason = table.NVENC.unavailable(gl, config, None)
    if reason is None:
        pytest.skip(f"{gl.renderer} has an NVENC engine")
    assert reason.endswith("has no NVENC engine")
    backend, text = table.choose(table.agree(config, ()), gl)
    assert backend.name == "host"
    assert text.startswith(f"nvenc: {reason}; ")
    with pytest.raises(BackendUnavailable, match="has no NVENC engine"):
        table.choose(table.agree(Config(backend="nvenc"), ()), gl)


MODERNGL = """
import moderngl
from tests.support.recording import BarcodeLoop
def play(path, **options):
    context = moderngl.create_context(standalone=True, backend="egl")
    recorder = record(None, path, **options)
    BarcodeLoop(context, SIZE).record(recorder, range(FRAMES))
    return recorder.close()
"""
PYGLET = """
import pyglet
pyglet.options.headless = True
from tests.integration.pyglet.programs import stage
def play(path, **options):
    window = pyglet.window.Window(*SIZE, config=stage.config())
    recorder = record(window, path, **options)
    for number in range(FRAMES):
        stage.draw_frame(window, number)
    return recorder.close()
"""
VISPY = """
import vispy
vispy.use("egl")
from vispy import app
from tests.integration.vispy import scenes
def play(path, **options):
    scene = scenes.gloo_scene(app.Canvas(size=SIZE, show=True))
    recorder = record(scene.canvas, path, frames=FRAMES, **options)
    scenes.after_each_frame(scene)
    scenes.draw_until(lambda: recorder.finished, scene)
    return recorder.close()
"""
RECORD = """
import json, sys
import av
import numpy as np
from glrec_core import record
from glrec_core.testing import barcode
SIZE, FRAMES = (320, 240), 60
{play}
path, options = sys.argv[1], json.loads(sys.argv[2])
recording = play(path, backend="nvenc", **options)
with av.open(path) as container:
    frames = list(container.decode(video=0))
    by_pyav = [barcode.read(frame.to_ndarray(format="rgb24")) for frame in frames]
    times = [str(frame.pts * frame.time_base) for frame in frames]
    barcode.check_orientation(frames[0].to_ndarray(format="rgb24"))
import cupy, PyNvVideoCodec
decoder = PyNvVideoCodec.SimpleDecoder(path, use_device_memory=True)
by_nvdec = [barcode.read(cupy.from_dlpack(frame).get()[: SIZE[1]]) for frame in decoder]
print(json.dumps([recording.route, recording.frames, by_pyav, by_nvdec, times]))
"""


@pytest.mark.parametrize(
    "options", [{"timing": "step"}, {"timing": "step", "b_frames": 2}, {"overflow": "block"}]
)
@pytest.mark.parametrize("play", [MODERNGL, PYGLET, VISPY], ids=["moderngl", "pyglet", "vispy"])
def test_a_program_is_recorded_frame_by_frame(
    gpu: moderngl.Context, pynvvideocodec_libraries: Path, tmp_path: Path, play: str, options: dict[str, Any]
) -> None:
    """Encoded by the real PyNvVideoCodec on the stand-in, decoded by FFmpeg and by the GPU."""
    log = tmp_path / "calls.log"
    variables = environment(pynvvideocodec_libraries, Switches(log=log, late_read=True), cpu_only=False)
    variables["EGL_PLATFORM"] = "surfaceless"  # vispy has no other way of drawing without a display
    program, path = RECORD.replace("{play}", play), tmp_path / "film.mp4"
    said = run_program(program, str(path), json.dumps(options), env=variables).stdout
    route, frames, by_pyav, by_nvdec, times = json.loads(said.splitlines()[-1])
    assert (route, frames) == ("nvenc", 60)
    assert by_pyav == by_nvdec == list(range(60))
    if "timing" in options:
        assert times == [str(Fraction(number, 60)) for number in range(60)]
    assert CallLog.read(log).leaks() == []


EXACT = """
import sys
import av
import moderngl
import numpy as np
from glrec_core import Framebuffer, Size, record
from tests.support import reference
size = Size(642, 362)
context = moderngl.create_context(standalone=True, backend="egl")
generator = np.random.default_rng(4)
pictures = [generator.integers(0, 256, (size.height, size.width, 4), np.uint8) for _ in range(24)]
texture = context.texture(size, 4)
fbo = context.framebuffer([texture])
recorder = record(None, sys.argv[1], timing="step", backend="nvenc")
for picture in pictures:
    texture.write(picture[::-1].tobytes())
    recorder.frame_drawn(Framebuffer(fbo.glo, size))
recorder.close()
with av.open(sys.argv[1]) as container:
    decoded = [frame.to_ndarray(format="nv12") for frame in container.decode(video=0)]
assert len(decoded) == 24
for picture, found in zip(pictures, decoded, strict=True):
    difference = np.abs(found.astype(np.int16) - reference.nv12(picture))
    assert difference.max() <= 1
    assert (difference > 0).mean() < 1e-4
"""


def test_the_file_holds_what_the_reference_says(
    gpu: moderngl.Context, pynvvideocodec_libraries: Path, tmp_path: Path
) -> None:
    """The stand-in encodes without loss."""
    variables = environment(pynvvideocodec_libraries, Switches(late_read=True), cpu_only=False)
    run_program(EXACT, str(tmp_path / "film.mp4"), env=variables)


CYCLES = """
import sys, threading
import moderngl
from glrec_core import record
from tests.gpu_support.nvidia import used_bytes
from tests.support.gl_names import names_alive
from tests.support.recording import BarcodeLoop
loop = BarcodeLoop(moderngl.create_context(standalone=True, backend="egl"), (320, 240))
for number in range(1000):
    recorder = record(None, sys.argv[1], timing="step", backend="nvenc", b_frames=number % 3, overwrite=True)
    loop.record(recorder, range(3))
    assert recorder.close().frames == 3
    if number == 20:
        before, bytes_before = (names_alive(), threading.active_count()), used_bytes()
assert (names_alive(), threading.active_count()) == before
# The driver keeps some 10 KiB of its own for each; a ring of slots or textures that stayed would be 1000 times 1.3 MB.
assert used_bytes() - bytes_before < 32 << 20
"""


@pytest.mark.slow
@pytest.mark.timeout(600)  # PyNvVideoCodec takes 145 ms to open an encoder
def test_a_thousand_recordings_leave_nothing(
    gpu: moderngl.Context, pynvvideocodec_libraries: Path, tmp_path: Path
) -> None:
    log = tmp_path / "calls.log"
    variables = environment(pynvvideocodec_libraries, Switches(log=log, instant=True), cpu_only=False)
    run_program(CYCLES, str(tmp_path / "film.mp4"), env=variables, timeout_seconds=500)
    calls = CallLog.read(log)
    assert calls.leaks() == []
    assert len(calls.calls("init")) == 1000
