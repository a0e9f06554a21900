"""The real PyNvVideoCodec on the stand-in, without a GPU: pictures, order, faults, leaks and refusals."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.gpu_support.call_log import CallLog
from tests.gpu_support.standin import Fault, Switches, environment, library_path
from tests.support.displays import run_program

FRAMES = 20

ENCODE = """
import json, sys
import numpy as np
from tests.gpu_support.client import decode, encode, flatten, noise, open_encoder

b_frames, idr_at = int(sys.argv[1]), set(json.loads(sys.argv[2]))
pictures = noise(20)
calls = encode(open_encoder(bf=b_frames), pictures, idr_at)
units = flatten(calls)
result = {
    "exact": [bool(np.array_equal(a, b)) for a, b in zip(decode(units), pictures, strict=True)],
    "counts": [len(call) for call in calls],
    "indices": [unit.input_index for unit in units],
    "types": [unit.picture_type for unit in units],
}
print(json.dumps(result))
"""


def encoded(
    libraries: Path, switches: Switches, b_frames: int = 0, idr_at: tuple[int, ...] = ()
) -> dict[str, Any]:
    arguments = (str(b_frames), json.dumps(idr_at))
    finished = run_program(ENCODE, *arguments, env=environment(libraries, switches))
    result: dict[str, Any] = json.loads(finished.stdout)
    return result


@pytest.mark.parametrize("b_frames", [0, 1, 2, 3])
def test_pictures_are_bit_exact_and_packets_name_their_input(
    pynvvideocodec_libraries: Path, tmp_path: Path, b_frames: int
) -> None:
    log = tmp_path / "calls.log"
    result = encoded(pynvvideocodec_libraries, Switches(log=log), b_frames)
    assert result["exact"] == [True] * FRAMES
    assert sorted(result["indices"]) == list(range(FRAMES))
    assert CallLog.read(log).leaks() == []


@pytest.mark.parametrize("b_frames", [1, 2, 3])
def test_b_pictures_follow_the_reference_that_they_precede(
    pynvvideocodec_libraries: Path, b_frames: int
) -> None:
    result = encoded(pynvvideocodec_libraries, Switches(), b_frames)
    first_reference = result["indices"][1]
    assert first_reference == b_frames + 1
    assert result["indices"][2 : 2 + b_frames] == list(range(1, b_frames + 1))
    assert result["types"][2 : 2 + b_frames] == [1] * b_frames


@pytest.mark.parametrize("b_frames", [0, 2])
def test_forced_idr_is_an_idr_and_keeps_the_pictures(pynvvideocodec_libraries: Path, b_frames: int) -> None:
    result = encoded(pynvvideocodec_libraries, Switches(), b_frames, idr_at=(5,))
    types = dict(zip(result["indices"], result["types"], strict=True))
    assert [index for index, kind in types.items() if kind == 3] == [0, 5, 13]  # the GOP of 8 starts anew
    assert result["exact"] == [True] * FRAMES


@pytest.mark.parametrize("b_frames", [0, 1, 2, 3])
def test_drain_gives_out_what_the_encoder_held_back(pynvvideocodec_libraries: Path, b_frames: int) -> None:
    result = encoded(pynvvideocodec_libraries, Switches(), b_frames)
    held = 3 + b_frames
    assert result["counts"] == [0] * held + [1] * (FRAMES - held) + [held]


def test_input_may_be_overwritten_as_soon_as_encode_returns(pynvvideocodec_libraries: Path) -> None:
    program = """
import numpy as np
from tests.gpu_support.client import decode, flatten, noise, open_encoder, encode
class Reused(list):
    def __iter__(self):
        slot = np.empty_like(pictures[0])
        for picture in pictures:
            slot[:] = picture
            yield slot
