"""`process=` on a real GPU: OpenGL to CUDA, operations, Y'CbCr, and the encoders of that route, without a way over the host."""

import json
import time
from datetime import timedelta
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import av
import moderngl
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from glrec_core import EncodeError, FileSink, ProcessError, record
from glrec_core.backends import table
from glrec_core.backends.nvenc import _on_the_host
from glrec_core.capture.ring import Direct
from glrec_core.capture.ring_capture import RingCapture
from glrec_core.config import Chroma, Config, Overflow
from glrec_core.gl.functions import current_gl
from glrec_core.pipeline.chain import EncodeChain
from glrec_core.pipeline.outputs import Outputs
from glrec_core.process import overlay, text, timestamp
from glrec_core.report.stats import Stats
from glrec_core.stages import EncodeStages
from glrec_core.testing import barcode
from glrec_core.values.color import BT709
from glrec_core.values.frame import Framebuffer, FrameSpec, PixelFormat, Size
from tests.gpu_support.call_log import CallLog
from tests.gpu_support.nvidia import open_stream, skip_without_nvidia_gpu, used_bytes
from tests.gpu_support.standin import Fault, Switches, environment
from tests.support.displays import run_program
from tests.support.recording import BarcodeLoop

pytestmark = pytest.mark.gpu

SIZE = Size(642, 362)  # the rows of an RGB array of it begin at any address
LOGO, AT = np.zeros((24, 40, 3), np.uint8) + np.array([250, 240, 20], np.uint8), (8, 6)
HALF_CLEAR = np.random.default_rng(8).integers(0, 256, (40, 60, 4), np.uint8)
COLOURS = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255), (0, 0, 0), (200, 120, 40)]


def inverted(_time: timedelta, frame: Any) -> Any:
    import cupy

    assert isinstance(frame, cupy.ndarray)
    return ~frame


PROCESSES: dict[str, list[Any]] = {
    "ours": [overlay(HALF_CLEAR, at=(20.25, 30.5), alpha=0.8), timestamp((300, 200))],
    "a function too": [inverted, overlay(HALF_CLEAR, at=(600, -7))],
}


def pictures(count: int) -> list[NDArray[np.uint8]]:
    generator = np.random.default_rng(4)
    return [generator.integers(0, 256, (SIZE.height, SIZE.width, 4), np.uint8) for _ in range(count)]


def worked_on(process: list[Any], picture: NDArray[np.uint8], number: int) -> NDArray[np.uint8]:
    """Return what operations make of frame `number` of 60 a second, computed by CuPy beside the recording."""
    import cupy

    frame = cupy.asarray(picture[..., :3])
    for operation in process:
        frame = operation(timedelta(microseconds=round(Fraction(number * 10**9, 60)) / 1000), frame)
    pixels: NDArray[np.uint8] = frame.get()
    return pixels


def logo_in(picture: NDArray[Any]) -> NDArray[np.int64]:
    """Return the inside of the logo."""
    x, y = AT
    return picture[y + 2 : y + 22, x + 2 : x + 38].astype(np.int64)


@pytest.fixture
def nvidia(context: moderngl.Context) -> moderngl.Context:
    skip_without_nvidia_gpu()
    return context


@pytest.fixture
def nvjpeg(nvidia: moderngl.Context) -> moderngl.Context:
    if reason := table.MJPEG.unavailable(current_gl(), Config(codec="mjpeg"), None):
        pytest.skip(reason)
    return nvidia


EXACT = """
import json, sys
import av
import moderngl
import numpy as np
from PIL import Image
from glrec_core import Framebuffer, record
from glrec_core.values.color import BT709
from tests.gpu.test_cuda_kernel import exact
from tests.gpu.test_process_route import PROCESSES, SIZE, pictures, worked_on
from tests.support import reference

folder, name, options = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
process, drawn = PROCESSES[name], pictures(24)
context = moderngl.create_context(standalone=True, backend="egl")
texture = context.texture(SIZE, 4)
fbo = context.framebuffer([texture])
recorder = record(None, f"{folder}/film.mp4", timing="step", backend="nvenc", process=process, **options)
for number, picture in enumerate(drawn):
    if number == 11:
        shot = recorder.screenshot(f"{folder}/shot.png")
    texture.write(picture[::-1].tobytes())
    recorder.frame_drawn(Framebuffer(fbo.glo, SIZE))
recording = recorder.close()
with av.open(f"{folder}/film.mp4") as container:
    frames = list(container.decode(video=0))
subsampled = frames[0].format.name == "yuv420p"
off = []
for number, (picture, frame) in enumerate(zip(drawn, frames, strict=True)):
    rgb = worked_on(process, picture, number)
    wanted = reference.nv12(rgb) if subsampled else exact(rgb, 8, BT709, subsampled=False)
    found = frame.to_ndarray(format="nv12" if subsampled else "yuv444p").reshape(-1, SIZE.width)
    difference = np.abs(found.astype(np.int16) - wanted)
    off.append((int(difference.max()), float((difference > 0).mean())))
with Image.open(shot.result(0)) as image:
    shot_as_drawn = np.array_equal(np.asarray(image), drawn[11][..., :3])
print(json.dumps({
    "route": recording.route, "reason": recording.reason, "notes": recording.notes, "format": frames[0].format.name,
    "off": off, "times": [str(frame.pts * frame.time_base) for frame in frames], "shot as drawn": shot_as_drawn,
}))
"""


