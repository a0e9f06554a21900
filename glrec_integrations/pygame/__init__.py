"""Records pygame's OpenGL display.

    import glrec_integrations.pygame

    surface = pygame.display.set_mode(size, pygame.OPENGL | pygame.DOUBLEBUF)
    recorder = glrec_integrations.pygame.attach(surface, "demo.mp4", fps=60)

pygame itself is not imported from here: whoever has a surface has done so.
"""

from __future__ import annotations

from pathlib import Path
from typing import Unpack

from glrec_core import Options, Recorder, Sink, record
from glrec_core.adapter import existing

__all__ = ["attach"]


def attach(surface: object, *sinks: str | Path | Sink, **config: Unpack[Options]) -> Recorder:
    """Record every frame of `surface` from now on until `recorder.close()` or until its context ends.

        surface = pygame.display.set_mode((1280, 720), pygame.OPENGL | pygame.DOUBLEBUF)
        recorder = attach(surface, "film.mp4", fps=60)

    `close()` returns when the file is there. If the context ends first, the file is finished while the program goes on:
    `recorder.wait()` returns when it is there, and the end of the program waits for it, too. A `frames=` limit ends the recording,
    not the program.

    Args:
        surface: the surface of the display, or a `pygame.Window` of a subclass with `opengl=True`.
        sinks: paths of files to write, or sinks; none is a dated file in the working folder.
        config: options of `glrec_core.Config`, such as fps, timing, frames, size, codec, audio, hotkey.

    Returns:
        The recorder.

    Raises:
        ConfigError: it is not OpenGL, or an option or path cannot be honoured; no file has been touched.
        AdapterNotFound: it is not a surface or window of pygame.
        BackendUnavailable: nothing on this machine can encode what was asked for.

    """
    return record(existing(surface, "surface"), *sinks, **config)
