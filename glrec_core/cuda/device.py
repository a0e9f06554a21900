"""The CUDA device that draws the current OpenGL context, and a stream of it.

A guest in a program that may use CUDA itself: the device's primary context is made current for as long as a call needs it
and what was current before comes back. Nothing here waits for more than its own stream.

A thread in which nothing was current keeps device 0's context, which CUDA's runtime would give it at its own first call.
CuPy notes in which threads it has seen a context, and would fail with "invalid device context" in one that has lost it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from types import TracebackType
from typing import Any, Self

import cupy
from cuda.bindings import driver, runtime

from glrec_core.cuda.calls import checked
from glrec_core.cuda.handles import CudaHandles
from glrec_core.errors import CaptureError

_DEFAULT = 0
"""The device of threads that have chosen none (CUDA C++ Programming Guide, "Device Selection")."""


class CudaDevice:
    """One GPU by its number in CUDA's order, with its primary context, which lives as long as the process.

    `with device:` makes the context current in the calling thread; blocks may be nested.
    """

    def __init__(self, ordinal: int) -> None:
        """Make the context, unless the program has done so.

        Raises:
            CaptureError: there is no such device, or its context cannot be made.

        """
        self.ordinal = ordinal
        checked(driver.cuInit(0), "start")
        device = checked(driver.cuDeviceGet(ordinal), f"find device {ordinal}")
        name = checked(driver.cuDeviceGetName(256, device), f"name device {ordinal}")
        self.name: str = name.split(b"\0")[0].decode(errors="replace")
        self._context = checked(driver.cuDevicePrimaryCtxRetain(device), f"open a context on {self.name}")
        self.context: int = int(self._context)

    @staticmethod
    def of_current_gl_context() -> CudaDevice:
        """Return the device that draws the context that is current in this thread.

        EGL and CUDA number the GPUs of a machine differently, so it is CUDA that is asked.

        Raises:
            CaptureError: none that CUDA knows does.

        """
        found = runtime.cudaGLGetDevices(1, runtime.cudaGLDeviceList.cudaGLDeviceListAll)
        count, ordinals = checked(found, "find the device of the OpenGL context")
        if count == 0:
            raise CaptureError("CUDA knows no device that draws the OpenGL context")
        return _device(int(ordinals[0]))

    def __enter__(self) -> Self:
        if self.ordinal == _DEFAULT and not int(checked(driver.cuCtxGetCurrent(), "tell what is current")):
            checked(driver.cuCtxSetCurrent(self._context), "use the GPU's context")
        checked(driver.cuCtxPushCurrent(self._context), "use the GPU's context")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        checked(driver.cuCtxPopCurrent(), "give the program its own context back")


_device = cache(CudaDevice)


class CudaStream:
    """A stream that orders its own work and does not wait for the legacy default stream, nor that for it."""

    def __init__(self, device: CudaDevice) -> None:
        self.device = device
        with device:
            self.cupy: Any = cupy.cuda.Stream(non_blocking=True)
        self.handles: CudaHandles = CudaHandles(device.ordinal, device.context, self.cupy.ptr)

    @contextmanager
    def current(self) -> Iterator[None]:
        """Let CuPy queue the work of a `with` block on this stream, in its device's context."""
        with self.device, self.cupy:
            yield

    def synchronize(self) -> None:
        """Wait until all of its work is done."""
        self.cupy.synchronize()
