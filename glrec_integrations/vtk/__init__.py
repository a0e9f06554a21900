"""Records VTK's render windows and PyVista's plotters, on the screen and off it.

    import glrec_integrations.vtk

    recorder = glrec_integrations.vtk.attach(window, "film.mp4", fps=60)     # every render of a vtkRenderWindow

    glrec_integrations.vtk.open_movie(plotter, "film.mp4", framerate=30)     # instead of plotter.open_movie("film.mp4")
    plotter.write_frame()

Neither is imported from here: whoever has a window has done so.
"""

from __future__ import annotations

from pathlib import Path
from typing import Unpack

from glrec_core import Options, Recorder, Sink, record
from glrec_core.adapter import existing
from glrec_integrations.vtk.movie import open_movie

__all__ = ["attach", "open_movie"]


def attach(window: object, *sinks: str | Path | Sink, **config: Unpack[Options]) -> Recorder:
    """Record every render of `window` from now on until `recorder.close()` or until its context ends.

        plotter = pyvista.Plotter(off_screen=True)
        recorder = attach(plotter, "film.mp4", fps=30, timing="step")

    The context ends with `window.Finalize()`, `plotter.close()`, or when the window is collected. The picture is the one that VTK
    shows: after multisampling, with all renderers and widgets.

    Args:
        window: a `vtkRenderWindow`, or a PyVista plotter.
        sinks: paths of files to write, or sinks; none is a dated file in the working folder.
        config: options of `glrec_core.Config`, such as fps, timing, frames, size, codec, audio.

    Returns:
        The recorder.

    Raises:
        ConfigError: the plotter is closed, or an option or path cannot be honoured; no file has been touched.
        AdapterNotFound: it is neither.
        BackendUnavailable: nothing on this machine can encode what was asked for.

    """
    return record(existing(window, "window"), *sinks, **config)
