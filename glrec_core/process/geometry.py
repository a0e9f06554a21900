"""Operations that move, cut and turn the whole frame. Positions may be fractions of a pixel and may be functions of the time."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from glrec_core.errors import ConfigError
from glrec_core.process.device import namespace, require, scipy_module
from glrec_core.process.layers import Layer, flattened, frame_of, layer_of, moved
from glrec_core.process.operation import WITH_ALPHA, Pixels, Work, operation
from glrec_core.process.values import (
    BLACK,
    Number,
    Position,
    Rgb,
    number_of_time,
    position_of_time,
    rgb,
    side,
)

_QUARTERS: dict[float, tuple[float, float]] = {
    0: (1.0, 0.0),
    90: (0.0, 1.0),
    180: (-1.0, 0.0),
    270: (0.0, -1.0),
}
"""Cosine and sine of the angles at which the functions of `math` are not exact."""


@operation
def crop(at: Position, width: int, height: int) -> Work:
    """Keep the part of `width` x `height` pixels whose top left corner is `at`, which may move: a pan over the picture.

        pan = crop(eased((0, (0, 0)), (8, (640, 0))), 1280, 720)
        film = read("in.mp4").then(pan)

    Raises:
        ConfigError: a side is below 1, or the part is not within the frame.

    """
    position, size = position_of_time("at", at), (side("width", width, 1), side("height", height, 1))

    def work(seconds: float, frame: Pixels) -> Pixels:
        x, y = position(seconds)
        wide, high = size
        if x < 0 or y < 0 or x + wide > frame.shape[1] or y + high > frame.shape[0]:
            raise ConfigError(
                f"crop: {wide}x{high} at ({x:g}, {y:g}) is not within the frame of {frame.shape[1]}x{frame.shape[0]}"
            )
        left, top = int(x), int(y)
        part = frame[top : math.ceil(y + high), left : math.ceil(x + wide)]
        if (x, y) == (left, top):
            return part
        return _like(frame, moved(layer_of(part), left - x, top - y, high, wide), BLACK)

    return work


@operation
def pad(left: int = 0, top: int = 0, right: int = 0, bottom: int = 0, color: Rgb = BLACK) -> Work:
    """Add rows and columns of a colour around the frame; they are transparent if the frame has alpha.

        film = read("in.mp4").pad(left=20, right=20, color=(255, 255, 255))
        write_video("framed.mp4", film)

    Raises:
        ConfigError: a width is not a whole number or is negative, or `color` is not a colour.

    """
    names = {"left": left, "top": top, "right": right, "bottom": bottom}
    left, top, right, bottom = (side(name, value, 0) for name, value in names.items())
    color = rgb("color", color)

    def work(_: float, frame: Pixels) -> Pixels:
        height, width = frame.shape[:2]
        canvas = _canvas(frame, height + top + bottom, width + left + right, color)
        canvas[top : top + height, left : left + width] = frame
        return canvas

    return work


@operation
def translate(by: Position, color: Rgb = BLACK) -> Work:
    """Move the picture within the frame by (x, y) pixels; uncovered pixels get `color`, or are transparent with alpha.

        film = read("in.mp4").translate((40, 0.5), color=(255, 255, 255))
        write_video("moved.mp4", film)

    Raises:
        ConfigError: `by` is not a position, or `color` is not a colour.

    """
    position, color = position_of_time("by", by), rgb("color", color)

    def work(seconds: float, frame: Pixels) -> Pixels:
        x, y = position(seconds)
        height, width = frame.shape[:2]
        if x == int(x) and y == int(y):
            return _shifted(frame, int(x), int(y), color)
        return _like(frame, moved(layer_of(frame), x, y, height, width), color)

    return work


@operation
def rotate(angle: Number, color: Rgb = BLACK) -> Work:
    """Turn the picture about the frame's middle by `angle` degrees counter-clockwise; the frame keeps its size.

        film = read("in.mp4").rotate(eased((0, 0), (4, 360)))
        write_video("turning.mp4", film)

    Pixels are interpolated linearly. Uncovered pixels get `color`, or are transparent if the frame has alpha.

    Raises:
        ConfigError: the angle is not a number, `color` is not a colour, or SciPy is not installed.

    """
    require("scipy", "rotate")
    angle_at, color = number_of_time("angle", angle), rgb("color", color)

    def work(seconds: float, frame: Pixels) -> Pixels:
        degrees = angle_at(seconds) % 360
        return frame if degrees == 0 else _like(frame, _turned(layer_of(frame), degrees), color)

    return work


def _turned(layer: Layer, degrees: float) -> Layer:
    """Return the layer turned about its middle, by the affine transform of `ndimage`."""
    xp, ndimage = namespace(layer), scipy_module(layer, "ndimage")
    cosine, sine = _QUARTERS.get(degrees) or (
        math.cos(math.radians(degrees)),
        math.sin(math.radians(degrees)),
    )
    to_source = np.array(
        [[cosine, sine], [-sine, cosine]]
    )  # (row, column) shown -> (row, column) of the picture
    middle = (np.array(layer.shape[:2]) - 1) / 2
    # The edge fades into the empty row and column around it; `ndimage` itself would cut it off.
    framed = xp.pad(layer, ((1, 1), (1, 1), (0, 0)))
    offset = (middle + 1 - to_source @ middle).tolist()
    turned: Layer = xp.empty_like(layer)
    for channel in range(layer.shape[2]):
        turned[..., channel] = ndimage.affine_transform(
            framed[..., channel], xp.asarray(to_source), offset, output_shape=layer.shape[:2], order=1
        )
    return turned


def _like(frame: Pixels, layer: Layer, color: Rgb) -> Pixels:
    """Return a layer as a frame of the same kind: with alpha, or over a colour."""
    return frame_of(layer) if frame.shape[2] == WITH_ALPHA else flattened(layer, color)


def _shifted(frame: Pixels, x: int, y: int, color: Rgb) -> Pixels:
    height, width = frame.shape[:2]
    canvas = _canvas(frame, height, width, color)
    rows, columns = slice(max(y, 0), height + min(y, 0)), slice(max(x, 0), width + min(x, 0))
    if rows.start < rows.stop and columns.start < columns.stop:
        canvas[rows, columns] = frame[rows.start - y : rows.stop - y, columns.start - x : columns.stop - x]
    return canvas


def _canvas(frame: Pixels, height: int, width: int, color: Rgb) -> Pixels:
    """Return an empty frame: of the colour, or transparent where `frame` has alpha."""
    canvas: Any = namespace(frame).zeros((height, width, frame.shape[2]), np.uint8)
    if frame.shape[2] != WITH_ALPHA and any(color):
        canvas[...] = namespace(frame).asarray(color, np.uint8)
    empty: Pixels = canvas
    return empty
