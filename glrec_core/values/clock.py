"""When a drawn frame counts, and at which time it is shown. Pause, frame rate limit and frame limit live here.

`tick()` is asked once per drawn frame on the render thread. It answers with a timestamp or says why the frame is not
recorded. Timestamps start at 0 and strictly increase.
"""

from __future__ import annotations

import enum
import time
from collections.abc import Callable
from fractions import Fraction
from typing import Protocol

NANOSECONDS = 1_000_000_000

WALL_TIME_BASE = Fraction(1, 90_000)
"""Tick of wall-clock timestamps: the 90 kHz system clock of ISO/IEC 13818-1, which every container can carry."""

_MIN_STEP_NS = 12_000
"""Least distance of two wall-clock timestamps: just over a tick of 11,111 ns, so that no two round to the same tick."""


_SAME_PACE = 0.1
"""By how much of it a loop's speed may be missed before that is worth a word."""


def ticks(time_ns: int, time_base: Fraction) -> int:
    """Return a time in ticks of `time_base`, rounded half up, in whole numbers."""
    divisor = NANOSECONDS * time_base.numerator
    return (2 * time_ns * time_base.denominator + divisor) // (2 * divisor)


def latest_ns(tick: int, time_base: Fraction) -> int:
    """Return the latest time that `ticks` rounds to a tick or to one before it."""
    numerator, denominator = (2 * tick + 1) * NANOSECONDS * time_base.numerator, 2 * time_base.denominator
    return -(-numerator // denominator) - 1


class Skip(enum.Enum):
    """Why a drawn frame is not recorded."""

    PAUSED = "paused"
    RATE_LIMIT = "rate limit"
    FINISHED = "finished"


class Clock(Protocol):
    """Gives each drawn frame its timestamp. `tick` belongs to the render thread; pause and resume to any."""

    time_base: Fraction
    frame_rate: Fraction | None

    @property
    def finished(self) -> bool:
        """Whether the frame limit is reached."""

    def tick(self) -> int | Skip:
        """Return the frame's pts in ns, or the reason why it is not recorded."""

    def pause(self) -> None:
        """Stop the clock: no frame is recorded and no time passes until `resume`."""

    def resume(self) -> None:
        """Let the clock go on from where it was paused."""


class _Limited:
    """Counts frames up to a limit."""

    def __init__(self, frames: int | None) -> None:
        self._limit = frames
        self._count = 0

    @property
    def finished(self) -> bool:
        """Whether the frame limit is reached."""
        return self._count == self._limit


class StepClock(_Limited):
    """Frame n is shown at exactly n/fps, however long it took to draw."""

    def __init__(self, fps: Fraction, frames: int | None = None) -> None:
        super().__init__(frames)
        self.frame_rate: Fraction | None = fps
        self.time_base: Fraction = 1 / fps
        self._two_steps_ns = 2 * NANOSECONDS * self.time_base.numerator
        self._divisor = self.time_base.denominator
        self._paused = False

    def tick(self) -> int | Skip:
        """Return n/fps in ns, rounded, for the n-th frame that counts."""
        if self.finished:
            return Skip.FINISHED
        if self._paused:
            return Skip.PAUSED
        # Whole numbers, rounded half up: arithmetic of fractions would be a tenth of a frame's whole cost.
        pts_ns = (self._count * self._two_steps_ns + self._divisor) // (2 * self._divisor)
        self._count += 1
        return pts_ns

    def pause(self) -> None:
        """Record nothing until `resume`; the next frame then takes the next step."""
        self._paused = True

    def resume(self) -> None:
        """Go on recording."""
        self._paused = False


class WallClock(_Limited):
    """A frame is shown at the time at which it was drawn, counted from the first, less all pauses.

    `fps` is a limit: frames that come too early for it are skipped, by the generic cell rate algorithm (ITU-T I.371) with
    a tolerance of one interval. So a loop that jitters around the limit loses no frame, and the mean rate never exceeds it.
    """

    time_base = WALL_TIME_BASE

    def __init__(
        self,
        fps: Fraction | None = None,
        frames: int | None = None,
        now_ns: Callable[[], int] = time.perf_counter_ns,
    ) -> None:
        super().__init__(frames)
        self.frame_rate = fps
        self._interval_ns = 0 if fps is None else round(NANOSECONDS / fps)
        self._now_ns = now_ns
        self._origin_ns: int | None = None
        self._last_ns = -_MIN_STEP_NS
        self._due_ns = 0
        self._paused_at_ns: int | None = None

    def tick(self) -> int | Skip:
        """Return the time since the first frame in ns, less pauses."""
        if self.finished:
            return Skip.FINISHED
        if self._paused_at_ns is not None:
            return Skip.PAUSED
        now_ns = self._now_ns()
        if self._origin_ns is None:
            self._origin_ns = now_ns
        pts_ns = max(now_ns - self._origin_ns, self._last_ns + _MIN_STEP_NS)
        if pts_ns < self._due_ns - self._interval_ns:
            return Skip.RATE_LIMIT
        self._due_ns = max(self._due_ns, pts_ns) + self._interval_ns
        self._last_ns = pts_ns
        self._count += 1
        return pts_ns

    def pause(self) -> None:
        """Stop the time; pausing twice is pausing once."""
        if self._paused_at_ns is None:
            self._paused_at_ns = self._now_ns()

    def resume(self) -> None:
        """Let the time go on; resuming a running clock does nothing."""
        paused_at_ns, self._paused_at_ns = self._paused_at_ns, None
        if paused_at_ns is not None and self._origin_ns is not None:
            self._origin_ns += self._now_ns() - paused_at_ns


class Span:
    """The first and the last two timestamps of a recording, and how long it really took from the first to the last."""

    def __init__(self, now_ns: Callable[[], int] = time.perf_counter_ns) -> None:
        self._now_ns = now_ns
        self._first_ns: int | None = None
        self._previous_ns = self._last_ns = 0
        self._began_ns = self._drawn_ns = 0

    def add(self, pts_ns: int) -> None:
        """Take note of the next frame's timestamp, when it is drawn."""
        self._drawn_ns = self._now_ns()
        if self._first_ns is None:
            self._first_ns = self._previous_ns = self._last_ns = pts_ns
            self._began_ns = self._drawn_ns
        else:
            self._previous_ns, self._last_ns = self._last_ns, pts_ns

    @property
    def shown_seconds(self) -> float:
        """How long the film takes from the first to the last frame."""
        return (self._last_ns - (self._first_ns or 0)) / NANOSECONDS

    @property
    def drawn_seconds(self) -> float:
        """How long the program took for that."""
        return (self._drawn_ns - self._began_ns) / NANOSECONDS

    @property
    def is_at_another_pace(self) -> bool:
        """Whether the film plays more than a tenth faster or slower than the program drew."""
        return abs(self.shown_seconds - self.drawn_seconds) > _SAME_PACE * self.drawn_seconds

    def duration_seconds(self, clock: Clock) -> Fraction:
        """Return the time from the first frame to the end of the last, in whole ticks of the clock's time base.

        The last frame lasts as long as the one before it; a single one as long as the clock's frame rate says.
        """
        if self._first_ns is None:
            return Fraction(0)
        last_ns = self._last_ns - self._previous_ns
        if last_ns == 0 and clock.frame_rate is not None:
            last_ns = round(NANOSECONDS / clock.frame_rate)
        shown_ns = self._last_ns + last_ns - self._first_ns
        return round(Fraction(shown_ns, NANOSECONDS) / clock.time_base) * clock.time_base
