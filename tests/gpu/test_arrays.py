"""Arrays of every library that lie on a real GPU: pictures, the order of streams, reuse, encoders on the stand-in, no leaks."""

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from glrec_core.arrays import ArrayEncoder
from glrec_core.cuda.library import load
from glrec_core.errors import ArrayError
from glrec_core.values.color import BT601_FULL, BT709, ColorSpace
from glrec_core.values.frame import Size
from tests.arrays.kinds import KINDS
from tests.gpu_support.call_log import CallLog
from tests.gpu_support.nvidia import used_bytes
from tests.gpu_support.standin import Switches, environment
from tests.support import reference
from tests.support.displays import run_program

pytestmark = pytest.mark.gpu

SIZE = Size(322, 242)
WORK = 200  # passes over 256 MiB: tens of ms, so that a reader that does not wait is too early
MUCH = 1 << 26

ToGpu = Callable[[NDArray[Any]], Any]


@pytest.fixture(autouse=True)
def gpu() -> None:
    pytest.importorskip("cupy", reason="cupy is not installed (pip install 'glrec[nvenc]')")
    pytest.importorskip("cuda.bindings", reason="cuda-bindings is not installed (pip install 'glrec[nvenc]')")
    try:
        load("cuda")
    except OSError as error:
        pytest.skip(f"there is no NVIDIA driver ({error})")


def _cupy() -> ToGpu:
    import cupy

    return cupy.asarray  # type: ignore[no-any-return]


def _torch() -> ToGpu:
    torch = pytest.importorskip("torch", reason="torch is not installed")
    return lambda array: torch.from_numpy(np.array(array, order="C")).cuda()


def _numba() -> ToGpu:
    cuda = pytest.importorskip("numba.cuda", reason="numba is not installed")
    return lambda array: cuda.to_device(np.array(array, order="C"))


def _jax() -> ToGpu:
    jax = pytest.importorskip("jax", reason="jax is not installed")
    if jax.default_backend() != "gpu":
        pytest.skip(f"jax computes on {jax.default_backend()}")
    return jax.numpy.asarray  # type: ignore[no-any-return]


class _InterfaceOnly:
    """An array that speaks `__cuda_array_interface__` alone, as Numba's do."""

    def __init__(self, array: Any) -> None:
        self._array = array
        self.__cuda_array_interface__ = {**array.__cuda_array_interface__, "version": 2}
        self.__cuda_array_interface__.pop("stream", None)


def _interface() -> ToGpu:
    import cupy

    return lambda array: _InterfaceOnly(cupy.asarray(array))


LIBRARIES = {"cupy": _cupy, "torch": _torch, "numba": _numba, "jax": _jax, "interface": _interface}


@pytest.fixture(params=LIBRARIES)
def to_gpu(request: pytest.FixtureRequest) -> ToGpu:
    chosen: ToGpu = LIBRARIES[request.param]()
    return chosen


def noise(seed: int = 3) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (SIZE.height, SIZE.width, 3), np.uint8)


class Taken:
    """An intake, and what it makes of arrays, in host memory."""

    def __init__(self, color: ColorSpace = BT709, slots: int = 1) -> None:
        from glrec_core.arrays.cuda_intake import CudaIntake, open_stream

        self.stream = open_stream(0)
        self.intake = CudaIntake(self.stream, SIZE, color, slots)

    def __call__(self, array: object) -> NDArray[np.uint8]:
        frame = self.intake.take(array, 0)
        owner: Any = frame.owner
        with self.stream.current():
            rows: NDArray[np.uint8] = owner.get()
        return rows


def assert_close(rows: NDArray[np.uint8], wanted: NDArray[np.uint8]) -> None:
    difference = np.abs(rows.astype(np.int16) - wanted)
    assert difference.max() <= 1
    assert (difference > 0).mean() < 1e-3


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_array_gives_the_reference_picture(to_gpu: ToGpu, kind: str) -> None:
    picture = noise()
    taken = Taken()
    for _ in range(2):
        assert_close(taken(to_gpu(KINDS[kind](picture))), reference.nv12(picture))


@pytest.mark.parametrize("color", [BT601_FULL, BT709], ids=lambda color: color.name)
def test_arrays_in_host_memory_are_copied_there(color: ColorSpace) -> None:
    matrix: reference.Matrix = "bt601" if color is BT601_FULL else "bt709"
    wanted = reference.nv12(noise(), matrix, full_range=color.full_range)
    taken = Taken(color)
    for kind in ("rgb", "planar", "float32", "rgba write-protected"):
        assert_close(taken(KINDS[kind](noise())), wanted)


def test_views_with_gaps_and_in_another_order() -> None:
    import cupy

    taken, picture = Taken(), cupy.asarray(noise())
    wide = cupy.zeros((SIZE.height + 4, SIZE.width + 6, 4), np.uint8)
    wide[2:-2, 1:-5, :3] = picture
    views = (
        wide[2:-2, 1:-5],
        cupy.ascontiguousarray(picture[::-1])[::-1],
        cupy.ascontiguousarray(picture.transpose(2, 1, 0)).transpose(2, 1, 0),
        cupy.ascontiguousarray(picture.transpose(2, 0, 1)),
    )
    for view in views:
        assert_close(taken(view), reference.nv12(noise()))


