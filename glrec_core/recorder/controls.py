"""What a user does with a recording while it runs. All of it may be called from any thread."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from concurrent.futures import Future
from pathlib import Path

from glrec_core.errors import ClosedError, ConfigError
from glrec_core.recorder.opening import Opening
from glrec_core.report.notebook import Bundle, figures
from glrec_core.report.recording import Recording
from glrec_core.report.stats import Stats
from glrec_core.report.thumbnail import thumbnail
from glrec_core.stages import MarkedSink
from glrec_core.values.frame import Packet, StreamInfo


class Controls(ABC):
    """Pause, marks, screenshots and the account. `Recorder` is the one class that has them."""

    def __init__(self, opening: Opening) -> None:
        self._opening = opening
        self._closed = self._paused = False

    @property
    @abstractmethod
    def finished(self) -> bool:
        """Whether no further frame will be recorded: frame limit reached, context closed, recorder closed or failed."""

    @property
    @abstractmethod
    def stats(self) -> Stats:
        """A snapshot of the account."""

    @property
    @abstractmethod
    def recording(self) -> Recording:
        """What has been recorded so far; complete after `close()`."""

    @property
    def closed(self) -> bool:
        """Whether `close()` was called."""
        return self._closed

    @abstractmethod
    def _keyframe(self) -> tuple[StreamInfo, Packet] | None:
        """Return the last keyframe that was encoded, with its stream."""

    @property
    def error(self) -> Exception | None:
        """The first failure, of the recording or of one of its sinks, which `close()` will raise.

        An encoder that failed while another one went on is none; see `Recording.notes`.
        """
        return self._opening.reports.error

    @property
    def paused(self) -> bool:
        """Whether drawn frames are left out until `resume()`."""
        return self._paused

    def pause(self) -> None:
        """Record nothing until `resume()`; the recording's time stands still."""
        self._paused = True
        self._opening.clock.pause()

    def resume(self) -> None:
        """Go on recording, without a gap in the recording's time."""
        self._paused = False
        self._opening.clock.resume()

    def toggle(self) -> None:
        """Pause, or go on where it is paused: what the hotkey does."""
        if self._paused:
            self.resume()
        else:
            self.pause()

    def screenshot(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> Future[Path]:
        """Write the next drawn frame to a PNG file as well, recorded or not: while paused, too.

        The loop goes on: another thread writes the file. Do not wait for the result on the render thread, before it has
        drawn the frame; `close()` waits. The picture is the one that was read, in the recording's size, without alpha and
        without the operations of `process=`. Its colours are exactly those that
        were drawn where frames are read as RGBA (`stats.reason`); where the GPU converts them to Y'CbCr, they are
        converted back, with half the colour resolution under `chroma="420"`.

        Args:
            path: where to write; the extension must be .png.
            overwrite: replace an existing file.

        Returns:
            The file's absolute path, once it is written; or CaptureError where no frame came, ConvertError or SinkError
            where it could not be made.

        Raises:
            ConfigError: the file could not be written there, or exists.
            ClosedError: no further frame will be read.

        """
        return self._opening.screenshots.request(path, overwrite=overwrite)

    def mark(self, name: str) -> None:
        """Name the next recorded frame: a chapter begins there in MP4, MOV, Matroska and WebM files.

        Raises:
            ConfigError: the name is empty, or nothing that is recorded to can keep it.
            ClosedError: no further frame will be recorded.

        """
        if self.finished:
            raise ClosedError(f"mark({name!r}): the recording has ended")
        text: object = name
        if not isinstance(text, str) or not text.strip():
            raise ConfigError(f"mark({name!r}): a mark needs a name")
        if not any(isinstance(sink, MarkedSink) and sink.keeps_marks for sink in self._opening.sinks):
            raise ConfigError(f"mark({name!r}): only .mp4, .m4v, .mov, .mkv and .webm files keep marks")
        self._opening.marks.add(name)

    def _repr_mimebundle_(self, **_: object) -> Bundle:
        """Show in a notebook how far the recording is; once it is closed, the recording itself."""
        recording, stats = self.recording, self.stats
        if self.closed:
            return recording._repr_mimebundle_()
        keyframe = self._keyframe()
        state = "paused" if self.paused else "finished" if self.finished else "recording"
        rows = {
            "state": state,
            "frames": stats.recorded,
            "length": f"{float(recording.duration_seconds):.1f} s",
            "size": recording.size,
            "dropped": stats.dropped,
            "left out by the limit": stats.rate_limited,
            "waiting": stats.queued,
            "cost": f"{stats.render_cost_ms:.2f} ms a frame",
            "route": stats.backend,
        }
        picture = None if keyframe is None else thumbnail(*keyframe)
        return figures(rows, picture, f"<recorder: {state}, {stats.recorded} frames>")
