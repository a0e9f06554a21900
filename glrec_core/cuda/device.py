"""The CUDA device that draws the current OpenGL context, and a stream of it.

Nothing here waits for more than its own stream, and no call leaves another context current than it found (`context`).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import cupy
from cuda.bindings import runtime

from glrec_core.cuda.calls import checked
from glrec_core.cuda.context import PrimaryContext, kept
from glrec_core.cuda.handles import CudaHandles
from glrec_core.errors import CaptureError


class CudaDevice(PrimaryContext):
    """One GPU by its number in CUDA's order, with its primary context."""

    @staticmethod
    def numbered(ordinal: int) -> CudaDevice:
        """Return a device; there is one object of each, which keeps its context until the process ends.

        Raises:
            CaptureError: there is no such device, or its context cannot be made.

        """
        return _device(ordinal)

    @staticmethod
    def of_current_gl_context() -> CudaDevice:
        """Return the device that draws the context that is current in this thread.

        EGL and CUDA number the GPUs of a machine differently, so it is CUDA that is asked.

        Raises:
            CaptureError: none that CUDA knows does.

        """
        with kept():
            found = runtime.cudaGLGetDevices(1, runtime.cudaGLDeviceList.cudaGLDeviceListAll)
        count, ordinals = checked(found, "find the device of the OpenGL context")
        if count == 0:
            raise CaptureError("CUDA knows no device that draws the OpenGL context")
        return _device(int(ordinals[0]))


_device = cache(CudaDevice)


class CudaStream:
    """A stream that orders its own work and does not wait for the legacy default stream, nor that for it."""

    def __init__(self, device: CudaDevice) -> None:
        self.device = device
        with device:
            self.cupy: Any = cupy.cuda.Stream(non_blocking=True)
        self.handles: CudaHandles = CudaHandles(device.ordinal, device.context, self.cupy.ptr)

    def __del__(self) -> None:
        """CuPy destroys the stream with its last reference, in whichever context is current then."""
        if hasattr(self, "cupy") and not sys.is_finalizing():
            with self.device:
                del self.cupy

    @contextmanager
    def current(self) -> Iterator[None]:
        """Let CuPy queue the work of a `with` block on this stream, in its device's context."""
        with self.device, self.cupy:
            yield

    def synchronize(self) -> None:
        """Wait until all of its work is done."""
        with self.device:
            self.cupy.synchronize()
