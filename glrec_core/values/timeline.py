"""What all encoders share: which frames they let in, which tick each is shown at, and which are to be keyframes."""

from __future__ import annotations

from fractions import Fraction

from glrec_core.errors import EncodeError
from glrec_core.values.clock import NANOSECONDS, ticks
from glrec_core.values.frame import Frame, FrameSpec

NOMINAL_RATE = Fraction(60)
"""What is taken for the frame rate where the clock knows none."""

_KEYFRAME_NS = 2 * NANOSECONDS
_LONGEST_GOP_SECONDS = 20  # of the nominal rate: two seconds still if the program draws ten times as fast


class Timeline:
    """Ticks and keyframes of one stream.

        timeline = Timeline(stream.time_base, stream.frame_rate, gop=None)
        tick, is_key = timeline.tick(frame), timeline.wants_keyframe(frame)

    Without a GOP of the user's there is a keyframe every two seconds of the recording, however many frames those have;
    the encoder's own limit, `gop_frames`, is then so long that it never adds to them.
    """

    def __init__(self, time_base: Fraction, frame_rate: Fraction | None, gop: int | None) -> None:
        """`gop` is the largest distance of two keyframes in frames, where the encoder is to keep it by itself."""
        self.time_base = time_base
        self.frame_rate: Fraction = frame_rate or NOMINAL_RATE
        self.duration = 1 if time_base * self.frame_rate == 1 else 0
        self.gop_frames: int = gop or max(1, round(_LONGEST_GOP_SECONDS * self.frame_rate))
        self._forces_keyframes = gop is None
        self._last_key_ns = -_KEYFRAME_NS
        self._last_tick = -_KEYFRAME_NS

    def tick(self, frame: Frame) -> int:
        """Return the frame's time in ticks of `time_base`, rounded half up.

            tick = timeline.tick(frame)
            packet = Packet(data, pts=tick, dts=tick, keyframe=True)

        Raises:
            EncodeError: it is not later than the frame before.

        """
        tick = ticks(frame.pts_ns, self.time_base)
        if tick <= self._last_tick:
            raise EncodeError(f"{frame} is at tick {tick} of {self.time_base} s, not after {self._last_tick}")
        self._last_tick = tick
        return tick

    def wants_keyframe(self, frame: Frame) -> bool:
        """Whether the encoder must be told to make a keyframe of the frame; ask once for each frame.

        For example:

            is_key = timeline.wants_keyframe(frame)
            data = compress(frame.planes, key=is_key)
        """
        due = self._forces_keyframes and frame.pts_ns - self._last_key_ns >= _KEYFRAME_NS
        if due or frame.keyframe:
            self._last_key_ns = frame.pts_ns
        return due or frame.keyframe


class SpacedTimeline(Timeline):
    """Ticks that are a least distance apart, for formats whose players do not show a picture for less. All are keyframes."""

    def __init__(self, time_base: Fraction, frame_rate: Fraction | None, least_ticks: int) -> None:
        super().__init__(time_base, frame_rate, gop=1)
        self._least_ticks = least_ticks
        self._last_ns = -1

    def tick(self, frame: Frame) -> int:
        """Return the frame's time as `Timeline.tick` does, or the first tick after the frame before that is far enough.

        Raises:
            EncodeError: it is not later than the frame before.

        """
        if frame.pts_ns <= self._last_ns:
            raise EncodeError(f"{frame} is not later than the frame before, at {self._last_ns} ns")
        self._last_ns = frame.pts_ns
        self._last_tick = max(ticks(frame.pts_ns, self.time_base), self._last_tick + self._least_ticks)
        return self._last_tick


class Entrance:
    """Lets frames into an encoder: those that it was opened for, each later than the one before, until it has ended."""

    def __init__(self, accepts: FrameSpec, timeline: Timeline, *, in_one_array: bool = False) -> None:
        """`in_one_array` says that the encoder reads a frame's `owner`."""
        self._accepts = accepts
        self._timeline = timeline
        self._in_one_array = in_one_array
        self.ended: bool = False
        """Whether no frame is let in any more."""

    def admit(self, frame: Frame) -> int:
        """Return the tick that the frame is shown at.

        Raises:
            EncodeError: the frame is of another kind, or not later, or the encoder has ended.

        """
        if self.ended:
            raise EncodeError("the encoder has ended; it takes no more frames after drain() or close()")
        if frame.spec != self._accepts or (self._in_one_array and frame.owner is None):
            how = " in one array" if self._in_one_array else ""
            raise EncodeError(f"the frame is {frame.spec}, the encoder was opened for {self._accepts}{how}")
        return self._timeline.tick(frame)

    def end(self) -> None:
        """Let nothing in any more."""
        self.ended = True
