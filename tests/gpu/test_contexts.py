"""No public call leaves another CUDA context current than it found, whatever that was: by the driver's own word, on a real GPU.

Each call is made in a thread of its own kind: one that has never used CUDA, one in which the primary context is current, and one
with a context of the program's own. Afterwards the program's own kernels run there, for CuPy remembers threads.
"""

import gc
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import moderngl
import numpy as np
import pytest

from glrec_core import record
from glrec_core.arrays import ArrayEncoder, write_video
from glrec_core.backends import table
from glrec_core.config import Config
from glrec_core.gl.functions import current_gl
from glrec_core.process import gaussian_blur
from glrec_core.read import Player
from glrec_core.testing import barcode
from tests.gpu_support.contexts import STATES, Steps, changed_by
from tests.gpu_support.nvidia import skip_without_nvidia_gpu, used_bytes
from tests.gpu_support.standin import environment
from tests.read.conftest import film
from tests.support.displays import run_program
from tests.support.recording import BarcodeLoop

pytestmark = [pytest.mark.gpu, pytest.mark.filterwarnings("ignore::glrec_core.read.ColorGuess")]

__all__ = ["film"]

SIZE = (320, 240)


@pytest.fixture
def gpu(context: moderngl.Context) -> moderngl.Context:
    skip_without_nvidia_gpu()
    return context


def unchanged(steps: Steps, state: str) -> None:
    """Make the calls, and then what the program itself may do in the thread where they were made."""

    def all_steps() -> Iterator[str]:
        yield from steps()
        gc.collect()
        yield "what is collected later"
        if state == "none":
            _own_kernels()

    assert not (changed := changed_by(all_steps, state)), changed


def _own_kernels() -> None:
    """Start kernels as a program does that has never heard of contexts, with memory that CuPy has at hand."""
    import cupy

    assert int((cupy.arange(1000) * 3).sum()) == 1_498_500
    cupy.RawKernel('extern "C" __global__ void nothing() {}', "nothing").compile()


def recording(path: Path, backend: str, codec: str | None, process: list[Any]) -> Iterator[str]:
    context = moderngl.create_context(standalone=True, backend="egl")  # type: ignore[arg-type]
    loop = BarcodeLoop(context, SIZE)
    yield "a context of OpenGL's"
    recorder = record(None, path, timing="step", backend=backend, codec=codec, process=process)
    yield "record"
    for number in range(9):
        loop.record(recorder, range(number, number + 1))
        yield "frame_drawn"
    recorder.screenshot(path.with_suffix(".png"))
    yield "screenshot"
    loop.record(recorder, range(9, 30))
    recorder.pause()
    paused = recorder.screenshot(path.with_name("paused.png"))
    loop.record(recorder, range(40, 60))
    yield "frame_drawn, paused"
    recorder.resume()
    recorder.force_idr()
    loop.record(recorder, range(60, 70))
    yield "frame_drawn, resumed"
    assert recorder.close().route == (backend if backend != "auto" else "host")
    assert paused.done()
    yield "close"
    del recorder, paused
    gc.collect()
    yield "forgetting the recorder"
    context.release()


