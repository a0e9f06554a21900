"""What happens at a recorder's first frame: a backend is chosen for the context, and the engine is opened on it.

The loop stands still for that long. So what takes longest, imports, is done beforehand, while the program makes itself ready;
or on the encode thread, which waits for it in the render thread's place.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from glrec_core.backends import Backend, candidates, choose
from glrec_core.clock import Clock
from glrec_core.config import Config
from glrec_core.engine import Engine
from glrec_core.forks import finish_before_forks
from glrec_core.frame import Framebuffer, Size
from glrec_core.gl.functions import GL, current_gl
from glrec_core.marks import Marks
from glrec_core.outputs import Outputs
from glrec_core.overflow import open_queue
from glrec_core.reports import Reports
from glrec_core.screenshots import Screenshots
from glrec_core.stages import Pipeline, Sink
from glrec_core.stats import Stats

logger: logging.Logger = logging.getLogger("glrec")


_begun: set[Callable[[], None]] = set()
"""The `Backend.preload` of each backend that this process has prepared for, or is about to."""


class Preparation:
    """Imports what the backends that can honour the options will need, in a thread that ends with that.

    Nobody relies on it: whoever needs a module imports it, waits for it if that is under way, and tells of what cannot be
    imported. So failures are left to those.
    """

    def __init__(self, config: Config) -> None:
        """Begin, unless another recorder has."""
        preloads = {backend.preload for backend in candidates(config)} - _begun
        _begun.update(preloads)
        self._thread: threading.Thread | None = None
        if preloads:
            self._begin(preloads)

    def join(self) -> None:
        """Wait until it is done."""
        if self._thread is not None:
            self._thread.join()

    def _begin(self, preloads: set[Callable[[], None]]) -> None:
        # No daemon: it ends soon, and the end of the program must not come into the midst of a library's start.
        thread = threading.Thread(target=_run_all, args=(preloads,), name="glrec-prepare")
        finish_before_forks(thread)
        with suppress(RuntimeError):  # the system gives no thread; the encode thread will tell
            thread.start()
            self._thread = thread


def _run_all(preloads: set[Callable[[], None]]) -> None:
    for preload in preloads:
        with suppress(BaseException):
            preload()


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
