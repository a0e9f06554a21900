"""Lets vispy's own canvas classes take `record=`, and takes that back without a trace."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from glrec_integrations.vispy.option import recorded

Init = Callable[..., None]

_inits: dict[type, tuple[Init, Init]] = {}
"""For each enabled class the `__init__` that was found, and the one that was put in its place."""


def enable() -> None:
    """Let `vispy.app.Canvas`, `vispy.scene.SceneCanvas` and all classes derived from them take `record=`.

        enable()
        canvas = vispy.scene.SceneCanvas(record="film.mp4")

    It takes what `glrec_integrations.vispy.SceneCanvas` takes, and `canvas.recorder` is the recorder here too, None where
    nothing is recorded. Enabling twice is enabling once. Imports vispy.
    """
    from vispy import app, scene

    if _inits:
        return
    app.Canvas.recorder = None
    for canvas_class in (app.Canvas, scene.SceneCanvas):
        found = canvas_class.__init__
        ours = _taking_record(canvas_class, found)
        _inits[canvas_class] = found, ours
        canvas_class.__init__ = ours


def disable() -> None:
    """Restore the classes as `enable` found them; canvases that are being recorded go on.

        enable()
        canvas = vispy.scene.SceneCanvas(record="film.mp4")
        disable()

    If another library has wrapped a class's `__init__` since, ours stays beneath and passes calls on.
    """
    for canvas_class, (found, ours) in _inits.items():
        if vars(canvas_class)["__init__"] is ours:
            canvas_class.__init__ = found  # type: ignore[misc]
        if "recorder" in vars(canvas_class):
            del canvas_class.recorder  # type: ignore[attr-defined]
    _inits.clear()


def _taking_record(canvas_class: type, found: Init) -> Init:
    @wraps(found)
    def init(canvas: Any, *args: Any, **kwargs: Any) -> None:
        enabled = _inits.get(canvas_class, (None, None))[1] is init
        with recorded(canvas, kwargs.pop("record", None) if enabled else None):
            found(canvas, *args, **kwargs)

    return init
