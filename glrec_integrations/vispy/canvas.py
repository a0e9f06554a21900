"""vispy's own canvas classes with one argument more: `record=`. Importing this module imports vispy."""

from __future__ import annotations

from typing import Any

from vispy import app, scene

from glrec_core import Recorder
from glrec_integrations.vispy.option import RecordOption, recorded


class _Recorded:
    """Takes `record=` from the arguments of the canvas class that follows in the MRO.

    Attributes:
        recorder: the recorder, None where nothing is recorded. The class has it too, since vispy's scene canvases are
            frozen: they take no attribute that they do not have already.

    """

    recorder: Recorder | None = None

    def __init__(self, *args: Any, record: RecordOption = None, **kwargs: Any) -> None:
        with recorded(self, record):
            super().__init__(*args, **kwargs)


class Canvas(_Recorded, app.Canvas):  # type: ignore[misc]  # vispy has no types
    """`vispy.app.Canvas` that takes `record=` as well.

        canvas = Canvas(size=(960, 540), record={"path": "film.mp4", "fps": 60})
        recording = canvas.recorder.close()

    Raises:
        ConfigError: `record` cannot be honoured; there is no window and no file then.

    """


class SceneCanvas(_Recorded, scene.SceneCanvas):  # type: ignore[misc]  # vispy has no types
    """`vispy.scene.SceneCanvas` that takes `record=` as well.

        canvas = SceneCanvas(keys="interactive", show=True, record="film.mp4")
        vispy.app.run()

    Raises:
        ConfigError: `record` cannot be honoured; there is no window and no file then.

    """
