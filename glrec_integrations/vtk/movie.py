"""PyVista's two calls, `open_movie` and `write_frame`, with a recorder behind them.

PyVista reads each picture back in the loop and hands it to imageio, whose rate and sizes are its own. Here the plotter's window
is recorded as any other; between two calls of `write_frame` the recording is paused, so that other renders are no frames.
"""

from __future__ import annotations

import os
import weakref
from pathlib import Path
from typing import Any, Unpack

from glrec_core import ConfigError, Options, Recorder, record


def open_movie(
    plotter: Any, filename: str | os.PathLike[str], framerate: float = 24, **config: Unpack[Options]
) -> Recorder:
    """Record what `plotter.write_frame()` writes, in the place of `plotter.open_movie(filename, framerate)`.

        open_movie(plotter, "orbit.mp4", framerate=30)
        plotter.write_frame()

    The rest of a program stays as it is. The film ends with `plotter.close()`, `plotter.mwriter.close()` or the recorder's
    `close()`; frame n is at n/framerate.

    Args:
        plotter: an open `pyvista.Plotter`.
        filename: of the film; the extension decides the container. An existing file is replaced, as PyVista does.
        framerate: frames per second.
        config: options of `glrec_core.Config`, such as codec, quality (of the encoder, not imageio's 0 to 10) and size.

    Returns:
        The recorder, whose `close()` tells what the film is.

    Raises:
        ConfigError: it is no plotter, or closed, or an option or path cannot be honoured; no file has been touched.
        BackendUnavailable: nothing on this machine can encode what was asked for.

    """
    if not hasattr(plotter, "write_frame") or not hasattr(plotter, "mwriter"):
        raise ConfigError(f"open_movie() takes a PyVista plotter, not an object of {type(plotter).__name__}")
    if "fps" in config or "timing" in config:
        raise ConfigError("open_movie() takes framerate= instead of fps= and timing=")
    options: Options = {"overwrite": True, **config, "fps": framerate, "timing": "step", "paused": True}
    recorder = record(plotter, Path(filename), **options)
    movie = Movie(plotter, recorder)
    if plotter.mwriter is not None:
        plotter.mwriter.close()
    plotter.mwriter = movie
    plotter.write_frame = movie.write_frame
    return recorder


class Movie:
    """What a plotter has as its `mwriter`, and its `write_frame`. The plotter holds it, not the other way round."""

    def __init__(self, plotter: Any, recorder: Recorder) -> None:
        self._plotter = weakref.ref(plotter)
        self._recorder = recorder

    def write_frame(self) -> None:
        """Render the plotter, which is the film's next frame.

        For example:

            plotter.write_frame()

        Raises:
            RuntimeError: the film has been closed.

        """
        plotter = self._plotter()
        if plotter is None:
            return
        if self._recorder.closed or plotter.mwriter is not self:
            raise RuntimeError("this plotter has no open movie; call open_movie() first")
        if plotter._first_time:
            plotter._on_first_render_request()
        interactor = getattr(plotter, "iren", None)
        if interactor is not None and not plotter.off_screen:
            interactor.process_events()
        self._recorder.resume()
        try:
            plotter.render()
        finally:
            self._recorder.pause()

    def close(self) -> None:
        """End the film.

        For example:

            plotter.mwriter.close()
        """
        self._recorder.close()
        plotter = self._plotter()
        if plotter is not None and plotter.mwriter is self:
            plotter.mwriter = None
            del plotter.write_frame
