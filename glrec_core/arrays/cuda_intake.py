"""Arrays as frames in CUDA memory: read in the order of their own streams, converted by the recorder's kernel.

The kernel reads pictures as OpenGL leaves them: texels of four bytes, the bottom row first. So RGB is written into a CUDA
array that way, which costs one pass over the picture, and becomes NV12 by the same arithmetic as in a recording.

Imported once an array or an encoder turns out to be on a GPU.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle
from typing import Any

import cupy
import numpy as np
from cupy.cuda import texture

from glrec_core.arrays.given import EXPORT_ERRORS, device_of, on_host, refusal
from glrec_core.arrays.intake import HostIntake, Intake
from glrec_core.arrays.layouts import Layout, layout_of
from glrec_core.color import ColorSpace
from glrec_core.convert.download import downloaded
from glrec_core.cuda.device import CudaDevice, CudaStream
from glrec_core.cuda.kernel import Kernel, Launch, kernel_format
from glrec_core.errors import ArrayError, CaptureError, ConvertError
from glrec_core.frame import Frame, FrameSpec, Memory, PixelFormat, Size

_CUDA_ERRORS = (
    cupy.cuda.runtime.CUDARuntimeError,
    cupy.cuda.driver.CUDADriverError,
    cupy.cuda.compiler.CompileException,
    cupy.cuda.memory.OutOfMemoryError,
)
_TEXEL = texture.ChannelFormatDescriptor(8, 8, 8, 8, cupy.cuda.runtime.cudaChannelFormatKindUnsigned)
_PITCH_ALIGNMENT_BYTES = 256
"""What cudaMalloc aligns to, so that every row begins as a picture does."""

_codes = cupy.ElementwiseKernel(
    "T level",
    "uint8 code",
    "code = static_cast<unsigned char>(fminf(fmaxf(static_cast<float>(level), 0.0f), 1.0f) * 255.0f + 0.5f)",
    "glrec_codes",
)
"""Levels from 0 to 1 as 8-bit codes; what lies outside is cut off, NaN is 0."""


@contextmanager
def gpu_errors(what: str) -> Iterator[None]:
    """Turn errors of CUDA and CuPy into ConvertError."""
    try:
        yield
    except (CaptureError, *_CUDA_ERRORS) as error:
        raise ConvertError(f"the GPU cannot {what}: {error}") from error


@dataclass(frozen=True, slots=True)
class _Slot:
    """Memory of one frame: all rows as one array, and what converts a picture into it."""

    rows: Any
    convert: Launch


class CudaIntake:
    """Arrays in the memory of a stream's device, or in host memory, as NV12 there. Implements `Intake`.

    A frame's `owner` is the (rows, width) array that its planes are views of, complete when `take` returns. It is written
    again `slots` frames later, on the same stream.
    """

    def __init__(self, stream: CudaStream, size: Size, color: ColorSpace, slots: int = 1) -> None:
        """Compile the kernel, unless CuPy has it on disk, and reserve the memory.

        Raises:
            ConvertError: the kernel cannot be compiled or the GPU has not enough memory.

        """
        self._stream = stream
        self._spec = FrameSpec(size, PixelFormat.NV12, Memory.CUDA)
        with stream.device, gpu_errors(f"take arrays of {size}"):
            kernel = Kernel(PixelFormat.NV12, color)
            self._slots = cycle([_slot(kernel, size) for _ in range(slots)])
            self._picture: _Picture | None = None

    def take(self, array: object, pts_ns: int) -> Frame:
        """See `Intake.take`."""
        on_gpu = self._imported(array)
        size = self._spec.size
        layout = layout_of(on_gpu.shape, on_gpu.dtype, size)
        slot = next(self._slots)
        with gpu_errors("convert the array"), self._stream.current():
            if layout is Layout.NV12:
                slot.rows[...] = on_gpu
            else:
                rgb = on_gpu.transpose(1, 2, 0) if layout is Layout.PLANAR else on_gpu
                self._picture = self._picture or _Picture(size)
                slot.convert(self._picture.filled(rgb, self._stream), self._stream.handles.stream)
            self._stream.synchronize()  # the caller may write to the array from now on, on any stream
        luma, chroma = slot.rows[: size.height], slot.rows[size.height :]
        planes = luma, chroma.reshape(size.height // 2, -1, 2)
        return Frame(self._spec, planes, pts_ns, owner=slot.rows)

    def close(self) -> None:
        """See `Intake.close`."""
        with gpu_errors("end its work"), self._stream.device:
            self._stream.synchronize()
            self._slots = cycle(())
            self._picture = None

    def _imported(self, array: object) -> Any:
        """Return the array as CuPy's, to be read on the stream: it waits for the work that is under way on the array."""
        device = device_of(array)
        if device is None:
            host = on_host(array)
            layout_of(host.shape, host.dtype, self._spec.size)  # refuse it before it is copied
            with gpu_errors("copy the array to it"), self._stream.current():
                return cupy.asarray(host)
        if device != self._stream.device.ordinal:
            mine = self._stream.device.ordinal
            raise ArrayError(
                f"the array is on CUDA device {device}, and device {mine} takes it; copy it, or give device={device}"
            )
        with gpu_errors("read the array"):
            return self._from_dlpack(array) if hasattr(array, "__dlpack__") else self._from_interface(array)

    def _from_dlpack(self, array: Any) -> Any:
        """Let the array's library put our stream behind its own; CuPy's is the one that is current in the caller's code."""
        try:
            capsule = array.__dlpack__(stream=self._stream.handles.stream)
            with self._stream.current():
                return cupy.from_dlpack(capsule)
        except EXPORT_ERRORS as error:
            raise refusal(array, error) from error

    def _from_interface(self, array: Any) -> Any:
        """CuPy waits for the stream that the interface names; where it names none, the work is on the default one."""
        try:
            with self._stream.current():
                self._stream.cupy.wait_event(cupy.cuda.Stream.null.record())
                return cupy.asarray(array)
        except EXPORT_ERRORS as error:
            raise refusal(array, error) from error


