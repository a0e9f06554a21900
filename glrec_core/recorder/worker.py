"""The encode thread: one loop that takes frames from the queue and gives packets to the sinks.

Whatever ends it early, `SystemExit` in an operation of the user's included, is a failure that is told: nobody waits for a
thread that is gone.
"""

from __future__ import annotations

import threading
from time import monotonic

from glrec_core.errors import WrongThreadError, as_failure
from glrec_core.pipeline.chain import EncodeChain
from glrec_core.pipeline.outputs import Report, StreamWriter
from glrec_core.recorder.frame_queue import FrameQueue
from glrec_core.system.waiting import LOOK_AGAIN_SECONDS, Hint, finish_imports


class Worker:
    """Owns the encode thread. An error ends the work: it is reported through `fail` and the queue is abandoned."""

    def __init__(self, queue: FrameQueue, chain: EncodeChain, writer: StreamWriter, fail: Report) -> None:
        self._queue = queue
        self._chain = chain
        self._writer = writer
        self._fail = fail
        self._ended = False
        self._end = Hint()
        # A daemon, so that a forgotten close() cannot hang the exit: the recorder's atexit hook then joins it.
        self._thread = threading.Thread(target=self._run, name="glrec-encode", daemon=True)
        self._thread.start()

    @property
    def ended(self) -> bool:
        """Whether the thread has done all its work."""
        return self._ended

    def check_thread(self, call: str) -> None:
        """Raise WrongThreadError if this is the encode thread itself, in the code of a sink or an operation."""
        if threading.get_ident() == self._thread.ident:
            raise WrongThreadError(
                f"{call} came from the recorder's own encode thread, out of a sink or an operation of process=, which "
                "cannot wait for itself; call it in another thread"
            )

    def join(self, timeout_seconds: float | None = None) -> bool:
        """Wait until everything that was queued is encoded and the sinks are closed; return whether that is so.

        A wait that an exception ends can be begun again: `Thread.join` would take a thread for ended then (CPython 3.11).
        """
        until = None if timeout_seconds is None else monotonic() + timeout_seconds
        while not self._ended:
            left = LOOK_AGAIN_SECONDS if until is None else until - monotonic()
            if left <= 0:
                return False
            self._end.wait(min(left, LOOK_AGAIN_SECONDS))
        self._thread.join()
        return True

    def _run(self) -> None:
        try:
            finish_imports()
            for frame in self._queue:
                with frame:
                    self._writer.write(self._chain.encode(frame))
            self._writer.write(self._chain.drain())
        except BaseException as error:  # noqa: BLE001 - reported, and raised by close()
            self._fail(as_failure(error, "the encode thread"))
            self._queue.abandon()
        finally:
            self._finish()
            self._ended = True
            self._end.give()

    def _rescue(self) -> None:
        self._writer.write(self._chain.rescue())

    def _finish(self) -> None:
        """Close the part; after an error, with what the encoder still gives out: the sinks keep all that is complete."""
        for step in (self._rescue, self._writer.finish):
            try:
                step()
            except BaseException as error:  # noqa: BLE001 - every step runs
                self._fail(as_failure(error, "the encode thread"))
