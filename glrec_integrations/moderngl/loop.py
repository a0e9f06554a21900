"""Records a program's own loop: the program says when a frame is drawn and which framebuffer holds it.

It serves any OpenGL context. Of moderngl it knows framebuffer objects, and through them the context, so that the recording
can be finished when another context is current.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self, Unpack

import glrec_core
from glrec_core import (
    Config,
    ConfigError,
    Framebuffer,
    Options,
    Recorder,
    Recording,
    Sink,
    Size,
    bound_framebuffer,
)
from glrec_core.adapter import Binding, current_binding, made_current


class ModernglFramebuffer(Protocol):
    """What is used of a `moderngl.Framebuffer`."""

    @property
    def glo(self) -> int: ...
    @property
    def size(self) -> tuple[int, int]: ...
    @property
    def ctx(self) -> Any: ...


class LoopRecorder:
    """Records each frame that is passed to `frame`. Made by `record`.

    For example:

        with record("film.mp4", fps=30) as recorder:
            draw()
            recorder.frame()
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._owner: tuple[Any, Binding | None] | None = None

    @property
    def recorder(self) -> Recorder:
        """The recorder behind it, with statistics and errors."""
        return self._recorder

    @property
    def recording(self) -> Recording:
        """What has been recorded so far; complete after the `with` block."""
        return self._recorder.recording

    @property
    def finished(self) -> bool:
        """Whether no further frame will be recorded: `while not rec.finished:` runs a loop up to `frames=`."""
        return self._recorder.finished

    def frame(
        self, framebuffer: ModernglFramebuffer | int | None = None, *, size: tuple[int, int] | None = None
    ) -> None:
        """Record what a framebuffer holds now. Call it when a frame is drawn, before the buffers are swapped.

            draw()
            recorder.frame(framebuffer)

        Args:
            framebuffer: a `moderngl.Framebuffer`, also a multisampled one; or the GL name of a framebuffer, 0 being the
                default one; or None for the one that is bound for drawing.
            size: (width, height) in pixels of a framebuffer that is given by name. For framebuffer 0, whose size OpenGL
                does not tell, it may be given in all cases; otherwise the viewport is taken for it if 0 is bound.

        Raises:
            ConfigError: a name without its size, or a size that is not one.
            ClosedError, WrongThreadError, CaptureError: see `Recorder.frame_drawn`.

        """
        self._recorder.frame_drawn(self._source(framebuffer, size))

    def pause(self) -> None:
        """Record nothing until `resume()`; the recording's time stands still.

        For example:

            recorder.pause()
            show_menu()
        """
        self._recorder.pause()

    def resume(self) -> None:
        """Go on recording, without a gap in the recording's time.

        For example:

            close_menu()
            recorder.resume()
        """
        self._recorder.resume()

    def close(self) -> Recording:
        """Finish the recording; leaving the `with` block does it. Closing again is harmless.

            recording = recorder.close()
            print(recording.path, recording.frames)

        The context must be current, unless all frames were `moderngl.Framebuffer` objects.

        Raises:
            GlrecError: the first failure of the recording; what could be kept is in the file.

        """
        with self._current():
            return self._recorder.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with self._current():
            self._recorder.__exit__(kind, error, traceback)

    def _source(
        self, framebuffer: ModernglFramebuffer | int | None, size: tuple[int, int] | None
    ) -> Framebuffer:
        if isinstance(framebuffer, int):
            if size is None:
                raise ConfigError(
                    f"framebuffer {framebuffer} is given by name; pass its size=(width, height) as well"
                )
            return Framebuffer(framebuffer, _checked(size))
        if framebuffer is None:
            bound = bound_framebuffer()
            return bound if size is None else Framebuffer(bound.name, _checked(size))
        if not hasattr(framebuffer, "glo"):
            raise ConfigError(
                f"{framebuffer!r} is not a framebuffer; pass a moderngl.Framebuffer, a GL name or nothing"
            )
        if self._owner is None:
            self._owner = framebuffer.ctx, current_binding()
        return Framebuffer(framebuffer.glo, _known_size(framebuffer) if size is None else _checked(size))

    def _current(self) -> AbstractContextManager[object]:
        """Make the context of the recorded moderngl framebuffers current, if there were any and it still lives."""
        if self._owner is None or _is_released(self._owner[0]):
            return nullcontext()
        return made_current(self._owner[1])


def record(*sinks: str | Path | Sink, **config: Unpack[Options]) -> LoopRecorder:
    """Record your own loop, frame by frame.

        with record("a.mp4", fps=30) as rec:
            while not window_should_close():
                draw()
                rec.frame(fbo)
                swap_buffers()
        print(rec.recording)

    An exception that leaves the block is not touched, and what was recorded until then is finished.

    Args:
        sinks: paths of files to write, or sinks; none is a dated file in the working folder.
        config: options of `glrec_core.Config`, such as fps, timing ("step" by default), frames, size, codec.

    Raises:
        ConfigError: an option or a path cannot be honoured. No file has been touched.

    """
    return LoopRecorder(glrec_core.record(None, *sinks, **config))


def _checked(size: tuple[int, int]) -> Size:
    Config(size=size)  # raises ConfigError where it is not one
    return Size(*size)


def _known_size(framebuffer: ModernglFramebuffer) -> Size:
    """Return the framebuffer's size: moderngl keeps that of framebuffer 0 from the start, although windows are resized."""
    if framebuffer.glo == 0 and (bound := bound_framebuffer()).name == 0:
        return bound.size
    return Size(*framebuffer.size)


def _is_released(ctx: Any) -> bool:
    return type(ctx.mglo).__name__ == "InvalidObject"
