"""All that a recording is made of but the OpenGL context, which is there at the first frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

from glrec_core.backends.agreement import Agreement
from glrec_core.backends.backend import Backend
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

    agreed: Agreement[Backend]
    sinks: tuple[Sink, ...]
    clock: Clock
    screenshots: Screenshots
    orders: Orders
    stats: Stats = field(default_factory=Stats)
    reports: Reports = field(default_factory=Reports)
    marks: Marks = field(default_factory=Marks)
    span: Span = field(default_factory=Span)

    @classmethod
    def of(cls, agreed: Agreement[Backend], sinks: Sequence[Sink]) -> Self:
        """Return the job that options and sinks describe, which agree with each other and the backends."""
        config = agreed.config
        screenshots = Screenshots(config.color_space)
        return cls(agreed, tuple(sinks), config.make_clock(), screenshots, Orders(screenshots))

    @property
    def config(self) -> Config:
        """The options, with the codec filled in."""
        return self.agreed.config
