"""Records `QOpenGLWidget`s of PySide6 and PyQt6.

    import glrec_integrations.qt

    widget = QOpenGLWidget()
    recorder = glrec_integrations.qt.attach(widget, "demo.mp4", fps=60)

Qt itself is not imported from here: whoever has a widget has done so.
"""

from __future__ import annotations

from pathlib import Path
from typing import Unpack

from glrec_core import Options, Recorder, Sink, record
from glrec_core.adapter import existing

__all__ = ["attach"]


def attach(widget: object, *sinks: str | Path | Sink, **config: Unpack[Options]) -> Recorder:
    """Record every frame of `widget` from now on until `recorder.close()` or until its context ends.

        widget = QOpenGLWidget()
        recorder = attach(widget, "film.mp4", fps=60)

    `close()` returns when the file is there. If the context ends first, the file is finished while the program goes on:
    `recorder.wait()` returns when it is there, and the end of the program waits for it, too. A `frames=` limit ends the recording,
    not the program.

    Args:
        widget: a widget of either binding, shown or not.
        sinks: paths of files to write, or sinks; none is a dated file in the working folder.
        config: options of `glrec_core.Config`, such as fps, timing, frames, size, codec, audio, hotkey.

    Returns:
        The recorder.

    Raises:
        ConfigError: Qt has deleted the widget, or an option or path cannot be honoured; no file has been touched.
        AdapterNotFound: it is not a `QOpenGLWidget`.
        BackendUnavailable: nothing on this machine can encode what was asked for.

    """
    return record(existing(widget, "widget"), *sinks, **config)