def test_levels_outside_are_cut_off() -> None:
    import cupy

    level = np.full((SIZE.height, SIZE.width, 3), np.nan)
    level[:, :100], level[:, 100:200] = -np.inf, 1e300
    flat = np.zeros(level.shape, np.uint8)
    flat[:, 100:200] = 255
    assert_close(Taken()(cupy.asarray(level)), reference.nv12(flat))


def test_it_waits_for_the_stream_of_cupy() -> None:
    import cupy

    wanted, taken = reference.nv12(noise()), Taken()
    picture, slot, busy = (
        cupy.asarray(noise()),
        cupy.zeros(noise().shape, np.uint8),
        cupy.ones(MUCH, np.float32),
    )
    for stream in (cupy.cuda.Stream.null, cupy.cuda.Stream(), cupy.cuda.Stream(non_blocking=True)):
        slot.fill(0)
        cupy.cuda.Device().synchronize()
        with stream:
            for _ in range(WORK):
                cupy.sin(busy, out=busy)
            slot[...] = picture
            rows = taken(slot)
        assert_close(rows, wanted)


def test_it_waits_for_the_stream_of_torch() -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed")
    wanted, taken = reference.nv12(noise()), Taken()
    picture = torch.from_numpy(noise()).cuda()
    slot, busy = torch.zeros_like(picture), torch.ones(MUCH, device="cuda")
    for stream in (torch.cuda.default_stream(), torch.cuda.Stream()):
        slot.zero_()
        torch.cuda.synchronize()
        with torch.cuda.stream(stream):
            for _ in range(WORK):
                busy.sin_()
            slot.copy_(picture)
            rows = taken(slot)
        assert_close(rows, wanted)


def test_it_waits_for_the_default_stream_where_the_interface_names_none() -> None:
    import cupy

    wanted, taken = reference.nv12(noise()), Taken()
    picture, slot, busy = (
        cupy.asarray(noise()),
        cupy.zeros(noise().shape, np.uint8),
        cupy.ones(MUCH, np.float32),
    )
    cupy.cuda.Device().synchronize()
    for _ in range(WORK):
        cupy.sin(busy, out=busy)
    slot[...] = picture
    assert_close(taken(_InterfaceOnly(slot)), wanted)


def test_the_array_may_be_written_again_on_any_stream() -> None:
    import cupy

    taken, slot = Taken(), cupy.zeros(noise().shape, np.uint8)
    other = cupy.cuda.Stream(non_blocking=True)
    for seed in range(20):
        with other:
            slot.set(noise(seed))
            frame = taken.intake.take(slot, 0)
            slot.fill(0)
        owner: Any = frame.owner
        with taken.stream.current():
            assert_close(owner.get(), reference.nv12(noise(seed)))


def test_frames_of_several_slots_stay_until_their_turn_comes_again() -> None:
    import cupy

    taken = Taken(slots=3)
    frames = [taken.intake.take(cupy.asarray(noise(seed)), 0) for seed in range(3)]
    for seed, frame in enumerate(frames):
        owner: Any = frame.owner
        with taken.stream.current():
            assert_close(owner.get(), reference.nv12(noise(seed)))


class _Elsewhere:
    """An array on a GPU that is not the encoder's."""

    def __dlpack_device__(self) -> tuple[int, int]:
        return 2, 7


