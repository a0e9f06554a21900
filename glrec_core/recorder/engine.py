"""What exists from the first recorded frame on: one capture, one queue and one encode thread, for one GL context.

The loop stands still while it is opened. So what takes longest, imports, is done beforehand by a thread of their own, or by the
encode thread.
"""

from __future__ import annotations

import errno
import logging
import threading
from fractions import Fraction
from pathlib import Path
from time import perf_counter_ns

from glrec_core.backends.backend import Backend
from glrec_core.backends.table import choose
from glrec_core.drawing.dot import RecordingDot
from glrec_core.errors import CaptureError, SpillError, WrongThreadError
from glrec_core.gl.functions import GL, current_gl
from glrec_core.pipeline.chain import EncodeChain
from glrec_core.pipeline.outputs import Outputs
from glrec_core.pipeline.writer import StreamWriter
from glrec_core.recorder.job import Job
from glrec_core.recorder.overflow import open_queue
from glrec_core.recorder.worker import Worker
from glrec_core.report.ranges import timed_range
from glrec_core.stages import Capture, Pipeline
from glrec_core.system.forks import keep_in_children
from glrec_core.system.interrupts import held_back
from glrec_core.values.clock import Clock, Span
from glrec_core.values.frame import Frame, Framebuffer, Packet, Size, StreamInfo
from glrec_core.values.progress import wait_with_progress

logger: logging.Logger = logging.getLogger("glrec")


