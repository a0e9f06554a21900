"""Records moderngl programs: functions that glrec calls itself, moderngl-window programs, and your own loops.

    from glrec_integrations.moderngl import attach, record, recorded

    @recorded("spin.mp4", size=(1280, 720), fps=60, frames=240, samples=4)
    def render(ctx, frame):                       # off screen, once per frame: see `recorded`
        ...

    recording = render()

    @recorded("app.mp4")
    class App(moderngl_window.WindowConfig):      # recorded whenever it runs
        ...

    with record("loop.mp4", fps=30) as recorder:  # your own loop, in any OpenGL context
        draw()
        recorder.frame(framebuffer)

    recorder = attach(window, "window.mp4")       # a moderngl-window window that exists

Neither moderngl nor moderngl-window is imported from here until one of these needs it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import glrec_core
from glrec_core import Options, Recorder, Sink
from glrec_core.adapter import existing
from glrec_integrations.moderngl.decorator import recorded
from glrec_integrations.moderngl.loop import LoopRecorder, record
from glrec_integrations.moderngl.offline_frame import OfflineFrame

if TYPE_CHECKING:
    from moderngl_window.context.base import BaseWindow, WindowConfig

    from glrec_integrations.moderngl.step_timer import StepTimer

__all__ = ["LoopRecorder", "OfflineFrame", "StepTimer", "attach", "record", "recorded"]


def attach(
    target: BaseWindow | WindowConfig, *sinks: str | Path | Sink, **config: Unpack[Options]
) -> Recorder:
    """Record every frame of a moderngl-window window from its next swap until `recorder.close()` or until it is destroyed.

        recorder = attach(window, "film.mp4", fps=60)
        recording = recorder.close()

    `close()` returns when the file is there. If the window is destroyed first, the file is finished while the program goes on:
    `recorder.wait()` returns when it is there, and the end of the program waits for it, too. A `frames=` limit ends the recording,
    not the program. Under `timing="step"` the program's own timer is left alone: `StepTimer` is one that goes with it.

    Args:
        target: an open window of any backend, or the `WindowConfig` object that it belongs to.
        sinks: paths of files to write, or sinks; none is a dated file in the working folder.
        config: options of `glrec_core.Config`, such as fps, timing, frames, size, codec, audio, hotkey.

    Returns:
        The recorder; the window keeps it alive.

    Raises:
        ConfigError: the window is closed, or an option or path cannot be honoured; no file has been touched.
        AdapterNotFound: `target` is neither a window nor a config.
        BackendUnavailable: nothing on this machine can encode what was asked for.

    """
    return glrec_core.record(existing(target, "target"), *sinks, **config)


def __getattr__(name: str) -> Any:
    if name == "StepTimer":  # a subclass of moderngl-window's timer, which is loaded for it only
        from glrec_integrations.moderngl.step_timer import StepTimer

        return StepTimer
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