pictures = noise(20)
assert np.array_equal(decode(flatten(encode(open_encoder(bf=2), Reused()))), pictures)
"""
    run_program(program, env=environment(pynvvideocodec_libraries, Switches(late_read=True)))


def test_two_hundred_encoders_leave_nothing(pynvvideocodec_libraries: Path, tmp_path: Path) -> None:
    """With a context and a stream of the caller's own, as the recorder has."""
    program = """
import ctypes
from tests.gpu_support.client import encode, noise, open_encoder
cuda = ctypes.CDLL("libcuda.so.1")
context, stream = ctypes.c_void_p(), ctypes.c_void_p()
cuda.cuDevicePrimaryCtxRetain(ctypes.byref(context), 0)
cuda.cuCtxPushCurrent_v2(context)
cuda.cuStreamCreate(ctypes.byref(stream), 0)
pictures = noise(5)
for count in range(200):
    encoder = open_encoder(bf=count % 4, cudacontext=context.value, cudastream=stream.value)
    encode(encoder, pictures)
    del encoder
assert cuda.cuda_stub_live_allocations() == 0
assert cuda.cuda_stub_live_objects() == 1, "the stream above is the only one"
"""
    log = tmp_path / "calls.log"
    run_program(program, env=environment(pynvvideocodec_libraries, Switches(log=log)))
    calls = CallLog.read(log)
    assert calls.leaks() == []
    assert len(calls.calls("init")) == 200


def test_an_encoder_without_a_stream_of_the_callers_leaks_one(pynvvideocodec_libraries: Path) -> None:
    """PyNvVideoCodec 2.2.4 does so: always hand it a stream."""
    program = """
import ctypes
from tests.gpu_support.client import encode, noise, open_encoder
cuda = ctypes.CDLL("libcuda.so.1")
for count in range(3):
    encode(open_encoder(), noise(5))
    assert cuda.cuda_stub_live_objects() == count + 1
"""
    run_program(program, env=environment(pynvvideocodec_libraries))


def test_frames_are_taken_on_the_stream_of_the_encoder(pynvvideocodec_libraries: Path) -> None:
    program = """
import ctypes
from tests.gpu_support.client import HostFrame, noise, open_encoder
cuda = ctypes.CDLL("libcuda.so.1")
context, stream = ctypes.c_void_p(), ctypes.c_void_p()
cuda.cuDevicePrimaryCtxRetain(ctypes.byref(context), 0)
cuda.cuStreamCreate(ctypes.byref(stream), 0)
encoder = open_encoder(cudacontext=context.value, cudastream=stream.value)
frame = HostFrame(noise(1)[0])
encoder.Encode(frame)
assert frame.streams == [stream.value]
"""
    run_program(program, env=environment(pynvvideocodec_libraries))


FAULTS = """
import json
import PyNvVideoCodec as nvc
from tests.gpu_support.client import encode, noise, open_encoder
try:
    encode(open_encoder(), noise(8))
except nvc.PyNvVCException as error:
    print(json.dumps(str(error)))
"""


@pytest.mark.parametrize(
    ("call", "named"),
    [
        ("open", "nvEncOpenEncodeSessionEx"),
        ("caps", "nvEncGetEncodeCaps"),
        ("preset", "preset configuration"),
        ("init", "nvEncInitializeEncoder"),
        ("create_output", "nvEncCreateBitstreamBuffer"),
        ("register", "nvEncRegisterResource"),
        ("streams", "nvEncSetIOCudaStreams"),
        ("map", "nvEncMapInputResource"),
        ("encode", "nvEncEncodePicture"),
        ("lock", "nvEncLockBitstream"),
        ("unlock", "nvEncUnlockBitstream"),
        ("unmap", "nvEncUnmapInputResource"),
    ],
)
def test_a_failing_call_raises_and_does_not_crash(
    pynvvideocodec_libraries: Path, call: str, named: str
) -> None:
    switches = Switches(fail=Fault(call, status=8))
    finished = run_program(FAULTS, env=environment(pynvvideocodec_libraries, switches))
    message = json.loads(finished.stdout)
    assert named in message
    assert "rror code : 8" in message or "rror code 8" in message


@pytest.mark.parametrize("call", ["encode", "lock", "map"])
def test_a_call_that_fails_late_raises_and_leaves_no_session(
    pynvvideocodec_libraries: Path, tmp_path: Path, call: str
) -> None:
    log = tmp_path / "calls.log"
    switches = Switches(log=log, fail=Fault(call, status=20, nth=5))
    finished = run_program(FAULTS, env=environment(pynvvideocodec_libraries, switches))
    assert "rror code : 20" in json.loads(finished.stdout)
    assert not [leak for leak in CallLog.read(log).leaks() if "not destroyed" in leak]


