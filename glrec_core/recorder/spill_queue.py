"""The queue that goes on on disk: when it is three quarters full, waiting frames are stored and give up their slots.

The frames stay in one line, in the order in which they were drawn; only where their pixels are differs: in a slot, in
plain memory or on disk. A thread of its own moves them, oldest first, and exists only while there is a backlog. When the
disk fails, nothing is lost: the frame stays in its slot, and from then on the queue makes the render thread wait.

From the first stored frame on, as long as any waits on disk, those that are stored leave no gap, and each stays until it is
complete in the file that is recorded. So what a killed process loses is its newest frames, and none in their midst.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Self

import numpy as np

from glrec_core.config import SPILL_BACKEND
from glrec_core.errors import SpillError
from glrec_core.recorder.frame_queue import FrameQueue
from glrec_core.recorder.job import Job
from glrec_core.report.stats import Stats
from glrec_core.spill.header import header_of
from glrec_core.spill.location import spill_root
from glrec_core.spill.pixels import can_spill, frame_bytes
from glrec_core.spill.spill_file import SpillFile
from glrec_core.system.waiting import LOOK_AGAIN_SECONDS, Hint
from glrec_core.values.frame import Frame

logger: logging.Logger = logging.getLogger("glrec")

_TRANSIENT_FRAMES = 2
"""Frames that are in plain memory in any case: one being stored, one being encoded."""


Move = Callable[[Frame], None]
"""Takes a frame's pixels elsewhere."""


_LEFT_TO_ENCODER = 2
"""Frames that the encoder finds in memory while the first one behind them is being stored."""


class _OnDisk:
    """Stands for the pixels of a stored frame, as its `owner`."""

    __slots__ = ("number",)

    def __init__(self, number: int) -> None:
        self.number = number


