"""Where operations of a recording work: which route is taken and why, and what holds in any memory.

No GPU is needed: NVIDIA's routes pose as available, and a kind of array of the test's own poses as CuPy's.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import moderngl
import numpy as np
import pytest
from numpy.typing import NDArray

from glrec_core import BackendUnavailable, ConvertError, ProcessError
from glrec_core.backends import table
from glrec_core.backends.nvenc import _on_the_host
from glrec_core.config import Config
from glrec_core.convert.processed import Processed
from glrec_core.gl.functions import GL, current_gl
from glrec_core.process import overlay, rotate, timestamp
from glrec_core.values.frame import Frame, FrameSpec, Memory, PixelFormat, Size
from tests.process.test_process_recording import AT, LOGO, assert_logo, record_film
from tests.support import reference, video
from tests.support.displays import run_program

OURS = [overlay(LOGO, at=AT), timestamp((200, 200))]
SPEC = FrameSpec(Size(16, 12), PixelFormat.RGBA, Memory.CUDA)
NVIDIAS = [("nvenc", "h264"), ("mjpeg", "mjpeg")]


def brighten(_time: timedelta, frame: Any) -> Any:
    return np.minimum(frame, 200) + np.uint8(50)


@pytest.fixture
def nvidia(context: moderngl.Context, monkeypatch: pytest.MonkeyPatch) -> GL:
    """Give the context's functions, NVIDIA's routes being taken for available."""
    rows = [
        replace(row, unavailable=table._giving_cupy(row.name, lambda *_: None))
        if row.name in {"nvenc", "mjpeg"}
        else row
        for row in table.BACKENDS
    ]
    monkeypatch.setattr(table, "BACKENDS", tuple(rows))
    return current_gl()


@pytest.mark.parametrize(("route", "codec"), NVIDIAS)
def test_frames_stay_on_the_gpu_for_operations_of_glrec(nvidia: GL, route: str, codec: str) -> None:
    backend, reason = table.choose(table.agree(Config(process=OURS, codec=codec), ()), nvidia)
    assert backend.name == route
    assert "process= works on them" in reason


@pytest.mark.parametrize(("route", "codec"), NVIDIAS)
@pytest.mark.parametrize("process", [[brighten], [*OURS, brighten], [brighten, OURS[0]]])
def test_a_function_may_know_numpy_only(nvidia: GL, route: str, codec: str, process: list[Any]) -> None:
    backend, reason = table.choose(table.agree(Config(process=process, codec=codec), ()), nvidia)
    assert backend.name == "host"
    said = f"{route}: brighten of process= may know NumPy's arrays only; backend={route!r} gives it CuPy's"
    assert said in reason


@pytest.mark.parametrize(("route", "codec"), NVIDIAS)
def test_who_asks_for_the_gpu_by_name_gets_it(nvidia: GL, route: str, codec: str) -> None:
    config = Config(process=[brighten], codec=codec, backend=route)
    assert [row.name for row in table.agree(config, ()).able] == [route]
    assert table.choose(table.agree(config, ()), nvidia)[0].name == route


def test_where_there_is_no_such_gpu_the_function_is_not_blamed(context: moderngl.Context) -> None:
    _, reason = table.choose(table.agree(Config(process=[brighten], codec="h264"), ()), current_gl())
    assert "brighten" not in reason
    with pytest.raises(BackendUnavailable, match="NVIDIA"):
        table.choose(table.agree(Config(process=[brighten], codec="h264", backend="nvenc"), ()), current_gl())


def test_a_recording_says_why_it_left_the_gpu(nvidia: GL, context: moderngl.Context, tmp_path: Path) -> None:
    def still(_time: timedelta, frame: Any) -> Any:
        assert isinstance(frame, np.ndarray)
        return frame

    recording = record_film(context, tmp_path / "a.mp4", [OURS[0], still]).close()
    assert recording.route == "host"
    assert "still of process= may know NumPy's arrays only; backend='nvenc'" in recording.reason
    video.assert_recording(tmp_path / "a.mp4", 20, (320, 240), Fraction(30))
    for number, picture in enumerate(video.decode_rgb(tmp_path / "a.mp4")):
        assert_logo(picture, number)


def test_the_core_loads_operations_for_nobody(tmp_path: Path) -> None:
    program = """
import sys, moderngl
from glrec_core import record
from tests.support.recording import BarcodeLoop
context = moderngl.create_context(standalone=True, backend="egl")
with record(None, sys.argv[1], timing="step", process=[lambda time, frame: frame]) as recorder:
    BarcodeLoop(context).record(recorder, range(3))
print([name for name in sys.modules if name.startswith("glrec_core.process")])
"""
    assert run_program(program, str(tmp_path / "a.mp4"), fresh=True).stdout.split() == ["[]"]


class OnGpu(np.ndarray[Any, np.dtype[np.uint8]]):
    """An array that poses as CuPy's."""


