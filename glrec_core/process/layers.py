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


def placed(layer: Layer, frame: Pixels, x: float, y: float) -> Pixels:
    """Return a frame with `layer` over it, its top left corner at (x, y); what lies outside is cut off."""
    left, top = math.floor(x), math.floor(y)
    part = _moved_within_a_pixel(layer, x - left, y - top)
    rows, from_rows = _common(top, part.shape[0], frame.shape[0])
    columns, from_columns = _common(left, part.shape[1], frame.shape[1])
    if rows.start >= rows.stop or columns.start >= columns.stop:
        return frame
    result = frame.copy()
    result[rows, columns] = over(part[from_rows, from_columns], frame[rows, columns])
    return result


def moved(layer: Layer, x: float, y: float, height: int, width: int) -> Layer:
    """Return an empty layer of the size given, in which `layer` lies with its top left corner at (x, y)."""
    canvas: Layer = namespace(layer).zeros((height, width, 4), np.float32)
    left, top = math.floor(x), math.floor(y)
    part = _moved_within_a_pixel(layer, x - left, y - top)
    rows, from_rows = _common(top, part.shape[0], height)
    columns, from_columns = _common(left, part.shape[1], width)
    if rows.start < rows.stop and columns.start < columns.stop:
        canvas[rows, columns] = part[from_rows, from_columns]
    return canvas


def _common(start: int, length: int, available: int) -> tuple[slice, slice]:
    """Return what a run of `length` from `start` covers of 0 to `available`, and which part of the run that is."""
    first, last = max(start, 0), min(start + length, available)
    return slice(first, last), slice(first - start, last - start)


def _moved_within_a_pixel(layer: Layer, right: float, down: float) -> Layer:
    """Return a layer moved by less than a pixel, interpolated linearly; it grows by a row and a column then.

    Linear weights move the picture's centre of mass by exactly that much, which is why slow moves do not jitter.
    """
    if right == down == 0:
        return layer
    xp = namespace(layer)
    height, width, channels = layer.shape
    framed: Layer = xp.zeros((height + 2, width + 2, channels), np.float32)
    framed[1:-1, 1:-1] = layer
    blended: Layer = xp.zeros((height + 1, width + 1, channels), np.float32)
    for above, row_share in ((0, down), (1, 1 - down)):
        for left, column_share in ((0, right), (1, 1 - right)):
            if weight := row_share * column_share:
                blended += framed[above : above + height + 1, left : left + width + 1] * np.float32(weight)
    return blended
