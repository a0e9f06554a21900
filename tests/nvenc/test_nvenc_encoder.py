"""`NvencEncoder` with the real PyNvVideoCodec on the stand-in, without a GPU: pictures, times, keyframes, tags, faults."""

import json
import os
import re
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.gpu_support.call_log import CallLog
from tests.gpu_support.standin import Fault, Switches, environment
from tests.support.displays import run_program
from tests.support.processes import process_group

FRAMES = 20

ENCODE = """
import io, json, sys
import av
import numpy as np
from glrec_core.values.clock import NANOSECONDS
from glrec_core.config import Config
from tests.gpu_support.nvenc_route import SIZE, encode, noise, open_encoder

options, times_ms, keyframes = json.loads(sys.argv[1]), json.loads(sys.argv[2]), json.loads(sys.argv[3])
encoder = open_encoder(Config(**options))
pictures = noise(encoder.accepts, len(times_ms))
packets = encode(encoder, pictures, [time * 1_000_000 for time in times_ms], frozenset(keyframes))
encoder.close()
raw = "nv12" if encoder.accepts.format.value == "nv12" else "yuv444p"
with av.open(io.BytesIO(b"".join(packet.data for packet in packets)), format="h264") as container:
    decoded = [frame.to_ndarray(format=raw).reshape(-1, SIZE.width) for frame in container.decode(video=0)]
    context = container.streams.video[0].codec_context
    tags = [context.color_primaries, context.color_trc, context.colorspace, context.color_range]
tick_ms = encoder.stream.time_base * 1000
print(json.dumps({
    "exact": [bool(np.array_equal(a, b)) for a, b in zip(decoded, pictures, strict=True)],
    "pts_ms": [float(packet.pts * tick_ms) for packet in packets],
    "dts": [packet.dts for packet in packets],
    "pts": [packet.pts for packet in packets],
    "keyframes_ms": [float(packet.pts * tick_ms) for packet in packets if packet.keyframe],
    "tags": tags,
    "extradata_is_in_band": context.extradata is not None and encoder.stream.extradata == context.extradata,
}))
"""


def encoded(
    libraries: Path,
    options: dict[str, Any] | None = None,
    times_ms: list[int] | None = None,
    keyframes: tuple[int, ...] = (),
    switches: Switches | None = None,
) -> dict[str, Any]:
    """Encode noise in a program of its own and return what came of it."""
    times = [20 * number for number in range(FRAMES)] if times_ms is None else times_ms
    arguments = (json.dumps(options or {}), json.dumps(times), json.dumps(keyframes))
    result: dict[str, Any] = json.loads(
        run_program(ENCODE, *arguments, env=environment(libraries, switches)).stdout
    )
    return result


def test_the_contract_of_encoders_holds(pynvvideocodec_libraries: Path, tmp_path: Path) -> None:
    contract = Path(__file__).parents[1] / "contract" / "test_encoder.py"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(contract)]
    variables = {**os.environ, **environment(pynvvideocodec_libraries), "GLREC_ON_NVENC_STANDIN": "1"}
    report = tmp_path / "report"
    with (
        report.open("wb") as output,
        process_group(command, stdout=output, stderr=output, env=variables) as run,
    ):
        status = run.wait(100)
    assert status == 0, report.read_text()
    assert re.search(r"^(\d+) passed in", report.read_text(), re.MULTILINE), report.read_text()


@pytest.mark.parametrize("b_frames", [0, 1, 2, 3])
@pytest.mark.parametrize("chroma", ["420", "444"])
def test_pictures_are_bit_exact_at_their_own_times(
    pynvvideocodec_libraries: Path, tmp_path: Path, chroma: str, b_frames: int
) -> None:
    log = tmp_path / "calls.log"
    times_ms = [7 * number * number for number in range(FRAMES)]  # irregular, as the wall clock's are
    options = {"b_frames": b_frames, "chroma": chroma}
    result = encoded(pynvvideocodec_libraries, options, times_ms, switches=Switches(log=log))
    assert result["exact"] == [True] * FRAMES
    assert sorted(result["pts_ms"]) == times_ms
    assert all(early < late for early, late in pairwise(result["dts"]))
    assert all(dts <= pts for dts, pts in zip(result["dts"], result["pts"], strict=True))
    assert CallLog.read(log).leaks() == []


