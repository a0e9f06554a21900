"""Whole recordings by NVENC without a GPU: the recorder, its threads and files, the real PyNvVideoCodec on the stand-in.

The pictures are drawn on the CPU and read by the host route; between the two stands a converter that poses as the kernel.
"""

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest

from tests.gpu_support.call_log import CallLog
from tests.gpu_support.standin import Fault, Switches, environment
from tests.support.decode import BT709_LIMITED, bitstream_colour
from tests.support.displays import run_program
from tests.support.mp4 import container_colour
from tests.support.video import assert_recording

SIZE = (320, 240)

RECORD = """
import json, sys
import moderngl
from glrec_core import record
from tests.gpu_support.nvenc_route import use_as_backend
from tests.support.recording import BarcodeLoop

use_as_backend()
path, frames, forced, options = sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[3]), json.loads(sys.argv[4])
context = moderngl.create_context(standalone=True, backend="egl")
recorder = record(None, path, **options)
loop = BarcodeLoop(context, (320, 240))
loop.record(recorder, range(frames), lambda number: number + 1 in forced and recorder.force_idr())
recording = recorder.close()
print(json.dumps([recording.route, recording.frames, recording.stats.dropped]))
"""


def recorded(
    libraries: Path,
    path: Path,
    frames: int,
    switches: Switches | None = None,
    forced: tuple[int, ...] = (),
    **options: Any,
) -> list[Any]:
    """Record numbered pictures in a program of its own; return the route and how many frames came and were dropped."""
    arguments = (str(path), str(frames), json.dumps(forced), json.dumps(options))
    result: list[Any] = json.loads(
        run_program(RECORD, *arguments, env=environment(libraries, switches)).stdout
    )
    return result


@pytest.mark.parametrize("b_frames", [0, 1, 2, 3])
@pytest.mark.parametrize(("container", "tick"), [("mp4", Fraction(0)), ("mkv", Fraction(1, 1000))])
def test_every_frame_is_in_the_file_at_its_time(
    pynvvideocodec_libraries: Path, tmp_path: Path, container: str, tick: Fraction, b_frames: int
) -> None:
    path, log = tmp_path / f"film.{container}", tmp_path / "calls.log"
    switches, fps = Switches(log=log, late_read=True), "30000/1001"
    answer = recorded(
        pynvvideocodec_libraries, path, 40, switches, timing="step", fps=fps, codec="h264", b_frames=b_frames
    )
    assert answer == ["nvenc", 40, 0]
    assert_recording(path, 40, SIZE, Fraction(30_000, 1001), tick=tick)
    assert CallLog.read(log).leaks() == []


def test_the_file_and_the_stream_say_the_same_colours(pynvvideocodec_libraries: Path, tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    recorded(pynvvideocodec_libraries, path, 5, timing="step")
    assert bitstream_colour(path) == container_colour(path) == BT709_LIMITED


def test_a_keyframe_can_be_asked_for_while_recording(pynvvideocodec_libraries: Path, tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    recorded(pynvvideocodec_libraries, path, 30, forced=(7, 20), timing="step", fps=60)
    assert keyframes(path) == [0, 7, 20]


def keyframes(path: Path) -> list[int]:
    """Return the numbers of the keyframes in a file of a constant rate of 60 frames a second."""
    with av.open(path) as container:
        return [
            round(packet.pts * packet.time_base * 60)
            for packet in container.demux(video=0)
            if packet.is_keyframe and packet.pts is not None and packet.time_base is not None
        ]


def test_a_slow_driver_loses_no_frame_offline(pynvvideocodec_libraries: Path, tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    switches = Switches(sleep_ms=20)
    assert recorded(pynvvideocodec_libraries, path, 30, switches, timing="step") == ["nvenc", 30, 0]
    assert_recording(path, 30, SIZE, Fraction(60))


def test_a_slow_driver_costs_frames_and_not_the_programs_time(
    pynvvideocodec_libraries: Path, tmp_path: Path
) -> None:
    path = tmp_path / "film.mp4"
    _, frames, dropped = recorded(pynvvideocodec_libraries, path, 60, Switches(sleep_ms=100), overflow="drop")
    assert frames + dropped == 60
    assert dropped > 0


FAILING = """
import json, sys
import moderngl
from glrec_core import GlrecError, record
from tests.gpu_support.nvenc_route import use_as_backend
from tests.support.recording import BarcodeLoop

use_as_backend()
context = moderngl.create_context(standalone=True, backend="egl")
recorder = record(None, sys.argv[1], timing="step")
BarcodeLoop(context, (320, 240)).record(recorder, range(60))
try:
    recorder.close()
except GlrecError as error:
    stats = recorder.stats
    fates = ("recorded", "dropped", "failed", "lost")
    print(json.dumps([str(error), stats.drawn, sum(getattr(stats, fate) for fate in fates)]))
"""


@pytest.mark.parametrize(
    ("call", "nth"), [("open", 2), ("init", 1), ("register", 1), ("map", 9), ("encode", 9), ("lock", 9)]
)
def test_a_failing_driver_ends_the_recording_and_not_the_program(
    pynvvideocodec_libraries: Path, tmp_path: Path, call: str, nth: int
) -> None:
    log = tmp_path / "calls.log"
    switches = Switches(log=log, fail=Fault(call, status=20, nth=nth))
    variables = environment(pynvvideocodec_libraries, switches)
    said = run_program(FAILING, str(tmp_path / "film.mp4"), env=variables).stdout
    text, drawn, accounted_for = json.loads(said)
    assert text.startswith("NVENC failed: ")
    assert drawn == accounted_for == 60
    assert [leak for leak in CallLog.read(log).leaks() if "not destroyed" in leak] == []


def test_two_hundred_recordings_leave_nothing(pynvvideocodec_libraries: Path, tmp_path: Path) -> None:
    program = """
import ctypes, sys, threading
import moderngl
from glrec_core import record
from tests.gpu_support.nvenc_route import use_as_backend
from tests.support.recording import BarcodeLoop

use_as_backend()
loop = BarcodeLoop(moderngl.create_context(standalone=True, backend="egl"), (160, 96))
for number in range(200):
    recorder = record(None, sys.argv[1], timing="step", b_frames=number % 4, overwrite=True)
    loop.record(recorder, range(3))
    assert recorder.close().frames == 3
cuda = ctypes.CDLL("libcuda.so.1")
assert cuda.cuda_stub_live_allocations() == 0
assert cuda.cuda_stub_live_objects() == 1, "the stream of the tests is the only one"
assert threading.active_count() == 1
"""
    log = tmp_path / "calls.log"
    variables = environment(pynvvideocodec_libraries, Switches(log=log))
    run_program(program, str(tmp_path / "film.mp4"), env=variables)
    calls = CallLog.read(log)
    assert calls.leaks() == []
    assert len(calls.calls("init")) == 200
