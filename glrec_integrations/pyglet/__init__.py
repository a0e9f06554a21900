"""Records pyglet windows, and arcade's, which are pyglet windows.

    import glrec_integrations.pyglet

    recorder = glrec_integrations.pyglet.attach(window, "demo.mp4", fps=60)
    pyglet.app.run()

pyglet itself is not imported from here: whoever has a window has done so.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from glrec_core import Options, Recorder, Sink, record
from glrec_core.adapter import existing

if TYPE_CHECKING:
    from pyglet.window import BaseWindow

__all__ = ["attach"]


def attach(window: BaseWindow, *sinks: str | Path | Sink, **config: Unpack[Options]) -> Recorder:
    """Record every frame of `window` from its next flip until `recorder.close()` or until the window closes.

        recorder = attach(window, "film.mp4", fps=60, hotkey="F9")
        pyglet.app.run()

    `close()` returns when the file is there. If the window is closed first, the file is finished while the program goes on:
    `recorder.wait()` returns when it is there, and the end of the program waits for it, too. A `frames=` limit ends the recording,
    not the program.

    Args:
        window: an open pyglet window, visible, hidden or headless; of a subclass too, such as `arcade.Window`.
        sinks: paths of files to write, or sinks; none is a dated file in the working folder.
        config: options of `glrec_core.Config`, such as fps, timing, frames, size, codec, audio, hotkey.

    Returns:
        The recorder; the window keeps it alive.

    Raises:
        ConfigError: the window is closed, or an option or path cannot be honoured; no file has been touched.
        AdapterNotFound: `window` is not a window.
        BackendUnavailable: nothing on this machine can encode what was asked for.

    """
    return record(existing(window, "window"), *sinks, **config)
