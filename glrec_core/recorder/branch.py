"""A branch is one way from the capture to sinks: a queue with its policy, an encode chain, a thread for it, and the sinks.

A frame is lent to every branch; its slot comes back when the last one has released it. So there is one capture, and no branch waits for
another. The film's branch comes first: its policy says whether a frame is read at all, and it alone may make the render thread
wait. The others take what is read, each as far as its own policy goes.
"""

from __future__ import annotations

import errno
from pathlib import Path
from typing import NamedTuple

from glrec_core.errors import SpillError
from glrec_core.pipeline.chain import EncodeChain
from glrec_core.pipeline.outputs import Outputs, StreamWriter
from glrec_core.recorder.frame_queue import FrameQueue
from glrec_core.recorder.job import Job
from glrec_core.recorder.worker import Worker
from glrec_core.stages import Pipeline
from glrec_core.values.frame import Frame, Packet, StreamInfo
from glrec_core.values.progress import wait_with_progress


class Plan(NamedTuple):
    """What a branch beside the film's is made of: a queue that never waits, and a job with sinks and an account of its own."""

    queue: FrameQueue
    job: Job


class Branch:
    """An open branch. `take` belongs to the render thread."""

    def __init__(self, queue: FrameQueue, job: Job, pipeline: Pipeline) -> None:
        self.queue = queue
        self._stats = job.stats
        chain = EncodeChain((pipeline.open_encode_stages, *pipeline.successors), job.stats, job.reports.tell)
        self._outputs = Outputs(job.sinks, job.reports.note, job.reports.tell, job.marks)
        writer = StreamWriter(self._outputs, job.stats, queue.written)
        self._worker = Worker(queue, chain, writer, job.reports.fail)
        self.spill: Path | None = None
        """Where frames were left on disk, after `join`."""

    @property
    def ended(self) -> bool:
        """Whether its thread has done all its work."""
        return self._worker.ended

    @property
    def keyframe(self) -> tuple[StreamInfo, Packet] | None:
        """The last keyframe that was encoded, with its stream."""
        return self._outputs.keyframe

    def check_may_wait(self, call: str) -> None:
        """Raise WrongThreadError in its own thread, which cannot wait for itself."""
        self._worker.check_thread(call)

    def take(self, frame: Frame) -> None:
        """Take a frame that is lent by another branch."""
        self.queue.lend(frame)
        self.queue.put(frame)

    def ends_within(self, timeout_seconds: float) -> bool:
        """Wait for the sinks to be finished, but not for longer; return whether they are. The queue is closed."""
        return self._worker.join(timeout_seconds)

    def join(self) -> None:
        """Wait until the sinks are finished.

        Raises:
            SpillError: frames that were spilled could not be read back.

        """
        wait_with_progress(self._worker.join, lambda: self.queue.backlog)
        self.spill = self.queue.finish()
        if self._stats.unreadable:
            raise SpillError(errno.EIO, f"{self._stats.unreadable} spilled frames could not be read back")
