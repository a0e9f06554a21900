"""Time that advances by exactly 1/fps for each recorded frame, in place of the clocks of Python's `time` module.

glrec's own modules took their clocks from `time` when they were imported, so they keep real time. Threads other than the
program's main one see virtual time but sleep for real.

A loop that waits for a later time without drawing would wait for ever. So time goes on, by count and not by real time,
once a program has looked at the clock or slept unreasonably often within one frame.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from fractions import Fraction
from typing import Any

_NS = 1_000_000_000

_STARTS_SECONDS = {"time": 946_684_800, "perf_counter": 1, "monotonic": 1}
"""What the clocks begin with: the year 2000 in UTC, and what is small, for finest floats, but not 0 or "unset"."""

_LOOKS = 100_000
"""Looks at the clock within a frame that are taken for a busy program rather than for a waiting one."""

_NAPS = 1000
"""The same for calls of `sleep`."""

_LOOK_NS = 1_000_000
"""How far time goes on for each look beyond that."""


class VirtualTime:
    """Time of the program. `advance` and the program's sleeps belong to the main thread."""

    def __init__(self, rate: Fraction) -> None:
        self._rate = rate
        self._frames = 0
        self._frames_at_turn = 0
        self._asked_to_draw = False
        self._waited_ns = 0
        self._looks = self._naps = 0
        self._main = threading.main_thread().ident
        self._real: dict[str, Any] = {}

    @property
    def elapsed_seconds(self) -> float:
        """Seconds since the beginning: the quotient of whole numbers, which is rounded once."""
        return self._frames * self._rate.denominator / self._rate.numerator + self._waited_ns / _NS

    @property
    def elapsed_ns(self) -> int:
        """Nanoseconds since the beginning."""
        return round(self._frames * _NS / self._rate) + self._waited_ns

    def advance(self) -> None:
        """Let a frame's time pass."""
        self._frames += 1
        self._looks = self._naps = 0

    def turn(self) -> bool:
        """Note the end of a turn of an event loop; returns whether nothing has been drawn in it.

        Time passes all the same if nothing was drawn although it was asked for.
        """
        idle = self._frames == self._frames_at_turn
        if idle and self._asked_to_draw:
            self.advance()
        self._asked_to_draw = idle
        self._frames_at_turn = self._frames
        return idle

    def install(self) -> None:
        """Take the place of the clocks in the module `time`."""
        replacements: dict[str, Callable[..., Any]] = {"sleep": self._sleep}
        for name, start_seconds in _STARTS_SECONDS.items():
            replacements[name] = self._clock(start_seconds)
            replacements[f"{name}_ns"] = self._clock_ns(start_seconds)
        for name, replacement in replacements.items():
            self._real[name] = getattr(time, name)
            setattr(time, name, replacement)

    def remove(self) -> None:
        """Give the module `time` its clocks back."""
        for name, function in self._real.items():
            setattr(time, name, function)
        self._real.clear()

    def _clock(self, start_seconds: int) -> Callable[[], float]:
        def clock() -> float:
            self._look()
            return start_seconds + self.elapsed_seconds

        return clock

    def _clock_ns(self, start_seconds: int) -> Callable[[], int]:
        def clock_ns() -> int:
            self._look()
            return start_seconds * _NS + self.elapsed_ns

        return clock_ns

    def _look(self) -> None:
        if threading.get_ident() != self._main:
            return
        self._looks += 1
        if self._looks > _LOOKS:
            self._waited_ns += _LOOK_NS

    def _sleep(self, seconds: float) -> None:
        if threading.get_ident() != self._main:
            self._real["sleep"](seconds)
            return
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        self._naps += 1
        if self._naps > _NAPS:
            self._waited_ns += round(seconds * _NS)
        self._real["sleep"](0)  # gives other threads their turn