@pytest.mark.parametrize("name", PROCESSES)
@pytest.mark.parametrize("options", [{}, {"b_frames": 2}, {"chroma": "444"}], ids=str)
def test_nvenc_gets_what_the_operations_made_and_nothing_else(
    nvidia: moderngl.Context,
    pynvvideocodec_libraries: Path,
    tmp_path: Path,
    options: dict[str, Any],
    name: str,
) -> None:
    """By the real PyNvVideoCodec on the stand-in, which loses nothing and reads its input late."""
    log = tmp_path / "calls.log"
    variables = environment(pynvvideocodec_libraries, Switches(log=log, late_read=True), cpu_only=False)
    program = run_program(EXACT, str(tmp_path), name, json.dumps(options), env=variables)
    said = json.loads(program.stdout.splitlines()[-1])
    assert (said["route"], said["notes"]) == ("nvenc", [])
    assert "process= works on them there" in said["reason"]
    assert said["format"] == ("yuv444p" if "chroma" in options else "yuv420p")
    assert said["times"] == [str(Fraction(number, 60)) for number in range(24)]
    assert max(most for most, _ in said["off"]) <= 1
    assert max(share for _, share in said["off"]) < 1e-4
    assert said["shot as drawn"]
    assert CallLog.read(log).leaks() == []


CHOICE = """
import json
import time
import moderngl
from glrec_core.backends import table
from glrec_core.config import Chroma, Config, Overflow
from glrec_core.gl.functions import current_gl
from tests.gpu.test_process_route import PROCESSES
context = moderngl.create_context(standalone=True, backend="egl")
chosen = {}
for name, process in PROCESSES.items():
    backend, reason = table.choose(table.agree(Config(process=process, codec="h264"), ()), current_gl())
    chosen[name] = backend.name, reason
print(json.dumps(chosen))
"""


def test_auto_keeps_frames_on_the_gpu_for_operations_of_glrec_only(
    nvidia: moderngl.Context, pynvvideocodec_libraries: Path
) -> None:
    variables = environment(pynvvideocodec_libraries, Switches(), cpu_only=False)
    chosen = json.loads(run_program(CHOICE, env=variables).stdout.splitlines()[-1])
    assert chosen["ours"][0] == "nvenc"
    backend, reason = chosen["a function too"]
    assert backend == "host"
    assert "inverted of process= may know NumPy's arrays only; backend='nvenc' gives it CuPy's" in reason


ORDER = """
import json, sys
import av
import moderngl
import numpy as np
from glrec_core import record
from glrec_core.process import overlay, timestamp
from tests.gpu.test_process_route import AT, LOGO, logo_in
from glrec_core.testing import barcode
from tests.support.recording import BarcodeLoop
context = moderngl.create_context(standalone=True, backend="egl")
process = [overlay(LOGO, at=AT), timestamp((4, 210), size=16)]
recorder = record(None, sys.argv[1], backend="nvenc", process=process, **json.loads(sys.argv[2]))
BarcodeLoop(context).record(recorder, range(60))
recording = recorder.close()
numbers = []
for path in recording.paths:
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            picture = frame.to_ndarray(format="rgb24")
            numbers.append(barcode.read(picture))
            assert np.abs(logo_in(picture) - LOGO[0, 0]).mean() <= 6
print(json.dumps([recording.route, recording.frames, numbers, recording.notes]))
"""


