"""The only queue of frames: bounded, first in first out, between the render thread and the encode thread.

A place is reserved before any work is done for a frame, so back-pressure is decided before the GPU is touched. The place
is free again when the frame is released, wherever that happens. What becomes of a frame that finds no place is the overflow
policy: each is a class, listed in `overflow.py`. The two that only wait or refuse are here.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import ClassVar, Self

from glrec_core.recorder.job import Job
from glrec_core.system.interrupts import held_back
from glrec_core.system.waiting import Hint
from glrec_core.values.frame import Frame


class FrameQueue:
    """Holds at most `slots` frames that are reserved, being read, waiting or in use by the encoder.

    Each of its two threads waits by a hint of its own; what it waits for is looked at under the lock. An exception at any
    line, Ctrl-C above all, leaves the lock free and costs the frame that it met, no place.
    """

    waits_for_room: ClassVar[bool]
    """Whether the render thread waits where no place is free, or goes on without the frame."""

    def __init__(self, slots: int) -> None:
        self.slots: int = slots
        self._reserved = 0
        self._lent = 0
        self._frames: deque[Frame] = deque()
        self._closed = False
        self._abandoned = False
        self.waits: int = 0
        """How many frames the render thread had to wait for."""
        self._lock = threading.RLock()
        self._room = Hint()
        """For the render thread: a place may be free."""
        self._work = Hint()
        """For the encode thread: a frame may be there."""

    @classmethod
    def open(cls, slots: int, _: Job, /) -> Self:
        """Return the queue for a recording whose capture holds so many frames in all."""
        return cls(slots)

    @property
    def used(self) -> int:
        """Number of frames that are reserved, being read, waiting or in use by the encoder."""
        return self._reserved + self._lent

    @property
    def abandoned(self) -> bool:
        """Whether no frame will be encoded any more."""
        return self._abandoned

    @property
    def backlog(self) -> int:
        """Number of frames that wait for the encode thread."""
        return len(self._frames)

    def reserve(self, pending: int = 0) -> bool:
        """Take a place for a frame that is about to be grabbed; False if there is none and the policy is not to wait.

        `pending` is how many frames the capture still holds. Their places and the one that is taken now are all that is
        reserved: a place whose frame was lost to an exception is free again. A signal that waits for the end of the frame
        (see `interrupts`) ends the waiting: there is no place then.
        """
        waited = False
        while (taken := self._try_to_reserve(pending)) is None:
            if held_back.waiting:
                return False
            if not waited:
                waited = True
                self.waits += 1
            self._room.wait()
        return taken

    def lend(self, frame: Frame) -> None:
        """Turn a reserved place into one that is given back together with the frame's memory; then it may be shared."""
        release = frame.release

        def release_both() -> None:
            release()
            with self._lock:
                self._lent -= 1
            self._room.give()

        with self._lock:
            frame.release = release_both
            self._reserved, self._lent = max(0, self._reserved - 1), self._lent + 1

    def put(self, frame: Frame) -> None:
        """Hand over a frame that has been lent."""
        with self._lock:
            if not self._abandoned:
                self._frames.append(frame)
                self._work.give()
                return
        with frame:
            pass

    def __iter__(self) -> Iterator[Frame]:
        """Give frames as they come, until the queue is closed and empty."""
        while (frame := self._next()) is not None:
            yield frame

    def close(self) -> int:
        """Say that no frame will follow; return how many were expected, since their places are given back."""
        with self._lock:
            missing, self._reserved, self._closed = self._reserved, 0, True
        self._work.give()
        return missing

    def abandon(self) -> None:
        """Release all waiting frames and take no more: nobody will encode them."""
        with self._lock:
            self._abandoned = True
            waiting = list(self._frames)
            self._frames.clear()
        self._room.give()
        for frame in waiting:
            with frame:
                pass

    def wait_idle(self, nobody_is_left: Callable[[], bool] = lambda: False) -> None:
        """Wait until every frame that was handed over has been released, or nobody is left who could do so."""
        while self._lent and not nobody_is_left():
            self._room.wait()

    def written(self, time_ns: int) -> None:
        """Take note, on the encode thread, that all frames up to that time are complete in the recording's files."""

    def finish(self) -> Path | None:
        """Release what is not memory, once nobody takes frames any more; return where frames were left on disk, if any."""
        return None

    def _try_to_reserve(self, pending: int) -> bool | None:
        """Take a place; None if there is none yet."""
        with self._lock:
            if self._abandoned:
                return False
            if pending + self._lent < self.slots:
                self._reserved = pending + 1
                return True
            return None if self.waits_for_room else False

    def _next(self) -> Frame | None:
        while True:
            with self._lock:
                if self._ready():
                    return self._take() if self._frames else None
            self._work.wait()

    def _ready(self) -> bool:
        """Whether the oldest frame can be taken, or none will come any more."""
        return bool(self._frames) or self._closed

    def _take(self) -> Frame:
        return self._frames.popleft()


class BlockQueue(FrameQueue):
    """`overflow="block"`: the render thread waits for a place, so every frame is recorded."""

    waits_for_room = True


class DropQueue(FrameQueue):
    """`overflow="drop"`: a frame that finds no place is not read."""

    waits_for_room = False
