"""Records vispy canvases.

    from glrec_integrations.vispy import SceneCanvas

    canvas = SceneCanvas(keys="interactive", record=True)   # or a path, or dict(path="x.mp4", fps=60, timing="step")
    canvas.recorder                                         # the Recorder

`Canvas` and `SceneCanvas` are vispy's own with that one argument more, `attach` records a canvas of any class, and
`enable` lets vispy's own classes take `record=`. vispy is not imported before one of the classes or `enable` is used.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from glrec_core import Options, Recorder, Sink, record
from glrec_core.adapter import existing
from glrec_integrations.vispy.enabling import disable, enable

if TYPE_CHECKING:
    from vispy import app

    from glrec_integrations.vispy.canvas import Canvas, SceneCanvas

__all__ = ["Canvas", "SceneCanvas", "attach", "disable", "enable"]


def attach(canvas: app.Canvas, *sinks: str | Path | Sink, **config: Unpack[Options]) -> Recorder:
    """Record every frame of `canvas` from its next draw until `recorder.close()` or until the canvas closes.

        recorder = attach(canvas, "film.mp4", fps=60)
        vispy.app.run()

    `close()` returns when the file is there. If the canvas is closed first, the file is finished while the program goes on:
    `recorder.wait()` returns when it is there, and the end of the program waits for it, too. A `frames=` limit ends the recording,
    not the program. Off-screen pictures by `canvas.render()` are not recorded.

    On vispy's egl backend a `vispy.scene.SceneCanvas` shows nothing but its background, recorded or not, until it is told
    its size: call `canvas.events.resize(size=canvas.size)` once. It also has no depth buffer, so hidden
    things show. The classes of this package fix both when they record, and so does `glrec run --headless`.

    The picture is read at the end of the draw event, so a canvas with `autoswap=False` must not swap its buffers within it.

    Args:
        canvas: an open canvas: `vispy.app.Canvas`, `vispy.scene.SceneCanvas`, `vispy.plot.Fig` or a subclass.
        sinks: paths of files to write, or sinks; none is a dated file in the working folder.
        config: options of `glrec_core.Config`, such as fps, timing, frames, size, codec, audio, hotkey.

    Returns:
        The recorder; the canvas keeps it alive.

    Raises:
        ConfigError: the canvas is closed, or an option or path cannot be honoured; no file has been touched.
        AdapterNotFound: `canvas` is not a canvas.
        BackendUnavailable: nothing on this machine can encode what was asked for.

    """
    return record(existing(canvas, "canvas"), *sinks, **config)


def __getattr__(name: str) -> Any:
    if name not in {"Canvas", "SceneCanvas"}:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from glrec_integrations.vispy import canvas  # only now, since it imports vispy

    return getattr(canvas, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
