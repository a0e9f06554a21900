"""The only queue of frames: bounded, first in first out, between the render thread and the encode thread.

A place is reserved before any work is done for a frame, so back-pressure is decided before the GPU is touched. The place
is free again when the frame is released, wherever that happens.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path

from glrec_core.frame import Frame

Watch = Callable[[Frame], None]
"""Takes a frame that is lent to it, and releases it."""


class FrameQueue:
    """Holds at most `slots` frames that are reserved, being read, waiting or in use by the encoder."""

    def __init__(self, slots: int, *, block: bool) -> None:
        self._block = block
        self._slots = slots
        self._free = slots
        self._expected = 0
        self._frames: deque[Frame] = deque()
        self._closed = False
        self._abandoned = False
        self.waits: int = 0
        """How many frames the render thread had to wait for."""
        self._changed = threading.Condition()

    @property
    def used(self) -> int:
        """Number of frames that are reserved, being read, waiting or in use by the encoder."""
        return self._slots - self._free

    @property
    def abandoned(self) -> bool:
        """Whether no frame will be encoded any more."""
        return self._abandoned

    @property
    def backlog(self) -> int:
        """Number of frames that wait for the encode thread."""
        return len(self._frames)

    def reserve(self) -> bool:
        """Take a place for a frame that is about to be grabbed; False if there is none and the policy is not to wait."""
        with self._changed:
            if self._block and self._free == 0 and not self._abandoned:
                self.waits += 1
                self._changed.wait_for(lambda: self._free > 0 or self._abandoned)
            if self._free == 0 or self._abandoned:
                return False
            self._free -= 1
            self._expected += 1
            return True

    def put(self, frame: Frame, watch: Watch | None = None) -> None:
        """Hand a frame over; its reserved place is given back together with its memory.

        `watch` is given the same pixels as a frame of its own; the memory is given back when both have been released.
        """
        frame.release = self._releasing(frame.release)
        if watch is not None:
            watch(frame.shared())
        with self._changed:
            self._expected -= 1
            if not self._abandoned:
                self._frames.append(frame)
                self._changed.notify_all()
                return
        with frame:
            pass

    def divert(self, frame: Frame, watch: Watch) -> None:
        """Hand a frame to `watch` only and not to the encode thread; its place is given back together with its memory."""
        frame.release = self._releasing(frame.release)
        with self._changed:
            self._expected -= 1
        watch(frame)

    def __iter__(self) -> Iterator[Frame]:
        """Give frames as they come, until the queue is closed and empty."""
        while (frame := self._next()) is not None:
            yield frame

    def close(self) -> int:
        """Say that no frame will follow; return how many were expected, since their places are given back."""
        with self._changed:
            missing, self._expected = self._expected, 0
            self._free += missing
            self._closed = True
            self._changed.notify_all()
            return missing

    def abandon(self) -> None:
        """Release all waiting frames and take no more: nobody will encode them."""
        with self._changed:
            self._abandoned = True
            waiting = list(self._frames)
            self._frames.clear()
            self._changed.notify_all()
        for frame in waiting:
            with frame:
                pass

    def wait_idle(self) -> None:
        """Wait until every frame that was handed over has been released."""
        with self._changed:
            self._changed.wait_for(lambda: self._free == self._slots)

    def finish(self) -> Path | None:
        """Release what is not memory, once nobody takes frames any more; return where frames were left on disk, if any."""
        return None

    def _next(self) -> Frame | None:
        with self._changed:
            self._changed.wait_for(self._ready)
            return self._take() if self._frames else None

    def _ready(self) -> bool:
        """Whether the oldest frame can be taken, or none will come any more."""
        return bool(self._frames) or self._closed

    def _take(self) -> Frame:
        return self._frames.popleft()

    def _releasing(self, release: Callable[[], None]) -> Callable[[], None]:
        def release_both() -> None:
            release()
            with self._changed:
                self._free += 1
                self._changed.notify_all()

        return release_both
