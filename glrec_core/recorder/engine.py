"""What exists from the first recorded frame on: one capture and its branches, for one GL context.

The loop stands still while it is opened. So what takes longest, imports, is done beforehand by a thread of their own, or by the
encode thread.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Sequence
from dataclasses import replace
from importlib import import_module
from time import monotonic, perf_counter_ns

from glrec_core.backends.backend import Backend
from glrec_core.backends.table import choose
from glrec_core.config import MOST_SLOTS, Config
from glrec_core.drawing.dot import RecordingDot
from glrec_core.errors import CaptureError, WrongThreadError
from glrec_core.gl.functions import GL, current_gl
from glrec_core.recorder.branch import Branch, Plan
from glrec_core.recorder.job import Job
from glrec_core.report.ranges import timed_range
from glrec_core.stages import Capture, Pipeline
from glrec_core.system.forks import keep_in_children
from glrec_core.system.interrupts import held_back
from glrec_core.values.frame import Frame, Framebuffer, Size

logger: logging.Logger = logging.getLogger("glrec")


class Engine:
    """Moves frames from the context's thread to the branches' encode threads.

    All methods but `end_of_input`, `release`, `join` and `ends_within` belong to the former. Another thread that ends the
    recording keeps what has arrived, counts what only the context's thread could have read, and leaves the GL names to
    their context.
    """

    def __init__(self, gl: GL, pipeline: Pipeline, job: Job, beside: Sequence[Plan]) -> None:
        self._gl = gl
        self._job = job
        self._stats = job.stats
        self._thread = threading.current_thread()
        self.capture: Capture = pipeline.capture
        self._to_host = pipeline.to_host
        self._orders, self._screenshots = job.orders, job.screenshots
        self._dot: RecordingDot | None = None
        self._input_ended = False
        self._released = False
        from glrec_core.recorder.overflow import open_queue  # see `preload`

        slots = pipeline.capture.slots - sum(queue.slots for queue, _ in beside)
        self._branches = _open_branches((Plan(open_queue(slots, job), job), *beside), pipeline)
        self.film: Branch = self._branches[0]
        """The first branch."""
        self._queue = self.film.queue
        self._others = self._branches[1:]
        keep_in_children(self)

    @property
    def thread(self) -> threading.Thread:
        """That of the first frame, which the context belongs to."""
        return self._thread

    def check_thread(self, call: str) -> None:
        """Raise WrongThreadError unless this is the thread that owns the context; a thread that has ended owns nothing."""
        if threading.get_ident() != self._thread.ident and self._thread.is_alive():
            raise WrongThreadError(
                f"{call} came from thread {threading.current_thread().name!r}, but the OpenGL context belongs to "
                f"{self._thread.name!r}; call it there"
            )

    def check_may_wait(self, call: str) -> None:
        """Raise WrongThreadError in an encode thread, which cannot wait for itself."""
        for branch in self._branches:
            branch.check_may_wait(call)

    def check_context(self) -> None:
        """Raise CaptureError unless the context of the first frame is current."""
        if not self._gl.context.is_current():
            raise CaptureError(
                "another OpenGL context is current than for this recorder's first frame, or none; use one recorder for each context"
            )

    def grab(self, source: Framebuffer, pts_ns: int) -> None:
        """Read one frame, or count it as dropped if there is no room."""
        stats, began_ns = self._stats, perf_counter_ns()
        if not self._queue.reserve(self.capture.pending):
            if self._queue.abandoned:
                stats.failed += 1
            else:
                stats.dropped += 1
            return
        stats.waits = self._queue.waits
        stats.waited_seconds += (perf_counter_ns() - began_ns) / 1e9
        # If the capture fails now, the frame may still come at the end; else it is lost then.
        stats.recorded += 1
        self.capture.settle()
        settled_ns = perf_counter_ns()
        with timed_range("grab"):
            frames = self.capture.grab(source, pts_ns)
        self._orders.place(pts_ns)
        self._job.span.add(pts_ns)
        self._job.marks.place(pts_ns)
        self._hand_over(frames)
        stats.max_queued = max(stats.max_queued, self._queue.used)
        stats.grab_time.add(perf_counter_ns() - settled_ns)

    def look(self, source: Framebuffer) -> None:
        """Read a frame for the screenshots that wait, and do not record it; the next one serves if there is no room now.

        Each further look lets the ring go on, so that what was read comes out of it.
        """
        if self._queue.reserve(self.capture.pending):
            self._hand_over(self.capture.grab(source, self._orders.place_beside()))

    def draw_dot(self, target: Framebuffer) -> None:
        """Draw the red dot into a framebuffer that has been read."""
        if self._dot is None:
            self._dot = RecordingDot(self._gl)
        self._dot.draw(target)

    def end_of_input(self) -> None:
        """Hand over what is still being read and let the encode thread finish; safe to call twice.

        Raises:
            CaptureError: not all can be read; those frames count as lost.

        """
        with held_back:
            if self._input_ended:
                return
            try:
                if self._gl.context.is_current():
                    self._hand_over(self.capture.drain())
            finally:
                for branch in self._others:
                    branch.queue.close()
                missing = max(0, self._queue.close() - self._orders.unrecorded)
                self._stats.recorded -= missing
                self._stats.lost += missing
                self._input_ended = True

    def release(self) -> None:
        """Free all GL objects once no frame of theirs is in use; forget them if their context is gone."""
        if self._released:
            return
        if self._gl.context.is_current():
            for branch in self._branches:
                branch.queue.wait_idle(self._nobody_holds_frames)
            with held_back:
                self._released = True
                self.capture.close()
            return
        self._released = True
        if lost := self.capture.abandon():
            raise CaptureError(
                f"{lost} frames could not be read any more: their OpenGL context has gone, or is not current in the thread "
                "that ended the recording; call close() before it goes, in the thread that draws"
            )

    @property
    def queued(self) -> int:
        """Number of frames in memory that are not encoded yet."""
        return self._queue.used

    def ends_within(self, timeout_seconds: float) -> bool:
        """Wait for the encode threads to finish the sinks, but not for longer; return whether they have. The input has ended."""
        until = monotonic() + timeout_seconds
        return all(branch.ends_within(until - monotonic()) for branch in self._branches)

    def join(self) -> None:
        """Wait until the encode threads have finished the sinks.

        Raises:
            SpillError: frames that were spilled could not be read back.

        """
        for branch in reversed(self._branches):  # the film's last: it tells what became of it, once
            branch.join()

    @property
    def texture_id(self) -> int:
        """GL name of the texture with the last frame; 0 once it is deleted."""
        return 0 if self._released else self.capture.texture_id

    def _nobody_holds_frames(self) -> bool:
        """Whether no thread is left that could give a frame back; one that was lost to an exception never comes."""
        return all(branch.ended for branch in self._branches) and not self._screenshots.at_work

    def _hand_over(self, frames: list[Frame]) -> None:
        """Give each frame that has come out of the capture to whoever it is meant for."""
        for frame in frames:
            order = self._orders.take(frame.pts_ns)
            frame.keyframe = order.keyframe
            if order.recorded:
                for branch in self._others:
                    branch.take(frame.shared())
            self._queue.lend(frame)
            if order.shots:
                self._screenshots.develop(order.shots, self._to_host, frame.shared())
            if order.recorded:
                self._queue.put(frame)
            else:
                with frame:
                    pass


def preload(_: Config) -> None:
    """Import beforehand what an engine opens: the overflow policies, with all that lies on disk, are a tenth of glrec."""
    import_module("glrec_core.recorder.overflow")


def choose_backend(job: Job, gl: GL, size: Size | None = None) -> Backend:
    """Choose the backend for a context and note which one and why; `size` is that of the source, if it is known.

    Raises:
        BackendUnavailable: none can serve.

    """
    backend, job.stats.reason = choose(job.agreed, gl, size)
    job.stats.backend = backend.name
    return backend


def open_engine(job: Job, source: Framebuffer, beside: Sequence[Plan] = ()) -> Engine:
    """Open the engine in the current context, for a first frame of that source, with branches beside the film's.

    Raises:
        CaptureError, BackendUnavailable: the context cannot be recorded, or there is none.

    """
    gl = current_gl()
    backend = choose_backend(job, gl, source.size)
    logger.info("recording by the %s route: %s", backend.name, job.stats.reason)
    pipeline = backend.open(gl, _with_room_for(beside, job.config), job.clock, source.size)
    for note in pipeline.capture.notes:
        logger.warning("%s", note)
    try:
        return Engine(gl, pipeline, job, beside)
    except BaseException:
        pipeline.capture.close()
        raise


def _with_room_for(beside: Sequence[Plan], config: Config) -> Config:
    """Return options by which a capture has slots for all branches."""
    slots = sum(queue.slots for queue, _ in beside)
    return replace(config, slots=min(config.slots + slots, MOST_SLOTS)) if slots else config


def _open_branches(plans: Iterable[Plan], pipeline: Pipeline) -> list[Branch]:
    branches: list[Branch] = []
    try:
        for queue, job in plans:
            branches.append(Branch(queue, job, pipeline))
    except BaseException:
        for branch in branches:  # their threads end
            branch.queue.close()
        raise
    return branches
