"""Captions on the frame: an ASS or SSA script, drawn by libass at the frame's time."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import numpy as np

from glrec_core.errors import ConfigError
from glrec_core.process.caption_limits import check_script
from glrec_core.process.device import Resident
from glrec_core.process.layers import Layer, placed
from glrec_core.process.libass import Bitmap, Subtitles
from glrec_core.process.operation import Pixels, Work, operation
from glrec_core.values.checks import path
from glrec_core.values.foreign import SYSTEM, translated


@operation
def captions(script: str | os.PathLike[str]) -> Work:
    """Draw subtitles on the frame as libass draws them at its time, animations and karaoke included.

        film = read("talk.mp4").captions("talk.ass")
        write_video("subtitled.mp4", film, audio="talk.mp4")

    All that is shown at once (letters, drawings, borders and blur) may take 32 times the area of the frame, including what
    lies outside, because libass takes memory and time in proportion. The estimate is an upper bound.

    Colours are taken as the script's R'G'B' (the header `YCbCr Matrix` is not applied). Fonts are the system's.

    Args:
        script: path of an .ass or .ssa file in UTF-8.

    Raises:
        ConfigError: the file cannot be read, is not such a script, or asks for more than that; or libass is not installed.

    """
    name = path("script", script)
    with translated(ConfigError, f"captions: {name!r} cannot be read", SYSTEM):
        content = Path(name).read_bytes()
    check_script(content, name)
    drawn = _Drawn(Subtitles(content, name))

    def work(seconds: float, frame: Pixels) -> Pixels:
        shown = drawn.at(seconds, frame.shape[1], frame.shape[0])
        if shown is None:
            return frame
        resident, x, y = shown
        return placed(resident.beside(frame), frame, x, y)

    return work


class _Drawn:
    """What the script shows, kept as one layer for as long as it stays the same. For any number of threads."""

    def __init__(self, subtitles: Subtitles) -> None:
        self._lock = threading.Lock()
        self._subtitles = subtitles
        self._size: tuple[int, int] | None = None
        self._shown: tuple[Resident, int, int] | None = None

    def at(self, seconds: float, width: int, height: int) -> tuple[Resident, int, int] | None:
        """Return the layer with its place, or None where nothing is shown."""
        with self._lock:
            bitmaps, changed = self._subtitles.render(seconds, width, height)
            if changed or self._size != (width, height):
                self._size, self._shown = (width, height), _joined(bitmaps) if bitmaps else None
            return self._shown


def _joined(bitmaps: list[Bitmap]) -> tuple[Resident, int, int]:
    """Return all bitmaps, each over those before it, as one layer and its place."""
    left, top = min(part.x for part in bitmaps), min(part.y for part in bitmaps)
    right = max(part.x + part.coverage.shape[1] for part in bitmaps)
    bottom = max(part.y + part.coverage.shape[0] for part in bitmaps)
    layer: Layer = np.zeros((bottom - top, right - left, 4), np.float32)
    for part in bitmaps:
        height, width = part.coverage.shape
        region = layer[part.y - top :, part.x - left :][:height, :width]
        alpha = part.coverage[..., None] * np.float32((255 - part.transparency) / 255**2)
        region[...] = alpha * np.array([*part.color, 1], np.float32) + region * (1 - alpha)
    return Resident(layer), left, top