def test_memory_may_be_written_again_as_soon_as_encode_returns(pynvvideocodec_libraries: Path) -> None:
    program = """
import io, av
import numpy as np
from glrec_core.config import Config
from tests.gpu_support.nvenc_route import encode, noise, open_encoder, step_times_ns

encoder = open_encoder(Config(b_frames=2))
pictures = noise(encoder.accepts, 20)
slot = np.empty_like(pictures[0])
def in_one_slot():
    for picture in pictures:
        slot[:] = picture
        yield slot
class Sized:
    __iter__ = staticmethod(in_one_slot)
packets = encode(encoder, Sized(), step_times_ns(20))
with av.open(io.BytesIO(b"".join(packet.data for packet in packets)), format="h264") as container:
    decoded = [frame.to_ndarray(format="nv12") for frame in container.decode(video=0)]
assert np.array_equal(decoded, pictures)
"""
    run_program(program, env=environment(pynvvideocodec_libraries, Switches(late_read=True)))


@pytest.mark.parametrize("b_frames", [0, 2])
def test_there_is_a_keyframe_every_two_seconds_whatever_the_rate(
    pynvvideocodec_libraries: Path, b_frames: int
) -> None:
    times_ms = [*range(0, 3000, 150), *range(3000, 6100, 50)]
    result = encoded(pynvvideocodec_libraries, {"b_frames": b_frames}, times_ms)
    assert result["keyframes_ms"] == [0, 2100, 4100]


@pytest.mark.parametrize("b_frames", [0, 2])
def test_a_gop_is_counted_in_frames(pynvvideocodec_libraries: Path, b_frames: int) -> None:
    result = encoded(pynvvideocodec_libraries, {"gop": 8, "b_frames": b_frames})
    assert result["keyframes_ms"] == [0, 160, 320]


@pytest.mark.parametrize("b_frames", [0, 2])
def test_a_keyframe_comes_where_it_is_asked_for(pynvvideocodec_libraries: Path, b_frames: int) -> None:
    result = encoded(pynvvideocodec_libraries, {"b_frames": b_frames}, keyframes=(7, 8))
    assert result["keyframes_ms"] == [0, 140, 160]
    assert result["exact"] == [True] * FRAMES


@pytest.mark.parametrize(
    ("color", "tags"),
    [
        ("bt709", [1, 1, 1, 1]),
        ("bt709-full", [1, 1, 1, 2]),
        ("bt601", [6, 6, 6, 1]),
        ("bt601-full", [6, 6, 6, 2]),
    ],
)
def test_the_stream_says_its_colours(pynvvideocodec_libraries: Path, color: str, tags: list[int]) -> None:
    result = encoded(pynvvideocodec_libraries, {"color": color})
    assert result["tags"] == tags
    assert result["extradata_is_in_band"]


@pytest.mark.parametrize(
    ("options", "seen"),
    [
        ({}, {"rc": 1, "cq": 23, "gop": 1200, "idrPeriod": 1200, "frameIntervalP": 1, "fps": "60/1"}),
        ({"preset": "p7", "tuning": "low_latency"}, {"preset": 7, "tuning": 2}),
        ({"tuning": "ultra_low_latency"}, {"preset": 4, "tuning": 3}),
        ({"bitrate": 5_000_000, "max_bitrate": 8_000_000}, {"rc": 1, "avg": 5_000_000, "max": 8_000_000}),
        ({"rate_control": "cbr", "bitrate": 5_000_000}, {"rc": 2, "avg": 5_000_000}),
        ({"rate_control": "constqp", "quality": 31}, {"rc": 0, "qp": [31, 31, 31]}),
        ({"quality": 40, "b_frames": 3, "gop": 30}, {"cq": 40, "frameIntervalP": 4, "gop": 30}),
        ({"timing": "step", "fps": "30000/1001"}, {"fps": "30000/1001"}),
    ],
)
def test_options_reach_the_driver(
    pynvvideocodec_libraries: Path, tmp_path: Path, options: dict[str, Any], seen: dict[str, Any]
) -> None:
    log = tmp_path / "calls.log"
    times_ms = [round(number * 1001 / 30) for number in range(4)]
    encoded(pynvvideocodec_libraries, options, times_ms, switches=Switches(log=log))
    (init,) = CallLog.read(log).calls("init")
    assert {name: init[name] for name in seen} == seen


def test_two_hundred_encoders_leave_nothing(pynvvideocodec_libraries: Path, tmp_path: Path) -> None:
    program = """
import ctypes
from glrec_core.config import Config
from tests.gpu_support.nvenc_route import encode, noise, open_encoder, step_times_ns
for number in range(200):
    encoder = open_encoder(Config(b_frames=number % 4))
    if number % 2:
        encode(encoder, noise(encoder.accepts, 4), step_times_ns(4))
    encoder.close()
cuda = ctypes.CDLL("libcuda.so.1")
assert cuda.cuda_stub_live_allocations() == 0
assert cuda.cuda_stub_live_objects() == 1, "the stream of the tests is the only one"
"""
    log = tmp_path / "calls.log"
    run_program(program, env=environment(pynvvideocodec_libraries, Switches(log=log)))
    calls = CallLog.read(log)
    assert calls.leaks() == []
    assert len(calls.calls("init")) == 200


