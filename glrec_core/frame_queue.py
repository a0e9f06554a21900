"""The only queue of frames: bounded, first in first out, between the render thread and the encode thread.

A place is reserved before any work is done for a frame, so back-pressure is decided before the GPU is touched. The place
is free again when the frame is released, wherever that happens.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator

from glrec_core.frame import Frame


class FrameQueue:
    """Holds at most `slots` frames that are reserved, being read, waiting or in use by the encoder."""

    def __init__(self, slots: int, *, block: bool) -> None:
        self._block = block
        self._slots = slots
        self._free = slots
        self._frames: deque[Frame] = deque()
        self._closed = False
        self._abandoned = False
        self._changed = threading.Condition()

    def reserve(self) -> bool:
        """Take a place for a frame that is about to be grabbed; False if there is none and the policy is not to wait."""
        with self._changed:
            if self._block:
                self._changed.wait_for(lambda: self._free > 0 or self._abandoned)
            if self._free == 0 or self._abandoned:
                return False
            self._free -= 1
            return True

    def unreserve(self, count: int = 1) -> None:
        """Give back places whose frames never came."""
        with self._changed:
            self._free += count
            self._changed.notify_all()

    def put(self, frame: Frame) -> None:
        """Hand a frame over; its reserved place is given back together with its memory."""
        frame.release = self._releasing(frame.release)
        with self._changed:
            if not self._abandoned:
                self._frames.append(frame)
                self._changed.notify_all()
                return
        with frame:
            pass

    def __iter__(self) -> Iterator[Frame]:
        """Give frames as they come, until the queue is closed and empty."""
        while (frame := self._next()) is not None:
            yield frame

    def close(self) -> None:
        """Say that no frame will follow."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

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

    def _next(self) -> Frame | None:
        with self._changed:
            self._changed.wait_for(lambda: self._frames or self._closed)
            return self._frames.popleft() if self._frames else None

    def _releasing(self, release: Callable[[], None]) -> Callable[[], None]:
        def release_both() -> None:
            release()
            self.unreserve()

        return release_both
