"""Makes a moderngl-window program record itself whenever it runs."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any, cast

from moderngl_window.context.base import WindowConfig

import glrec_core
from glrec_core import Config, ConfigError, Options, Sink
from glrec_integrations.moderngl.step_timer import StepTimer


def record_window_config(
    config_class: type[Any],
    sinks: tuple[str | Path | Sink, ...],
    samples: int | None,
    options: Options,
) -> type[Any]:
    """Wrap `config_class.__init__`, so that each window of it is recorded, and return the class; see `recorded`."""
    if not issubclass(config_class, WindowConfig):
        raise ConfigError(f"@recorded takes functions and subclasses of WindowConfig, not {config_class!r}")
    if samples is not None:
        raise ConfigError(
            f"samples={samples!r} is for functions; set {config_class.__name__}.samples for a window"
        )
    config = Config.of(options)
    original, wrapped = config_class.__init__, cast("Any", config_class)

    @functools.wraps(original)
    def __init__(self: Any, ctx: Any = None, wnd: Any = None, timer: Any = None, **keywords: Any) -> None:  # noqa: N807
        if config.timing == "step":
            timer = StepTimer(config.rate)
        original(self, ctx=ctx, wnd=wnd, timer=timer, **keywords)
        self.recorder = glrec_core.record(self, *sinks, **options)
        _end_with_recording(self, ends_program=config.frames is not None)
        _finish_with_window(self, config_class)

    wrapped.__init__, wrapped.recording = __init__, None
    return config_class


def _end_with_recording(program: Any, *, ends_program: bool) -> None:
    """Stand in for the window's render callback: it closes the window after the last frame, and keeps what an error left.

    moderngl-window does not destroy the window when a render call raises, so nothing else would end the recording.
    """
    window, recorder, draw = program.wnd, program.recorder, program.wnd.render_func

    def render(time: float, frame_time: float) -> None:
        if ends_program and recorder.finished:
            window.close()  # the frame that would begin here is neither drawn nor swapped
            return
        try:
            draw(time, frame_time)
        except BaseException:
            with recorder:
                raise

    window.render_func = render


def _finish_with_window(program: Any, config_class: type[Any]) -> None:
    """Stand in for the window's `destroy`: afterwards the recording is finished, and a failure of it is raised."""
    window, recorder, destroy = program.wnd, program.recorder, program.wnd.destroy

    def destroy_and_finish() -> None:
        destroy()
        program.recording = config_class.recording = recorder.close()

    window.destroy = destroy_and_finish
