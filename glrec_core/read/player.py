"""`Player`: a video file as frames in memory, by their times.

A player holds nothing open. Each iteration opens the file for itself and closes it when it ends, is left or is dropped; so a
player can be kept, and several iterations of it may run side by side, also in different threads.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from contextlib import closing
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from itertools import count
from math import floor
from numbers import Rational, Real
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from glrec_core.errors import ConfigError, VideoError
from glrec_core.media.film import Film, read_film
from glrec_core.media.source import check_path
from glrec_core.read.decoding import DecodedPicture, decoded, nearest_keyframe
from glrec_core.read.facts import read_facts
from glrec_core.read.geometry import SizeChoice, geometry
from glrec_core.read.output import Output, output
from glrec_core.read.routes import Converter, open_route
from glrec_core.values.checks import flag, shown
from glrec_core.values.frame import Size

_SEEK_APART = timedelta(seconds=10)
"""Screenshots that are further apart are sought one by one: most encoders' GOPs are 250 pictures or shorter, which decode
faster than they can be found."""

Moment = timedelta | float | Fraction
"""A time from the first picture on: a timedelta, or seconds."""

_MICROSECONDS = 1_000_000

_LAST_TICK = (1 << 63) - 1  # FFmpeg's times are int64


class _Timed(NamedTuple):
    """A decoded picture and its time."""

    time: timedelta
    content: Any


class _Span(NamedTuple):
    """A decoded picture, and until when it is shown: the time of the next, or None."""

    time: timedelta
    until: timedelta | None
    content: Any


class Player:
    """Reads frames of a video file.

        player = Player("film.mp4", size=(640, 360))
        for time, frame in player.frames(start=2, stop=5.5):
            print(time, frame.mean())

    Times count from the first picture. From there on they are the file's own: at a variable rate they are not multiples
    of anything. `start` tells when the first picture is shown in the file's own time.

    Args:
        path: the file.
        size: of the frames, (width, height), or a function of (height, width) that returns (height, width); the file's own
            by default. The picture is scaled by a triangle filter as wide as two samples of the coarser grid.
        crop: (left, top, width, height) of the part that is read, in pixels of the upright picture, before scaling.
        device: "cuda" or "cuda:1" decode by NVDEC and give CuPy arrays, "cpu" decodes by FFmpeg and gives NumPy arrays; by
            default CUDA where it can decode this file, else the CPU. The attribute `device` says which one it is.

    Raises:
        ConfigError: there is no such file, or an argument makes no sense.
        VideoError: the file is not a video, or nothing of it can be decoded.
        BackendUnavailable: the device that was asked for cannot decode it; the text is the reason.

    Warns:
        ColorGuess: the file does not say how its colours are coded.

    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        size: SizeChoice | None = None,
        crop: tuple[int, int, int, int] | None = None,
        device: str | None = None,
    ) -> None:
        self._facts = read_facts(check_path(path))
        plan = geometry(self._facts.coded, self._facts.turns, crop, size)
        self._route = open_route(self._facts, plan, device)
        self.path: Path = self._facts.path
        self.size: Size = plan.size
        self.fps: Fraction = self._facts.rate
        self.device: str = self._route.device

    def __repr__(self) -> str:
        return f"Player({self.path.name!r}, {self.size}, {float(self.fps):.3f} fps, {self.device})"

    def __len__(self) -> int:
        """Return the number of pictures. The file is read through for it once, without decoding."""
        return self._film.frames

    @property
    def start(self) -> timedelta:
        """Time of the first picture by the file's own clock, which need not begin at 0."""
        return _exact_moment(self._facts.first_ticks * self._facts.time_base)

    @property
    def duration(self) -> timedelta:
        """Time from the first picture to the end of the last. The file is read through for it once, as for `len`."""
        film = self._film
        return _exact_moment(film.duration_seconds if self._facts.has_times else film.frames / self.fps)

    def frames(
        self,
        start: Moment | None = None,
        stop: Moment | None = None,
        dtype: DTypeLike = np.uint8,
        layout: str = "hwc",
    ) -> Iterator[tuple[timedelta, Any]]:
        """Return an iterator over the pictures from `start` up to, but not including, `stop`: (time, frame).

            for time, frame in player.frames(start=2, dtype="float32", layout="chw"):
                print(time, frame.shape)

        A frame is an array of R'G'B' that belongs to the caller: nothing else reads or writes it.

        Args:
            start, stop: timedelta or seconds; the whole film by default.
            dtype: uint8, uint16 (0 to 65535) or float32 (0 to 1).
            layout: "hwc" for (height, width, 3), "chw" for (3, height, width).

        Raises:
            ConfigError: an argument makes no sense.
            VideoError: while iterating, where the file is damaged or ends too early.

        """
        first = _moment("start", 0 if start is None else start)
        end = None if stop is None else _moment("stop", stop)
        return self._frames(first, end, output(dtype, layout))

    def screenshot(
        self,
        at: Moment,
        *,
        accurate: bool = False,
        dtype: DTypeLike = np.uint8,
        layout: str = "hwc",
    ) -> Any:
        """Return one frame: the keyframe nearest to a time, or with `accurate` the frame that is shown then.

            poster = player.screenshot(12.5)
            exact = player.screenshot(12.5, accurate=True)

        Args:
            at: timedelta or seconds.
            accurate: decode from the keyframe before, which takes longer.
            dtype, layout: as for `frames`.

        Raises:
            ConfigError: an argument makes no sense, or the film is over by then.
            VideoError: the file is damaged.

        """
        wanted, kind = _moment("at", at), output(dtype, layout)
        if not flag("accurate", accurate) and self._facts.has_times:
            ticks = nearest_keyframe(self.path, self._ticks(wanted))
            if ticks is not None:
                wanted = max(self._time(ticks), timedelta(0))
        return self._shown_at(wanted, kind)

    def screenshots(
        self, every: Moment, dtype: DTypeLike = np.uint8, layout: str = "hwc"
    ) -> Iterator[tuple[timedelta, Any]]:
        """Return an iterator over (time, frame) for the times 0, `every`, twice `every` and so on.

            for time, frame in player.screenshots(every=10):
                print(time, frame.mean())

        Each is the picture that is shown then, as `screenshot` with `accurate` returns it. So this also turns a variable
        rate into a constant one. Raises what `frames` raises.
        """
        apart, kind = _moment("every", every), output(dtype, layout)
        if not apart:
            raise ConfigError("every=0 would give the first picture for ever")
        return self._sought(apart, kind) if apart > _SEEK_APART else self._sampled(apart, kind)

    @cached_property
    def _film(self) -> Film:
        return read_film(self.path)

    def _ticks(self, time: timedelta) -> int:
        ticks = self._facts.first_ticks + floor(_seconds_of(time) / self._facts.time_base)
        return min(ticks, _LAST_TICK)

    def _time(self, ticks: int) -> timedelta:
        return _exact_moment(self._facts.seconds(ticks))

    def _pictures(self, start: timedelta) -> Generator[_Timed, None, None]:
        """Yield the pictures from the one that is shown at `start` on, or from an earlier one."""
        seeks = start and self._facts.has_times
        ticks = self._ticks(start) if seeks else None
        with closing(decoded(self.path, self._route.open_decoder, ticks)) as pictures:
            for number, picture in zip(count(), pictures, strict=False):
                yield _Timed(self._time_of(picture, number), picture.content)

    def _time_of(self, picture: DecodedPicture, number: int) -> timedelta:
        if not self._facts.has_times:
            return _exact_moment(number / self.fps)
        if picture.ticks is None:
            raise VideoError(f"{self.path.name} is damaged: a picture has no time")
        return self._time(picture.ticks)

    def _converter(self, kind: Output) -> closing[Converter]:
        return closing(self._route.open_converter(kind))

    def _frames(
        self, start: timedelta, stop: timedelta | None, kind: Output
    ) -> Iterator[tuple[timedelta, Any]]:
        with self._converter(kind) as converter, closing(self._pictures(start)) as pictures:
            for time, content in pictures:
                if stop is not None and time >= stop:
                    return
                if time >= start:
                    yield time, converter.convert(content)

    def _shown_at(self, time: timedelta, kind: Output) -> Any:
        with self._converter(kind) as converter, closing(self._spans(time, converter)) as spans:
            for _, until, content in spans:
                if until is None and time > self.duration:
                    raise ConfigError(f"nothing is shown at {time}: {self.path.name} lasts {self.duration}")
                if until is None or until > time:
                    return converter.convert(content)
        raise VideoError(f"{self.path.name}: no picture was found at {time}")

    def _sampled(self, apart: timedelta, kind: Output) -> Iterator[tuple[timedelta, Any]]:
        """Decode everything, and convert what is asked for."""
        wanted = timedelta(0)
        with self._converter(kind) as converter, closing(self._spans(wanted, converter)) as spans:
            for _, until, content in spans:
                while wanted < (self.duration if until is None else until):
                    yield wanted, converter.convert(content)
                    wanted += apart

    def _sought(self, apart: timedelta, kind: Output) -> Iterator[tuple[timedelta, Any]]:
        wanted = timedelta(0)
        while wanted < self.duration:
            yield wanted, self._shown_at(wanted, kind)
            wanted += apart

    def _spans(self, start: timedelta, converter: Converter) -> Generator[_Span, None, None]:
        """Yield each picture with the time until which it is shown, which is not known of the last."""
        shown: _Timed | None = None
        with closing(self._pictures(start)) as pictures:
            for time, content in pictures:
                if shown is not None:
                    yield _Span(shown.time, time, shown.content)
                shown = _Timed(time, converter.hold(content))
        if shown is not None:
            yield _Span(shown.time, None, shown.content)