@pytest.mark.parametrize(
    "options",
    [
        {"timing": "step"},
        {"timing": "wall", "overflow": "block"},
        {"timing": "step", "slots": 2},
        {"timing": "step", "b_frames": 2},
    ],
    ids=str,
)
def test_every_frame_comes_once_in_order(
    nvidia: moderngl.Context, pynvvideocodec_libraries: Path, tmp_path: Path, options: dict[str, Any]
) -> None:
    variables = environment(pynvvideocodec_libraries, Switches(late_read=True), cpu_only=False)
    program = run_program(ORDER, str(tmp_path / "film.mp4"), json.dumps(options), env=variables)
    route, frames, numbers, notes = json.loads(program.stdout.splitlines()[-1])
    assert (route, frames, notes) == ("nvenc", 60, [])
    assert numbers == list(range(60))


def test_a_driver_that_dies_leaves_the_work_to_the_cpu(
    nvidia: moderngl.Context, pynvvideocodec_libraries: Path, tmp_path: Path
) -> None:
    """What NVENC held is lost, as without operations; all other frames are worked on, by NumPy in the end."""
    switches = Switches(fail=Fault("encode", status=20, nth=20))
    variables = environment(pynvvideocodec_libraries, switches, cpu_only=False)
    program = run_program(ORDER, str(tmp_path / "film.mp4"), json.dumps({"timing": "step"}), env=variables)
    route, frames, numbers, notes = json.loads(program.stdout.splitlines()[-1])
    assert route == "nvenc"
    assert any("its successor went on" in note for note in notes)
    assert len(numbers) == frames >= 50
    assert numbers == sorted(set(numbers))
    assert numbers[-1] == 59


def _no_session(_: FrameSpec) -> EncodeStages:
    raise EncodeError("no session is free")


def test_rgba_in_cuda_memory_goes_on_to_operations_and_a_software_encoder(
    nvidia: moderngl.Context, tmp_path: Path
) -> None:
    from glrec_core.capture.cuda import CudaRing

    config = Config(timing="step", fps=60, quality=12, process=[overlay(LOGO, at=AT)])
    stream, notes, size = open_stream(), list[str](), Size(322, 242)
    ring = partial(CudaRing, stream=stream, pixel_format=PixelFormat.RGBA, color=BT709, batch=4)
    loop = BarcodeLoop(nvidia, size)
    capture = RingCapture(current_gl(), config, size, 2, ring, direct=Direct.NOTHING, textures=4)
    successors = _on_the_host(config, config.make_clock(), stream)
    chain = EncodeChain((_no_session, *successors), Stats(), notes.append)
    outputs = Outputs([FileSink(tmp_path / "a.mp4")], lambda error: pytest.fail(str(error)), notes.append)
    for number in range(30):
        loop.draw(number)
        frames = capture.grab(loop.framebuffer, round(number * 10**9 / 60))
        for frame in frames if number < 29 else [*frames, *capture.drain()]:
            with frame:
                for batch in chain.encode(frame):
                    outputs.write(batch)
    for batch in chain.drain():
        outputs.write(batch)
    outputs.close_part()
    capture.close()
    with av.open(str(tmp_path / "a.mp4")) as container:
        decoded = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert [barcode.read(picture) for picture in decoded] == list(range(30))
    for picture in decoded:
        barcode.check_orientation(picture)
        assert np.abs(logo_in(picture) - LOGO[0, 0]).mean() <= 6


@pytest.mark.parametrize("chroma", ["420", "444"])
def test_nvjpeg_gets_what_the_operations_made(
    nvjpeg: moderngl.Context, tmp_path: Path, chroma: Chroma
) -> None:
    """Flat colours, of which JPEG loses next to nothing; more frames than are encoded at a time."""
    path, size = tmp_path / "film.mov", Size(320, 240)
    fbo = nvjpeg.framebuffer([nvjpeg.texture(size, 4)])
    box = np.full((32, 48, 3), (20, 160, 240), np.uint8)
    process = [overlay(box, at=(64, 32)), text("glrec", at=(200, 200))]
    recorder = record(None, path, timing="step", codec="mjpeg", chroma=chroma, quality=95, process=process)
    drawn = 4 * COLOURS
    for rgb in drawn:
        red, green, blue = (value / 255 for value in rgb)
        fbo.clear(red, green, blue, 1.0)
        recorder.frame_drawn(Framebuffer(fbo.glo, size))
    recording = recorder.close()
    assert recording.route == "mjpeg"
    assert "process= works on them" in recording.reason
    with av.open(str(path)) as container:
        found = [frame.to_ndarray(format="rgb24").astype(int) for frame in container.decode(video=0)]
    assert len(found) == len(drawn)
    for picture, rgb in zip(found, drawn, strict=True):
        assert np.abs(picture[32:64, 64:112][4:-4, 4:-4] - box[0, 0]).max() <= 4, rgb
        assert np.abs(picture[80:192] - rgb).max() <= 3, rgb
        assert np.abs(picture[200:225, 200:260] - rgb).max() > 60, rgb


