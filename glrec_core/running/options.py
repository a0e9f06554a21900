"""What `glrec run` was asked for, checked as a whole before the program starts."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import glrec_core
from glrec_core.config import DEFAULT_STEP_FPS
from glrec_core.sink.paths import nth
from glrec_core.sink.stored import open_dated
from glrec_core.stages import Sink

_TICKS_PER_SECOND = 1_000_000
DEFAULT_TURNS_PER_SECOND = 60
"""How often a picture that does not change is drawn anew, where no rate is asked for."""


def exact_seconds(seconds: float) -> Fraction:
    """Return a time as it was typed: 0.8 is 4/5, not the float that is a little more."""
    return Fraction(seconds).limit_denominator(_TICKS_PER_SECOND)


@dataclass(frozen=True, kw_only=True, slots=True)
class RunOptions:
    """Options of a run.

    Attributes:
        output: the file of the first window; further ones are numbered. None is a dated file in the working folder.
        frames: end the program after so many frames.
        seconds: end the program after so much of the recording's time.
        headless: use no display of the user's.
        display: what a headless program gets: "egl" or "x11" whatever it needs, None by what its toolkit can.
        step: give the program virtual time.
        fps: see `Config`; also the rate of virtual time.
        recording: further options of `Config`.
        sinks: where the first window's recording goes besides its file.

    """

    output: Path | None = None
    frames: int | None = None
    seconds: float | None = None
    headless: bool = False
    display: Literal["egl", "x11"] | None = None
    step: bool = False
    fps: Fraction | None = None
    recording: dict[str, Any] = field(default_factory=dict)
    sinks: tuple[Sink, ...] = ()

    @property
    def rate(self) -> Fraction:
        """Frames per second of virtual time, or of a picture that is drawn anew without a reason."""
        return self.fps or (DEFAULT_STEP_FPS if self.steps else Fraction(DEFAULT_TURNS_PER_SECOND))

    @property
    def steps(self) -> bool:
        """Whether frame n is shown at exactly n/fps."""
        return self.step or self.recording.get("timing") == "step"

    @property
    def is_limited(self) -> bool:
        """Whether the recording ends the program."""
        return self.frames is not None or self.seconds is not None

    @property
    def config(self) -> dict[str, Any]:
        """The options of each window's recorder."""
        timing = "step" if self.steps else "wall"
        config = {**self.recording, "fps": self.fps, "timing": timing, "frames": self._frame_limit}
        if self.output is None:
            config.pop("audio", None)  # the dated file has it
        return config

    @property
    def _frame_limit(self) -> int | None:
        """Where each frame has its exact time, seconds are frames."""
        if self.seconds is None or not self.steps:
            return self.frames
        return min(math.ceil(exact_seconds(self.seconds) * self.rate), self.frames or math.inf)  # type: ignore[return-value]

    def outputs(self, number: int) -> tuple[Path | Sink, ...]:
        """Return where the recording of the n-th window that draws goes, counted from 1."""
        return (self._file(number), *(self.sinks if number == 1 else ()))

    def _file(self, number: int) -> Path | Sink:
        if self.output is None:
            return open_dated(self.recording.get("audio"))
        return nth(self.output, number)

    def check(self) -> None:
        """Check all that can be checked without a window.

        Raises:
            ConfigError: an option or the output file cannot be honoured.
            BackendUnavailable: nothing on this machine can encode what was asked for.

        """
        glrec_core.record(None, *self.outputs(1), **self.config).discard()
