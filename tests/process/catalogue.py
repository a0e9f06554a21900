"""Every operation once or more, with frames to try it on: for what must hold for all of them."""

from datetime import timedelta
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, settings
from numpy.typing import NDArray

from glrec_core import ConfigError
from glrec_core.process import (
    FrameOperation,
    backdrop,
    blend,
    captions,
    chroma_key,
    crop,
    eased,
    fade,
    gaussian_blur,
    libass,
    overlay,
    pad,
    rotate,
    round_corners,
    scale,
    shadow,
    text,
    timestamp,
    translate,
    vignette,
)

Pixels = NDArray[np.uint8]

steadily = settings(deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
"""Of the tests that Hypothesis makes examples for: the same ones each time, however busy the machine."""

HEIGHT, WIDTH = 60, 80
START = timedelta(0)

SCRIPT = """[Script Info]
ScriptType: v4.00+
PlayResX: 80
PlayResY: 60

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, \
StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding
Style: Box,Sans,20,&H00FFFFFF,&H00FFFFFF,&H00000000,&H00000000,0,0,0,0,100,100,0,0,1,0,0,7,0,0,0,1

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""
"""A script without events; a drawing in one is independent of fonts."""


def box(start: str, end: str, effects: str, width: int, height: int) -> str:
    """Return the event that draws a box from `start` to `end`, under the given override tags."""
    drawing = f"m 0 0 l {width} 0 {width} {height} 0 {height}"
    return f"Dialogue: 0,{start},{end},Box,,0,0,0,,{{{effects}\\p1}}{drawing}\n"


def noise(channels: int = 3, height: int = HEIGHT, width: int = WIDTH, seed: int = 1) -> Pixels:
    """Return a frame of random pixels; with alpha, some are wholly transparent and some wholly opaque."""
    rng = np.random.default_rng(seed)
    frame = rng.integers(0, 256, (height, width, channels), np.uint8)
    if channels == 4:
        frame[: height // 4, :, 3] = 0
        frame[-(height // 4) :, :, 3] = 255
    return frame


def has_libass() -> bool:
    """Return whether the system library is there; what needs it is left out or skipped otherwise."""
    try:
        libass.Subtitles(SCRIPT.encode(), "an empty script")
    except ConfigError:
        return False
    return True


def subtitled(folder: Path) -> dict[str, FrameOperation]:
    """Return captions by name, if they can be had."""
    script = folder / "a.ass"
    script.write_text(SCRIPT + box("0:00:00.00", "0:00:05.00", r"\pos(10,20)", 30, 12))
    return {"captions": captions(script)} if has_libass() else {}


def over_frames_without_alpha(folder: Path) -> dict[str, FrameOperation]:
    """Return operations that take three channels, and four, by name."""
    logo = noise(4, 20, 30, seed=2)
    moving = eased((0, (0.0, 0.0)), (2, (33.3, 21.7)))
    return subtitled(folder) | {
        "scale down": scale(51, 37),
        "scale up": scale(width=97),
        "scale lanczos": scale(40, 90, filter="lanczos"),
        "crop": crop((5, 6), 40, 30),
        "crop between pixels": crop((5.25, 6.5), 40, 30),
        "pad": pad(1, 2, 3, 4, color=(9, 8, 7)),
        "translate": translate((3, -4), color=(1, 2, 3)),
        "translate between pixels": translate((3.3, -4.6)),
        "rotate": rotate(33),
        "overlay": overlay(logo, at=(-7, 50)),
        "overlay between pixels": overlay(logo, at=moving, alpha=0.7),
        "fade": fade(0.4, color=(200, 10, 0)),
        "chroma key": chroma_key((30, 200, 40)),
        "round corners": round_corners(12),
        "gaussian blur": gaussian_blur(1.5),
        "vignette": vignette(0.8, 0.2),
        "text": text("glrec\nlines", at=(-3, 5), size=14),
        "timestamp": timestamp((2, 2), size=12, align=(0, 0)),
    }


def for_channels(folder: Path, channels: int) -> dict[str, FrameOperation]:
    """Return operations that take frames of `noise(channels)`, by name."""
    found = over_frames_without_alpha(folder) | {"blend": blend(noise(channels, seed=3), 0.3)}
    if channels == 4:
        found |= {"shadow": shadow((3, 2), 2.0), "backdrop": backdrop((10, 200, 30))}
        found |= {"backdrop picture": backdrop(noise(3, seed=4))}
    return found


def applied(operation: FrameOperation, frame: Pixels, seconds: float = 0.0) -> Pixels:
    """Return what an operation makes of a frame."""
    made: Pixels = operation(timedelta(seconds=seconds), frame)
    return made
