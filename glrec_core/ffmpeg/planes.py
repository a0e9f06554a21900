"""The planes of a picture that FFmpeg decoded, as NumPy views in place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from glrec_core.errors import VideoError

if TYPE_CHECKING:
    from av.video.format import VideoFormat
    from av.video.frame import VideoFrame
    from av.video.plane import VideoPlane

_CR_FIRST = {"nv21", "nv42"}


def planes_of(picture: VideoFrame) -> tuple[NDArray[Any], ...]:
    """Return luma, or luma, Cb and Cr, or R', G' and B', each (rows, columns) uint8 or uint16; alpha is left out.

    Raises:
        VideoError: the samples lie in a way that is not known here.

    """
    form = picture.format
    if form.has_palette or (form.is_rgb and not form.is_planar):
        picture = picture.reformat(format="gbrp" if _bits(form) <= 8 else "gbrp16le")  # noqa: PLR2004
        form = picture.format
    components = [each for each in form.components if not each.is_alpha]
    places = [each.plane for each in components]
    if len(set(places)) == len(places):
        return tuple(_view(picture.planes[each.plane], form)[:, : each.width] for each in components)
    if places == [0, 1, 1]:
        pairs = _view(picture.planes[1], form)
        first, second = pairs[:, 0::2], pairs[:, 1::2]
        cb, cr = (second, first) if form.name in _CR_FIRST else (first, second)
        width = components[1].width
        return tuple(_shifted(each, form) for each in (_luma(picture), cb[:, :width], cr[:, :width]))
    raise VideoError(f"samples in the format {form.name} cannot be read one by one; read it as uint8")


def _luma(picture: VideoFrame) -> NDArray[Any]:
    return _view(picture.planes[0], picture.format)[:, : picture.width]


def _bits(form: VideoFormat) -> int:
    return form.components[0].bits


def _view(plane: VideoPlane, form: VideoFormat) -> NDArray[Any]:
    order = ">" if form.is_big_endian else "<"
    kind = np.dtype(np.uint8 if _bits(form) <= 8 else f"{order}u2")  # noqa: PLR2004
    rows = np.frombuffer(memoryview(plane), np.uint8)
    return rows.reshape(plane.height, plane.line_size).view(kind)


def _shifted(samples: NDArray[Any], form: VideoFormat) -> NDArray[Any]:
    """P010 and its like keep their bits in the high ones of a word."""
    unused = samples.dtype.itemsize * 8 - _bits(form)
    return samples >> unused if unused else samples
