"""Compositing: what lies over what. Everything that mixes pixels of a picture with transparent parts goes through here.

Frames hold straight alpha. To mix or interpolate them they become a layer: (height, width, 4) float32, colour premultiplied
by alpha, colour from 0 to 255 and alpha from 0 to 1. So a transparent pixel's colour never bleeds into its neighbours.
Mixing is done on the gamma-coded values, as video tools do, and not in linear light; results are rounded to the nearest.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glrec_core.process.device import namespace
from glrec_core.process.operation import WITH_ALPHA, Pixels
from glrec_core.process.values import Rgb

Layer = NDArray[np.float32]
"""(height, width, 4) float32, premultiplied; see above."""

_Part = tuple[slice, slice]
"""Rows and columns."""

_TOP = np.float32(255)


def layer_of(frame: Pixels) -> Layer:
    """Return a frame as a layer; one without alpha is opaque."""
    xp = namespace(frame)
    layer: Layer = xp.empty((*frame.shape[:2], 4), np.float32)
    if frame.shape[2] == WITH_ALPHA:
        alpha = frame[..., 3:] / _TOP
        layer[..., :3] = frame[..., :3] * alpha
        layer[..., 3:] = alpha
    else:
        layer[..., :3] = frame
        layer[..., 3] = 1
    return layer


def frame_of(layer: Layer) -> Pixels:
    """Return a layer as a frame of four channels; the colour of wholly transparent pixels is black."""
    xp = namespace(layer)
    alpha = layer[..., 3:]
    straight = xp.empty_like(layer)
    straight[..., :3] = layer[..., :3] / xp.where(alpha > 0, alpha, 1)
    straight[..., 3:] = alpha * _TOP
    return rounded(straight)


def flattened(layer: Layer, color: Rgb) -> Pixels:
    """Return a layer over a colour, as a frame of three channels."""
    xp = namespace(layer)
    return rounded(layer[..., :3] + (1 - layer[..., 3:]) * xp.asarray(color, np.float32))


def rounded(values: NDArray[Any]) -> Pixels:
    """Return values to the nearest uint8, those out of its range to its ends."""
    xp = namespace(values)
    pixels: Pixels = xp.clip(xp.rint(values), 0, _TOP).astype(np.uint8)
    return pixels


def over(layer: Layer, frame: Pixels) -> Pixels:
    """Return `layer` over a frame of the same size, with the frame's number of channels (Porter and Duff, 1984)."""
    uncovered = 1 - layer[..., 3:]
    if frame.shape[2] == WITH_ALPHA:
        return frame_of(layer + layer_of(frame) * uncovered)
    return rounded(layer[..., :3] + frame * uncovered)


def placed(layer: Layer, frame: Pixels, x: float, y: float, opacity: float = 1) -> Pixels:
    """Return a frame with `layer` over it, its top left corner at (x, y); what lies outside is cut off."""
    shown = _shown(layer, (x, y), frame.shape[:2], opacity)
    if shown is None:
        return frame
    place, part = shown
    result = frame.copy()
    result[place] = over(part, frame[place])
    return result


def moved(layer: Layer, x: float, y: float, height: int, width: int) -> Layer:
    """Return an empty layer of the size given, in which `layer` lies with its top left corner at (x, y)."""
    canvas: Layer = namespace(layer).zeros((height, width, 4), np.float32)
    shown = _shown(layer, (x, y), (height, width))
    if shown is not None:
        place, part = shown
        canvas[place] = part
    return canvas


def _shown(
    layer: Layer, at: tuple[float, float], shape: tuple[int, ...], opacity: float = 1
) -> tuple[_Part, Layer] | None:
    """Return what is seen of a layer at (x, y) in a frame of a (height, width), and in which part; None if nothing is.

    The rest is never looked at: a slow move over a large picture costs no more than the frame.
    """
    (x, y), (height, width) = at, shape
    left, top = math.floor(x), math.floor(y)
    beyond = x - left, y - top
    grown = 1 if any(beyond) else 0
    rows, from_rows = _common(top, layer.shape[0] + grown, height)
    columns, from_columns = _common(left, layer.shape[1] + grown, width)
    if rows.start >= rows.stop or columns.start >= columns.stop:
        return None
    part = from_rows, from_columns
    seen = _moved_within_a_pixel(layer, beyond, part, opacity) if grown else _times(layer[part], opacity)
    return (rows, columns), seen


def _times(layer: Layer, opacity: float) -> Layer:
    return layer if opacity == 1 else layer * np.float32(opacity)


def _common(start: int, length: int, available: int) -> tuple[slice, slice]:
    """Return what a run of `length` from `start` covers of 0 to `available`, and which part of the run that is."""
    first, last = max(start, 0), min(start + length, available)
    return slice(first, last), slice(first - start, last - start)


def _moved_within_a_pixel(layer: Layer, by: tuple[float, float], part: _Part, opacity: float) -> Layer:
    """Return a part of a layer that is moved by less than a pixel, interpolated linearly: it has a row and a column more then.

    Linear weights move the picture's centre of mass by exactly that much, which is why slow moves do not jitter.
    """
    xp, (right, down), (rows, columns) = namespace(layer), by, part
    height, width = rows.stop - rows.start, columns.stop - columns.start
    # Each pixel is made of four: of its own row and column in the layer, and of those before. Around the layer all is empty.
    framed: Layer = xp.zeros((height + 1, width + 1, layer.shape[2]), np.float32)
    into_rows, from_rows = _common(1 - rows.start, layer.shape[0], height + 1)
    into_columns, from_columns = _common(1 - columns.start, layer.shape[1], width + 1)
    framed[into_rows, into_columns] = _times(layer[from_rows, from_columns], opacity)
    blended: Layer = xp.zeros((height, width, layer.shape[2]), np.float32)
    for above, row_share in ((0, down), (1, 1 - down)):
        for left, column_share in ((0, right), (1, 1 - right)):
            if weight := row_share * column_share:
                blended += framed[above : above + height, left : left + width] * np.float32(weight)
    return blended
