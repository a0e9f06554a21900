"""Conversion in host memory by FFmpeg's swscale: RGBA as OpenGL reads it or NV12 as a GPU wrote it, to what the encoder takes.

OpenGL's rows run upwards. The flip is a negative line size inside FFmpeg's filter graph, so that it copies nothing.
"""

from __future__ import annotations

from fractions import Fraction

import av
import av.filter
import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from glrec_core.config import Config
from glrec_core.convert.alpha import Unmultiply
from glrec_core.convert.processed import HostPixels, PassThrough, Processed
from glrec_core.errors import ConvertError
from glrec_core.ffmpeg.terms import end_graph, picture_planes, scale_options, tag_color
from glrec_core.stages import Converter
from glrec_core.values.color import ColorSpace
from glrec_core.values.foreign import PYAV, translated
from glrec_core.values.frame import Frame, FrameSpec, Memory, PixelFormat

_OF_RGB = tuple(form for form in PixelFormat if form is not PixelFormat.P010)
_TARGETS = {
    PixelFormat.RGBA: _OF_RGB,
    PixelFormat.BGRA: _OF_RGB,
    PixelFormat.NV12: (PixelFormat.YUV420P,),
}
"""By the source."""

# The area filter is the exact [1 2 1]/4 across and mean down of left-sited chroma, given all of the input's chroma, and the
# mean of four pixels of centred chroma.
_FILTER = "flags=area+full_chroma_inp"
_NANOSECOND = Fraction(1, 1_000_000_000)
_TEN_BITS = ((2 * 1023 * np.arange(256) + 255) // (2 * 255)).astype(np.uint16)


def open_converter(
    source: FrameSpec, target: PixelFormat, config: Config, chroma_location: str = "left"
) -> Converter:
    """Return what makes of captured frames what the options and the encoder ask for.

    Raises:
        ConvertError: the formats or the size cannot be converted.

    """
    converter: Converter
    if source.format is target is PixelFormat.NV12:
        converter = PassThrough()
    else:
        converter = SwscaleConverter(source, target, config.color_space, chroma_location)
    if config.process:
        converter = Processed(source, config.process, converter, HostPixels(), alpha=config.alpha is not None)
    return Unmultiply(converter) if config.alpha == "premultiplied" else converter


class SwscaleConverter:
    """RGBA or BGRA in host memory to Y'CbCr, by the colour space's matrix, or to RGB; NV12 to YUV420P.

    Their plane is (height, width, 4) uint8 with row 0 at the top. A reversed view of a bottom-up buffer and an
    array in order are both read in place. NV12 is of the colour space already, and its values stay as they are. What
    `convert` returns owns its memory, as an `av.VideoFrame`. `chroma_location` is FFmpeg's name of where subsampled chroma sits. Alpha
    is kept where the target holds it, exactly, at full scale whatever the colours' range.

    Raises:
        ConvertError: the formats or the size cannot be converted.

    """

    def __init__(
        self,
        source: FrameSpec,
        target: PixelFormat,
        color: ColorSpace,
        chroma_location: str = "left",
    ) -> None:
        if source.format not in _TARGETS or source.memory is not Memory.HOST:
            known = " or ".join(each.value for each in _TARGETS)
            raise ConvertError(f"the input is {source}; the software converter takes {known} in host memory")
        if target not in _TARGETS[source.format]:
            known = ", ".join(each.value for each in _TARGETS[source.format])
            raise ConvertError(
                f"the software converter cannot make {target.value} of {source.format.value}; it makes {known}"
            )
        if any(side % target.alignment for side in source.size):
            raise ConvertError(
                f"{target.value} needs an even width and height, not {source.size}; pad the frame first"
            )
        self._source = source
        self._target = FrameSpec(source.size, target)
        self._color = color
        self._chroma_location = chroma_location
        self._graphs: dict[bool, av.filter.Graph] = {}

    def convert(self, frame: Frame) -> Frame:
        """Return the converted frame; the input's memory is not read any more after that.

        Raises:
            ConvertError: the frame is not of the declared specification, or FFmpeg refused it.

        """
        if frame.spec != self._source:
            raise ConvertError(f"the frame is {frame.spec}, the converter was opened for {self._source}")
        bottom_up = frame.planes[0].strides[0] < 0
        planes = tuple(plane[::-1] for plane in frame.planes) if bottom_up else frame.planes
        with translated(ConvertError, f"swscale could not convert {frame} to {self._target}", PYAV):
            converted = self._filter(planes, flip=bottom_up)
        planes = picture_planes(converted, self._target.format)
        if self._target.format.has_alpha and not self._target.format.is_rgb:
            _write_alpha(frame.planes[0][..., 3], planes[-1])  # swscale's is off by one here and there
        return Frame(self._target, planes, frame.pts_ns, owner=converted)

    def close(self) -> None:
        """Release the filter graphs."""
        while self._graphs:
            end_graph(self._graphs.popitem()[1])

    def _filter(self, planes: tuple[NDArray[np.uint8], ...], *, flip: bool) -> VideoFrame:
        if flip not in self._graphs:
            self._graphs[flip] = self._open_graph(flip=flip)
        graph = self._graphs[flip]
        graph.vpush(self._picture(planes))
        converted = graph.vpull()
        tag_color(converted, self._color, rgb=self._target.format.is_rgb)
        return converted

    def _picture(self, planes: tuple[NDArray[np.uint8], ...]) -> VideoFrame:
        """Return the planes as FFmpeg's frame, in place. PyAV has a call for each kind of format."""
        if self._source.format.is_rgb:
            return VideoFrame.from_numpy_buffer(planes[0], self._source.format.value)
        return VideoFrame.from_dlpack(planes, self._source.format.value, *self._source.size)

    def _open_graph(self, *, flip: bool) -> av.filter.Graph:
        width, height = self._source.size
        graph = av.filter.Graph()
        source = av.VideoFormat(self._source.format.value, width, height)
        nodes = [graph.add_buffer(width=width, height=height, format=source, time_base=_NANOSECOND)]
        if flip:
            nodes.append(graph.add("vflip"))
        if self._source.format is self._target.format:
            nodes.append(graph.add("copy"))  # what the graph gives out would be the captured memory else
        elif self._source.format.is_rgb:
            nodes.append(graph.add("scale", self._scale_options()))
        nodes.append(graph.add("format", f"pix_fmts={self._target.format.value}"))
        nodes.append(graph.add("buffersink"))
        graph.link_nodes(*nodes).configure()
        return graph

    def _scale_options(self) -> str:
        return f"{_FILTER}:out_chroma_loc={self._chroma_location}:{scale_options(self._color, 'out')}"


def _write_alpha(alpha: NDArray[np.uint8], plane: NDArray[np.uint8 | np.uint16]) -> None:
    """Write alpha of 8 bits into a plane, in 10 bits rounded to the nearest if that is of uint16; there are no ties."""
    if plane.dtype == np.uint8:
        plane[...] = alpha
    else:
        np.take(_TEN_BITS, alpha, out=plane, mode="clip")
