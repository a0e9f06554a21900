"""Screenshots: single frames as PNG files, read by the recording's own capture and written by a thread of their own.

Whoever asks gets a `Future`. The next frame that is drawn serves all who wait: they are part of its `Order`. It comes out of
the ring like the others; its pixels are lent to a thread that copies them, gives the slot back and then takes its time for the
file. That thread is there from the first request on: to start one in the middle of a frame can take milliseconds.
"""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from queue import SimpleQueue

from glrec_core.errors import CaptureError, ClosedError, ConfigError, SinkError
from glrec_core.report.thumbnail import encode_png
from glrec_core.sink.paths import check_writable
from glrec_core.system import files
from glrec_core.values.checks import absolute_path, flag
from glrec_core.values.color import ColorSpace
from glrec_core.values.frame import Frame

ToHost = Callable[[Frame], Frame]


@dataclass(frozen=True, slots=True)
class Shot:
    """One file that somebody waits for."""

    path: Path
    overwrite: bool
    future: Future[Path] = field(default_factory=Future)

    def store(self, png: bytes) -> None:
        """Write the file and tell, whatever comes of it."""
        try:
            _write(self.path, png, overwrite=self.overwrite)
        except OSError as error:
            text = f"cannot write the screenshot: {error.strerror or error}"
            self.future.set_exception(SinkError(error.errno or errno.EIO, text, str(self.path)))
        else:
            self.future.set_result(self.path)


class Screenshots:
    """The screenshots of one recorder. `request` may be called from any thread, the rest belongs to the render thread."""

    def __init__(self, color: ColorSpace) -> None:
        self._color = color
        self._lock = threading.Lock()
        self.waiting: list[Shot] = []
        """Those who wait for the next frame that is read."""
        self._work: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._ended = False

    @property
    def at_work(self) -> bool:
        """Whether the thread is there that files are written by, which may hold a frame."""
        return self._thread is not None

    def request(self, path: str | os.PathLike[str], *, overwrite: bool) -> Future[Path]:
        """Ask for the next drawn frame. See `Recorder.screenshot`."""
        place = absolute_path("screenshot", path)
        if place.suffix.lower() != ".png":
            raise ConfigError(f"screenshot({os.fspath(path)!r}): screenshots are PNG files; name it x.png")
        check_writable(place, overwrite=flag("overwrite", overwrite))
        shot = Shot(place, overwrite)
        with self._lock:
            if self._ended:
                raise ClosedError("the recording has ended and reads no further frame for a screenshot")
            self._start_thread()
            self.waiting.append(shot)
        return shot.future

    def take(self) -> tuple[Shot, ...]:
        """Return all who wait, for a frame that is being read; nobody can cancel any more."""
        with self._lock:
            shots, self.waiting = self.waiting, []
        return tuple(shot for shot in shots if shot.future.set_running_or_notify_cancel())

    def develop(self, shots: tuple[Shot, ...], to_host: ToHost, frame: Frame) -> None:
        """Write a frame's files, on the thread of their own, which releases the frame; `to_host` is the pipeline's."""
        self._work.put(partial(self._write_all, shots, to_host, frame))

    def end(self, reason: Exception | None) -> None:
        """Say that no further frame will be read. Those that are in the ring may still come."""
        with self._lock:
            self._ended = True
            shots, self.waiting = self.waiting, []
        self.disappoint([shot for shot in shots if shot.future.set_running_or_notify_cancel()], reason)

    def disappoint(self, shots: Iterable[Shot], reason: Exception | None) -> None:
        """Tell those who wait that no frame came, and why."""
        for shot in shots:
            error = CaptureError(
                f"no frame came for the screenshot {shot.path}: {reason or 'the recording ended'}"
            )
            error.__cause__ = reason
            shot.future.set_exception(error)

    def close(self) -> None:
        """Wait until all files are written. Nobody can ask any more, see `end`."""
        if self._thread is not None:
            self._work.put(None)
            self._thread.join()
            self._thread = None

    def _start_thread(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="glrec-screenshot", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while (work := self._work.get()) is not None:
            work()

    def _write_all(self, shots: tuple[Shot, ...], to_host: ToHost, frame: Frame) -> None:
        try:
            png = self._png(to_host, frame)
        except BaseException as error:  # noqa: BLE001 - handed to whoever waits
            for shot in shots:
                shot.future.set_exception(error)
            return
        for shot in shots:
            shot.store(png)

    def _png(self, to_host: ToHost, frame: Frame) -> bytes:
        from glrec_core.convert.rgb import rgb_pixels

        with frame:
            pixels = rgb_pixels(to_host(frame), self._color)
        return encode_png(pixels)


def _write(path: Path, data: bytes, *, overwrite: bool) -> None:
    file = path.open("wb" if overwrite else "xb")
    try:
        with file:
            file.write(data)
    except OSError:
        files.remove(path)  # half a picture is none
        raise
