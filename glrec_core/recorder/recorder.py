"""The recorder: tells each drawn frame its time, hands it to the engine and keeps the account of what became of it.

It implements `Tap`: adapters tell it on the render thread that a frame is drawn. The rest may be called from any thread.
`close()` is best called on the render thread, which alone can read what is still on its way and free GL objects.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Self

from glrec_core.adapter import Attachment, KeyWatcher
from glrec_core.backends.agreement import Agreement
from glrec_core.backends.backend import Backend
from glrec_core.backends.preloading import prepare
from glrec_core.errors import CaptureError, ClosedError, ConfigError, GlrecError, NotFinishedError
from glrec_core.gl.functions import current_gl
from glrec_core.gl.objects import as_framebuffer, bound_framebuffer
from glrec_core.gl.platform import current_context
from glrec_core.recorder.closing import Closing
from glrec_core.recorder.engine import choose_backend, open_engine, preload
from glrec_core.recorder.job import Job
from glrec_core.report.recording import Recording, while_it_runs
from glrec_core.report.stats import Stats
from glrec_core.sink.file import FileSink
from glrec_core.stages import MarkedSink, Sink, StoredSink, notes_of
from glrec_core.system.interrupts import held_back
from glrec_core.values.checks import positive_number, shown
from glrec_core.values.clock import Skip
from glrec_core.values.frame import Framebuffer
from glrec_core.values.keys import parse_key

if TYPE_CHECKING:
    from glrec_core.report.notebook import Bundle

logger: logging.Logger = logging.getLogger("glrec")


class Recorder:
    """Records the frames of one OpenGL context to sinks. Made by `glrec_core.record`.

        with record(window, "film.mp4") as recorder:
            main_loop()
        print(recorder.recording)

    `steps_unasked` says that the step clock is a default, so that `close()` reports a film that plays at another speed.
    """

    def __init__(
        self, agreed: Agreement[Backend], sinks: Sequence[Sink], *, steps_unasked: bool = False
    ) -> None:
        self._job = job = Job.of(agreed, sinks)
        config = job.config
        self._config, self._clock, self._orders = config, job.clock, job.orders
        self._stats, self._reports = job.stats, job.reports
        self._paused = False
        if config.paused:
            self.pause()
        prepare(agreed, preload)
        self._closing = Closing(job, steps_unasked=steps_unasked)
        self._reading, self._maker = self._closing.reading, self._closing.maker

    # Tap

    def frame_drawn(self, source: Framebuffer) -> None:
        """Record what `source` holds now. Call it after the last draw call of a frame, its context being current.

            draw()
            recorder.frame_drawn(Framebuffer(0, Size(1280, 720)))

        Only misuse raises here. A failure of the recorder is kept in `error` and raised by `close()`.

        Ctrl-C takes effect when the frame is done. A frame is ignored if another thread has closed the
        recorder, or if it is drawn in a forked child.

        Raises:
            ClosedError: this thread has closed the recorder.
            WrongThreadError: this is not the thread of the first frame.
            ConfigError: this is not a `Framebuffer`; or a hotkey is asked for in your own loop, where no window reports keys.
            CaptureError: in your own loop, the first frame comes without a usable context.

        """
        if self._maker.is_here:
            with held_back, self._reading:
                self._frame_drawn(as_framebuffer(source))

    def context_closing(self) -> None:
        """Hand over what is still being read and free all GL objects; the context must be current.

            recorder.context_closing()
            window.destroy_context()

        The file is then finished by the encode thread; `wait()` and `close()` wait for it and give the `Recording`.
        """
        if self._maker.is_here:
            self._reports.run_all(self._closing.end_of_input, self._closing.release)

    @property
    def finished(self) -> bool:
        """Whether no further frame will be recorded: frame limit reached, context closed, recorder closed or failed."""
        return self._closing.finished

    # The user's side: from any thread

    @property
    def closed(self) -> bool:
        """Whether `close()` was called."""
        return self._closing.closed

    @property
    def error(self) -> Exception | None:
        """The first failure, of the recording or of one of its sinks, which `close()` will raise.

        It does not count an encoder that another one has replaced; `Recording.notes` tells of that.
        """
        return self._reports.error

    @property
    def paused(self) -> bool:
        """Whether drawn frames are skipped until `resume()`."""
        return self._paused

    def pause(self) -> None:
        """Record nothing until `resume()`; the recording's time stands still.

        For example:

            recorder.pause()
            show_menu()
        """
        self._paused = True
        self._clock.pause()

    def resume(self) -> None:
        """Go on recording, without a gap in the recording's time.

        For example:

            close_menu()
            recorder.resume()
        """
        self._paused = False
        self._clock.resume()

    def toggle(self) -> None:
        """Pause the recording, or resume it if it is paused, as the hotkey does.

        For example:

            if key == "P":
                recorder.toggle()
        """
        if self._paused:
            self.resume()
        else:
            self.pause()

    def screenshot(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> Future[Path]:
        """Write the next drawn frame to a PNG file as well, even if it is not recorded, as while paused.

            written = recorder.screenshot("moment.png", overwrite=True)
            written.add_done_callback(lambda done: print(done.result()))

        The loop goes on: another thread writes the file. Do not wait for the result on the render thread before that
        thread has drawn the frame; `close()` waits. The picture is the one that was read, in the recording's size, without alpha and
        without the operations of `process=`. Its colours are exactly those that
        were drawn where frames are read as RGBA (see `stats.reason`). Where the GPU converts frames to Y'CbCr, they are
        converted back, with half the colour resolution under `chroma="420"`.

        Args:
            path: where to write; the extension must be .png.
            overwrite: replace an existing file.

        Returns:
            A future of the file's absolute path. It raises CaptureError if no frame came, and ConvertError or SinkError if
            the picture could not be made.

        Raises:
            ConfigError: the file could not be written there, or exists.
            ClosedError: no further frame will be read.

        """
        return self._job.screenshots.request(path, overwrite=overwrite)

    def mark(self, name: str) -> None:
        """Name the next recorded frame: a chapter begins there in MP4, MOV, Matroska and WebM files.

            recorder.mark("level 2")
            draw_level(2)

        Raises:
            ConfigError: the name is empty, or none of the sinks can keep it.
            ClosedError: no further frame will be recorded.

        """
        if self.finished:
            raise ClosedError(f"mark({shown(name)}): the recording has ended")
        text: object = name
        if not isinstance(text, str) or not text.strip():
            raise ConfigError(f"mark({shown(name)}): a mark needs a name")
        if not any(isinstance(sink, MarkedSink) and sink.keeps_marks for sink in self._job.sinks):
            raise ConfigError(f"mark({shown(name)}): only .mp4, .m4v, .mov, .mkv and .webm files keep marks")
        self._job.marks.add(name)

    @property
    def stats(self) -> Stats:
        """A snapshot of the account."""
        snapshot = self._stats.snapshot()
        engine = self._closing.engine
        snapshot.queued = engine.queued if engine is not None else 0
        return snapshot

    @property
    def texture_id(self) -> int:
        """GL name of the texture with the last recorded frame, for a preview; rows bottom first. 0 before the first."""
        engine = self._closing.engine
        return engine.texture_id if engine is not None else 0

    def force_idr(self) -> None:
        """Make the next recorded frame a keyframe (IDR), at which a player can start; from any thread.

        For example:

            if viewer_joined():
                recorder.force_idr()
        """
        self._orders.force_keyframe()

    @contextmanager
    def record(self) -> Iterator[None]:
        """Record the framebuffer that is bound for drawing when the block ends: `with recorder.record(): draw()`.

        For example:

            with recorder.record():
                draw()
        """
        yield
        self.frame_drawn(bound_framebuffer())

    def close(self) -> Recording:
        """Stop recording, finish what was grabbed, close the sinks, free everything. Closing again is harmless.

            recording = recorder.close()
            print(recording.path, recording.frames)

        If Ctrl-C interrupts a close, call it again: it goes on where it was. So does the end of the program. Any thread
        may close. If the thread that draws is another one and still lives, the close keeps the frames that have arrived,
        counts the few that only that thread could read as lost, and leaves the GL objects to their context. A forked
        child closes nothing.

        Raises:
            WrongThreadError: this is the encode thread, which cannot wait for itself.
            GlrecError: the first failure of the recording; what could be kept is in the files.

        """
        if self._closing.is_due:
            self._closing.run()
            if self.error is not None:
                raise self.error
            logger.info("recorded %s", self.recording)
        return self.recording

    def wait(self, timeout_seconds: float | None = None) -> Recording:
        """Wait until a recording that has ended is finished: the files are there and whole when this returns.

        A recording ends with its window or canvas, at its `frames=` limit, or with a failure. The encode thread then finishes
        the files, which takes a moment, or longer with frames that wait on disk; the program goes on meanwhile, so that closing
        one of several windows does not stop the others. Without `wait()` the end of the program waits. Waits as `close()` does,
        and leaves the recorder closed.

            window.close()
            print(recorder.wait().path)

        Args:
            timeout_seconds: the longest time to wait; None waits until it is finished.

        Raises:
            NotFinishedError: nothing has ended the recording yet (`close()` would); or it is not finished after
                `timeout_seconds`, and goes on being finished: wait again.
            ConfigError: `timeout_seconds` is not a positive number.
            WrongThreadError: this is the encode thread, which cannot wait for itself.
            GlrecError: what `close()` would raise, the first failure of the recording.

        """
        if timeout_seconds is not None:
            timeout_seconds = positive_number("timeout_seconds", timeout_seconds, "seconds")
        if not self.finished:
            raise NotFinishedError(
                "wait(): the recording goes on, since its window is open and no frames= limit is reached; close the window "
                "first, or call close() on the recorder"
            )
        if (
            timeout_seconds is not None
            and self._closing.is_due
            and not self._closing.files_within(timeout_seconds)
        ):
            raise NotFinishedError(
                f"wait(timeout_seconds={timeout_seconds:g}): the recording is not finished after that time, and goes on being "
                "finished; call wait() again"
            )
        return self.close()

    def finalize(self, path: str | Path | None = None) -> Recording:
        """Close and, if a path is given, move the (first) file there; its extension must stay the same.

            recording = recorder.finalize("best-run.mp4")
            print(recording.path)

        Raises:
            ConfigError: the path cannot be written, exists, or has another extension.

        """
        if path is None:
            return self.close()
        sink = next((sink for sink in self._job.sinks if isinstance(sink, FileSink)), None)
        if sink is None:
            raise ConfigError(f"finalize({path!r}): this recorder writes to no file; give record() a path")
        place = sink.new_place(path, overwrite=self._config.overwrite)
        self.close()
        sink.move(place)
        return self.recording

    @property
    def recording(self) -> Recording:
        """What has been recorded so far; complete after `close()` or `wait()`."""
        engine, stats = self._closing.engine, self.stats
        files = [sink for sink in self._job.sinks if isinstance(sink, StoredSink)]
        return Recording(
            paths=tuple(path for sink in files for path in sink.paths),
            frames=max((sink.frames for sink in files), default=stats.recorded),
            duration_seconds=self._job.span.duration_seconds(self._clock),
            size=engine.capture.spec.size if engine is not None else None,
            codec=self._config.codec or "",
            route=stats.backend,
            reason=stats.reason,
            notes=(*engine.capture.notes, *self._reports.notes, *notes_of(self._job.sinks))
            if engine is not None
            else (),
            stats=stats,
            lossless=self._config.is_lossless,
            spill=engine.film.spill if engine is not None else None,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            self.close()
        except GlrecError:
            if kind is None:
                raise
            logger.exception("the recording failed as well")

    def attached(self, attachment: Attachment) -> None:
        """Keep the hook through which frames will come; check its context now if it is there already.

        Raises:
            BackendUnavailable, CaptureError: the context cannot be recorded.
            ConfigError: a hotkey is asked for, and this kind of target tells of none.

        """
        self._closing.attachment = attachment
        if (key := self._config.hotkey) is not None:
            self._watch_key(attachment, parse_key(key))
        with attachment.current():
            if current_context() is not None:
                choose_backend(self._job, current_gl())

    def discard(self) -> None:
        """Forget a recorder that never recorded: its target could not be attached."""
        self._closing.forget()

    def _repr_mimebundle_(self, **_: object) -> Bundle:
        """Show in a notebook how far the recording is; once it is closed, the recording itself."""
        recording = self.recording
        if self.closed:
            return recording._repr_mimebundle_()
        state = "paused" if self.paused else "finished" if self.finished else "recording"
        engine = self._closing.engine
        return while_it_runs(recording, state, engine.film.keyframe if engine is not None else None)

    # Within

    def _frame_drawn(self, source: Framebuffer) -> None:
        closing, stats = self._closing, self._stats
        if closing.closed:
            if closing.is_by_this_thread:
                raise ClosedError("this recorder is closed; make a new one to record again")
            return
        if closing.engine is not None:
            closing.engine.check_thread("frame_drawn()")
        elif self._config.hotkey is not None and closing.attachment is None:
            self._watch_key(None, self._config.hotkey)
        stats.drawn += 1
        if self._reports.stopped:
            stats.failed += 1
            self._job.screenshots.end(self.error)
        elif closing.ended:
            stats.after_end += 1
        elif isinstance(pts_ns := self._clock.tick(), Skip):
            stats.count_skip(pts_ns)
            if self._orders.waiting:
                self._read(source, pts_ns)
        else:
            self._read(source, pts_ns)
        if self._config.dot and not self._paused and not self.finished and closing.engine is not None:
            closing.engine.draw_dot(source)

    def _read(self, source: Framebuffer, pts_ns: int | Skip) -> None:
        closing, stats = self._closing, self._stats
        try:
            if (engine := closing.engine) is None:
                engine = closing.engine = open_engine(self._job, source)
            engine.check_context()
            if isinstance(pts_ns, Skip):
                engine.look(source)
            else:
                engine.grab(source, pts_ns)
        except Exception as error:
            if stats.accounted < stats.drawn:  # it failed before the engine took the frame
                stats.failed += 1
            self._reports.fail(error)
            # Nothing of ours may break the host's loop; but a loop of one's own without a context is misuse.
            if isinstance(error, CaptureError) and not stats.backend and closing.attachment is None:
                raise
        except BaseException as error:  # no signal, those are held back: somebody ends this very thread
            failure = CaptureError(f"{error!r} was raised while a frame was read, which ended the recording")
            failure.__cause__ = error
            self._reports.fail(failure)
            raise
        if self._clock.finished:
            self._reports.run_all(closing.end_of_input)

    def _watch_key(self, attachment: Attachment | None, key: str) -> None:
        if not isinstance(attachment, KeyWatcher):
            raise ConfigError(
                f"hotkey={key!r}: nothing tells of this target's keys; call recorder.toggle() where the program hears of them"
            )
        attachment.watch_key(key, self.toggle)
