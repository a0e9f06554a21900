"""Frames by NVDEC against frames by FFmpeg: the same pictures at the same times, on the GPU, owned by the caller."""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from glrec_core.read import ColorGuess, Player, exact, kernel
from glrec_core.read.coding import Coding
from glrec_core.read.facts import read_facts
from glrec_core.read.geometry import Region
from glrec_core.read.nvdec_probe import problem
from glrec_core.values.frame import Size
from tests.read.clips import FRAMES
from tests.read.conftest import film
from tests.read.test_player import number
from tests.support.trend import rise

pytestmark = [pytest.mark.gpu, pytest.mark.filterwarnings("ignore::glrec_core.read.ColorGuess")]

__all__ = ["film"]

Make = Callable[[str], Path]
PLAIN = "h264-b-frames"
CODED_BY_NVDEC = [
    "h264-b-frames",
    "h264-one-gop",
    "h264-ts-open-gop",
    "h264-variable-sound",
    "h264-turned",
    "h264-ntsc",
    "h264-untagged",
    "hevc-10-bt2020",
    "av1",
    "vp9-odd-size",
]


def opened(path: Path, **options: Any) -> Player:
    """Open a film on the GPU, or skip with the reason that the product gives."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ColorGuess)
        if reason := problem(read_facts(path), 0):
            pytest.skip(f"NVDEC cannot decode {path.name}: {reason}")
        return Player(path, device="cuda", **options)


def on_the_host(path: Path, **options: Any) -> Player:
    return Player(path, device="cpu", **options)


def host(frame: Any) -> NDArray[Any]:
    import cupy

    assert isinstance(frame, cupy.ndarray)
    pixels: NDArray[Any] = cupy.asnumpy(frame)
    return pixels


@pytest.mark.parametrize("name", CODED_BY_NVDEC)
def test_frames_are_those_of_the_host(film: Make, name: str) -> None:
    path = film(name)
    found = list(opened(path).frames())
    wanted = list(on_the_host(path).frames())
    assert [time for time, _ in found] == [time for time, _ in wanted]
    assert [number(host(frame), name) for _, frame in found] == list(range(FRAMES))
    for (_, frame), (_, other) in zip(found, wanted, strict=True):
        assert np.abs(host(frame).astype(int) - other).max() <= 1


@pytest.mark.parametrize("layout", ["hwc", "chw"])
@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
@pytest.mark.parametrize("name", ["h264-b-frames", "h264-turned", "hevc-10-bt2020", "vp9-odd-size"])
def test_deep_frames_are_equal_to_the_last_bit(film: Make, name: str, dtype: Any, layout: str) -> None:
    """Both are computed by definition, so that they differ only if the decoders do."""
    path = film(name)
    pairs = zip(
        opened(path).frames(dtype=dtype, layout=layout),
        on_the_host(path).frames(dtype=dtype, layout=layout),
        strict=True,
    )
    for (_, frame), (_, other) in pairs:
        assert frame.dtype == dtype
        assert frame.flags.c_contiguous
        assert np.array_equal(host(frame), other)


@pytest.mark.parametrize("name", ["h264-b-frames", "h264-turned", "vp9-odd-size"])
def test_crop_and_size_are_those_of_the_host(film: Make, name: str) -> None:
    options: dict[str, Any] = {"crop": (9, 6, 80, 70), "size": (50, 90)}
    path = film(name)
    _, found = next(opened(path, **options).frames(dtype=np.uint16))
    _, wanted = next(on_the_host(path, **options).frames(dtype=np.uint16))
    assert np.array_equal(host(found), wanted)


@pytest.mark.parametrize("name", CODED_BY_NVDEC)
def test_moments_are_found(film: Make, name: str) -> None:
    path = film(name)
    player, other = opened(path), on_the_host(path)
    times = [time for time, _ in other.frames()]
    for index in (0, 1, 9, 23, FRAMES - 1):
        assert number(host(player.screenshot(times[index], accurate=True)), name) == index
        fast = number(host(player.screenshot(times[index])), name)
        assert fast == number(other.screenshot(times[index]), name)
    part = [number(host(frame), name) for _, frame in player.frames(times[8], times[21])]
    assert part == list(range(8, 21))
    sampled = [number(host(frame), name) for _, frame in player.screenshots(0.1)]
    assert sampled == [number(frame, name) for _, frame in other.screenshots(0.1)]


def test_frames_stay_valid(film: Make) -> None:
    frames = [frame for _, frame in opened(film(PLAIN)).frames()]
    frames[0][:] = 0
    assert [number(host(frame), PLAIN) for frame in frames[1:]] == list(range(1, FRAMES))


def test_frames_are_ready_on_the_callers_stream(film: Make) -> None:
    player = opened(film(PLAIN))
    import cupy

    with cupy.cuda.Stream(non_blocking=True) as stream:
        sums = [frame.astype(cupy.int64).sum() for _, frame in player.frames()]
        found = [int(total.get(stream=stream)) for total in sums]
    near = [int(frame.astype(np.int64).sum()) for _, frame in on_the_host(film(PLAIN)).frames()]
    assert np.allclose(found, near, rtol=0.002)


def test_torch_takes_a_frame_without_a_copy(film: Make) -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed")
    _, frame = next(opened(film(PLAIN)).frames(layout="chw"))
    assert torch.from_dlpack(frame).data_ptr() == frame.data.ptr


def test_leaving_early_gives_the_memory_back(film: Make) -> None:
    player = opened(film(PLAIN))
    import cupy

    used = []
    for _ in range(15):
        for _, _frame in player.frames():
            break
        cupy.get_default_memory_pool().free_all_blocks()
        free, total = cupy.cuda.runtime.memGetInfo()
        used.append(total - free)
    assert rise(used) == 0


def test_a_damaged_film_is_an_error(film: Make, tmp_path: Path) -> None:
    from glrec_core.read import VideoError

    whole = film("hevc-10-bt2020")
    opened(whole)
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(whole.read_bytes()[:-500])
    with pytest.raises(VideoError, match=r"cut\.mkv is damaged"):
        list(Player(cut, device="cuda").frames())


def test_the_compiled_kernel_is_the_definition() -> None:
    """Without a decoder: for GPUs that have none, and for sizes and depths that no film here has."""
    cupy = pytest.importorskip("cupy", reason="cupy is not installed (pip install 'glrec[nvenc]')")
    try:
        cupy.cuda.runtime.getDeviceCount()
    except cupy.cuda.runtime.CUDARuntimeError as error:
        pytest.skip(f"there is no CUDA device: {error}")
    generator = np.random.default_rng(5)
    cases = (
        (Coding(1, False, 8, across=2, down=2), Region(0, 0, 1920, 1080), Size(1920, 1080), np.uint8),
        (Coding(9, False, 10, across=2, down=2), Region(3, 5, 901, 700), Size(640, 361), np.uint16),
        (Coding(6, True, 8), Region(0, 0, 641, 479), Size(641, 479), np.uint8),
    )
    for coding, region, size, kind in cases:
        dtype = np.uint8 if coding.bits == 8 else np.uint16
        planes = [
            generator.integers(0, 1 << coding.bits, shape, dtype)
            for shape in [(1080, 1920)] + 2 * [(1080 // coding.down, 1920 // coding.across)]
        ]
        plan = exact.resampling(coding, region, size)
        wanted = np.empty((size.height, size.width, 3), kind)
        exact.convert(planes, coding, plan, wanted)
        text = kernel.source(coding, size, plan, np.dtype(kind), planar=False)
        function = cupy.RawKernel(text, kernel.NAME, options=kernel.OPTIONS)
        shift = 8 * planes[0].itemsize - coding.bits
        given = [cupy.asarray(plane << shift) for plane in planes]
        tables, out = kernel.tables(plan), cupy.empty(wanted.shape, kind)
        pitches = [np.int64(plane.strides[0]) for plane in given[:2]]
        addresses = [np.uint64(plane.data.ptr) for plane in given]
        taps = [cupy.asarray(tables.indices), cupy.asarray(tables.weights)]
        grid = (-(-size.width // 32), -(-size.height // 8))
        function(grid, (32, 8), (*addresses, *pitches, np.int32(1), *taps, out))
        assert np.array_equal(cupy.asnumpy(out), wanted)