ROUTES: dict[str, tuple[str, str | None, list[Any]]] = {
    "mjpeg": ("mjpeg", "mjpeg", []),
    "mjpeg with process=": ("mjpeg", "mjpeg", [gaussian_blur(1.5)]),
    "host": ("host", None, []),
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("route", ROUTES)
def test_a_recording(gpu: moderngl.Context, tmp_path: Path, route: str, state: str) -> None:
    backend, codec, process = ROUTES[route]
    row = {each.name: each for each in table.BACKENDS}[backend]
    if reason := row.unavailable(current_gl(), Config(codec=codec), None):
        pytest.skip(reason)
    unchanged(partial(recording, tmp_path / "film.mkv", backend, codec, process), state)


@pytest.mark.parametrize("state", STATES)
def test_choosing_a_backend(gpu: moderngl.Context, tmp_path: Path, state: str) -> None:
    """Whatever the GPU says to it: one without NVENC makes PyNvVideoCodec leave a context behind."""
    from glrec_core.encode import nvenc_probe
    from glrec_core.probe import nvidia, opengl

    def steps() -> Iterator[str]:
        nvenc_probe._remembered.cache_clear()
        context = moderngl.create_context(standalone=True, backend="egl")  # type: ignore[arg-type]
        for backend in table.BACKENDS:
            opengl._route(backend, current_gl())
            yield f"asking for {backend.name}"
        table.choose(table.agree(Config(), ()), current_gl())
        yield "choose"
        nvidia.describe(lambda *_: None)
        yield "doctor, NVIDIA"
        context.release()

    unchanged(steps, state)  # what is loaded once is loaded
    before = used_bytes()
    unchanged(steps, state)
    assert used_bytes() - before < 100 << 20, "PyNvVideoCodec's context takes half a gigabyte"
    nvenc_probe._remembered.cache_clear()
    unchanged(partial(recording, tmp_path / "film.mp4", "auto", None, []), state)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("name", ["h264-b-frames", "h264-turned", "hevc-10-bt2020"])
def test_reading_a_film(gpu: moderngl.Context, film: Any, name: str, state: str) -> None:
    path = film(name)
    kept: list[Any] = []  # frames outlive the thread

    def steps() -> Iterator[str]:
        player = Player(path)
        yield "Player"
        if not player.device.startswith("cuda"):
            pytest.skip("NVDEC does not decode it")
        for dtype in (np.uint8, np.float32):
            for layout in ("hwc", "chw"):
                for _, frame in player.frames(0, 0.5, dtype=dtype, layout=layout):
                    kept.append(frame)
                    yield f"a frame, {np.dtype(dtype)} {layout}"
                yield "the end of the film"
        kept.append(player.screenshot(0.2))
        yield "screenshot"
        kept.append(player.screenshot(0.2, accurate=True))
        yield "screenshot, accurate"
        for _, frame in player.screenshots(0.1):
            kept.append(frame)
            yield "screenshots"
        for _ in player.frames():
            break
        yield "leaving early"
        del player
        gc.collect()
        yield "forgetting the player"

    unchanged(steps, state)
    assert all(frame.sum().get() > 0 for frame in kept)


class _InterfaceOnly:
    """An array that speaks `__cuda_array_interface__` alone."""

    def __init__(self, array: Any) -> None:
        self._array = array
        self.__cuda_array_interface__ = array.__cuda_array_interface__


@pytest.mark.parametrize("state", STATES)
def test_encoding_arrays(gpu: moderngl.Context, tmp_path: Path, state: str) -> None:
    import cupy

    pictures = [barcode.expected(SIZE, number) for number in range(6)]
    given = [cupy.asarray(picture) for picture in pictures]
    floats, nv12 = cupy.asarray(pictures[0] / np.float32(255)), cupy.zeros((360, 320), np.uint8)
    kinds = [pictures[0], given[0], given[1][::-1], _InterfaceOnly(given[2]), floats, nv12]
    cupy.cuda.Device().synchronize()

    def steps() -> Iterator[str]:
        encoder = ArrayEncoder(*SIZE)
        yield "ArrayEncoder"
        for array in kinds:
            encoder.encode(array)
            yield f"encode of {type(array).__name__}"
        with pytest.raises(Exception, match="int32"):
            encoder.encode(
                given[0].astype(np.int32) if state == "primary" else np.zeros((240, 320, 3), np.int32)
            )
        yield "an array that is refused"
        encoder.flush()
        yield "flush"
        del encoder
        gc.collect()
        yield "forgetting the encoder"
        write_video(tmp_path / f"{state}.mp4", given, fps=30)
        yield "write_video"

    unchanged(steps, state)


BY_NVENC = """
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from glrec_core.arrays import ArrayEncoder
from tests.gpu.test_contexts import SIZE, recording, unchanged
from glrec_core.testing import barcode
import cupy
given = [cupy.asarray(barcode.expected(SIZE, number)) for number in range(6)]

def arrays() -> Iterator[str]:
    encoder = ArrayEncoder(*SIZE, backend="nvenc")
    yield "ArrayEncoder"
    for array in given:
        encoder.encode(array)
        yield "encode"
    encoder.flush()
    yield "flush"

unchanged(partial(recording, Path(sys.argv[2]), "nvenc", None, []), sys.argv[1])
unchanged(arrays, sys.argv[1])
"""


@pytest.mark.parametrize("state", STATES)
def test_nvenc(gpu: moderngl.Context, pynvvideocodec_libraries: Path, tmp_path: Path, state: str) -> None:
    """The real PyNvVideoCodec, on the stand-in."""
    variables = environment(pynvvideocodec_libraries, cpu_only=False)
    run_program(BY_NVENC, state, str(tmp_path / "film.mp4"), env=variables)
