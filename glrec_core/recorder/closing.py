"""How a recording ends: step by step, by any thread, as often interrupted as it may be, and at the program's end at the latest.

The steps stand in a line. Each is done once all of it is done: one that Ctrl-C has broken off is left for the next call, and may be
run again. A step that fails does not keep the others from being run; the first failure is kept.
"""

from __future__ import annotations

import atexit
import logging
import threading
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from glrec_core.adapter import Attachment
from glrec_core.recorder.engine import Engine
from glrec_core.recorder.job import Job
from glrec_core.recorder.settling import settle
from glrec_core.sink.claims import release
from glrec_core.system.forks import Maker
from glrec_core.system.waiting import finish_imports

logger: logging.Logger = logging.getLogger("glrec")


class Closing:
    """The end of one recording, and how far it has come. A forked child ends nothing."""

    def __init__(self, job: Job, *, steps_unasked: bool) -> None:
        """`steps_unasked` says that nobody asked for the step clock; see `settle`."""
        self._job = job
        self.maker: Maker = Maker()
        """The process that records."""
        self._thread = threading.current_thread()
        self._lock = threading.RLock()
        self._closer: threading.Thread | None = None
        self.reading: threading.RLock = threading.RLock()
        """Held while a frame is read, so that no other thread ends the recording in the midst of it."""
        self.engine: Engine | None = None
        """From the first frame on."""
        self.attachment: Attachment | None = None
        """Through which frames come, if it is not a loop of the user's own."""
        self.ended: bool = False
        """Whether no further frame will be read."""
        self.closed: bool = False
        """Whether somebody has begun to close, or the recorder was discarded."""
        self._steps: deque[Callable[[], None]] = deque(
            (
                self.end_of_input,
                self._detach,
                self._join,
                lambda: job.orders.close(job.reports.error),
                self.release,
                lambda: release(job.sinks),
                lambda: settle(job, steps_unasked=steps_unasked),
            )
        )
        atexit.register(self._at_exit)

    @property
    def finished(self) -> bool:
        """Whether no further frame will be recorded: input ended, recorder closed or failed."""
        return self.closed or self.ended or self._job.reports.stopped

    @property
    def is_due(self) -> bool:
        """Whether there is anything left to do, in this process."""
        return bool(self._steps) and self.maker.is_here

    @property
    def is_by_this_thread(self) -> bool:
        """Whether this thread was the first to close."""
        return threading.current_thread() is self._closer

    def run(self) -> None:
        """Take all steps that are left.

        Raises:
            WrongThreadError: this is the encode thread, which cannot wait for itself.

        """
        if self.engine is not None:
            self.engine.check_may_wait("close()")
        self._run()

    def files_within(self, timeout_seconds: float) -> bool:
        """End the input and wait for the encode thread to finish the files, but not for longer; return whether it has.

        Raises:
            WrongThreadError: this is the encode thread, which cannot wait for itself.

        """
        if self.engine is None:
            return True
        self.engine.check_may_wait("wait()")
        self._job.reports.run_all(self.end_of_input)  # a failure has not ended it yet
        return self.engine.ends_within(timeout_seconds)

    def end_of_input(self) -> None:
        """Hand over what is still being read; no further frame will be."""
        with self.reading:
            self.ended = True
            self._job.screenshots.end(self._job.reports.error)
            if self.engine is not None:
                self.engine.end_of_input()

    def release(self) -> None:
        """Free all GL objects."""
        if self.engine is not None:
            self.engine.release()

    def forget(self) -> None:
        """End what never began: the target could not be attached."""
        self.closed = True
        self._steps.clear()
        atexit.unregister(self._at_exit)
        release(self._job.sinks)
        self._detach()
        finish_imports()

    def _run(self) -> None:
        with self._lock:
            if not self.closed:
                self._closer, self.closed = threading.current_thread(), True
            with self._context():
                while self._steps:
                    step = self._steps[0]
                    self._job.reports.run_all(step)  # an interrupt ends this here
                    if self._steps and self._steps[0] is step:
                        del self._steps[0]
        atexit.unregister(self._at_exit)

    def _detach(self) -> None:
        if self.attachment is not None:
            self.attachment.detach()

    def _join(self) -> None:
        finish_imports()
        if self.engine is not None:
            self.engine.join()

    def _context(self) -> AbstractContextManager[object]:
        """Make the target's context current, in the thread that it belongs to or when that has ended."""
        thread = self.engine.thread if self.engine is not None else self._thread
        foreign = threading.current_thread() is not thread and thread.is_alive()
        if self.attachment is None or foreign:
            return nullcontext()
        return self.attachment.current()

    def _at_exit(self) -> None:
        if not self.is_due:
            return
        if self.closed or not self.finished:  # by a close() that was interrupted, or without any end
            logger.warning("the program ends with a recorder still open; its recording is finished now")
        self._job.reports.run_all(self._run)
