"""The account of a recording: every drawn frame is recorded, dropped or skipped, and the sums always agree."""

from __future__ import annotations

from dataclasses import dataclass

from glrec_core.clock import Skip


@dataclass(slots=True)
class Stats:
    """Counters of one recording; a snapshot when taken from `Recorder.stats`.

    drawn = recorded + dropped + failed + lost + paused + rate_limited + after_end, always: `recorded` frames were handed
    to the encode thread; `dropped` found the queue full; `failed` came after an error; `lost` were grabbed, but their
    context went before they could be read; `after_end` came after the frame limit. Times are seconds on the render thread.
    """

    drawn: int = 0
    recorded: int = 0
    dropped: int = 0
    failed: int = 0
    lost: int = 0
    paused: int = 0
    rate_limited: int = 0
    after_end: int = 0
    encoded: int = 0
    packets: int = 0
    encoded_bytes: int = 0
    waited_seconds: float = 0.0
    """Time the render thread waited for a free slot (`overflow="block"`)."""
    grab_seconds: float = 0.0
    """Time the render thread spent in captures; neither waits nor the end of the program's own drawing count."""

    @property
    def render_cost_ms(self) -> float:
        """Mean time in ms that recording took from the render thread, per grabbed frame."""
        return 1000 * self.grab_seconds / max(1, self.recorded + self.lost)

    def count_skip(self, skip: Skip) -> None:
        """Count a frame that the clock did not want."""
        if skip is Skip.PAUSED:
            self.paused += 1
        elif skip is Skip.RATE_LIMIT:
            self.rate_limited += 1
        else:
            self.after_end += 1
