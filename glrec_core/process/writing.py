"""Operations that write on the frame: a text, and the time as one. Pillow draws it; a text that stays is drawn once."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from glrec_core.errors import ConfigError
from glrec_core.process.device import Resident, require
from glrec_core.process.layers import Layer
from glrec_core.process.operation import Operation, Pixels, Work, operation
from glrec_core.process.overlaying import put, share_of_room
from glrec_core.process.values import (
    BLACK,
    WHITE,
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

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont, ImageFont

Text = str | Callable[[float], str]
"""What to write, or a function of the time in seconds that gives it."""

FontPath = str | os.PathLike[str] | None
"""A TrueType or OpenType file; None is the font that Pillow brings, which knows Latin letters only."""

_LARGEST_FONT = 4096

_OUTLINE_SHARE = 1 / 12
"""Width of the outline of a text in its size: it stays legible on any picture and still looks like a letter."""


@operation
def text(
    content: Text,
    at: Position = (0, 0),
    *,
    size: float = 24.0,
    color: Rgb = WHITE,
    font: FontPath = None,
    align: tuple[float, float] = (0, 0),
    alpha: Number = 1.0,
    outline: Rgb | None = BLACK,
) -> Work:
    """Write text on the frame; each line feed begins a new line.

        title = text("Run 7", at=(20, 20), size=32)
        recorder = record(window, "film.mp4", process=[title])

    Args:
        content: the text, or a function of the time in seconds that gives it.
        at: where the text's box goes, counted from `align` as in `overlay`.
        size: of the font in pixels.
        color: of the letters.
        font: a TrueType or OpenType file; None is the font that comes with Pillow.
        align: (0, 0) is the frame's top left corner, (1, 1) its bottom right one.
        alpha: opacity from 0 to 1.
        outline: colour of the letters' outline; None leaves it out.

    Raises:
        ConfigError: a value is not as described, the font cannot be read, or Pillow is not installed.

    """
    require("PIL", "text")
    if not callable(content):
        _checked(content)
    size = number("size", size, 1, _LARGEST_FONT)
    typeface = _font(font, size)
    stroke = None if outline is None else (rgb("outline", outline), max(1, round(size * _OUTLINE_SHARE)))
    letters, aligned = rgb("color", color), share_of_room(align)
    position, opacity = position_of_time("at", at), number_of_time("alpha", alpha, 0, 1)

    @lru_cache(maxsize=1)
    def drawn(line: str) -> Resident:
        return Resident(_drawn(line, typeface, letters, stroke))

    def work(seconds: float, frame: Pixels) -> Pixels:
        written = _checked(content(seconds)) if callable(content) else content
        if not written.strip():
            return frame
        layer: Layer = drawn(written).beside(frame)
        return put(layer, frame, position(seconds), opacity(seconds), aligned)

    return work


def clock(seconds: float) -> str:
    """Return a time as 0:01:02.345, rounded down to milliseconds."""
    milliseconds = math.floor(seconds * 1000 + 0.5e-3)  # a time in seconds may lie just below its millisecond
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60}:{minutes % 60:02}:{rest // 1000:02}.{rest % 1000:03}"


def timestamp(
    at: Position = (10, 10),
    *,
    size: float = 24.0,
    color: Rgb = WHITE,
    font: FontPath = None,
    align: tuple[float, float] = (0, 0),
) -> Operation:
    """Write the time of each frame on it, as 0:01:02.345 from the start of the video; see `text`.

    For example:

        film = read("in.mp4").timestamp(at=(-10, -10), align=(1, 1))
        write_video("timed.mp4", film)
    """
    return text(clock, at, size=size, color=color, font=font, align=align)


def _checked(content: object) -> str:
    if not isinstance(content, str):
        raise ConfigError(
            f"text: {shown(content)} is not a text; give a str, or a function of the seconds that returns one"
        )
    return content


def _font(path: FontPath, size: float) -> FreeTypeFont | ImageFont:
    from PIL import ImageFont

    if path is None:
        return ImageFont.load_default(size)
    name = checks.path("font", path)
    with translated(ConfigError, f"font={os.fspath(path)!r} cannot be read", SYSTEM):
        return ImageFont.truetype(name, size)


def _drawn(
    content: str, font: FreeTypeFont | ImageFont, color: Rgb, outline: tuple[Rgb, int] | None
) -> NDArray[np.float32]:
    """Return the text as a layer; its box begins at the ascender of the first line, whatever letters there are."""
    from PIL import Image, ImageDraw

    edge = 0 if outline is None else outline[1]
    measure = ImageDraw.Draw(Image.new("L", (1, 1)))
    left, _, right, bottom = measure.textbbox((0, 0), content, font=font, stroke_width=edge)
    begin = math.ceil(max(edge, -left))
    size = begin + math.ceil(right), edge + math.ceil(bottom)

    def coverage(stroke: int) -> NDArray[np.float32]:
        mask = Image.new("L", size)
        ImageDraw.Draw(mask).text((begin, edge), content, fill=255, font=font, stroke_width=stroke)
        return np.asarray(mask, np.float32)[..., None] / np.float32(255)

    def tinted(part: NDArray[np.float32], tint: Rgb) -> NDArray[np.float32]:
        return part * np.array([*tint, 1], np.float32)

    letters = coverage(0)
    if outline is None:
        return tinted(letters, color)
    return tinted(letters, color) + tinted(coverage(edge), outline[0]) * (1 - letters)
