"""The conversion to R'G'B' of 8 bits by FFmpeg's swscale, where it is known to do what `exact` defines.

Seen with FFmpeg 8.1 (2026-11): at the picture's own size it stays within 1 of 255 of the definition, given accurate rounding
and planar output (packed output takes seven times as long); scaled, within 4 in white noise, since it rounds positions to
1/65536, and its first row and column may weigh their samples otherwise. It is wrong for subsampled pictures of an odd size,
whose chroma it stretches, for R'G'B' of more than 8 bits, for gray of limited range, and where blue reaches 512 of 255.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from fractions import Fraction
from functools import reduce
from typing import TYPE_CHECKING, Any

import av
import av.filter
import numpy as np
from numpy.typing import NDArray

from glrec_core.errors import VideoError
from glrec_core.ffmpeg.terms import end_graph
from glrec_core.media.source import DECODER_THREADS
from glrec_core.read.coding import Coding, rgb_map
from glrec_core.read.geometry import Geometry
from glrec_core.values.foreign import PYAV, reason, translated

if TYPE_CHECKING:
    from av.video.frame import VideoFrame
    from av.video.plane import VideoPlane

_MATRIX_NAMES = {1: "bt709", 4: "fcc", 5: "bt470", 6: "smpte170m", 7: "smpte240m", 9: "bt2020"}
_TOP = 255
_OVERFLOW = 510
"""swscale computes R'G'B' in 31 bits, of which 255 takes 30 (libswscale/output.c): at 512 it becomes 0."""

_ANY_TIME_BASE = Fraction(1, 1000)  # a graph must have one; nobody asks it for times
_PLANAR, _PACKED = "gbrp", "rgb24"


def fits(coding: Coding, plan: Geometry) -> bool:
    """Return whether swscale reads such pictures as defined."""
    if coding.is_rgb:
        return coding.bits == 8  # noqa: PLR2004
    region = plan.region
    places = (region.left, region.width, region.top, region.height)
    shared = (coding.across, coding.across, coding.down, coding.down)
    return not coding.gray and not any(place % each for place, each in zip(places, shared, strict=True))


def overflows(planes: Sequence[NDArray[Any]], coding: Coding) -> bool:
    """Return whether blue may reach what swscale cannot hold: far outside of what R'G'B' makes, but overshoot may get there."""
    if coding.is_rgb or coding.full_range:
        return False
    values = rgb_map(coding, _TOP)
    luma, blue = values.rows[2][0], values.rows[2][1]
    limit = _OVERFLOW + luma * values.offsets[0] + blue * values.offsets[1]
    brightest, bluest = int(planes[0].max()), int(planes[1].max())
    if luma * brightest + blue * bluest < limit:
        return False
    bright, near = _brightest(planes[0], coding), _bluest_near(planes[1])
    return bool((np.float32(luma) * bright + np.float32(blue) * near).max() >= limit)


def _brightest(plane: NDArray[Any], coding: Coding) -> NDArray[Any]:
    """Return the brightest luma of those that share a sample of chroma."""
    height, width = plane.shape
    whole = np.pad(plane, ((0, -height % coding.down), (0, -width % coding.across)), mode="edge")
    shared = (whole[i :: coding.down, j :: coding.across] for i, j in np.ndindex(coding.down, coding.across))
    brightest: NDArray[Any] = reduce(np.maximum, shared)
    return brightest


def _bluest_near(plane: NDArray[Any]) -> NDArray[Any]:
    """Return the largest of each sample and its neighbours, between which swscale interpolates."""
    rows = np.pad(plane, 1, mode="edge")
    rows = np.maximum(np.maximum(rows[:-2], rows[1:-1]), rows[2:])
    near: NDArray[Any] = np.maximum(np.maximum(rows[:, :-2], rows[:, 1:-1]), rows[:, 2:])
    return near


class SwscaleReader:
    """A filter graph that crops, scales and converts pictures of one size and format to arrays of 8 bits."""

    def __init__(self, first: VideoFrame, coding: Coding, plan: Geometry, *, planar: bool) -> None:
        graph = av.filter.Graph()
        graph.threads = min(DECODER_THREADS, os.cpu_count() or 1)
        source = graph.add_buffer(
            width=first.width, height=first.height, format=first.format, time_base=_ANY_TIME_BASE
        )
        nodes = [source, *_crop(graph, first, plan), graph.add("scale", _options(coding, plan))]
        nodes.append(graph.add("format", f"pix_fmts={_PLANAR}"))
        if not planar:
            nodes += [graph.add("scale"), graph.add("format", f"pix_fmts={_PACKED}")]
        nodes.append(graph.add("buffersink"))
        graph.link_nodes(*nodes).configure()
        self._graph, self._planar = graph, planar

    def convert(self, picture: VideoFrame) -> NDArray[np.uint8]:
        """Return (height, width, 3) or (3, height, width), uint8, in memory of its own.

        Raises:
            VideoError: FFmpeg refuses it.

        """
        with translated(VideoError, "swscale cannot convert a picture", PYAV, words=reason):
            self._graph.vpush(picture)
            converted = self._graph.vpull()
        if self._planar:
            green, blue, red = (_rows(plane, 1) for plane in converted.planes)
            return np.stack([red, green, blue])
        packed = _rows(converted.planes[0], 3)
        height, width = packed.shape[0], converted.width
        return np.ascontiguousarray(packed).reshape(height, width, 3)

    def close(self) -> None:
        """End the graph and its threads."""
        end_graph(self._graph)
        del self._graph


def _crop(graph: av.filter.Graph, first: VideoFrame, plan: Geometry) -> list[Any]:
    left, top, width, height = plan.region
    if (width, height) == (first.width, first.height):
        return []
    return [graph.add("crop", f"{width}:{height}:{left}:{top}:exact=1")]


def _options(coding: Coding, plan: Geometry) -> str:
    width, height = plan.scaled
    options = f"w={width}:h={height}:flags=bilinear+accurate_rnd:sws_dither=none"
    if coding.is_rgb:
        return options
    levels = "full" if coding.full_range else "limited"
    site = "center" if coding.centred else "left"
    return (
        f"{options}:in_color_matrix={_MATRIX_NAMES[coding.matrix]}:in_range={levels}:out_range=full"
        f":in_chroma_loc={site}"
    )


def _rows(plane: VideoPlane, samples: int) -> NDArray[np.uint8]:
    """Return a plane's rows in place; the array keeps the memory, which is lent to nobody else."""
    rows = np.frombuffer(memoryview(plane), np.uint8)
    return rows.reshape(plane.height, plane.line_size)[:, : plane.width * samples]
