"""The CUDA device that draws the current OpenGL context, and a stream of it.

A guest in a program that may use CUDA itself: the device's primary context is made current for as long as a call needs it
and what was current before comes back. Nothing here waits for more than its own stream.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import cupy
from cuda.bindings import driver, runtime

from glrec_core.cuda.calls import checked
from glrec_core.cuda.handles import CudaHandles
from glrec_core.errors import CaptureError


class CudaDevice:
    """One GPU by its number in CUDA's order, with its primary context, which lives as long as the process."""

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
        self.context = int(self._context)

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

    @contextmanager
    def current(self) -> Iterator[None]:
        """Make its context current in this thread for a `with` block."""
        checked(driver.cuCtxPushCurrent(self._context), f"use {self.name}")
        try:
            yield
        finally:
            checked(driver.cuCtxPopCurrent(), f"leave {self.name}")


_device = cache(CudaDevice)


class CudaStream:
    """A stream that orders its own work and does not wait for the legacy default stream, nor that for it."""

    def __init__(self, device: CudaDevice) -> None:
        self.device = device
        with device.current():
            self._stream: Any = cupy.cuda.Stream(non_blocking=True)
        self.handles = CudaHandles(device.ordinal, device.context, self._stream.ptr)

    @contextmanager
    def current(self) -> Iterator[None]:
        """Make it CuPy's stream in this thread for a `with` block, and its device's context current."""
        with self.device.current(), self._stream:
            yield

    def synchronize(self) -> None:
        """Wait until all of its work is done."""
        self._stream.synchronize()
