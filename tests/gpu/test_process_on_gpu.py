"""Operations on CuPy's frames: the same pictures as on NumPy's, without leaving the GPU."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from glrec_core.process import overlay, read
from tests.process.catalogue import applied, for_channels, noise
from tests.support.film import write_film

pytestmark = pytest.mark.gpu


@pytest.fixture
def cupy() -> Any:
    module = pytest.importorskip("cupy", reason="cupy is not installed (pip install 'glrec[nvenc]')")
    try:
        count = module.cuda.runtime.getDeviceCount()
    except module.cuda.runtime.CUDARuntimeError as error:
        pytest.skip(f"CUDA finds no GPU: {error}")
    assert count > 0
    return module


@pytest.mark.parametrize("channels", [3, 4])
def test_every_operation_gives_the_same_pixels(cupy: Any, tmp_path: Path, channels: int) -> None:
    for name, operation in for_channels(tmp_path, channels).items():
        for seconds in (0.0, 1.3):
            frame = noise(channels)
            on_gpu = cupy.asarray(frame)
            made = operation(timedelta(seconds=seconds), on_gpu)
            assert isinstance(made, cupy.ndarray), name
            assert made.dtype == np.uint8, name
            difference = np.abs(made.get().astype(int) - applied(operation, frame, seconds))
            assert difference.max() <= 1, name
            assert np.count_nonzero(difference) <= difference.size // 100, name
            assert np.array_equal(on_gpu.get(), frame), name


def test_a_picture_may_be_on_the_gpu(cupy: Any) -> None:
    logo = noise(4, 20, 30, seed=2)
    found = applied(overlay(cupy.asarray(logo), at=(3, 4)), noise())
    assert np.array_equal(found, applied(overlay(logo, at=(3, 4)), noise()))


def test_a_chain_over_a_file_stays_on_the_gpu(cupy: Any, tmp_path: Path) -> None:
    pytest.importorskip(
        "PyNvVideoCodec", reason="PyNvVideoCodec is not installed (pip install 'glrec[nvenc]')"
    )
    path = write_film(tmp_path / "in.mp4", range(10), (320, 240), crf=12)
    logo = noise(4, 20, 30, seed=2)
    on_gpu, on_cpu = (
        read(path, device=device).scale(160, 120).overlay(logo, at=(3.5, 4)) for device in ("cuda", "cpu")
    )
    for (time, frame), (due, expected) in zip(on_gpu, on_cpu, strict=True):
        assert isinstance(frame, cupy.ndarray)
        assert time == due
        assert np.abs(frame.get().astype(int) - expected).max() <= 3


def test_another_stream_waits_for_the_copy_of_a_picture(cupy: Any) -> None:
    """An operation keeps its picture on the GPU; two recordings may use it, each on a stream of its own."""
    logo = noise(3, 20, 30, seed=2)
    operation = overlay(logo, at=(3, 4))
    busy = cupy.ones(1 << 26, np.float32)
    frame = cupy.zeros((60, 80, 3), np.uint8)
    streams = [cupy.cuda.Stream(non_blocking=True) for _ in range(2)]
    applied(operation, cupy.asarray(noise()))  # CuPy's kernels are compiled
    operation = overlay(logo, at=(3, 4))
    cupy.cuda.Device().synchronize()
    with streams[0]:
        for _ in range(200):
            cupy.sin(busy, out=busy)
        applied(operation, frame)
    with streams[1]:
        made = applied(operation, frame)
        found = made.get()  # type: ignore[attr-defined] # CuPy's
    assert np.array_equal(found[4:24, 3:33], logo)