def test_a_failed_question_for_caps_leaks_its_session(pynvvideocodec_libraries: Path, tmp_path: Path) -> None:
    """PyNvVideoCodec 2.2.4 does so: ask once and keep the answer."""
    log = tmp_path / "calls.log"
    program = """
import pytest
import PyNvVideoCodec as nvc
with pytest.raises(nvc.PyNvVCException, match="returned error 12"):
    nvc.GetEncoderCaps(gpuid=0, codec="hevc")
"""
    run_program(program, env=environment(pynvvideocodec_libraries, Switches(log=log)))
    assert CallLog.read(log).leaks() == ["session 1 was not destroyed"]


def test_caps_are_asked_without_a_leak(pynvvideocodec_libraries: Path, tmp_path: Path) -> None:
    log = tmp_path / "calls.log"
    program = """
import PyNvVideoCodec as nvc
caps = nvc.GetEncoderCaps(gpuid=0, codec="h264")
assert (caps["width_max"], caps["width_min"], caps["num_max_bframes"]) == (4096, 145, 4)
"""
    run_program(program, env=environment(pynvvideocodec_libraries, Switches(log=log)))
    assert CallLog.read(log).leaks() == []


def test_session_limit_is_out_of_memory(pynvvideocodec_libraries: Path) -> None:
    program = """
import pytest
import PyNvVideoCodec as nvc
from tests.gpu_support.client import encode, noise, open_encoder
held = open_encoder()
with pytest.raises(nvc.PyNvVCException, match=r"nvEncOpenEncodeSessionEx.* returned error 10"):
    second = open_encoder()
assert sum(map(len, encode(held, noise(5)))) == 5
"""
    run_program(program, env=environment(pynvvideocodec_libraries, Switches(max_sessions=1)))


def test_encode_releases_the_interpreter_lock(pynvvideocodec_libraries: Path) -> None:
    """The program's other thread counts on while one call sleeps in the driver; with the lock held it could not."""
    program = """
import threading
from tests.gpu_support.client import HostFrame, noise, open_encoder
encoder, frame = open_encoder(), HostFrame(noise(1)[0])
inside, beats = threading.Event(), []
def beat():
    while not inside.is_set():
        beats.append(None)
        inside.wait(0.01)
thread = threading.Thread(target=beat)
thread.start()
before = len(beats)
encoder.Encode(frame)
during = len(beats) - before
inside.set()
thread.join()
assert during > 2, during
"""
    run_program(program, env=environment(pynvvideocodec_libraries, Switches(sleep_ms=500)))


IMPORT = """
import json, logging
logging.disable()
try:
    import PyNvVideoCodec
except (RuntimeError, ImportError) as error:
    print(json.dumps([type(error).__name__, str(error).splitlines()[0]]))
"""


def import_failure(variables: dict[str, str]) -> list[str]:
    failure: list[str] = json.loads(run_program(IMPORT, env=variables).stdout)
    return failure


def test_import_without_the_nvenc_library_says_so(pynvvideocodec_libraries: Path) -> None:
    name, message = import_failure(library_path(pynvvideocodec_libraries / "cpu-only"))
    assert name == "RuntimeError"
    assert message.startswith(
        "Failed to load NVENC library: libnvidia-encode.so.1: cannot open shared object file"
    )


def test_import_without_libcuda_says_so(pynvvideocodec_libraries: Path) -> None:
    name, message = import_failure(environment(pynvvideocodec_libraries, cpu_only=False))
    assert name == "ImportError"
    assert message.startswith("libcuda.so.1: cannot open shared object file")


def test_import_with_an_old_driver_says_so(pynvvideocodec_libraries: Path) -> None:
    failure = import_failure(environment(pynvvideocodec_libraries, Switches(api="12.0")))
    assert failure == ["RuntimeError", "Driver version is too old"]
