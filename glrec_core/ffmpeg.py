"""What the stages built on PyAV share: how glrec's colour tags and errors read in FFmpeg's terms.

FFmpeg's own enumerations of primaries, transfer and matrix are the code points of ITU-T H.273, so they need no table.
"""

from __future__ import annotations

import io
from typing import Protocol

import av

from glrec_core.color import ColorSpace

_LIMITED, _FULL = 1, 2  # AVCOL_RANGE_MPEG and AVCOL_RANGE_JPEG, libavutil/pixfmt.h
_RGB_MATRIX = 0  # H.273 table 4: the planes are G', B', R' themselves


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


def parameter_sets(access_unit: bytes, demuxer: str) -> bytes:
    """Return what FFmpeg takes for the codec's out-of-band parameters from a stream's first access unit.

    `demuxer` is FFmpeg's name of the raw format: "h264", "hevc" or "obu".
    """
    with av.open(io.BytesIO(access_unit), format=demuxer) as container:
        return container.streams.video[0].codec_context.extradata or b""
