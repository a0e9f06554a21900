"""The user's operations on frames while a recording runs: between the captured picture and the encoder's pixel format.

They see each picture upright, in R'G'B' order, in memory of their own, at its time in the recording, and work where the
picture is: in host memory, or on the GPU. What they raise ends the recording: another encoder could not help.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from glrec_core.config import FrameOperation
from glrec_core.convert.operations import name_of
from glrec_core.errors import ConvertError, ProcessError
from glrec_core.stages import Converter
from glrec_core.values.frame import Frame, FrameSpec, Memory, PixelFormat

_CHANNELS = {PixelFormat.RGBA: (0, 1, 2, 3), PixelFormat.BGRA: (2, 1, 0, 3)}
"""Where red, green, blue and alpha lie."""

_RGB, _RGBA = 3, 4
_NS_PER_MICROSECOND = 1000


class PixelMemory(Protocol):
    """The memory in which operations work: how pictures are handed to them, and on to the converter."""

    kind: Memory
    array_type: type[Any]
    """Of the arrays that operations are given and must give back."""
    library: str
    """Whose arrays these are."""
    advice: str
    """What to do about an operation that gives back others."""

    def working(self) -> AbstractContextManager[Any]:
        """Return the context within which all work on a frame is queued."""

    def taken(self, frame: Frame, channels: int) -> Any:
        """Return a captured picture as (height, width, channels) uint8 in R'G'B'(A) order, in memory of its own.

        Raises:
            ConvertError: there is no memory for it.

        """

    def frame(self, spec: FrameSpec, pixels: Any, pts_ns: int) -> Frame:
        """Return (height, width, 3 or 4) pixels as a frame for the converter behind frames of `spec`."""


class Processed:
    """RGBA or BGRA to what the operations make of it, and on to another converter. Implements `Converter`.

    With `alpha` operations are given (height, width, 4) uint8 with straight alpha, else (height, width, 3). They may give
    back either, in the size that they were given.

    Raises:
        ConvertError: captured frames are of another kind.

    """

    def __init__(
        self,
        source: FrameSpec,
        operations: Sequence[FrameOperation],
        converter: Converter,
        memory: PixelMemory,
        *,
        alpha: bool,
    ) -> None:
        if source.format not in _CHANNELS or source.memory is not memory.kind:
            raise ConvertError(
                f"the frames are {source}; operations take rgba or bgra in {memory.kind.value} memory"
            )
        self._source = source
        self._converter = converter
        self._memory = memory
        self._operations = tuple(operations)
        self._alpha = alpha

    def convert(self, frame: Frame) -> Frame:
        """Return the converted frame; the input's memory is not read any more after that, nor was it written.

        On a GPU that is so for all that is queued on the stream afterwards.

        Raises:
            ProcessError: an operation failed, or what it gave back cannot be encoded.
            ConvertError: the frame is not of the declared specification, or the converter refused it.

        """
        if frame.spec != self._source:
            raise ConvertError(f"the frame is {frame.spec}, operations were opened for {self._source}")
        with self._memory.working():
            pixels = self._memory.taken(frame, _RGBA if self._alpha else _RGB)
            worked_on = self._worked_on(pixels, timedelta(microseconds=frame.pts_ns / _NS_PER_MICROSECOND))
            return self._converter.convert(self._memory.frame(frame.spec, worked_on, frame.pts_ns))

    def close(self) -> None:
        """Release the converter."""
        self._converter.close()

    def _worked_on(self, pixels: Any, time: timedelta) -> Any:
        for operation in self._operations:
            try:
                pixels = operation(time, pixels)
            except Exception as error:
                raise ProcessError(
                    f"{name_of(operation)} failed at {time.total_seconds():.3f} s of the recording, on an array of "
                    f"{self._memory.library}: {error!r}"
                ) from error
            self._check(operation, pixels)
        return pixels

    def _check(self, operation: FrameOperation, pixels: Any) -> None:
        memory = self._memory
        if not isinstance(pixels, memory.array_type) or pixels.dtype != np.uint8:
            raise ProcessError(
                f"{name_of(operation)} gave back {_told(pixels)}, not a uint8 array of {memory.library}; {memory.advice}"
            )
        width, height = self._source.size
        if pixels.shape not in {(height, width, _RGB), (height, width, _RGBA)}:
            raise ProcessError(
                f"{name_of(operation)} made {pixels.shape} of a frame of {width}x{height}; a recording keeps its size: "
                "give record() the option size=, or crop and pad back to it in one operation"
            )
        if pixels.shape[2] == _RGBA and not self._alpha and operation is self._operations[-1]:
            raise ProcessError(
                f"{name_of(operation)} leaves alpha in the frame, which this recording does not keep; end with "
                "backdrop((red, green, blue)), or record with alpha='straight'"
            )


class HostPixels:
    """NumPy's arrays. Implements `PixelMemory`."""

    kind = Memory.HOST
    array_type: type[Any] = np.ndarray
    library = "NumPy"
    advice = "end with numpy.asarray(..., numpy.uint8), its values rounded and within 0 to 255"

    def __init__(self) -> None:
        self._plane: NDArray[np.uint8] | None = None

    def working(self) -> AbstractContextManager[None]:
        """See `PixelMemory.working`."""
        return nullcontext()

    def taken(self, frame: Frame, channels: int) -> NDArray[np.uint8]:
        """See `PixelMemory.taken`."""
        (plane,) = frame.planes
        pixels = np.empty((*plane.shape[:2], channels), np.uint8)
        places = _CHANNELS[frame.spec.format][:channels]
        for channel, place in enumerate(places):  # four times as fast as all channels in one assignment
            pixels[..., channel] = plane[..., place]
        return pixels

    def frame(self, spec: FrameSpec, pixels: NDArray[np.uint8], pts_ns: int) -> Frame:
        """Return a frame of `spec`: (height, width, 4) in the captured order of colours; those without alpha are opaque.

        Its memory is written again for the next one: a converter has read its input when it returns.
        """
        if self._plane is None:
            self._plane = np.empty((*pixels.shape[:2], _RGBA), np.uint8)
        for channel, place in enumerate(_CHANNELS[spec.format]):
            self._plane[..., place] = pixels[..., channel] if channel < pixels.shape[2] else 255
        return Frame(spec, (self._plane,), pts_ns)


def _told(value: Any) -> str:
    kind = type(value)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    dtype = getattr(value, "dtype", None)
    return name if dtype is None else f"a {name} of {dtype}"


class PassThrough:
    """Converts nothing. Implements `Converter`."""

    def convert(self, frame: Frame) -> Frame:
        """Return the frame itself."""
        return frame

    def close(self) -> None:
        """Do nothing: there is nothing to release."""