class PosingMemory:
    """What `CudaPixels` is on a GPU; it knows whether its stream is the current one."""

    kind = Memory.CUDA
    array_type: type[Any] = OnGpu
    library = "CuPy"
    advice = "work on them there"

    def __init__(self) -> None:
        self.current = False

    @contextmanager
    def working(self) -> Iterator[None]:
        self.current = True
        try:
            yield
        finally:
            self.current = False

    def taken(self, frame: Frame, channels: int) -> Any:
        assert self.current
        return frame.planes[0][..., :channels].copy().view(OnGpu)

    def frame(self, spec: FrameSpec, pixels: Any, pts_ns: int) -> Frame:
        return Frame(replace(spec, format=PixelFormat.RGB24), (pixels,), pts_ns)


class Keep:
    """A converter that keeps what it is given."""

    def __init__(self, memory: PosingMemory) -> None:
        self._memory = memory
        self.closed = 0

    def convert(self, frame: Frame) -> Frame:
        assert self._memory.current
        return frame

    def close(self) -> None:
        self.closed += 1


def picture() -> NDArray[np.uint8]:
    return np.random.default_rng(5).integers(0, 256, (12, 16, 4), np.uint8)


def test_operations_work_where_the_frame_is_and_its_stream_is_current() -> None:
    memory = PosingMemory()
    keep = Keep(memory)

    def invert(time: timedelta, frame: Any) -> Any:
        assert memory.current
        assert isinstance(frame, OnGpu)
        assert time == timedelta(milliseconds=5)
        frame[...] = ~frame  # an operation may not, but must not reach the captured memory
        return frame

    processed = Processed(SPEC, [invert, invert, invert], keep, memory, alpha=False)
    plane = picture()
    done = processed.convert(Frame(SPEC, (plane,), 5_000_000))
    assert (done.spec.format, done.pts_ns) == (PixelFormat.RGB24, 5_000_000)
    assert np.array_equal(done.planes[0], ~picture()[..., :3])
    assert np.array_equal(plane, picture())
    processed.close()
    assert keep.closed == 1


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        (
            lambda _time, frame: np.array(frame),
            r"gave back a numpy\.ndarray of uint8, not a uint8 array of CuPy",
        ),
        (lambda _time, frame: frame / 2, r"of float64, not a uint8 array of CuPy; work on them there"),
        (lambda _time, _frame: None, "gave back NoneType, not a uint8 array of CuPy"),
        (lambda _time, frame: frame[1:], r"made \(11, 16, 3\) of a frame of 16x12"),
        (lambda _time, _frame: 1 // 0, r"failed at 0\.005 s .*on an array of CuPy: ZeroDivisionError"),
    ],
)
def test_what_is_no_frame_of_that_memory_is_refused_by_the_operations_name(
    operation: Any, message: str
) -> None:
    memory = PosingMemory()
    processed = Processed(SPEC, [operation], Keep(memory), memory, alpha=False)
    with pytest.raises(ProcessError, match=rf"<lambda> .*{message}"):
        processed.convert(Frame(SPEC, (picture(),), 5_000_000))


class RowsOnGpu:
    """All rows of a frame, which can be had from the GPU; it poses as its stream, too."""

    def __init__(self, rows: NDArray[np.uint8]) -> None:
        self._rows = rows

    @contextmanager
    def current(self) -> Iterator[None]:
        yield

    def get(self) -> NDArray[np.uint8]:
        return self._rows.copy()


def test_a_software_encoder_takes_over_with_the_operations() -> None:
    """They are given what was downloaded: NumPy's arrays, a function as well."""
    seen = []

    def look(_time: timedelta, frame: Any) -> Any:
        seen.append(frame)
        return frame

    config = Config(process=[overlay(LOGO), look], codec="h264", timing="step")
    drawn = np.full((48, 64, 4), 130, np.uint8)
    rows: Any = RowsOnGpu(drawn.reshape(48, 256))
    (open_successor,) = _on_the_host(config, config.make_clock(), rows)
    spec = FrameSpec(Size(64, 48), PixelFormat.RGBA, Memory.CUDA)
    stages = open_successor(spec)
    with stages.converter.convert(Frame(spec, (), 0, owner=rows)) as converted:
        assert converted.spec == stages.encoder.accepts
        worked_on = drawn.copy()
        worked_on[:24, :40, :3] = LOGO
        assert np.abs(converted.planes[0].astype(int) - reference.yuv420p(worked_on).y).max() <= 1
    assert type(seen[0]) is np.ndarray
    assert np.array_equal(seen[0], worked_on[..., :3])
    stages.close()


def test_frames_in_another_memory_are_refused() -> None:
    memory = PosingMemory()
    with pytest.raises(ConvertError, match="operations take rgba or bgra in cuda memory"):
        Processed(replace(SPEC, memory=Memory.HOST), [rotate(1)], Keep(memory), memory, alpha=False)
