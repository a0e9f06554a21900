"""The NVENC backend for arrays on the stand-in without a GPU: arrays are converted in host memory, which poses as CUDA's.

Import it in a program that has the stand-in's environment, never in the process of the tests.
"""

from dataclasses import replace

import numpy as np

from glrec_core.arrays import backends
from glrec_core.arrays.given import on_host
from glrec_core.arrays.intake import HostIntake
from glrec_core.arrays.layouts import ArrayLayout, layout_of
from glrec_core.arrays.nvenc import NVENC
from glrec_core.arrays.request import Request
from glrec_core.arrays.stages import ArrayStages
from glrec_core.encode.nvenc import NvencEncoder
from glrec_core.encode.reordering import Unreordered
from glrec_core.values.frame import Frame, FrameSpec, Memory, PixelFormat
from tests.gpu_support.nvenc_route import GPU, handles, lend


class _PosingIntake:
    """What `CudaIntake` does on a GPU, into one slot that is written again for each frame."""

    def __init__(self, request: Request) -> None:
        self._spec = FrameSpec(request.size, PixelFormat.NV12, Memory.CUDA)
        self._host = HostIntake(FrameSpec(request.size, PixelFormat.NV12), request.config, "left")
        self._slot = np.empty((request.size.height * 3 // 2, request.size.width), np.uint8)

    def take(self, array: object, pts_ns: int) -> Frame:
        pixels = on_host(array)
        if layout_of(pixels.shape, pixels.dtype, self._spec.size) is ArrayLayout.NV12:
            self._slot[:] = pixels
        else:
            with self._host.take(array, pts_ns) as converted:
                rows = [plane.reshape(-1, self._spec.size.width) for plane in converted.planes]
                self._slot[:] = np.concatenate(rows)
        return lend(self._spec, self._slot, pts_ns)

    def close(self) -> None:
        self._host.close()


def _open(request: Request) -> ArrayStages:
    stream = request.stream(PixelFormat.YUV420P)
    encoder = NvencEncoder(stream, request.config, handles=handles(), gpu=GPU)
    intake = _PosingIntake(request)
    return ArrayStages(Unreordered(encoder), lambda _: intake)


def use_as_backend() -> None:
    """Let array encoders of this process use NVENC, and nothing else."""
    backends.BACKENDS = (replace(NVENC, unavailable=lambda _: None, open=_open),)