class Engine:
    """Moves frames from the context's thread to the encode thread.

    All methods but `end_of_input`, `release` and `join` belong to the former. Another thread that ends the recording keeps
    what has arrived, counts what only the context's thread could have read, and leaves the GL names to their context.
    """

    def __init__(self, gl: GL, pipeline: Pipeline, job: Job) -> None:
        self._gl = gl
        self._job = job
        self._stats = job.stats
        self._thread = threading.current_thread()
        self.capture: Capture = pipeline.capture
        self._queue = open_queue(job.config, pipeline.capture.slots, job.stats, job.reports.tell)
        self._screenshots = job.screenshots
        self._to_host = pipeline.to_host
        self._looks = self._looks_arrived = 0
        self._dot: RecordingDot | None = None
        chain = EncodeChain((pipeline.open_encode_stages, *pipeline.successors), job.stats, job.reports.tell)
        self._outputs = Outputs(job.sinks, job.reports.note, job.reports.tell, job.marks)
        writer = StreamWriter(self._outputs, job.stats, self._queue.written)
        self._worker = Worker(self._queue, chain, writer, job.reports.fail)
        self._input_ended = False
        self._released = False
        self.spill: Path | None = None
        """Where frames were left on disk, after `join`."""
        self._span = Span()
        self._keyframe_wanted = False
        self._keyframes_ns: set[int] = set()
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
        """Raise WrongThreadError in the encode thread, which cannot wait for itself."""
        self._worker.check_thread(call)

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
        stats.recorded += (
            1  # if the capture fails now, the frame may still come at the end; else it is lost then
        )
        self.capture.settle()
        settled_ns = perf_counter_ns()
        with timed_range("grab"):
            frames = self.capture.grab(source, pts_ns)
        if self._keyframe_wanted:
            self._keyframe_wanted = False
            self._keyframes_ns.add(pts_ns)
        self._span.add(pts_ns)
        self._job.marks.place(pts_ns)
        self._screenshots.expose(pts_ns)
        self._put(frames)
        stats.max_queued = max(stats.max_queued, self._queue.used)
        stats.grab_time.add(perf_counter_ns() - settled_ns)

    def look(self, source: Framebuffer) -> None:
        """Read a frame for the screenshots that wait, and do not record it; the next one serves if there is no room now.

        Each further look lets the ring go on, so that what was read comes out of it.
        """
        if not self._queue.reserve(self.capture.pending):
            return
        self._looks += 1
        frames = self.capture.grab(source, -self._looks)  # no time of the recording
        self._screenshots.expose(-self._looks)
        self._put(frames)

    def draw_dot(self, target: Framebuffer) -> None:
        """Draw the red dot into a framebuffer that has been read."""
        if self._dot is None:
            self._dot = RecordingDot(self._gl)
        self._dot.draw(target)

    def force_keyframe(self) -> None:
        """Make the next recorded frame a keyframe; from any thread."""
        self._keyframe_wanted = True

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
                    self._put(self.capture.drain())
            finally:
                missing = max(0, self._queue.close() - (self._looks - self._looks_arrived))
                self._stats.recorded -= missing
                self._stats.lost += missing
                self._input_ended = True

    def release(self) -> None:
        """Free all GL objects once no frame of theirs is in use; forget them if their context is gone."""
        if self._released:
            return
        if self._gl.context.is_current():
            self._queue.wait_idle(self._nobody_holds_frames)
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
    def keyframe(self) -> tuple[StreamInfo, Packet] | None:
        """The last keyframe that was encoded, with its stream."""
        return self._outputs.keyframe

    @property
    def queued(self) -> int:
        """Number of frames in memory that are not encoded yet."""
        return self._queue.used

    def ends_within(self, timeout_seconds: float) -> bool:
        """Wait for the encode thread to finish the sinks, but not for longer; return whether it has. The input has ended."""
        return self._worker.join(timeout_seconds)

    def join(self) -> None:
        """Wait until the encode thread has finished the sinks.

        Raises:
            SpillError: frames that were spilled could not be read back.

        """
        wait_with_progress(self._worker.join, lambda: self._queue.backlog)
        self.spill = self._queue.finish()
        if self._stats.unreadable:
            raise SpillError(errno.EIO, f"{self._stats.unreadable} spilled frames could not be read back")

    @property
    def texture_id(self) -> int:
        """GL name of the texture with the last frame; 0 once it is deleted."""
        return 0 if self._released else self.capture.texture_id

    @property
    def span(self) -> Span:
        """From the first to the last frame."""
        return self._span

    def duration_seconds(self, clock: Clock) -> Fraction:
        """Return the time from the first frame to the end of the last, in whole ticks of the clock's time base."""
        return self._span.duration_seconds(clock)

    def _nobody_holds_frames(self) -> bool:
        """Whether no thread is left that could give a frame back; one that was lost to an exception never comes."""
        return self._worker.ended and not self._screenshots.at_work

    def _put(self, frames: list[Frame]) -> None:
        for frame in frames:
            if frame.pts_ns in self._keyframes_ns:
                self._keyframes_ns.remove(frame.pts_ns)
                frame.keyframe = True
            watch = self._screenshots.watch(frame.pts_ns, self._to_host)
            if frame.pts_ns >= 0:
                self._queue.put(frame, watch)
            else:
                self._looks_arrived += 1
                self._queue.divert(frame, watch or _give_back)


def _give_back(frame: Frame) -> None:
    with frame:
        pass


def choose_backend(job: Job, gl: GL, size: Size | None = None) -> Backend:
    """Choose the backend for a context and note which one and why; `size` is that of the source, if it is known.

    Raises:
        BackendUnavailable: none can serve.

    """
    backend, job.stats.reason = choose(job.agreed, gl, size)
    job.stats.backend = backend.name
    return backend


def open_engine(job: Job, source: Framebuffer) -> Engine:
    """Open the engine in the current context, for a first frame of that source.

    Raises:
        CaptureError, BackendUnavailable: the context cannot be recorded, or there is none.

    """
    gl = current_gl()
    backend = choose_backend(job, gl, source.size)
    logger.info("recording by the %s route: %s", backend.name, job.stats.reason)
    pipeline = backend.open(gl, job.config, job.clock, source.size)
    for note in pipeline.capture.notes:
        logger.warning("%s", note)
    try:
        return Engine(gl, pipeline, job)
    except BaseException:
        pipeline.capture.close()
        raise
