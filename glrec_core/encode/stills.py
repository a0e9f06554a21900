"""GIF and WebP, each frame a whole picture file of its own, made by imageio's Pillow plugin.

The muxers put them together again. So a long recording takes no more memory than a short one, and what was written before a
process died is there; imageio's own writers of animations keep every frame until the end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glrec_core.config import Config
from glrec_core.encode.codec import Codec
from glrec_core.encode.codecs import choose_codec
from glrec_core.errors import ConfigError, EncodeError
from glrec_core.values.foreign import PILLOW, translated
from glrec_core.values.frame import Frame, FrameSpec, Packet, StreamInfo
from glrec_core.values.timeline import Entrance, SpacedTimeline


@dataclass(frozen=True, slots=True)
class _Timing:
    """The unit that a format counts time in, and the fewest of them that browsers show a picture for."""

    time_base: Fraction
    least_ticks: int


_TIMINGS = {
    "gif": _Timing(Fraction(1, 100), least_ticks=2),
    "webp": _Timing(Fraction(1, 1000), least_ticks=11),
}
STILLS = frozenset(_TIMINGS)
"""The codecs that are made here, by their names in `Config`."""

_MOST_COLOURS = 256


def check_installed(codec: Codec) -> None:
    """Check that the packages that make pictures of a codec are there.

    Raises:
        ConfigError: they are not.

    """
    if codec.name not in STILLS:  # to look for a package takes a lock that other threads' imports hold
        return
    missing = [name for name in ("imageio", "PIL") if find_spec(name) is None]
    if missing:
        raise ConfigError(
            f"codec={codec.name!r} needs the package {' and '.join(missing)}, which is not installed; "
            "pip install 'glrec[imageio]' brings it"
        )


class StillEncoder:
    """A stream of picture files, each a keyframe. Implements `Encoder`.

    A frame is shown from the tick nearest to its time on (halves up), and at least as many ticks after the one before as
    browsers take for a duration. Ticks are rounded from the time in the recording, not from one another, so that errors do
    not add up; a frame that had to be put off puts off the next one only as far as that comes too early.

    Raises:
        ConfigError: the size is not one that the codec takes, or imageio is not installed.

    """

    latency = 0

    def __init__(self, stream: StreamInfo, config: Config) -> None:
        codec = self._codec = choose_codec(config)
        check_installed(codec)
        codec.check_size(stream.size)
        timing = _TIMINGS[codec.name]
        self.accepts: FrameSpec = FrameSpec(stream.size, codec.pixel_format)
        self._options = _options(codec, config)
        time = SpacedTimeline(timing.time_base, stream.frame_rate, timing.least_ticks)
        self._entrance = Entrance(self.accepts, time)
        self.stream: StreamInfo = replace(stream, time_base=timing.time_base)

    def encode(self, frame: Frame) -> list[Packet]:
        """Take one frame, later than all before it, and return its picture.

        Raises:
            EncodeError: the frame is of another kind, or not later, or Pillow refused it.

        """
        tick = self._entrance.admit(frame)
        return [Packet(self._picture(frame), tick, tick, keyframe=True)]

    def drain(self) -> list[Packet]:
        """End the stream; nothing is held."""
        self.close()
        return []

    def close(self) -> None:
        """Do no more; there is nothing to release."""
        self._entrance.end()

    def _picture(self, frame: Frame) -> bytes:
        from imageio.v3 import imwrite

        pixels = np.ascontiguousarray(frame.planes[0])
        with translated(EncodeError, f"Pillow cannot make a {self._codec.encoder} of {frame}", PILLOW):
            if self._codec.name == "gif":
                pixels = _with_few_colours(pixels)
            return bytes(
                imwrite("<bytes>", pixels, plugin="pillow", extension=f".{self._codec.name}", **self._options)
            )


def _with_few_colours(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a picture with at most 256 colours: itself, or one whose colours are chosen by an octree and dithered.

    Pillow alone would choose by median cut, which takes half a second for a smooth picture, and would not dither.
    """
    from PIL import Image

    picture = Image.fromarray(pixels)
    if picture.getcolors(_MOST_COLOURS) is not None:
        return pixels
    palette = picture.quantize(_MOST_COLOURS, method=Image.Quantize.FASTOCTREE)
    dithered = picture.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG)
    return np.asarray(dithered.convert("RGB"))


def _options(codec: Codec, config: Config) -> Mapping[str, Any]:
    """Return what Pillow is told, by the names of its manual's page on image file formats."""
    if codec.name == "gif":
        return {
            "interlace": False,
            "duration": 20,
        }  # the muxer writes the true duration in the place that this makes
    quality = (
        codec.quality.default if codec.quality is not None and config.quality is None else config.quality
    )
    how = (
        {"lossless": True, "quality": 0} if config.lossless else {"quality": quality}
    )  # 0: no further search
    return {**how, "method": int(codec.preset(config)), "exact": True}
