"""A chain of operations over the frames of a video: each frame is read, worked on and given on before the next one is read.

from glrec_core.process import read

film = read("in.mp4").scale(1280, 720).overlay("logo.png", at=(20, 20)).captions("talk.ass")
write_video("out.mp4", film, audio="in.mp4")
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from functools import update_wrapper
from operator import length_hint
from typing import TYPE_CHECKING, Concatenate, ParamSpec

from glrec_core.config import FrameOperation
from glrec_core.errors import ConfigError
from glrec_core.process import blur, geometry, overlaying, scaling, shaping, subtitles, writing
from glrec_core.process.operation import Operation, Pixels
from glrec_core.values.checks import shown
from glrec_core.values.measures import Rate, parse_rate

if TYPE_CHECKING:
    from glrec_core.read import Player

P = ParamSpec("P")


def _adds(
    make: Callable[P, Operation],
) -> Callable[[Callable[[Chain], None]], Callable[Concatenate[Chain, P], Chain]]:
    """Make a method of that name which adds the operation that `make` makes of its arguments."""

    def method(self: Chain, /, *args: P.args, **kwargs: P.kwargs) -> Chain:
        return self.then(make(*args, **kwargs))

    return lambda _: update_wrapper(method, make)


@dataclass(frozen=True, slots=True)
class Chain:
    """Frames with their times, and the operations on them, in order. Iterating yields (timedelta, frame).

        film = read("in.mp4").scale(1280, 720).timestamp()
        write_video("out.mp4", film)

    Each call returns a longer chain and leaves this one as it is. A chain may be iterated as often as its source may.

    Attributes:
        source: (timedelta, frame) pairs; see `operation.py` for what a frame is.
        fps: frames per second, for whoever writes the frames; None if they are shown at irregular times.
        operations: what is done to each frame.

    """

    source: Iterable[tuple[timedelta, Pixels]]
    fps: Fraction | None = None
    operations: tuple[FrameOperation, ...] = ()

    def __iter__(self) -> Iterator[tuple[timedelta, Pixels]]:
        for time, frame in self.source:
            shown = frame
            for each in self.operations:
                shown = each(time, shown)
            yield time, shown

    def __length_hint__(self) -> int:
        """Return how many frames the source says it has, for a progress bar; 0 where it does not know."""
        return length_hint(self.source)

    def then(self, *operations: FrameOperation) -> Chain:
        """Add operations, or your own functions `(time, frame) -> frame`.

            film = read("in.mp4").then(lambda time, frame: 255 - frame)
            write_video("negative.mp4", film)

        Raises:
            ConfigError: one of them cannot be called.

        """
        for each in operations:
            if not callable(each):
                raise ConfigError(
                    f"{shown(each)} is not an operation; give a function (time, frame) -> frame"
                )
        return Chain(self.source, self.fps, (*self.operations, *operations))

    @_adds(overlaying.backdrop)
    def backdrop(self) -> None:
        """Put the frames over a colour or a picture."""

    @_adds(overlaying.blend)
    def blend(self) -> None:
        """Mix the frames with a picture."""

    @_adds(subtitles.captions)
    def captions(self) -> None:
        """Draw subtitles on the frames."""

    @_adds(shaping.chroma_key)
    def chroma_key(self) -> None:
        """Make what is near a colour transparent."""

    @_adds(geometry.crop)
    def crop(self) -> None:
        """Keep a part of the frames."""

    @_adds(overlaying.fade)
    def fade(self) -> None:
        """Mix the frames with a colour."""

    @_adds(blur.gaussian_blur)
    def gaussian_blur(self) -> None:
        """Blur the frames."""

    @_adds(overlaying.overlay)
    def overlay(self) -> None:
        """Put a picture on the frames."""

    @_adds(geometry.pad)
    def pad(self) -> None:
        """Add rows and columns around the frames."""

    @_adds(geometry.rotate)
    def rotate(self) -> None:
        """Turn the frames about their middle."""

    @_adds(shaping.round_corners)
    def round_corners(self) -> None:
        """Cut the corners off in quarter circles."""

    @_adds(scaling.scale)
    def scale(self) -> None:
        """Resample the frames to another size."""

    @_adds(shaping.shadow)
    def shadow(self) -> None:
        """Lay a shadow under what is opaque."""

    @_adds(writing.text)
    def text(self) -> None:
        """Write on the frames."""

    @_adds(writing.timestamp)
    def timestamp(self) -> None:
        """Write the time of each frame on it."""

    @_adds(geometry.translate)
    def translate(self) -> None:
        """Move the picture within the frames."""

    @_adds(blur.vignette)
    def vignette(self) -> None:
        """Darken the frames towards their corners."""


def read(
    path: str | os.PathLike[str],
    *,
    start: timedelta | None = None,
    stop: timedelta | None = None,
    device: str | None = None,
) -> Chain:
    """Begin a chain over the frames of a video file from `start` up to, but not including, `stop`; see `Player`.

        film = read("in.mp4", start=timedelta(seconds=2)).scale(1280, 720)
        write_video("out.mp4", film)

    Times count from the first frame of the file. With `device="cuda"` frames are decoded, and worked on, on the GPU.

    Raises:
        ConfigError: there is no such file.
        VideoError: the file is not a video, or while iterating: it is damaged.
        BackendUnavailable: the device that was asked for cannot decode it.

    """
    from glrec_core.read import Player

    player = Player(path, device=device)
    return Chain(_Film(player, start, stop), player.fps)


def frames_at(frames: Iterable[Pixels], fps: Rate) -> Chain:
    """Begin a chain over your own frames; frame n is shown at n / fps.

        film = frames_at(pictures, fps=30).timestamp()
        write_video("simulation.mp4", film)

    Raises:
        ConfigError: `fps` is not a frame rate.

    """
    rate = parse_rate(fps)
    return Chain(_Timed(frames, rate), rate)


@dataclass(frozen=True, slots=True)
class _Timed:
    """Frames with the times that a rate gives them, to the microsecond of a `timedelta`."""

    frames: Iterable[Pixels]
    rate: Fraction

    def __iter__(self) -> Iterator[tuple[timedelta, Pixels]]:
        for number, frame in enumerate(self.frames):
            yield timedelta(microseconds=round(number * 1_000_000 / self.rate)), frame


@dataclass(frozen=True, slots=True)
class _Film:
    """A part of a file, decoded anew by each iteration."""

    player: Player
    start: timedelta | None
    stop: timedelta | None

    def __iter__(self) -> Iterator[tuple[timedelta, Pixels]]:
        return self.player.frames(self.start, self.stop)

    def __length_hint__(self) -> int:
        return len(self.player) if self.start is None and self.stop is None else 0
