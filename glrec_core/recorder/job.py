"""All that a recording is made of but the OpenGL context, which is there at the first frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

from glrec_core.config import Config
from glrec_core.recorder.orders import Orders
from glrec_core.recorder.screenshots import Screenshots
from glrec_core.report.marks import Marks
from glrec_core.report.reports import Reports
from glrec_core.report.stats import Stats
from glrec_core.stages import Sink
from glrec_core.values.clock import Clock, Span


@dataclass(frozen=True, slots=True)
class Job:
    """Made once for each recorder; whoever works on the recording, in whichever thread, gets what it needs from here."""

    config: Config
    sinks: tuple[Sink, ...]
    clock: Clock
    screenshots: Screenshots
    orders: Orders
    stats: Stats = field(default_factory=Stats)
    reports: Reports = field(default_factory=Reports)
    marks: Marks = field(default_factory=Marks)
    span: Span = field(default_factory=Span)

    @classmethod
    def of(cls, config: Config, sinks: Sequence[Sink]) -> Self:
        """Return the job that checked options and sinks describe."""
        screenshots = Screenshots(config.color_space)
        return cls(config, tuple(sinks), config.make_clock(), screenshots, Orders(screenshots))
