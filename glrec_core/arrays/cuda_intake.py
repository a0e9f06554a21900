"""Arrays as frames in CUDA memory: read in the order of their own streams, where they lie, by the recorder's kernel.

So they become NV12 by the same arithmetic as in a recording. Levels of floats are made codes first.

Imported once an array or an encoder turns out to be on a GPU.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import cupy
import numpy as np

from glrec_core.arrays.given import device_of, on_host, reading
from glrec_core.arrays.intake import HostIntake, Intake
from glrec_core.arrays.layouts import ArrayLayout, layout_of
from glrec_core.convert.cuda import CudaConverter, gpu_errors
from glrec_core.convert.download import downloaded
from glrec_core.cuda.device import CudaDevice, CudaStream
from glrec_core.errors import ArrayError
from glrec_core.values.color import ColorSpace
from glrec_core.values.frame import Frame, FrameSpec, Memory, PixelFormat, Size

_Given = Callable[[], Any]
"""Makes CuPy's array of a caller's; called where the stream is CuPy's current one."""

_codes = cupy.ElementwiseKernel(
    "T level",
    "uint8 code",
    "code = static_cast<unsigned char>(fminf(fmaxf(static_cast<float>(level), 0.0f), 1.0f) * 255.0f + 0.5f)",
    "glrec_codes",
)
"""Levels from 0 to 1 as 8-bit codes; what lies outside is cut off, NaN is 0."""


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
        self._converter = CudaConverter(stream, self._spec, color, slots)

    def take(self, array: object, pts_ns: int) -> Frame:
        """See `Intake.take`."""
        given = self._given(array)
        return self._stream.device.done(lambda: self._taken(given, pts_ns))

    def close(self) -> None:
        """See `Intake.close`."""
        self._converter.close()

    def _picture(self, rgb: Any, pts_ns: int) -> Frame:
        """Return the colours of (height, width, 3 or 4) pixels as a frame, in place where they are codes already."""
        colours = rgb[..., :3]
        codes = colours if rgb.dtype == np.uint8 else _codes(colours)
        return Frame(FrameSpec(self._spec.size, PixelFormat.RGB24, Memory.CUDA), (codes,), pts_ns)

    def _taken(self, given: _Given, pts_ns: int) -> Frame:
        with gpu_errors("convert the array"), self._stream.current():
            on_gpu = given()
            layout = layout_of(on_gpu.shape, on_gpu.dtype, self._spec.size)
            if layout is ArrayLayout.NV12:
                frame = self._converter.copied(on_gpu, pts_ns)
            else:
                rgb = on_gpu.transpose(1, 2, 0) if layout is ArrayLayout.PLANAR else on_gpu
                frame = self._converter.convert(self._picture(rgb, pts_ns))
            self._stream.synchronize()  # the caller may write to the array from now on, on any stream
        return frame

    def _given(self, array: object) -> _Given:
        """Return what makes CuPy's array of this one, on the stream: it waits for the work that is under way on the array.

        What concerns the caller's own streams is asked here, in the caller's thread.
        """
        device = device_of(array)
        if device is None:
            host = on_host(array)
            layout_of(host.shape, host.dtype, self._spec.size)  # refuse it before it is copied
            return partial(cupy.asarray, host)
        if device != self._stream.device.ordinal:
            mine = self._stream.device.ordinal
            raise ArrayError(
                f"the array is on CUDA device {device}, and device {mine} takes it; copy it, or give device={device}"
            )
        with gpu_errors("read the array"), self._stream.device:
            return self._from_dlpack(array) if hasattr(array, "__dlpack__") else self._from_interface(array)

    def _from_dlpack(self, array: Any) -> _Given:
        """Let the array's library put our stream behind its own; CuPy's is the one that is current in the caller's code."""
        with reading(array):
            capsule = array.__dlpack__(stream=self._stream.handles.stream)
        return partial(_imported, array, cupy.from_dlpack, capsule)

    def _from_interface(self, array: Any) -> _Given:
        """CuPy waits for the stream that the interface names; where it names none, the work is on the default one."""
        self._stream.cupy.wait_event(cupy.cuda.Stream.null.record())
        return partial(_imported, array, cupy.asarray, array)


def _imported(array: object, how: Callable[[Any], Any], given: object) -> Any:
    with reading(array):
        return how(given)


class DownloadingIntake:
    """Arrays in CUDA memory for an encoder on the host: they cross the bus as NV12. Implements `Intake`."""

    def __init__(self, gpu: CudaIntake, stream: CudaStream, host: HostIntake) -> None:
        self._gpu = gpu
        self._stream = stream
        self._host = host

    def take(self, array: object, pts_ns: int) -> Frame:
        """See `Intake.take`."""
        frame = self._gpu.take(array, pts_ns)
        return self._host.converted(self._stream.device.done(lambda: downloaded(frame, self._stream.current)))

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
        return CudaStream(CudaDevice.numbered(device))


def open_download(device: int, size: Size, color: ColorSpace, host: HostIntake) -> Intake:
    """Return what takes arrays of a device for an encoder on the host."""
    stream = open_stream(device)
    return DownloadingIntake(CudaIntake(stream, size, color), stream, host)