@pytest.mark.parametrize("overflow", ["block", "drop"])
def test_jpegs_come_in_order_and_a_screenshot_is_as_drawn(
    nvjpeg: moderngl.Context, tmp_path: Path, overflow: Overflow
) -> None:
    recorder = record(
        None,
        tmp_path / "a.mkv",
        timing="step",
        codec="mjpeg",
        overflow=overflow,
        process=[overlay(LOGO, at=AT), timestamp((4, 210), size=16)],
    )
    loop = BarcodeLoop(nvjpeg)
    loop.record(recorder, range(9))
    while overflow == "drop" and recorder.stats.queued:  # a frame that is dropped serves no screenshot
        time.sleep(0.001)
    shot = recorder.screenshot(tmp_path / "shot.png")
    loop.record(recorder, range(9, 75))
    recording = recorder.close()
    assert recording.route == "mjpeg"
    with av.open(str(tmp_path / "a.mkv")) as container:
        found = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    numbers = [barcode.read(picture) for picture in found]
    assert numbers == (list(range(75)) if overflow == "block" else sorted(set(numbers)))
    for picture in found:
        assert np.abs(logo_in(picture) - LOGO[0, 0]).mean() <= 6
    with Image.open(shot.result(0)) as image:
        picture = np.asarray(image)
    assert np.array_equal(picture, barcode.expected((320, 240), barcode.read(picture)))


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (
            lambda _time, frame: frame.get(),
            r"gave back a numpy\.ndarray of uint8, not a uint8 array of CuPy; frames",
        ),
        (lambda _time, frame: frame / 2, r"gave back a cupy\.ndarray of float\d+, not a uint8 array of CuPy"),
        (lambda _time, frame: np.asarray(frame), r"failed at 0\.000 s of the recording, on an array of CuPy"),
        (lambda _time, frame: frame[1:], r"made \(239, 320, 3\) of a frame of 320x240"),
    ],
)
def test_a_function_that_cannot_work_there_is_named(
    nvjpeg: moderngl.Context, tmp_path: Path, function: Any, message: str
) -> None:
    recorder = record(
        None, tmp_path / "a.mov", timing="step", codec="mjpeg", backend="mjpeg", process=[function]
    )
    BarcodeLoop(nvjpeg).record(recorder, range(5))
    with pytest.raises(ProcessError, match=rf"<lambda> .*{message}"):
        recorder.close()


def test_a_function_may_give_views_of_its_frame(nvjpeg: moderngl.Context, tmp_path: Path) -> None:
    """They are read where they lie, whatever their strides."""

    def upside_down(_time: timedelta, frame: Any) -> Any:
        return frame[::-1, ::-1]

    recorder = record(
        None,
        tmp_path / "a.mov",
        timing="step",
        codec="mjpeg",
        backend="mjpeg",
        process=[upside_down, upside_down, upside_down],
    )
    BarcodeLoop(nvjpeg).record(recorder, range(20))
    recorder.close()
    with av.open(str(tmp_path / "a.mov")) as container:
        found = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert [barcode.read(picture[::-1, ::-1]) for picture in found] == list(range(20))


def test_converters_leave_no_memory(nvidia: moderngl.Context) -> None:
    import cupy

    from glrec_core.convert.cuda import CudaConverter
    from glrec_core.values.frame import Frame, Memory

    size, used = Size(1920, 1080), list[int]()
    picture = cupy.zeros((size.height, size.width, 3), np.uint8)
    cupy.cuda.Device().synchronize()
    spec, target = (FrameSpec(size, form, Memory.CUDA) for form in (PixelFormat.RGB24, PixelFormat.YUV444P))
    for _ in range(40):
        converter = CudaConverter(open_stream(), target, BT709, slots=3)
        for number in range(4):
            with converter.convert(Frame(spec, (picture,), number)) as converted:
                assert converted.spec == target
        converter.close()
        del converter
        used.append(used_bytes())
    assert used[-1] - used[9] < 12 << 20  # converters that stayed would be 30 times 18 MB
