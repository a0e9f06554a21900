"""The NVDEC route without a GPU: its real code on stand-ins for CuPy, for PyNvVideoCodec and for the driver.

The stand-in for the decoder takes what NVDEC takes, Annex B packets by address, decodes them by FFmpeg into memory of one
buffer that it writes over at each call, and the stand-in for CuPy compiles the kernel's text for the CPU. So what is tested is
everything but the hardware: packets, times, flushing, planes and their distances, and who owns what.
"""

import ctypes
import importlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import av
import numpy as np
import pytest

from glrec_core.read import Player, VideoError, nvdec_probe, routes
from glrec_core.read.facts import Facts
from tests.read.clips import FRAMES
from tests.read.test_kernel import compiled
from tests.read.test_player import number

pytestmark = pytest.mark.filterwarnings("ignore::glrec_core.read.ColorGuess")

Make = Callable[[str], Path]
FILMS = ["h264-b-frames", "h264-ts-open-gop", "h264-turned", "hevc-10-bt2020", "vp9-odd-size", "av1"]
_ROUTE = "glrec_core.read.nvdec"


class FakeSession:
    """Decodes packets that lie in memory, as PyNvVideoCodec's decoder does; its pictures last until the next call."""

    open_sessions = 0

    def __init__(self, codec: str) -> None:
        names = {"H264": "h264", "HEVC": "hevc", "AV1": "libdav1d", "VP9": "vp9"}
        decoder = av.CodecContext.create(names[codec], "r")
        assert isinstance(decoder, av.VideoCodecContext)
        # Threads of dav1d's would give packets back to Python while this one, which holds its lock, waits for their end.
        decoder.thread_count = 1
        self._codec, self._memory = decoder, np.zeros(1 << 22, np.uint8)
        FakeSession.open_sessions += 1

    def __del__(self) -> None:
        FakeSession.open_sessions -= 1

    def Decode(self, data: Any) -> list[Any]:  # noqa: N802 - PyNvVideoCodec's name
        self._memory[:] = 0xA5
        packet = None
        if data.bsl:
            packet = av.Packet(ctypes.string_at(data.bsl_data, data.bsl))
            packet.pts = data.pts
        frames, used = [], 0
        for picture in self._codec.decode(packet):
            rows = self._semiplanar(picture)
            self._memory[used : used + rows.size] = rows
            begin = self._memory.ctypes.data + used
            chroma = begin + picture.height * self._pitch(picture)
            frames.append(self._frame(picture.pts, begin, chroma))
            used += rows.size
        return frames

    @staticmethod
    def _frame(pts: int | None, luma: int, chroma: int) -> Any:
        return SimpleNamespace(
            getPTS=lambda: pts,
            GetPtrToPlane=lambda plane: (luma, chroma)[plane],
            format=SimpleNamespace(name="NV12"),
        )

    @staticmethod
    def _pitch(picture: av.VideoFrame) -> int:
        sample_bytes = 1 if picture.format.components[0].bits == 8 else 2
        return -(-picture.width // 2) * 2 * sample_bytes

    def _semiplanar(self, picture: av.VideoFrame) -> Any:
        """Return luma and pairs of chroma, bits in the high ones of a word, rows of an even number of samples."""
        bits = picture.format.components[0].bits
        kind: Any = np.uint8 if bits == 8 else np.uint16
        planes = []
        for plane, part in zip(picture.planes, picture.format.components, strict=True):
            samples = np.frombuffer(bytes(plane), kind).reshape(plane.height, -1)[:, : part.width]
            planes.append(samples << (8 * samples.itemsize - bits))
        luma = np.pad(planes[0], ((0, 0), (0, planes[0].shape[1] % 2)))
        pairs = np.stack(planes[1:], axis=2).reshape(planes[1].shape[0], -1)
        return np.concatenate([luma, pairs]).view(np.uint8).ravel()


class FakeArray(np.ndarray[Any, Any]):
    """A NumPy array that tells its address as CuPy's do."""

    @property
    def data(self) -> Any:
        return SimpleNamespace(ptr=self.ctypes.data)


class FakeStream:
    """Does everything at once; notes whom it waited for."""

    ptr = 7

    def __init__(self) -> None:
        self.waits = 0

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        return None

    def record(self) -> object:
        return self

    def wait_event(self, event: object) -> None:
        assert event is not self, "a stream that waits for itself"
        self.waits += 1


class FakeDevice:
    """Has no context, so that none need be current."""

    ordinal = 0

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        return None

    def done(self, work: Callable[[], Any]) -> Any:
        return work()


class FakeKernel:
    """The kernel's text, compiled for the CPU."""

    folder = Path()

    def __init__(self, text: str, name: str, options: tuple[str, ...]) -> None:
        assert name in text
        assert "--fmad=false" in options
        self._text = text

    def compile(self) -> None:
        folder = self.folder / str(abs(hash(self._text)))
        folder.mkdir(exist_ok=True)
        self._function = compiled(folder, self._text)

    def __call__(self, grid: tuple[int, ...], block: tuple[int, ...], arguments: tuple[Any, ...]) -> None:
        assert len(grid) == len(block) == 2
        luma, cb, cr, luma_pitch, chroma_pitch, step, indices, weights, out = arguments
        pointers = [ctypes.c_void_p(int(address)) for address in (luma, cb, cr)]
        pitches = [ctypes.c_longlong(int(pitch)) for pitch in (luma_pitch, chroma_pitch)]
        arrays = [ctypes.c_void_p(array.data.ptr) for array in (indices, weights, out)]
        self._function(*pointers, *pitches, int(step), *arrays)


def fake_cupy(callers: FakeStream) -> ModuleType:
    def copy(target: int, source: int, size: int, *_: object) -> None:
        ctypes.memmove(target, source, size)

    module = ModuleType("cupy")
    runtime = SimpleNamespace(memcpyAsync=copy, memcpyDeviceToDevice=3)
    cuda = SimpleNamespace(
        get_current_stream=lambda _: callers,
        runtime=runtime,
        compiler=SimpleNamespace(CompileException=OSError),
    )
    members: dict[str, Any] = {
        "cuda": cuda,
        "RawKernel": FakeKernel,
        "uint8": np.uint8,
        "empty": lambda shape, dtype: np.empty(shape, dtype).view(FakeArray),
        "asarray": lambda array: np.asarray(array).view(FakeArray),
        "rot90": np.rot90,
        "ascontiguousarray": np.ascontiguousarray,
    }
    vars(module).update(members)
    return module


def fake_codec() -> ModuleType:
    module = ModuleType("PyNvVideoCodec")
    codecs = {name: name for name in ("H264", "HEVC", "AV1", "VP9")}

    def create(**options: Any) -> FakeSession:
        assert options["cudastream"] == FakeStream.ptr
        assert options["usedevicememory"] is True
        return FakeSession(options["codec"])

    members: dict[str, Any] = {
        "cudaVideoCodec": SimpleNamespace(__members__=codecs),
        "PacketData": SimpleNamespace,
        "PyNvVCException": OSError,
        "CreateDecoder": create,
    }
    vars(module).update(members)
    return module


@contextmanager
def without(*names: str) -> Iterator[None]:
    """Forget modules that were imported with stand-ins."""
    try:
        yield
    finally:
        for name in names:
            sys.modules.pop(name, None)


@pytest.fixture
def callers_stream(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FakeStream]:
    """Put the stand-ins in place; the program's own current stream."""
    callers, own = FakeStream(), FakeStream()
    device = ModuleType("glrec_core.cuda.device")
    handles = SimpleNamespace(device=0, context=1, stream=FakeStream.ptr)
    stream = SimpleNamespace(cupy=own, handles=handles, device=FakeDevice(), current=lambda: own)
    numbered = SimpleNamespace(numbered=lambda ordinal: ordinal)
    vars(device).update({"CudaDevice": numbered, "CudaStream": lambda _: stream})
    monkeypatch.setattr(FakeKernel, "folder", tmp_path)
    monkeypatch.setitem(sys.modules, "cupy", fake_cupy(callers))
    monkeypatch.setitem(sys.modules, "PyNvVideoCodec", fake_codec())
    monkeypatch.setitem(sys.modules, "glrec_core.cuda.device", device)
    with without(_ROUTE):
        sys.modules.pop(_ROUTE, None)
        monkeypatch.setattr(routes, "problem", no_problem)
        importlib.import_module(_ROUTE)
        yield callers


def no_problem(_: Facts, __: int) -> None:
    return None


@pytest.mark.parametrize("name", FILMS)
def test_frames_are_those_of_the_host(film: Make, name: str, callers_stream: FakeStream) -> None:
    path = film(name)
    player = Player(path)
    assert player.device == "cuda:0"
    for dtype, layout in ((np.uint16, "hwc"), (np.float32, "chw")):
        found = list(player.frames(dtype=dtype, layout=layout))
        wanted = list(Player(path, device="cpu").frames(dtype=dtype, layout=layout))
        assert [time for time, _ in found] == [time for time, _ in wanted]
        for (_, frame), (_, other) in zip(found, wanted, strict=True):
            assert frame.dtype == dtype
            assert np.array_equal(frame, other)
    assert callers_stream.waits == 2 * FRAMES
    assert FakeSession.open_sessions == 0


@pytest.mark.parametrize("name", FILMS)
def test_moments_are_found(film: Make, name: str, callers_stream: FakeStream) -> None:
    """The decoder writes over a picture while the next is looked at: what is shown must have been kept."""
    path = film(name)
    player, other = Player(path), Player(path, device="cpu")
    times = [time for time, _ in other.frames()]
    for index in (0, 9, 23, FRAMES - 1):
        assert number(np.asarray(player.screenshot(times[index], accurate=True)), name) == index
    part = [number(np.asarray(frame), name) for _, frame in player.frames(times[8], times[21])]
    assert part == list(range(8, 21))
    sampled = [number(np.asarray(frame), name) for _, frame in player.screenshots(0.1)]
    assert sampled == [number(frame, name) for _, frame in other.screenshots(0.1)]
    assert FakeSession.open_sessions == 0


def test_crop_and_size_are_those_of_the_host(film: Make, callers_stream: FakeStream) -> None:
    options: dict[str, Any] = {"crop": (9, 6, 80, 70), "size": (50, 90)}
    path = film("h264-turned")
    _, found = next(Player(path, **options).frames(dtype=np.uint16))
    _, wanted = next(Player(path, device="cpu", **options).frames(dtype=np.uint16))
    assert np.array_equal(found, wanted)


def test_leaving_early_ends_the_session(film: Make, callers_stream: FakeStream) -> None:
    for _ in Player(film("h264-b-frames")).frames():
        assert FakeSession.open_sessions == 1
        break
    assert FakeSession.open_sessions == 0


def test_a_cut_film_is_an_error_after_its_good_frames(
    film: Make, tmp_path: Path, callers_stream: FakeStream
) -> None:
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(film("hevc-10-bt2020").read_bytes()[:-500])
    numbers: list[int] = []
    with pytest.raises(VideoError, match=r"cut\.mkv is damaged"):
        numbers.extend(number(np.asarray(frame), "") for _, frame in Player(cut).frames())
    assert len(numbers) > FRAMES // 2


@pytest.mark.parametrize(
    ("across", "down", "asked"), [(1, 1, "444"), (2, 1, "422"), (2, 2, "420"), (4, 1, None), (1, 2, None)]
)
def test_the_gpu_is_asked_for_the_chroma_of_the_film(
    across: int, down: int, asked: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nvdec_probe, "_machine_problem", lambda: None)
    monkeypatch.setattr(
        nvdec_probe, "_refusal", lambda ordinal, facts, chroma: f"asked {ordinal} for {chroma}"
    )
    coding = SimpleNamespace(gray=False, is_rgb=False, across=across, down=down)
    facts: Any = SimpleNamespace(codec="hevc", pixel_format="a format", coding=coding)
    refused = "it does not take hevc in the format a format"
    assert nvdec_probe.problem(facts, 3) == (refused if asked is None else f"asked 3 for {asked}")
