"""Frames that come back from the GPU for a software encoder: the same pixels, and a lost GPU is told as such."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from numpy.typing import NDArray

from glrec_core.convert.download import Download, downloaded
from glrec_core.convert.processed import PassThrough
from glrec_core.errors import ConvertError
from glrec_core.values.frame import Frame, FrameSpec, Memory, PixelFormat, Size

SPEC = FrameSpec(Size(6, 4), PixelFormat.NV12, Memory.CUDA)
ROWS = np.arange(36, dtype=np.uint8).reshape(6, 6)


class OnGpu:
    """Rows that can be had only while the stream is current."""

    def __init__(self, error: Exception | None = None) -> None:
        self.is_current = False
        self.rows: NDArray[np.generic] = ROWS
        self._error = error

    @contextmanager
    def current(self) -> Iterator[None]:
        self.is_current = True
        yield
        self.is_current = False

    def get(self) -> NDArray[np.generic]:
        assert self.is_current
        if self._error is not None:
            raise self._error
        return self.rows.copy()


def test_each_frame_is_the_same_in_host_memory() -> None:
    rows = OnGpu()
    download = Download(rows.current, PassThrough())
    for number in range(2):
        frame = download.convert(Frame(SPEC, (), number, owner=rows))
        assert (frame.spec, frame.pts_ns) == (FrameSpec(SPEC.size, SPEC.format), number)
        luma, chroma = frame.planes
        assert np.array_equal(luma, ROWS[:4])
        assert np.array_equal(chroma, ROWS[4:].reshape(2, 3, 2))
    download.close()


@pytest.mark.parametrize("error", [RuntimeError("cudaErrorDeviceUninitialized"), MemoryError()])
def test_a_gpu_that_is_gone_is_told(error: Exception) -> None:
    rows = OnGpu(error)
    with pytest.raises(ConvertError, match="GPU does not give Frame"):
        Download(rows.current, PassThrough()).convert(Frame(SPEC, (), 0, owner=rows))


@pytest.mark.parametrize("pixel_format", [PixelFormat.NV12, PixelFormat.P010, PixelFormat.YUV444P])
def test_every_format_of_the_gpu_comes_out(pixel_format: PixelFormat) -> None:
    spec = FrameSpec(Size(6, 4), pixel_format, Memory.CUDA)
    rows = OnGpu()
    rows.rows = np.arange(72, dtype=np.uint16 if pixel_format is PixelFormat.P010 else np.uint8)
    rows.rows = rows.rows[: 72 if pixel_format is PixelFormat.YUV444P else 36].reshape(-1, 6)
    frame = downloaded(Frame(spec, (), 5, owner=rows), rows.current)
    assert (frame.spec, frame.pts_ns) == (FrameSpec(spec.size, pixel_format), 5)
    shapes = [(4, 6)] * 3 if pixel_format is PixelFormat.YUV444P else [(4, 6), (2, 3, 2)]
    assert [plane.shape for plane in frame.planes] == shapes
    assert np.array_equal(
        np.concatenate([plane.reshape(-1) for plane in frame.planes]), rows.rows.reshape(-1)
    )


def test_rgba_comes_out_as_one_plane() -> None:
    spec, rows = FrameSpec(Size(6, 4), PixelFormat.RGBA, Memory.CUDA), OnGpu()
    rows.rows = np.arange(96, dtype=np.uint8).reshape(4, 24)
    (plane,) = downloaded(Frame(spec, (), 5, owner=rows), rows.current).planes
    assert np.array_equal(plane, np.arange(96).reshape(4, 6, 4))
