"""The judgement: what was found in a file, held against what a recording must be. No file is touched here."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from statistics import median_low
from typing import NamedTuple

from glrec_core.media.film import Film
from glrec_core.media.structure import ColorTags
from glrec_core.values.checks import flag, whole_number
from glrec_core.values.frame import Size
from glrec_core.values.measures import parse_rate, parse_size
from glrec_core.verify.decoding import Decoded
from glrec_core.verify.pattern import NUMBERS
from glrec_core.verify.second_decoder import SecondOpinion

_CONSTANT_SHARE = 0.9
"""With so many intervals alike, a film has a constant rate, and the others are gaps in it."""

_MATRIX_ONLY = {"vp9"}
"""Codecs whose stream says matrix and range, but not primaries and transfer (VP9 specification, 7.2.2)."""
_UNTAGGED = {"ffv1", "gif", "apng", "webp", "mjpeg"}
"""Codecs whose stream says nothing: the container alone does."""

_MOST_LISTED = 5
_NO_FRAMES = "there are no frames"


class Status(enum.Enum):
    """Outcome of a check; NOTE is for what can be right or wrong, SKIP for what could not be asked."""

    PASS = "pass"  # noqa: S105 - of a test
    FAIL = "fail"
    NOTE = "note"
    SKIP = "skip"


class Check(NamedTuple):
    """One question, its outcome, and what was found."""

    name: str
    status: Status
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What the caller knows of the recording; None is not asked."""

    frames: int | None = None
    fps: Fraction | None = None
    size: Size | None = None
    barcode: bool = False

    def __post_init__(self) -> None:
        """Check what can be known; raises ConfigError."""
        kept = {
            "frames": self.frames if self.frames is None else whole_number("frames", self.frames, 0),
            "fps": self.fps if self.fps is None else parse_rate(self.fps),
            "size": self.size if self.size is None else parse_size(self.size),
            "barcode": flag("barcode", self.barcode),
        }
        for name, value in kept.items():
            object.__setattr__(self, name, value)


@dataclass(frozen=True, slots=True)
class Findings:
    """All that was found out about a file; `second` is None where no FFmpeg program is installed."""

    film: Film
    decoded: Decoded
    second: SecondOpinion | None


def run_checks(found: Findings, expected: Expected) -> tuple[Check, ...]:
    """Return every check's outcome."""
    return (
        _structure(found.film),
        _decodes(found.film, found.decoded),
        _second_decoder(found),
        _timestamps(found),
        _duplicates(found),
        *_gaps(found.film, expected.fps),
        *_colors(found.film),
        _fast_start(found.film),
        *_expectations(found, expected),
        *_barcode(found.decoded, expected),
    )


def _judge(name: str, faults: Sequence[str], good: str) -> Check:
    return Check(name, Status.FAIL, "; ".join(faults)) if faults else Check(name, Status.PASS, good)


def _structure(film: Film) -> Check:
    return _judge("structure", film.structure.faults, f"{film.container.partition(',')[0]}, complete")


def _decodes(film: Film, decoded: Decoded) -> Check:
    count, faults = len(decoded.ticks), list(decoded.complaints)
    if (more := decoded.complaint_count - len(faults)) > 0:
        faults.append(f"and {more} more")
    if count != film.frames:
        faults.insert(0, f"{count} of {film.frames} frames decode")
    if film.declared_frames > film.frames:
        faults.insert(0, f"the index names {film.declared_frames} frames, {film.frames} are there")
    if not count and not faults:
        faults.append(_NO_FRAMES)
    return _judge("decoding", faults, f"all {count} frames")


def _second_decoder(found: Findings) -> Check:
    name, second = "second decoder", found.second
    if second is None:
        return Check(name, Status.SKIP, "imageio-ffmpeg is not installed: pip install 'glrec[imageio]'")
    faults, film = list(second.complaints), found.film
    own = [tick * film.time_base for tick in found.decoded.ticks if tick is not None]
    if len(second.seconds) != len(own):
        faults.insert(0, f"FFmpeg's program decodes {len(second.seconds)} frames, PyAV {len(own)}")
    elif list(second.seconds) != own:
        first = next(index for index, (a, b) in enumerate(zip(second.seconds, own, strict=True)) if a != b)
        faults.append(f"the two decoders give frame {first} different times")
    return _judge(name, faults, "FFmpeg's program gives the same frames and times")


def _timestamps(found: Findings) -> Check:
    film, ticks = found.film, found.decoded.ticks
    if not ticks:
        return Check("timestamps", Status.SKIP, _NO_FRAMES)
    if untimed := ticks.count(None):
        return Check("timestamps", Status.FAIL, f"{untimed} of {len(ticks)} frames have no time")
    times = [tick for tick in ticks if tick is not None]
    back = [index for index in range(1, len(times)) if times[index] < times[index - 1]]
    return _judge(
        "timestamps",
        [f"time runs backwards at frame{_listed(back)}"] if back else [],
        f"rising, from {_seconds(times[0] * film.time_base)} on",
    )


