"""Records GLFW windows, which in Python are pointers.

    import glrec_integrations.glfw

    window = glfw.create_window(...)
    recorder = glrec_integrations.glfw.attach(window, "demo.mp4", fps=60)

glfw itself is not imported from here: whoever has a window has done so.
"""

from __future__ import annotations

from pathlib import Path
from typing import Unpack

from glrec_core import Options, Recorder, Sink, record
from glrec_core.adapter import existing

__all__ = ["attach"]


def attach(window: object, *sinks: str | Path | Sink, **config: Unpack[Options]) -> Recorder:
    """Record every frame of `window` from now on until `recorder.close()` or until its context ends.

        window = glfw.create_window(1280, 720, "demo", None, None)
        recorder = attach(window, "film.mp4", fps=60)

    `close()` returns when the file is there. If the context ends first, the file is finished while the program goes on:
    `recorder.wait()` returns when it is there, and the end of the program waits for it, too. A `frames=` limit ends the recording,
    not the program.

    Args:
        window: an open window, as `glfw.create_window` returns it.
        sinks: paths of files to write, or sinks; none is a dated file in the working folder.
        config: options of `glrec_core.Config`, such as fps, timing, frames, size, codec, audio, hotkey.

    Returns:
        The recorder.

    Raises:
        ConfigError: the window has no OpenGL context, or an option or path cannot be honoured; no file has been touched.
        AdapterNotFound: it is not a GLFW window.
        BackendUnavailable: nothing on this machine can encode what was asked for.

    """
    return record(existing(window, "window"), *sinks, **config)