def _exact_moment(seconds: Fraction) -> timedelta:
    """Return an exact time to the nearest microsecond.

    Raises:
        VideoError: it is more than a timedelta holds, which no film has.

    """
    try:
        return timedelta(microseconds=round(seconds * _MICROSECONDS))
    except OverflowError:
        raise VideoError(f"a time of {float(seconds):.3g} s is not possible: the file is damaged") from None


def _moment(name: str, value: Moment) -> timedelta:
    """Return a caller's time.

    Raises:
        ConfigError: it is none, or is negative.

    """
    try:
        given = value if isinstance(value, timedelta) else _exact_moment(_as_fraction(value))
    except (TypeError, ValueError, OverflowError, VideoError):
        raise ConfigError(f"{name}={shown(value)} is not a time; give a timedelta or seconds") from None
    if given < timedelta(0):
        raise ConfigError(f"{name}={shown(value)} is before the first picture, which is at 0")
    return given


def _as_fraction(value: object) -> Fraction:
    """Return a number of any library as a fraction; of text, "1e999999999" would take for ever."""
    if isinstance(value, bool | str) or not isinstance(value, Real | Decimal):
        raise TypeError(type(value).__name__)
    if isinstance(value, Rational):
        return Fraction(int(value.numerator), int(value.denominator))  # NumPy's, too
    return Fraction(value) if isinstance(value, Decimal) else Fraction(float(value))


def _seconds_of(time: timedelta) -> Fraction:
    """Return a timedelta's exact seconds."""
    return Fraction(time // timedelta(microseconds=1), _MICROSECONDS)
