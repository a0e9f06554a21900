"""What is wanted of single frames: a keyframe, screenshots, or that it is read and not recorded.

Frames come out of a capture later than they are read into it, and may be lost on the way. So what is wanted of one is kept
under its time until it is there. Most frames have no order: they are recorded, and that is all.
"""

from __future__ import annotations

from dataclasses import dataclass

from glrec_core.recorder.screenshots import Screenshots, Shot
from glrec_core.values.clock import NANOSECONDS


@dataclass(frozen=True, slots=True)
class Order:
    """What is wanted of one frame."""

    keyframe: bool = False
    shots: tuple[Shot, ...] = ()
    recorded: bool = True
    """Whether it becomes a picture of the film; else it is read for screenshots alone, as while paused."""


_NOTHING_SPECIAL = Order()


class Orders:
    """The orders of one recorder. `force_keyframe` and `close` may come from any thread, the rest is the render thread's."""

    def __init__(self, screenshots: Screenshots) -> None:
        self._screenshots = screenshots
        self._keyframe_wanted = False
        self._by_pts: dict[int, Order] = {}
        self._last_ns = -NANOSECONDS
        """Time of the last recorded frame; before the first, a second before it."""

    @property
    def waiting(self) -> bool:
        """Whether somebody waits for a screenshot whose frame has not come out of the capture."""
        return bool(self._screenshots.waiting) or any(order.shots for order in self._by_pts.values())

    @property
    def unrecorded(self) -> int:
        """How many frames that are not recorded have not come out of the capture."""
        return sum(not order.recorded for order in self._by_pts.values())

    def force_keyframe(self) -> None:
        """Make the next recorded frame a keyframe."""
        self._keyframe_wanted = True

    def place(self, pts_ns: int) -> None:
        """Tell that a frame of that time is being read and will be recorded: what waits is wanted of it."""
        self._last_ns = pts_ns
        if (keyframe := self._keyframe_wanted) or self._screenshots.waiting:
            if keyframe:  # a wish that comes at this moment is one for the next frame
                self._keyframe_wanted = False
            self._by_pts[pts_ns] = Order(keyframe, self._screenshots.take())

    def place_beside(self) -> int:
        """Order a frame that is read for those alone who wait for a screenshot; return the time, in ns, to read it at.

        No frame of the film has that time, and no other one on its way: it is soon after the last recorded one. Clocks leave 11 µs and
        more between two frames (`values.clock`), and a capture holds back a handful.
        """
        time_ns = self._last_ns + 1
        while time_ns in self._by_pts:
            time_ns += 1
        self._by_pts[time_ns] = Order(shots=self._screenshots.take(), recorded=False)
        return time_ns

    def take(self, pts_ns: int) -> Order:
        """Return what is wanted of the frame that has come out of the capture."""
        return self._by_pts.pop(pts_ns, _NOTHING_SPECIAL) if self._by_pts else _NOTHING_SPECIAL

    def close(self, reason: Exception | None) -> None:
        """Wait until all screenshots are written; whoever waits for a frame that never came is told."""
        self._screenshots.end(reason)
        while self._by_pts:
            self._screenshots.disappoint(self._by_pts.popitem()[1].shots, reason)
        self._screenshots.close()
