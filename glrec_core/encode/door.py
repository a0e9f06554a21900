"""The one door of every encoder, glrec's own and those of plugins: `open(stream, config)`.

What differs between them (a device, a process, an executable) is bound before: `partial(NvencEncoder, handles=..., gpu=...)`. What
none of them takes is refused here, in the same words.
"""

from __future__ import annotations

from collections.abc import Callable

from glrec_core.config import Config
from glrec_core.errors import EncodeError
from glrec_core.stages import Encoder
from glrec_core.values.clock import Clock
from glrec_core.values.frame import Frame, FrameSpec, PixelFormat, Size, StreamInfo
from glrec_core.values.timeline import NOMINAL_RATE, Timeline

OpenEncoder = Callable[[StreamInfo, Config], Encoder]
"""Opens an encoder for one picture size. The stream is as it should become; the encoder completes it (`Encoder.stream`)."""


def stream_for(codec: str, form: PixelFormat, size: Size, config: Config, clock: Clock) -> StreamInfo:
    """Return what an encoder is asked to make: a codec that decodes to `form`, at a clock's times."""
    rate = clock.frame_rate or NOMINAL_RATE
    return StreamInfo(codec, size, clock.time_base, rate, config.color_space, pixel_format=form)


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