def test_what_cannot_be_taken_is_refused() -> None:
    import cupy

    taken = Taken()
    refused: list[tuple[object, str]] = [
        (cupy.zeros((SIZE.height, SIZE.width), np.uint8), r"is \(242, 322\) uint8; for 322x242 give"),
        (cupy.zeros((SIZE.height, SIZE.width, 3), np.int32), "int32"),
        (cupy.zeros((SIZE.height * 3 // 2, SIZE.width), np.float32), "float32"),
        (np.zeros((SIZE.height, SIZE.width, 3), np.uint16), "uint16"),
        (_Elsewhere(), "on CUDA device 7, and device 0 takes it; copy it, or give device=7"),
    ]
    for array, said in refused:
        with pytest.raises(ArrayError, match=said):
            taken.intake.take(array, 0)
    assert_close(taken(cupy.asarray(noise())), reference.nv12(noise()))


def test_a_tensor_that_needs_its_gradient_is_refused() -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed")
    tensor = torch.zeros((SIZE.height, SIZE.width, 3), device="cuda", requires_grad=True)
    with pytest.raises(ArrayError, match="grad"):
        Taken().intake.take(tensor, 0)


def test_the_programs_own_device_and_stream_stay_current() -> None:
    import cupy

    with cupy.cuda.Stream() as own:
        taken = Taken()
        taken(cupy.asarray(noise()))
        taken.intake.close()
        assert cupy.cuda.get_current_stream() == own


def test_ffmpeg_gets_the_very_memory() -> None:
    import cupy

    from glrec_core.arrays.ffmpeg_nvenc import FFmpegIntake

    taken = Taken()
    intake = FFmpegIntake(taken.intake, taken.stream)
    frame = intake.take(cupy.asarray(noise()), 0)
    picture = frame.owner
    assert isinstance(picture, av.VideoFrame)
    assert (picture.format.name, picture.width, picture.height) == ("cuda", *SIZE)
    luma = cupy.from_dlpack(picture.planes[0].__dlpack__())  # PyAV's planes take no stream
    assert luma.data.ptr == frame.planes[0].data.ptr
    with taken.stream.current():
        assert_close(luma.get(), reference.nv12(noise())[: SIZE.height])


def smooth(count: int) -> Iterator[NDArray[np.uint8]]:
    across, down = np.meshgrid(np.linspace(0, 160, SIZE.width), np.linspace(0, 90, SIZE.height))
    for number in range(count):
        yield np.stack([across + number, down + number, (across + down) / 2 + number], axis=2).astype(
            np.uint8
        )


def test_the_encoder_on_the_host_takes_them(to_gpu: ToGpu) -> None:
    with ArrayEncoder(*SIZE, backend="host", quality=1, low_latency=True) as encoder:
        units = [encoder.encode(to_gpu(picture)) for picture in smooth(12)]
    assert all(units)
    with av.open(io.BytesIO(b"".join(units)), "r", format="h264") as container:
        decoded = [frame.to_ndarray(format="nv12") for frame in container.decode(video=0)]
    assert len(decoded) == 12
    for found, picture in zip(decoded, smooth(12), strict=True):
        assert np.abs(found.astype(np.int16) - reference.nv12(picture)).max() <= 5


ON_STANDIN = """
import io, json, sys
import av
import numpy as np
from glrec_core.arrays import ArrayEncoder
from tests.gpu.test_arrays import LIBRARIES, SIZE, noise
from tests.support import reference

import pytest
try:
    to_gpu = LIBRARIES[sys.argv[1]]()
except pytest.skip.Exception as reason:
    print(json.dumps({"skipped": str(reason)}))
    sys.exit()
with ArrayEncoder(*SIZE, backend="nvenc") as encoder:
    packets = []
    for seed in range(20):
        array = to_gpu(noise(seed))
        packets += encoder.packets(array, force_idr=seed == 7)
        del array
    packets += encoder.drain()
with av.open(io.BytesIO(b"".join(packet.data for packet in packets)), "r", format="h264") as container:
    decoded = [frame.to_ndarray(format="nv12") for frame in container.decode(video=0)]
off = [int(np.abs(found.astype(np.int16) - reference.nv12(noise(seed))).max()) for seed, found in enumerate(decoded)]
keys = [packet.pts for packet in packets if packet.keyframe]
with ArrayEncoder(*SIZE, low_latency=True) as hurried:
    print(json.dumps({"off": off, "keys": keys, "hurried": [hurried.backend, hurried.reason]}))
"""


@pytest.mark.parametrize("library", LIBRARIES)
def test_nvenc_encodes_them(pynvvideocodec_libraries: Path, tmp_path: Path, library: str) -> None:
    """By the real PyNvVideoCodec on the stand-in, which loses nothing and reads its input late."""
    log = tmp_path / "calls.log"
    variables = environment(pynvvideocodec_libraries, Switches(log=log, late_read=True), cpu_only=False)
    said = json.loads(run_program(ON_STANDIN, library, env=variables).stdout.splitlines()[-1])
    if "skipped" in said:
        pytest.skip(said["skipped"])
    assert len(said["off"]) == 20
    assert max(said["off"]) <= 1
    assert said["keys"] == [0, 7]
    backend, reason = said["hurried"]
    assert backend == "host"
    assert "PyNvVideoCodec always holds 3 frames back" in reason
    assert "the driver's NVENC API is 12.1, and 13.0 is needed" in reason  # the stand-in's
    assert CallLog.read(log).leaks() == []


FIRST_KERNEL = """
import cupy
from glrec_core.arrays.cuda_intake import CudaIntake, open_stream
from glrec_core.values.color import BT709
from glrec_core.values.frame import Size
intake = CudaIntake(open_stream(0), Size(64, 32), BT709)
cupy.RawKernel('extern "C" __global__ void nothing() {}', "nothing").compile()
intake.close()
print("compiled")
"""


def test_a_programs_own_first_kernel_compiles_in_a_thread_that_has_opened_an_intake() -> None:
    """CuPy takes a thread that once had a context for one that has it."""
    assert run_program(FIRST_KERNEL).stdout.endswith("compiled\n")


def test_encoders_leave_no_memory() -> None:
    import cupy

    array, used = cupy.asarray(noise()), []
    for _ in range(40):
        with ArrayEncoder(*SIZE, backend="host") as encoder:
            encoder.encode(array)
        used.append(used_bytes())
    assert used[-1] - used[9] < 12 << 20  # intakes that stayed would be 30 times 0.7 MB