def _duplicates(found: Findings) -> Check:
    ticks, identical = found.decoded.ticks, found.decoded.identical
    if not ticks:
        return Check("duplicates", Status.SKIP, _NO_FRAMES)
    twice = [index for index in range(1, len(ticks)) if ticks[index] == ticks[index - 1] is not None]
    if twice:
        return Check("duplicates", Status.FAIL, f"the same time as the frame before: frame{_listed(twice)}")
    if identical:
        text = (
            f"each frame has a time of its own; {identical} are equal to the one before, as in a still scene"
        )
        return Check("duplicates", Status.NOTE, text)
    return Check("duplicates", Status.PASS, "each frame has a time and a picture of its own")


def _gaps(film: Film, fps: Fraction | None) -> Iterator[Check]:
    intervals = film.intervals
    if not intervals:
        return
    if fps is not None:
        yield _exact_rate(film, fps)
        return
    usual = median_low(intervals)
    # A coarse tick (1 ms in Matroska) makes equal intervals differ by one.
    slack = min(1, usual // 2)
    odd = [index + 1 for index, interval in enumerate(intervals) if abs(interval - usual) > slack]
    if len(odd) > (1 - _CONSTANT_SHARE) * len(intervals):
        longest = max(intervals)
        text = (
            f"variable rate: intervals of {_milliseconds(min(intervals), film)} to {_milliseconds(longest, film)}, "
            f"the longest before frame {intervals.index(longest) + 1}"
        )
        yield Check("gaps", Status.NOTE, text)
        return
    faults = [f"not {_milliseconds(usual, film)} after the frame before: frame{_listed(odd)}"] if odd else []
    rate = len(intervals) / (sum(intervals) * film.time_base)
    yield _judge("gaps", faults, f"constant rate: {float(rate):.3f} frames per second")


def _exact_rate(film: Film, fps: Fraction) -> Check:
    start, tick = film.start_seconds, film.time_base
    times = [ticks * tick - start for ticks in film.ticks]
    # Half a tick is what rounding to the container's own clock may cost.
    late = [index for index, time in enumerate(times) if abs(time - index / fps) > tick / 2]
    return _judge(
        "gaps",
        [f"not at n/({fps}) s: frame{_listed(late)}"] if late else [],
        f"frame n is at n/({fps}) s, each one",
    )


def _colors(film: Film) -> Iterator[Check]:
    stream, container = film.stream_color, film.structure.color
    told = stream is not None and _is_told(film.codec, stream)
    if film.codec in _UNTAGGED:
        yield Check("stream colour", Status.SKIP, f"{film.codec} streams carry no colour tags")
    else:
        faults = [] if told else [f"{stream or 'unknown'}: players will guess"]
        yield _judge("stream colour", faults, str(stream))
    if not film.structure.tags_color:
        yield Check("container colour", Status.SKIP, f"{film.container} carries no colour tags")
        return
    faults = [] if container else ["not tagged: players will guess"]
    if container and stream and container.contradicts(stream):
        faults = [f"{container}, but the stream says {stream}"]
    yield _judge("container colour", faults, str(container))


def _is_told(codec: str, color: ColorTags) -> bool:
    told = (color.matrix,) if codec in _MATRIX_ONLY else color[:3]
    return not any(point == ColorTags().matrix for point in told)


def _fast_start(film: Film) -> Check:
    fast = film.structure.fast_start
    if fast is None:
        return Check("fast start", Status.SKIP, "the container has no index that must come first")
    return _judge(
        "fast start", [] if fast else ["the index does not stand before the data"], "the index comes first"
    )


def _expectations(found: Findings, expected: Expected) -> Iterator[Check]:
    if expected.frames is not None:
        count = len(found.decoded.ticks)
        faults = [] if count == expected.frames else [f"{count} frames, expected {expected.frames}"]
        yield _judge("frames", faults, f"{count}, as expected")
    if expected.size is not None:
        size = found.film.size
        faults = [] if size == expected.size else [f"{size}, expected {expected.size}"]
        yield _judge("size", faults, f"{size}, as expected")


def _barcode(decoded: Decoded, expected: Expected) -> Iterator[Check]:
    numbers = decoded.numbers
    if not numbers:
        if expected.barcode:
            yield Check("barcode", Status.FAIL, "no frame was decoded")
        return
    faults = list(decoded.faults)
    wrong = [index for index, number in enumerate(numbers) if number != index % NUMBERS]
    if wrong:
        shown = ", ".join(
            "none" if numbers[index] is None else str(numbers[index]) for index in wrong[:_MOST_LISTED]
        )
        faults.insert(0, f"not the number of their place: frame{_listed(wrong)} (they show {shown})")
    yield _judge("barcode", faults, f"frames 0 to {len(numbers) - 1}, in order, upright, in their colours")


def _listed(places: Sequence[int]) -> str:
    first = ", ".join(map(str, places[:_MOST_LISTED]))
    more = f" and {len(places) - _MOST_LISTED} more" if len(places) > _MOST_LISTED else ""
    return f"{'s' if len(places) > 1 else ''} {first}{more}"


def _seconds(time: Fraction) -> str:
    return f"{float(time):.3f} s"


def _milliseconds(ticks: int, film: Film) -> str:
    return f"{float(1000 * ticks * film.time_base):.3f} ms"
