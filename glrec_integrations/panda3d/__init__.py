"""Records Panda3D programs, and those of Ursina, which is built on it.

    import glrec_integrations.panda3d

    base = ShowBase()                       # or app = Ursina()
    recorder = glrec_integrations.panda3d.attach(base, "film.mp4", fps=60)
    base.run()

Panda3D itself is not imported from here: whoever has a base has done so.
"""

from __future__ import annotations

from pathlib import Path
from typing import Unpack

from glrec_core import Options, Recorder, Sink, record
from glrec_core.adapter import existing

__all__ = ["attach"]


def attach(base: object, *sinks: str | Path | Sink, **config: Unpack[Options]) -> Recorder:
    """Record every frame of the main window of `base` from now on until `recorder.close()` or until the window is closed.

        base = ShowBase(windowType="offscreen")
        recorder = attach(base, "film.mp4", fps=60)

    The frame is taken after all of the window's display regions are drawn. The film ends with `base.destroy()`, which Panda3D
    calls at the end of the program, or when the main window is closed or opened anew. A `frames=` limit ends the recording, not
    the program.

    Args:
        base: an open `direct.showbase.ShowBase.ShowBase`, such as an `ursina.Ursina`.
        sinks: paths of files to write, or sinks; none is a dated file in the working folder.
        config: options of `glrec_core.Config`, such as fps, timing, frames, size, codec, audio.

    Returns:
        The recorder.

    Raises:
        ConfigError: the base has no window, or an option or path cannot be honoured; no file has been touched.
        AdapterNotFound: it is no base of Panda3D's.
        BackendUnavailable: nothing on this machine can encode what was asked for.

    """
    return record(existing(base, "base"), *sinks, **config)