_BUFFER_CALLS = (("create_output", "nvEncCreateBitstreamBuffer"), ("register", "nvEncRegisterResource"))
_FRAME_CALLS = (
    ("map", "nvEncMapInputResource"),
    ("encode", "nvEncEncodePicture"),
    ("lock", "nvEncLockBitstream"),
    ("unlock", "nvEncUnlockBitstream"),
    ("unmap", "nvEncUnmapInputResource"),
)

FAIL = """
import json
from glrec_core.config import Config
from glrec_core.errors import GlrecError
from tests.gpu_support.nvenc_route import encode, noise, open_encoder, step_times_ns
encoder = None
try:
    encoder = open_encoder(Config())
    encode(encoder, noise(encoder.accepts, 8), step_times_ns(8))
except GlrecError as error:
    print(json.dumps([type(error).__name__, str(error)]))
if encoder is not None:
    encoder.close()
"""


def failure(libraries: Path, switches: Switches, program: str = FAIL) -> tuple[str, str]:
    kind, text = json.loads(run_program(program, env=environment(libraries, switches)).stdout)
    return kind, text


@pytest.mark.parametrize(
    ("call", "nth", "named"),
    [
        ("preset", 1, "preset configuration"),
        ("init", 1, "nvEncInitializeEncoder"),
        ("streams", 1, "nvEncSetIOCudaStreams"),
        *((call, 1, name) for call, name in (*_BUFFER_CALLS, *_FRAME_CALLS)),
        *((call, 5, name) for call, name in _FRAME_CALLS),
    ],
)
def test_a_failing_call_is_an_error_of_ours_and_leaves_no_session(
    pynvvideocodec_libraries: Path, tmp_path: Path, call: str, nth: int, named: str
) -> None:
    log = tmp_path / "calls.log"
    kind, text = failure(pynvvideocodec_libraries, Switches(log=log, fail=Fault(call, status=20, nth=nth)))
    assert kind == "EncodeError"
    assert text.startswith("NVENC failed: ")
    assert named in text
    assert "\n" not in text
    assert [leak for leak in CallLog.read(log).leaks() if "not destroyed" in leak] == []


def test_an_encoder_in_use_by_others_is_said_to_be(pynvvideocodec_libraries: Path) -> None:
    program = (
        """
from tests.gpu_support.nvenc_route import open_encoder as open_first
from glrec_core.config import Config
first = open_first(Config())
"""
        + FAIL
    )
    kind, text = failure(pynvvideocodec_libraries, Switches(max_sessions=1), program)
    assert kind == "EncodeError"
    assert "all encode sessions that this GPU's driver allows at a time are in use" in text


@pytest.mark.parametrize(
    ("options", "size", "says"),
    [
        ({"b_frames": 5}, (178, 98), "takes at most 4"),
        ({}, (144, 98), "from 145x49 to 4096x4096"),
        ({}, (4098, 98), "not 4098x98"),
    ],
)
def test_what_the_gpu_cannot_do_opens_no_session(
    pynvvideocodec_libraries: Path, tmp_path: Path, options: dict[str, Any], size: tuple[int, int], says: str
) -> None:
    program = f"""
import json
from glrec_core.config import Config
from glrec_core.errors import ConfigError
from glrec_core.values.frame import Size
from tests.gpu_support.nvenc_route import open_encoder
try:
    open_encoder(Config(**{options}), Size{size})
except ConfigError as error:
    print(json.dumps(["ConfigError", str(error)]))
"""
    log = tmp_path / "calls.log"
    _, text = failure(pynvvideocodec_libraries, Switches(log=log), program)
    assert says in text
    assert CallLog.read(log).calls("init") == []


def test_a_packet_that_cannot_be_read_ends_the_session(pynvvideocodec_libraries: Path) -> None:
    """What comes after it could not be decoded, so nothing comes after it."""
    program = """
from glrec_core.config import Config
from glrec_core.encode.nvenc import NvencEncoder
from glrec_core.errors import EncodeError
from tests.gpu_support.nvenc_route import encode, lend, noise, open_encoder, step_times_ns

def torn(encoder, unit):
    raise EncodeError("torn")

encoder = open_encoder(Config())
pictures, times_ns = noise(encoder.accepts, 12), step_times_ns(12)
read, NvencEncoder._tagged = NvencEncoder._tagged, torn
try:
    encode(encoder, pictures[:8], times_ns[:8])
except EncodeError as error:
    assert str(error) == "torn"
NvencEncoder._tagged = read
assert encoder.drain() == []
try:
    encoder.encode(lend(encoder.accepts, pictures[8], times_ns[8]))
except EncodeError as error:
    print(error)
"""
    said = run_program(program, env=environment(pynvvideocodec_libraries)).stdout
    assert said.startswith("the encoder has ended")
