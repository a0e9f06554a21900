"""What `close()` gives: the finished recording and how it came about."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from glrec_core.frame import Size
from glrec_core.stats import Stats


@dataclass(frozen=True, slots=True)
class Recording:
    """A finished recording.

    Attributes:
        paths: the files, in order; more than one when the recording was split into parts.
        frames: number of frames in them.
        duration_seconds: from the first frame to the end of the last.
        size: (width, height) of the (last part's) video in pixels.
        codec: codec name, such as "h264".
        route: name of the backend that was used.
        reason: why that one, in a sentence.
        notes: what was done to the picture that was not asked for, such as padding of odd sizes.
        stats: the account of all frames.

    """

    paths: tuple[Path, ...]
    frames: int
    duration_seconds: Fraction
    size: Size | None
    codec: str
    route: str
    reason: str
    notes: tuple[str, ...]
    stats: Stats

    @property
    def path(self) -> Path | None:
        """The (first) file; None when nothing was written to one."""
        return self.paths[0] if self.paths else None

    @property
    def fps(self) -> float:
        """Mean frames per second."""
        return float(self.frames / self.duration_seconds) if self.duration_seconds else 0.0

    def __str__(self) -> str:
        where = ", ".join(map(str, self.paths)) or "no file"
        return f"{where}: {self.frames} frames, {self.size}, {float(self.duration_seconds):.3f} s, {self.codec} by {self.route}"
