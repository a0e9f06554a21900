"""The user's operations on frames while a recording runs: between the captured picture and the encoder's pixel format.

They see each picture upright, in R'G'B' order, in memory of their own, at its time in the recording. What they raise ends
the recording: another encoder could not help.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glrec_core.config import FrameOperation
from glrec_core.errors import ConvertError, ProcessError
from glrec_core.frame import Frame, FrameSpec, Memory, PixelFormat
from glrec_core.stages import Converter

_CHANNELS = {PixelFormat.RGBA: (0, 1, 2, 3), PixelFormat.BGRA: (2, 1, 0, 3)}
"""Where red, green, blue and alpha lie."""

_RGB, _RGBA = 3, 4
_NS_PER_MICROSECOND = 1000


class Processed:
    """RGBA or BGRA in host memory to what the operations make of it, and on to another converter. Implements `Converter`.

    With `alpha` operations are given (height, width, 4) uint8 with straight alpha, else (height, width, 3). They may give
    back either, in the size that they were given.

    Raises:
        ConvertError: captured frames are of another kind.

    """

    def __init__(
        self, source: FrameSpec, operations: Sequence[FrameOperation], converter: Converter, *, alpha: bool
    ) -> None:
        if source.format not in _CHANNELS or source.memory is not Memory.HOST:
            raise ConvertError(f"the frames are {source}; operations take rgba or bgra in host memory")
        self._source = source
        self._places = _CHANNELS[source.format]
        self._converter = converter
        self._operations = tuple(operations)
        self._alpha = alpha
        self._plane: NDArray[np.uint8] | None = None

    def convert(self, frame: Frame) -> Frame:
        """Return the converted frame; the input's memory is not read any more after that, nor was it written.

        Raises:
            ProcessError: an operation failed, or what it gave back cannot be encoded.
            ConvertError: the frame is not of the declared specification, or the converter refused it.

        """
        if frame.spec != self._source:
            raise ConvertError(f"the frame is {frame.spec}, operations were opened for {self._source}")
        time = timedelta(microseconds=frame.pts_ns / _NS_PER_MICROSECOND)
        pixels = self._pixels(frame)
        for operation in self._operations:
            try:
                pixels = operation(time, pixels)
            except Exception as error:
                raise ProcessError(
                    f"{_name(operation)} failed at {time.total_seconds():.3f} s of the recording: {error!r}"
                ) from error
            self._check(operation, pixels)
        return self._converter.convert(Frame(frame.spec, (self._packed(pixels),), frame.pts_ns))

    def close(self) -> None:
        """Release the converter and the buffer."""
        self._converter.close()
        self._plane = None

    def _pixels(self, frame: Frame) -> NDArray[np.uint8]:
        (plane,) = frame.planes
        places = self._places[: _RGBA if self._alpha else _RGB]
        pixels = np.empty((*plane.shape[:2], len(places)), np.uint8)
        for channel, place in enumerate(places):  # four times as fast as all channels in one assignment
            pixels[..., channel] = plane[..., place]
        return pixels

    def _packed(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the pixels as (height, width, 4) in the captured order of colours; those without alpha are opaque.

        The memory is written again for the next frame: a converter has read its input when it returns.
        """
        if self._plane is None:
            self._plane = np.empty((*pixels.shape[:2], _RGBA), np.uint8)
        for channel, place in enumerate(self._places):
            self._plane[..., place] = pixels[..., channel] if channel < pixels.shape[2] else 255
        return self._plane

    def _check(self, operation: FrameOperation, pixels: Any) -> None:
        if not isinstance(pixels, np.ndarray) or pixels.dtype != np.uint8:
            raise ProcessError(
                f"{_name(operation)} gave back {type(pixels).__name__}, not a uint8 array of NumPy"
            )
        width, height = self._source.size
        if pixels.shape not in {(height, width, _RGB), (height, width, _RGBA)}:
            raise ProcessError(
                f"{_name(operation)} made {pixels.shape} of a frame of {width}x{height}; a recording keeps its size: give "
                "record() the option size=, or crop and pad back to it in one operation"
            )
        if pixels.shape[2] == _RGBA and not self._alpha and operation is self._operations[-1]:
            raise ProcessError(
                f"{_name(operation)} leaves alpha in the frame, which this recording does not keep; end with "
                "backdrop((red, green, blue)), or record with alpha='straight'"
            )


def _name(operation: FrameOperation) -> str:
    return getattr(operation, "__qualname__", None) or repr(operation)
