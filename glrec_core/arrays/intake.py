"""Where the frames of an encoder come from: arrays of any library, in host memory here, in CUDA memory in `cuda_intake`."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from glrec_core.arrays.given import on_host
from glrec_core.arrays.layouts import ArrayLayout, layout_of
from glrec_core.config import Config
from glrec_core.stages import Converter
from glrec_core.values.frame import Frame, FrameSpec, PixelFormat


class Intake(Protocol):
    """Takes the caller's arrays of one memory and gives frames that the encoder accepts."""

    def take(self, array: object, pts_ns: int) -> Frame:
        """Return the array's picture as a frame. The array is not read any more after that.

        Raises:
            ArrayError: it is not a picture of the encoder's size.
            ConvertError: it cannot be converted.

        """

    def close(self) -> None:
        """Release buffers."""


class HostIntake:
    """Arrays in host memory, converted by swscale. Implements `Intake`.

    RGBA in one piece and NV12 are read where they are; other RGB goes through a buffer of four channels.
    """

    def __init__(self, target: FrameSpec, config: Config, chroma_location: str) -> None:
        self._target = target
        self._config = config
        self._chroma_location = chroma_location
        self._converters: dict[PixelFormat, Converter] = {}
        self._rgba: NDArray[np.uint8] | None = None

    def take(self, array: object, pts_ns: int) -> Frame:
        """See `Intake.take`."""
        pixels, size = on_host(array), self._target.size
        layout = layout_of(pixels.shape, pixels.dtype, size)
        if layout is ArrayLayout.NV12:
            rows = np.require(pixels, requirements=("C", "W"))  # what FFmpeg reads in place
            planes = rows[: size.height], rows[size.height :].reshape(size.height // 2, -1, 2)
            return self.converted(Frame(FrameSpec(size, PixelFormat.NV12), planes, pts_ns))
        if layout is ArrayLayout.PLANAR:
            pixels = np.moveaxis(pixels, 0, -1)
        return self.converted(Frame(FrameSpec(size, PixelFormat.RGBA), (self._packed(pixels),), pts_ns))

    def close(self) -> None:
        """See `Intake.close`."""
        self._converters.clear()
        self._rgba = None

    def converted(self, frame: Frame) -> Frame:
        """Return an RGBA or NV12 frame in host memory as the encoder takes it.

        Raises:
            ConvertError: it cannot be converted.

        """
        from glrec_core.convert.host import open_converter

        source = frame.spec.format
        if source not in self._converters:
            self._converters[source] = open_converter(
                frame.spec, self._target.format, self._config, self._chroma_location
            )
        return self._converters[source].convert(frame)

    def _packed(self, pixels: NDArray[Any]) -> NDArray[np.uint8]:
        """Return (height, width, 3 or 4) pixels as RGBA that FFmpeg can read in place."""
        if pixels.dtype == np.uint8 and pixels.shape[2] == 4 and pixels.flags.carray:  # noqa: PLR2004
            return pixels
        if self._rgba is None:
            self._rgba = np.empty((*pixels.shape[:2], 4), np.uint8)
        channels = pixels.shape[2]
        self._rgba[..., channels:] = 255
        for channel in range(channels):  # each by itself: NumPy copies strided planes faster than triples
            np.copyto(self._rgba[..., channel], _codes(pixels[..., channel]), casting="unsafe")
        return self._rgba


def _codes(levels: NDArray[Any]) -> NDArray[Any]:
    """Return levels as 8-bit codes, still to be cut to whole numbers: 0 to 1 becomes 0 to 255, what is no number is 0."""
    if levels.dtype == np.uint8:
        return levels
    within: NDArray[np.float32] = np.fmin(np.fmax(levels, 0), 1).astype(np.float32, copy=False)
    return within * np.float32(255) + np.float32(0.5)
