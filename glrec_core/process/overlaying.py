"""Operations that put another picture on the frame, or the frame on another picture."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glrec_core.errors import ConfigError
from glrec_core.process.device import Resident, on_host, require
from glrec_core.process.layers import Layer, flattened, frame_of, layer_of, over, placed, rounded
from glrec_core.process.operation import WITH_ALPHA, Pixels, Work, checked, operation
from glrec_core.process.values import (
    BLACK,
    Number,
    Position,
    Rgb,
    number,
    number_of_time,
    position_of_time,
    rgb,
)
from glrec_core.values import checks
from glrec_core.values.checks import shown
from glrec_core.values.foreign import SYSTEM, translated

Picture = Any
"""An array (height, width, 3 or 4) of uint8, the path of an image file, or a Pillow image; file and image need Pillow."""


@operation
def overlay(
    picture: Picture,
    at: Position = (0, 0),
    *,
    alpha: Number = 1.0,
    align: tuple[float, float] = (0, 0),
) -> Work:
    """Put `picture` on the frame with its own alpha; what lies outside the frame is cut off.

        film = read("in.mp4").overlay("logo.png", at=(-20, -20), align=(1, 1))
        write_video("signed.mp4", film)

    Args:
        picture: an array, the path of an image file, or a Pillow image.
        at: where its top left corner goes. Fractions of a pixel are interpolated, so that a slow move is smooth.
        alpha: its opacity from 0 to 1, on top of its own alpha.
        align: what `at` counts from: (0, 0) is the frame's top left corner, (1, 1) brings the picture's bottom right corner
            to the frame's, (0.5, 0.5) its middle to the frame's middle.

    Raises:
        ConfigError: this is not a picture, or a value is not as described.

    """
    layer = Resident(layer_of(picture_of("picture", picture)))
    position, opacity = position_of_time("at", at), number_of_time("alpha", alpha, 0, 1)
    aligned = share_of_room(align)

    def work(seconds: float, frame: Pixels) -> Pixels:
        return put(layer.beside(frame), frame, position(seconds), opacity(seconds), aligned)

    return work


@operation
def blend(picture: Picture, amount: Number = 0.5) -> Work:
    """Mix the frame with a picture of its size and number of channels: 0 is the frame alone, 1 the picture alone.

        film = read("in.mp4").blend("paper.png", amount=0.2)
        write_video("textured.mp4", film)

    Raises:
        ConfigError: this is not a picture, the amount is not from 0 to 1, or the frame has another size or number of channels.

    """
    other, share_at = Resident(picture_of("picture", picture)), number_of_time("amount", amount, 0, 1)

    def work(seconds: float, frame: Pixels) -> Pixels:
        beside, share = other.beside(frame), np.float32(share_at(seconds))
        if beside.shape != frame.shape:
            raise ConfigError(
                f"blend: the picture is {beside.shape}, the frame {frame.shape}; scale or crop one of them"
            )
        if share == 0:
            return frame
        if frame.shape[2] == WITH_ALPHA:
            return frame_of(layer_of(frame) * (1 - share) + layer_of(beside) * share)
        return rounded(frame * (1 - share) + beside * share)

    return work


@operation
def backdrop(behind: Picture) -> Work:
    """Put the frame, which has alpha, over a colour (red, green, blue) or a picture of its size; the result has no alpha.

        film = read("title.webm").backdrop((255, 255, 255))
        write_video("title.mp4", film)

    Raises:
        ConfigError: this is neither a colour nor a picture, or the frame has another size.

    """
    if isinstance(behind, tuple):
        color = rgb("behind", behind)
        return lambda _, frame: flattened(layer_of(frame), color)
    resident = Resident(flattened(layer_of(picture_of("behind", behind)), BLACK))

    def work(_: float, frame: Pixels) -> Pixels:
        below: Pixels = resident.beside(frame)
        if below.shape[:2] != frame.shape[:2]:
            raise ConfigError(
                f"backdrop: the picture is {below.shape}, the frame {frame.shape}; scale or crop one of them"
            )
        return over(layer_of(frame), below)

    return work


@operation
def fade(opacity: Number, color: Rgb = BLACK) -> Work:
    """Mix the frame with a colour: an opacity of 1 is the frame, 0 the colour alone. Alpha stays as it is.

        film = read("in.mp4").fade(eased((0, 0), (1, 1)))
        write_video("from-black.mp4", film)

    `fade(eased((0, 0), (1, 1)))` fades in from black within the first second.

    Raises:
        ConfigError: the opacity is not from 0 to 1, or `color` is not a colour.

    """
    opacity_at, color = number_of_time("opacity", opacity, 0, 1), rgb("color", color)
    full = Resident(np.array(color, np.float32))

    def work(seconds: float, frame: Pixels) -> Pixels:
        share = np.float32(opacity_at(seconds))
        if share == 1:
            return frame
        result = frame.copy()
        result[..., :3] = rounded(frame[..., :3] * share + full.beside(frame) * (1 - share))
        return result

    return work


def share_of_room(align: Any) -> tuple[float, float]:
    """Return which share of the room beside a picture comes before it, or raise ConfigError."""
    try:
        across, down = align
    except (TypeError, ValueError) as error:
        raise ConfigError(f"align={shown(align)} must be two numbers from 0 to 1") from error
    return number("align", across, 0, 1), number("align", down, 0, 1)


def put(
    layer: Layer, frame: Pixels, at: tuple[float, float], opacity: float, align: tuple[float, float]
) -> Pixels:
    """Return the frame with a layer on it; see `overlay`."""
    if opacity == 0:
        return frame
    x = at[0] + align[0] * (frame.shape[1] - layer.shape[1])
    y = at[1] + align[1] * (frame.shape[0] - layer.shape[0])
    return placed(layer, frame, x, y, opacity)


def picture_of(name: str, source: Picture) -> NDArray[np.uint8]:
    """Return a picture as an array in host memory.

    Raises:
        ConfigError: it is none, its file cannot be read, or Pillow is needed and not installed.

    """
    if isinstance(source, str | os.PathLike):
        return _read(name, source)
    if hasattr(source, "convert"):  # a Pillow image
        return np.asarray(source.convert("RGBA"))
    return checked(on_host(source) if hasattr(source, "shape") else source, name).copy()


def _read(name: str, path: str | os.PathLike[str]) -> NDArray[np.uint8]:
    checks.path(name, path)
    require("PIL", f"{name}={os.fspath(path)!r}")
    from PIL import Image

    what = f"{name}={os.fspath(path)!r} cannot be read as an image"
    with translated(ConfigError, what, SYSTEM, Image.DecompressionBombError), Image.open(path) as image:
        return np.asarray(image.convert("RGBA"))
