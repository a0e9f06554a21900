"""A captured frame as plain R'G'B', for a picture of its own beside the film: a screenshot."""

from __future__ import annotations

from fractions import Fraction

import av
import av.filter
import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from glrec_core.errors import ConvertError
from glrec_core.ffmpeg.terms import end_graph, scale_options, tag_color
from glrec_core.values.color import ColorSpace
from glrec_core.values.foreign import PYAV, translated
from glrec_core.values.frame import Frame, Memory, PixelFormat

_RED_FIRST = {
    PixelFormat.RGBA: slice(0, 3),
    PixelFormat.BGRA: slice(2, None, -1),
    PixelFormat.BGR0: slice(2, None, -1),
}
"""Of the channels. NumPy lets other threads run while it copies a slice, but not while it copies by a list of numbers."""
_EXACT = "flags=bicubic+accurate_rnd+full_chroma_int+full_chroma_inp:in_chroma_loc=left"
_NANOSECOND = Fraction(1, 1_000_000_000)


def rgb_pixels(frame: Frame, color: ColorSpace) -> NDArray[np.uint8]:
    """Return the picture of a frame in host memory, (height, width, 3) uint8, row 0 the top, in memory of its own.

    R'G'B' comes out as it was read, without its alpha. Y'CbCr of `color` is converted back: the same to a few codes where
    colours are even, and with colour edges as soft as in the film where the chroma is subsampled.

    Raises:
        ConvertError: FFmpeg refused the frame.

    """
    if frame.spec.memory is not Memory.HOST:
        raise ConvertError(f"{frame} must be in host memory; download it first")
    if frame.spec.format.is_rgb:
        return np.ascontiguousarray(frame.planes[0][..., _RED_FIRST[frame.spec.format]])
    with translated(ConvertError, f"swscale could not convert {frame} to rgb24", PYAV):
        return _converted_back(frame, color)


def _converted_back(frame: Frame, color: ColorSpace) -> NDArray[np.uint8]:
    width, height = frame.spec.size
    name = frame.spec.format.value
    source = VideoFrame.from_dlpack(frame.planes, name, width, height)
    tag_color(source, color, rgb=False)
    graph = av.filter.Graph()
    nodes = (
        graph.add_buffer(
            width=width, height=height, format=av.VideoFormat(name, width, height), time_base=_NANOSECOND
        ),
        graph.add("scale", f"{_EXACT}:{scale_options(color, 'in')}:out_range=pc"),
        graph.add("format", "pix_fmts=rgb24"),
        graph.add("buffersink"),
    )
    graph.link_nodes(*nodes).configure()
    try:
        graph.vpush(source)
        return graph.vpull().to_ndarray(format="rgb24").astype(np.uint8, copy=False)
    finally:
        end_graph(graph)
