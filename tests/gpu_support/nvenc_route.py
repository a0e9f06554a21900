"""Drives `NvencEncoder` without a GPU: host memory that poses as CUDA memory, on the stand-in. Import it in a program
that has the stand-in's environment, never in the process of the tests.
"""

import ctypes
from collections.abc import Callable, Iterable
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glrec_core.backends import table
from glrec_core.backends.backend import Backend
from glrec_core.capture.memory import MemoryRing
from glrec_core.capture.ring import Direct
from glrec_core.capture.ring_capture import RingCapture
from glrec_core.config import Config
from glrec_core.convert.host import SwscaleConverter
from glrec_core.cuda.handles import CudaHandles
from glrec_core.encode.codecs import DEFAULT_CODEC
from glrec_core.encode.door import stream_for
from glrec_core.encode.nvenc import NvencEncoder
from glrec_core.encode.nvenc_options import pixel_format
from glrec_core.gl.functions import GL
from glrec_core.stages import EncodeStages, Pipeline
from glrec_core.values.clock import NANOSECONDS, Clock
from glrec_core.values.frame import Frame, FrameSpec, Memory, Packet, PixelFormat, Size
from tests.gpu_support.host_memory import HostFrame

GPU = "stand-in"
SIZE = Size(178, 98)  # neither is a multiple of the macroblock's 16, and both are above the driver's minimum


@cache
def handles() -> CudaHandles:
    """Return a stream of the host-memory libcuda."""
    cuda = ctypes.CDLL("libcuda.so.1")
    context, stream = ctypes.c_void_p(), ctypes.c_void_p()
    cuda.cuDevicePrimaryCtxRetain(ctypes.byref(context), 0)
    cuda.cuCtxPushCurrent_v2(context)
    cuda.cuStreamCreate(ctypes.byref(stream), 0)
    return CudaHandles(0, context.value or 0, stream.value or 0)


def open_encoder(config: Config, size: Size = SIZE, clock: Clock | None = None) -> NvencEncoder:
    """Open the encoder as the backend does."""
    codec = config.codec or DEFAULT_CODEC
    stream = stream_for(codec, PixelFormat.YUV420P, size, config, clock or config.make_clock())
    return NvencEncoder(stream, config, handles=handles(), gpu=GPU)


def lend(
    spec: FrameSpec, rows: NDArray[np.uint8], pts_ns: int, release: Callable[[], None] = lambda: None
) -> Frame:
    """Return a frame of all its rows, (rows, width), as a capture into CUDA memory lends it."""
    height = spec.size.height
    planes: tuple[NDArray[np.uint8], ...] = rows[:height], rows[height : 2 * height], rows[2 * height :]
    if spec.format is PixelFormat.NV12:
        planes = rows[:height], rows[height:].reshape(height // 2, -1, 2)
    return Frame(spec, planes, pts_ns, release, HostFrame(rows))


def row_count(spec: FrameSpec) -> int:
    """Return how many rows a frame has in all."""
    return spec.size.height * 3 // 2 if spec.format is PixelFormat.NV12 else spec.size.height * 3


def noise(spec: FrameSpec, count: int) -> list[NDArray[np.uint8]]:
    """Return pictures of random samples."""
    generator = np.random.default_rng(20261121)
    shape = (row_count(spec), spec.size.width)
    return [generator.integers(0, 256, shape, np.uint8) for _ in range(count)]


def encode(
    encoder: NvencEncoder,
    pictures: Iterable[NDArray[np.uint8]],
    times_ns: Iterable[int],
    keyframes: frozenset[int] = frozenset(),
) -> list[Packet]:
    """Encode pictures, with keyframes asked for at some of them, and drain."""
    packets = []
    for number, (rows, pts_ns) in enumerate(zip(pictures, times_ns, strict=True)):
        with lend(encoder.accepts, rows, pts_ns) as frame:
            frame.keyframe = number in keyframes
            packets += encoder.encode(frame)
    return packets + encoder.drain()


def step_times_ns(count: int, fps: int = 60) -> list[int]:
    """Return the times of frames under the step clock."""
    return [round(Fraction(number * NANOSECONDS, fps)) for number in range(count)]


class _PosingConverter:
    """RGBA in host memory to NV12 that poses as CUDA memory: what the kernel does on a GPU."""

    def __init__(self, source: FrameSpec, config: Config) -> None:
        self._spec = FrameSpec(source.size, pixel_format(config), Memory.CUDA)
        self._converter = SwscaleConverter(source, self._spec.format, config.color_space)

    def convert(self, frame: Frame) -> Frame:
        """Return the converted frame; its memory is filled with rubbish when it is given back."""
        with self._converter.convert(frame) as converted:
            rows = np.concatenate([plane.reshape(-1, self._spec.size.width) for plane in converted.planes])
        return lend(self._spec, rows, frame.pts_ns, lambda: rows.fill(77))

    def close(self) -> None:
        """Release the converter."""
        self._converter.close()


def _open(gl: GL, config: Config, clock: Clock, source: Size) -> Pipeline:
    def open_encode_stages(spec: FrameSpec) -> EncodeStages:
        return EncodeStages(_PosingConverter(spec, config), open_encoder(config, spec.size, clock))

    return Pipeline(
        RingCapture(gl, config, source, 2, MemoryRing, direct=Direct.FRAMEBUFFER), open_encode_stages
    )


def use_as_backend() -> None:
    """Let the recorder of this process read by the host route and encode by NVENC."""
    nvenc: Any = table.NVENC
    row = Backend(
        "nvenc", nvenc.check, lambda *_: None, lambda *_: "host memory poses as CUDA's", _open, lambda _: None
    )
    table.BACKENDS = (row,)
