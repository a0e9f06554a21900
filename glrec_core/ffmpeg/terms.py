"""What the stages built on PyAV share: how glrec's colour tags and pictures read in FFmpeg's terms.

FFmpeg's own enumerations of primaries, transfer and matrix are the code points of ITU-T H.273, so they need no table.
"""

from __future__ import annotations

import gc
import io
from typing import Any, Final, Protocol

import av
import av.filter
import numpy as np
from av.packet import PacketSideData, packet_sidedata_type_from_literal
from av.video.frame import VideoFrame
from av.video.plane import VideoPlane
from numpy.typing import NDArray

from glrec_core.values.color import BT601, ColorSpace
from glrec_core.values.frame import PixelFormat

_BLOCK_ADDITIONAL: Final = "matroska_block_additional"
_LIMITED, _FULL = 1, 2  # AVCOL_RANGE_MPEG and AVCOL_RANGE_JPEG, libavutil/pixfmt.h
_UNSPECIFIED = 2  # in H.273's tables
_RGB_MATRIX = 0  # H.273 table 4: the planes are G', B', R' themselves
_CHANNELS = {
    PixelFormat.NV12: (1, 2),
    PixelFormat.RGB24: (3,),
    PixelFormat.RGBA: (4,),
    PixelFormat.BGRA: (4,),
    PixelFormat.BGR0: (4,),
}
"""Of each plane, where it is not one."""
_TEN_BITS = {PixelFormat.YUV422P10, PixelFormat.YUV444P10, PixelFormat.YUVA444P10}


class Tagged(Protocol):
    """The colour attributes that PyAV's frames and codec contexts have in common."""

    color_primaries: int
    color_trc: int
    colorspace: int
    color_range: int


def tag_color(target: Tagged, color: ColorSpace, *, rgb: bool) -> None:
    """Write all four tags; R'G'B' is always full range and has no matrix."""
    target.color_primaries = color.primaries
    target.color_trc = color.transfer
    target.colorspace = _RGB_MATRIX if rgb else color.matrix
    target.color_range = _FULL if rgb or color.full_range else _LIMITED


def untag_color(target: Tagged) -> None:
    """Say nothing of the colours: PNG and its readers then mean sRGB."""
    target.color_primaries = target.color_trc = target.colorspace = _UNSPECIFIED
    target.color_range = _FULL


def scale_options(color: ColorSpace, side: str) -> str:
    """Return what tells FFmpeg's filter `scale` the colour space of its input (`side` is "in") or of its output ("out")."""
    matrix = "bt601" if color.matrix == BT601.matrix else "bt709"
    levels = "pc" if color.full_range else "tv"
    return f"{side}_color_matrix={matrix}:{side}_range={levels}"


def end_graph(graph: av.filter.Graph) -> None:
    """Let a filter graph end with the last reference to it: PyAV 19's graph and filters hold each other, and the graph's threads.

    It takes no frame any more. What it gave out stays valid.
    """
    for held in gc.get_referents(graph):
        if isinstance(held, dict):
            held.clear()


def picture_planes(picture: VideoFrame, form: PixelFormat) -> tuple[NDArray[Any], ...]:
    """Return FFmpeg's picture as `PixelFormat` describes its planes: views that keep its memory alive."""
    element = np.uint16 if form in _TEN_BITS else np.uint8
    channels = _CHANNELS.get(form, (1,) * len(picture.planes))
    return tuple(_view(plane, element, count) for plane, count in zip(picture.planes, channels, strict=True))


def _view(plane: VideoPlane, element: type[np.uint8 | np.uint16], channels: int) -> NDArray[Any]:
    elements: NDArray[Any] = np.frombuffer(memoryview(plane), element)
    used = elements.reshape(plane.height, -1)[:, : plane.width * channels]
    return used if channels == 1 else used.reshape(plane.height, plane.width, channels)


def alpha_of(packet: av.Packet[Any]) -> bytes:
    """Return the access unit of the alpha channel that a packet carries beside its data; empty if it carries none.

    libvpx hands it out as what Matroska and WebM keep beside a block.
    """
    if not packet.has_sidedata(_BLOCK_ADDITIONAL):
        return b""
    return bytes(packet.get_sidedata(_BLOCK_ADDITIONAL))


def attach_alpha(packet: av.Packet[Any], alpha: bytes) -> None:
    """Give a packet the access unit of an alpha channel to carry beside its data."""
    kind = packet_sidedata_type_from_literal(_BLOCK_ADDITIONAL)
    beside = PacketSideData(kind, len(alpha))  # type: ignore[call-arg]  # PyAV's stubs leave the constructor out
    beside.update(alpha)
    packet.set_sidedata(beside)


def parameter_sets(access_unit: bytes, demuxer: str) -> bytes:
    """Return what FFmpeg takes for the codec's out-of-band parameters from a stream's first access unit.

    `demuxer` is FFmpeg's name of the raw format: "h264", "hevc" or "obu".
    """
    with av.open(io.BytesIO(access_unit), format=demuxer) as container:
        return container.streams.video[0].codec_context.extradata or b""
