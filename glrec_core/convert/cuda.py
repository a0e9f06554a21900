"""Work on R'G'B' in CUDA memory: handing pictures to operations there, and making Y'CbCr of what they give back.

All of it is queued on one stream, in order; nothing waits for the GPU. Imported once frames turn out to be on one.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import cycle
from typing import Any

import cupy

from glrec_core.config import Config
from glrec_core.convert.processed import PassThrough, Processed
from glrec_core.cuda.device import CudaStream
from glrec_core.cuda.kernel import ArrayKernel, ArrayLaunch
from glrec_core.cuda.layout import kernel_format
from glrec_core.cuda.memory import frame_rows
from glrec_core.errors import CaptureError, ConvertError
from glrec_core.stages import Converter, Encoder, EncodeStages
from glrec_core.values.color import ColorSpace
from glrec_core.values.foreign import CUDA, translated, types_of
from glrec_core.values.frame import Frame, FrameSpec, Memory, PixelFormat

_CUDA_ERRORS = types_of(CUDA)
_OF_CHANNELS = {3: PixelFormat.RGB24, 4: PixelFormat.RGBA}


def gpu_errors(what: str) -> AbstractContextManager[None]:
    """Turn errors of CUDA and CuPy, and what others here have made of them, into ConvertError."""
    return translated(ConvertError, f"the GPU cannot {what}", CaptureError, *_CUDA_ERRORS)


def encode_stages(source: FrameSpec, encoder: Encoder, config: Config, stream: CudaStream) -> EncodeStages:
    """Return an encoder behind what makes of captured frames in CUDA memory what the options and it ask for.

    Raises:
        ConvertError: the GPU has not enough memory, or NVRTC is missing. The encoder is closed then.

    """
    try:
        return EncodeStages(_converter(source, encoder, config, stream), encoder)
    except BaseException:
        encoder.close()
        raise


def _converter(source: FrameSpec, encoder: Encoder, config: Config, stream: CudaStream) -> Converter:
    if not config.process:
        return PassThrough()
    # What the encoder still reads after `encode` returned, and the one that is made meanwhile.
    slots = encoder.latency + 1
    converter = CudaConverter(stream, encoder.accepts, config.color_space, slots)
    return Processed(source, config.process, converter, CudaPixels(stream), alpha=False)


class CudaPixels:
    """CuPy's arrays, worked on in the order of one stream. Implements `PixelMemory`."""

    kind = Memory.CUDA
    array_type: type[Any] = cupy.ndarray
    library = "CuPy"
    advice = (
        "frames of this recording are on the GPU: work on them there, end with cupy.asarray(..., cupy.uint8), or record with "
        "backend='host'"
    )

    def __init__(self, stream: CudaStream) -> None:
        self._stream = stream

    def working(self) -> AbstractContextManager[None]:
        """See `PixelMemory.working`."""
        return self._stream.current()

    def taken(self, frame: Frame, channels: int) -> Any:
        """See `PixelMemory.taken`; frames are RGBA."""
        (plane,) = frame.planes
        with gpu_errors("copy the picture for process="):
            return plane[..., :channels].copy()

    def frame(self, spec: FrameSpec, pixels: Any, pts_ns: int) -> Frame:
        """Return the very pixels as RGB24 or RGBA, of any strides."""
        form = _OF_CHANNELS[pixels.shape[2]]
        return Frame(FrameSpec(spec.size, form, Memory.CUDA), (pixels,), pts_ns)


@dataclass(frozen=True, slots=True)
class _Slot:
    """Memory of one frame: all rows as one array, the planes as views of it, and what converts a picture into it."""

    rows: Any
    planes: tuple[Any, ...]
    convert: ArrayLaunch


class CudaConverter:
    """RGB24 or RGBA in CUDA memory, of any strides, to Y'CbCr there. Implements `Converter`.

    A frame's `owner` is the array of all its rows that its planes are views of; it is complete for what is queued on the
    stream afterwards, and written again `slots` frames later.

    Raises:
        ConvertError: the kernel cannot be compiled or the GPU has not enough memory.

    """

    def __init__(self, stream: CudaStream, target: FrameSpec, color: ColorSpace, slots: int) -> None:
        """Compile the kernel, unless CuPy has it on disk, and reserve the memory."""
        self._stream = stream
        self._target = target
        self._sources = [FrameSpec(target.size, form, Memory.CUDA) for form in _OF_CHANNELS.values()]
        form, size = kernel_format(target.format), target.size
        with gpu_errors(f"make {target}"), stream.current():
            kernel = ArrayKernel(target.format, color)
            self._slots = cycle(
                [
                    _Slot(rows, form.planes(rows, size.height), kernel.into(rows, size))
                    for rows in frame_rows(target.format, size, slots)
                ]
            )

    def convert(self, frame: Frame) -> Frame:
        """Return the converted frame; the input's memory is not read by anything that is queued after that.

        Raises:
            ConvertError: the frame is of another kind or size, or the GPU refuses.

        """
        if frame.spec not in self._sources:
            raise ConvertError(
                f"the frame is {frame.spec}; the GPU makes {self._target} of RGB of that size there"
            )
        slot = next(self._slots)
        (pixels,) = frame.planes
        with gpu_errors("convert the frame"), self._stream.current():
            slot.convert(pixels, self._stream.handles.stream)
        return Frame(self._target, slot.planes, frame.pts_ns, owner=slot.rows)

    def copied(self, rows: Any, pts_ns: int) -> Frame:
        """Return a frame of rows that are of the target's format already, as an array of all of them.

        Raises:
            ConvertError: the GPU refuses.

        """
        slot = next(self._slots)
        with gpu_errors("copy the frame"), self._stream.current():
            slot.rows[...] = rows
        return Frame(self._target, slot.planes, pts_ns, owner=slot.rows)

    def close(self) -> None:
        """Give back the memory, once the work on it is done.

        Raises:
            ConvertError: the GPU fails.

        """
        with gpu_errors("end its work"), self._stream.device:
            self._stream.synchronize()
            self._slots = cycle(())