class SpillQueue(FrameQueue):
    """`overflow="spill"`, and `backend="spill"`, which stores everything.

    Holds at most `slots` frames in slots, up to `memory_bytes` in plain memory, and the others on disk.

    With `everything`, all frames are stored, oldest first, and come out only when the queue is closed. `open_file` is
    called when the first frame is to be stored, on the spill thread.
    """

    waits_for_room = True

    def __init__(
        self,
        slots: int,
        open_file: Callable[[], SpillFile],
        stats: Stats,
        tell: Callable[[str], None],
        *,
        memory_bytes: int,
        everything: bool,
        keep: bool,
    ) -> None:
        super().__init__(slots)
        self._open_file = open_file
        self._stats = stats
        self._tell = tell
        self._memory_bytes = memory_bytes
        self._everything = everything
        self._keep = keep
        self._spill_from = -(-3 * slots // 4)
        self._in_slots: deque[Frame] = deque()
        self._in_memory: deque[Frame] = deque()
        """All older than those in slots."""
        self._passed_over: deque[Frame] = deque()
        """Older still, and left to the encoder unless their slots are needed."""
        self._moving: Frame | None = None
        self._on_disk = 0
        self._follows = False
        """Whether every frame since the last stored one can still be stored as well."""
        self._unwritten_ns: deque[int] = deque()
        """Times of frames that came back from the disk and are not complete in the file yet."""
        self._evicting = False
        self._thread: threading.Thread | None = None
        self._file: SpillFile | None = None
        self._failure: BaseException | None = None
        self._more = Hint()
        """For the spill thread: a frame may have to be moved, or none any more."""

    @classmethod
    def open(cls, slots: int, job: Job, /) -> Self:
        """Return the queue for a recording. See `FrameQueue.open`."""
        config, everything = job.config, job.config.backend == SPILL_BACKEND
        return cls(
            slots,
            partial(SpillFile, spill_root(config.spill_dir), header_of(config), keep_all=everything),
            job.stats,
            job.reports.tell,
            memory_bytes=config.spill_memory_bytes,
            everything=everything,
            keep=config.keep_spill,
        )

    def put(self, frame: Frame) -> None:
        """Hand over a frame, which may be moved to the disk from now on. See `FrameQueue.put`."""
        with self._lock:
            super().put(frame)
            if can_spill(frame.spec) and not self._abandoned:
                self._in_slots.append(frame)
            self._start_thread()
        self._more.give()

    def __iter__(self) -> Iterator[Frame]:
        """Give the frames in order, wherever they are; one that cannot be read back is counted and left out."""
        for frame in super().__iter__():
            if self._load(frame):
                yield frame

    def abandon(self) -> None:
        """Release the frames that wait in memory. If there are some on disk, which stay there, these join them first."""
        with self._lock:
            self._abandoned = True
            self._evicting = self._on_disk > 0
            self._start_thread()
        self._more.give()
        while self._is_moving():
            self._work.wait()
        with self._lock:
            for waiting in (self._passed_over, self._in_memory, self._in_slots):
                waiting.clear()
        super().abandon()
        self._more.give()

    def close(self) -> int:
        """Say that no frame will follow. See `FrameQueue.close`."""
        missing = super().close()
        self._more.give()
        return missing

    def wait_idle(self, nobody_is_left: Callable[[], bool] = lambda: False) -> None:
        """Wait until no slot is in use. A backlog is not waited for: it makes room for what is still in slots."""
        with self._lock:
            self._evicting = self._on_disk > 0
            self._start_thread()
        self._more.give()
        super().wait_idle(nobody_is_left)

    def finish(self) -> Path | None:
        """Delete what is on disk. What was not encoded stays, and everything if it is to be kept; return where."""
        while (thread := self._thread) is not None:  # it is forgotten when its work is done
            thread.join(LOOK_AGAIN_SECONDS)
        file = self._file
        if file is None:
            return None
        self._tell(f"{self._stats.spilled} frames waited on disk for the encoder, stored {file.packings}")
        left = self._on_disk + len(self._unwritten_ns)
        if left:
            how = f"glrec recover {file.directory} --with FILM -o FILE"
            self._tell(f"{left} frames on disk did not get into the file: {how}")
        keep = self._keep or left > 0
        file.close(keep=keep)
        return file.directory if keep else None

    def _is_moving(self) -> bool:
        """Whether a frame is being moved, or has to be moved before all are released."""
        with self._lock:
            return self._moving is not None or (self._evicting and self._next_move() is not None)

    # Encode thread

    def _ready(self) -> bool:
        if self._everything and self._failure is None and not self._abandoned:
            return self._closed and not self._in_slots and self._moving is None
        if self._frames:
            return self._frames[0] is not self._moving
        return self._closed

    def written(self, time_ns: int) -> None:
        """Let go of what is on disk of the frames up to that time."""
        while self._unwritten_ns and self._unwritten_ns[0] <= time_ns:
            self._unwritten_ns.popleft()
        if self._file is not None:
            self._file.written(time_ns)

    def _take(self) -> Frame:
        frame = super()._take()
        for waiting in (self._passed_over, self._in_memory, self._in_slots):
            if waiting and waiting[0] is frame:
                waiting.popleft()
                self._follows = self._follows and waiting is self._passed_over
        return frame

    def _load(self, frame: Frame) -> bool:
        """Bring a frame's pixels back if they are on disk; False if that cannot be done."""
        if not isinstance(frame.owner, _OnDisk):
            return True
        assert self._file is not None
        try:
            planes = self._file.load(frame.owner.number)
        except SpillError as error:
            self._stats.unreadable += 1
            logger.warning("a spilled frame is lost: %s", error)
            return False
        finally:
            with self._lock:
                self._on_disk -= 1
            self._more.give()
        frame.planes, frame.owner = planes, None
        self._unwritten_ns.append(frame.pts_ns)
        return True

    # Spill thread

    def _start_thread(self) -> None:
        if self._thread is not None or self._next_move() is None:
            return
        thread = threading.Thread(target=self._spill, name="glrec-spill", daemon=True)
        try:
            thread.start()
        except RuntimeError as error:  # the program is ending, or has as many threads as it may
            self._stop_spilling(error)
        else:
            self._thread = thread

    def _spill(self) -> None:
        while (move := self._next_to_move()) is not None:
            frame, act = move
            try:
                act(frame)
                self._moved()
            except BaseException as error:  # noqa: BLE001 - nothing is lost: the frame stays where it is
                self._stop_spilling(error)

    def _next_move(self) -> tuple[deque[Frame], Move] | None:
        """Return where the frame to be moved next waits, at its front, and how to move it; None if all may stay."""
        oldest = self._in_memory or self._in_slots or (self._passed_over if self._evicting else None)
        if self._failure is not None or not oldest:
            return None
        if self._everything:
            return oldest, self._to_disk
        spilling = self._on_disk > 0
        if self._evicting or (self.used >= self._spill_from and not self._closed):
            # Memory comes first; once there is a backlog on disk, it only bridges what the disk has no time for.
            bridging = not spilling or self._in_memory or self.used >= self.slots
            if (
                not self._abandoned
                and bridging
                and self._in_slots
                and self._fits_in_memory(self._in_slots[0])
            ):
                return self._in_slots, self._to_memory
            return oldest, self._to_disk
        return (oldest, self._to_disk) if spilling and self._in_memory else None

    def _lingers(self) -> bool:
        """Whether the thread waits for more: as long as there is a backlog."""
        return not self._closed and self._failure is None and (self._everything or self._on_disk > 0)

    def _next_to_move(self) -> tuple[Frame, Move] | None:
        while True:
            with self._lock:
                if (move := self._next_move()) is not None:
                    waiting, act = move
                    begins = act == self._to_disk and self._on_disk == 0 and not self._follows
                    if begins and not self._everything:
                        self._leave_some_to_the_encoder()
                    elif waiting is self._passed_over:
                        self._follows = False
                    self._moving = (waiting or self._in_slots).popleft()
                    return self._moving, act
                if not self._lingers():
                    self._thread = None
                    return None
            self._more.wait()

    def _leave_some_to_the_encoder(self) -> None:
        """When storing begins, pass over the next frames in line: the encoder would have to wait until they are stored."""
        for _ in range(min(_LEFT_TO_ENCODER, len(self._in_memory) + len(self._in_slots) - 1)):
            self._passed_over.append((self._in_memory or self._in_slots).popleft())

    def _fits_in_memory(self, frame: Frame) -> bool:
        return (1 + _TRANSIENT_FRAMES) * frame_bytes(frame.spec) <= self._memory_bytes

    def _to_memory(self, frame: Frame) -> None:
        planes, used_bytes = tuple(map(np.array, frame.planes)), frame_bytes(frame.spec)
        self._give_memory_back(-used_bytes)
        with frame:  # gives its slot back
            pass
        frame.planes, frame.release = planes, partial(self._give_memory_back, used_bytes)
        with self._lock:
            self._in_memory.append(frame)

    def _moved(self) -> None:
        self._moving = None
        self._work.give()

    def _give_memory_back(self, used_bytes: int) -> None:
        with self._lock:
            self._memory_bytes += used_bytes

    def _to_disk(self, frame: Frame) -> None:
        if self._file is None:
            self._file = self._open_file()
            logger.info("frames are spilled to %s", self._file.directory)
        number = self._file.append(frame, follows=self._follows)
        self._follows = True
        self._stats.spilled += 1
        self._stats.spilled_bytes = self._file.stored_bytes
        with self._lock:
            self._on_disk += 1
        with frame:  # gives its slot back
            pass
        frame.owner = _OnDisk(number)

    def _stop_spilling(self, error: BaseException) -> None:
        """Leave the frames in their slots from now on."""
        self._tell(f"frames cannot be spilled, so the program waits for the encoder: {error}")
        with self._lock:
            self._failure, self._moving = error, None
        self._work.give()
