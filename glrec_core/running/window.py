"""One window of the program: hears of its frames and has them recorded from the first one on."""

from __future__ import annotations

from collections.abc import Callable

from glrec_core import Recorder
from glrec_core.adapter import Attachment, Framebuffer
from glrec_core.system.interrupts import held_back

Begin = Callable[["Window"], Recorder | None]
IsInTime = Callable[[], bool]
AfterFrame = Callable[["Window"], None]


class Window:
    """The `Tap` that an adapter sees. There is no recorder, and no file, for a window that never draws."""

    def __init__(self, begin: Begin, is_in_time: IsInTime, after_frame: AfterFrame) -> None:
        """`is_in_time` says whether a frame that is drawn now is to be recorded; asked when its recorder is there."""
        self._begin = begin
        self._is_in_time = is_in_time
        self._after_frame = after_frame
        self._begun = False
        self.recorder: Recorder | None = None
        self.attachment: Attachment | None = None
        self.is_open: bool = True

    @property
    def finished(self) -> bool:
        """Whether no further frame is recorded. The window is asked on all the same, since its frames drive time."""
        return False

    def frame_drawn(self, source: Framebuffer) -> None:
        """Record a frame, then let the run see what follows from it."""
        with held_back:
            if not self._begun:
                self._begun = True
                self.recorder = self._begin(self)
                if self.recorder is not None and self.attachment is not None:
                    self.recorder.attached(self.attachment)
            if self._is_in_time() and self.recorder is not None:
                self.recorder.frame_drawn(source)
        self._after_frame(self)

    def context_closing(self) -> None:
        """Finish the recording, the context being about to go."""
        self.is_open = False
        if self.recorder is not None:
            self.recorder.context_closing()