class _Picture:
    """A CUDA array of RGBA texels, and the buffer in which a picture is laid out for it."""

    def __init__(self, size: Size) -> None:
        self._texels = cupy.zeros((size.height, size.width, 4), np.uint8)
        flags = cupy.cuda.runtime.cudaArraySurfaceLoadStore
        self._array = texture.CUDAarray(_TEXEL, *size, flags=flags)
        resource = texture.ResourceDescriptor(cupy.cuda.runtime.cudaResourceTypeArray, cuArr=self._array)
        self._surface = texture.SurfaceObject(resource)

    def filled(self, rgb: Any, stream: CudaStream) -> int:
        """Queue the copy of (height, width, 3 or 4) pixels and return the surface object (cudaSurfaceObject_t) of it."""
        upwards, into = rgb[::-1, :, :3], self._texels[..., :3]
        if rgb.dtype == np.uint8:
            into[...] = upwards
        else:
            _codes(upwards, into)
        height, width = rgb.shape[:2]
        self._array.copy_from(self._texels.reshape(height, 4 * width), stream.cupy)
        return int(self._surface.ptr)


def _slot(kernel: Kernel, size: Size) -> _Slot:
    width, height = size
    pitch = -(-width // _PITCH_ALIGNMENT_BYTES) * _PITCH_ALIGNMENT_BYTES
    rows = cupy.empty((kernel_format(PixelFormat.NV12).rows(height), pitch), np.uint8)[:, :width]
    return _Slot(rows, kernel.into(rows, size))


class DownloadingIntake:
    """Arrays in CUDA memory for an encoder on the host: they cross the bus as NV12. Implements `Intake`."""

    def __init__(self, gpu: CudaIntake, stream: CudaStream, host: HostIntake) -> None:
        self._gpu = gpu
        self._stream = stream
        self._host = host

    def take(self, array: object, pts_ns: int) -> Frame:
        """See `Intake.take`."""
        return self._host.converted(downloaded(self._gpu.take(array, pts_ns), self._stream.current))

    def close(self) -> None:
        """See `Intake.close`."""
        self._gpu.close()
        self._host.close()


def open_stream(device: int) -> CudaStream:
    """Return a stream of a device.

    Raises:
        ConvertError: there is no such device, or CUDA does not start on it.

    """
    with gpu_errors(f"be used (device {device})"):
        return CudaStream(CudaDevice(device))


def open_download(device: int, size: Size, color: ColorSpace, host: HostIntake) -> Intake:
    """Return what takes arrays of a device for an encoder on the host."""
    stream = open_stream(device)
    return DownloadingIntake(CudaIntake(stream, size, color), stream, host)
