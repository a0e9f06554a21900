"""What happens at a recorder's first frame: a backend is chosen for the context, and the engine is opened on it.

The loop stands still for that long. So what takes longest, imports, is done by the encode thread, or beforehand by a thread of
its own, while the program makes itself ready.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from glrec_core.backends.table import Backend, candidates, choose
from glrec_core.config import Config
from glrec_core.gl.functions import GL, current_gl
from glrec_core.pipeline.outputs import Outputs
from glrec_core.recorder.engine import Engine
from glrec_core.recorder.overflow import open_queue
from glrec_core.recorder.screenshots import Screenshots
from glrec_core.report.marks import Marks
from glrec_core.report.reports import Reports
from glrec_core.report.stats import Stats
from glrec_core.stages import Pipeline, Sink
from glrec_core.system.waiting import begin_imports
from glrec_core.values.clock import Clock
from glrec_core.values.frame import Framebuffer, Size

logger: logging.Logger = logging.getLogger("glrec")


_begun: set[tuple[str, str | None]] = set()
"""The backends, with their codecs, that this process has prepared for, or is about to."""


def prepare(config: Config) -> None:
    """Let the backends that can honour the options do beforehand what they can, in a thread that ends with that.

    Raises:
        ConfigError: none can.

    """
    able = [each for each in candidates(config) if (each.name, config.codec) not in _begun]
    if able:
        _begun.update((each.name, config.codec) for each in able)
        begin_imports(partial(_preload, able, config))


def _preload(backends: Sequence[Backend], config: Config) -> None:
    for backend in backends:
        with suppress(BaseException):  # told by those who need the same, see `Backend.preload`
            backend.preload(config)


@dataclass(frozen=True)
class Opening:
    """All that a recording is made of but the context, which is there at the first frame."""

    config: Config
    sinks: Sequence[Sink]
    clock: Clock
    stats: Stats
    reports: Reports
    screenshots: Screenshots
    marks: Marks = field(default_factory=Marks)

    def choose_backend(self, gl: GL, size: Size | None = None) -> Backend:
        """Choose the backend for a context and note which one and why; `size` is that of the source, if it is known.

        Raises:
            BackendUnavailable: none can serve.

        """
        backend, self.stats.reason = choose(self.config, gl, size)
        self.stats.backend = backend.name
        return backend

    def open(self, source: Framebuffer) -> Engine:
        """Open the engine in the current context, for a first frame of that source.

        Raises:
            CaptureError, BackendUnavailable: the context cannot be recorded, or there is none.

        """
        gl = current_gl()
        backend = self.choose_backend(gl, source.size)
        logger.info("recording by the %s route: %s", backend.name, self.stats.reason)
        pipeline = backend.open(gl, self.config, self.clock, source.size)
        try:
            return self._start(gl, pipeline)
        except BaseException:
            pipeline.capture.close()
            raise

    def _start(self, gl: GL, pipeline: Pipeline) -> Engine:
        for note in pipeline.capture.notes:
            logger.warning("%s", note)
        reports, stats = self.reports, self.stats
        outputs = Outputs(self.sinks, reports.note, reports.tell, self.marks)
        queue = open_queue(self.config, pipeline.capture.slots, stats, reports.tell)
        return Engine(
            gl,
            pipeline,
            queue,
            outputs,
            stats,
            screenshots=self.screenshots,
            marks=self.marks,
            fail=reports.fail,
            tell=reports.tell,
        )
