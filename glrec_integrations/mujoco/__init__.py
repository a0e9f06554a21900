"""Records MuJoCo scenes, from scripts and without a screen (`MUJOCO_GL=egl` or `osmesa`).

    from glrec_integrations.mujoco import Film

    with Film(model, "film.mp4", camera="side", fps=60) as film:
        while data.time < 10:
            mujoco.mj_step(model, data)
            film.catch_up(data)                 # draws the frames that are due by the simulation's time

`Film` draws with a renderer of its own. `attach` records a `mujoco.Renderer` that a program has; `draw` draws with it without
reading the picture back. MuJoCo is not imported before one of them is used.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from glrec_core import Options, Recorder, Sink, record
from glrec_core.adapter import existing
from glrec_integrations.mujoco.adapter import draw

if TYPE_CHECKING:
    from glrec_integrations.mujoco.film import Film

__all__ = ["Film", "attach", "draw"]


def attach(renderer: object, *sinks: str | Path | Sink, **config: Unpack[Options]) -> Recorder:
    """Record every picture of `renderer` from now on until `recorder.close()` or until it is closed.

        renderer = mujoco.Renderer(model, 720, 1280)
        recorder = attach(renderer, "film.mp4", fps=60, timing="step")

    A picture is what `renderer.render()` reads or what `draw(renderer)` draws. Pictures of depth and segmentation that `render()`
    reads are left out, so that a script which asks for all three gets a film of the colours; see `Film` for the others.

    Args:
        renderer: an open `mujoco.Renderer`.
        sinks: paths of files to write, or sinks; none is a dated file in the working folder.
        config: options of `glrec_core.Config`, such as fps, timing, frames, size, codec, audio.

    Returns:
        The recorder.

    Raises:
        ConfigError: the renderer is closed, or an option or path cannot be honoured; no file has been touched.
        AdapterNotFound: it is not a `mujoco.Renderer`.
        BackendUnavailable: nothing on this machine can encode what was asked for.

    """
    return record(existing(renderer, "renderer"), *sinks, **config)


def __getattr__(name: str) -> Any:
    if name != "Film":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from glrec_integrations.mujoco import film  # only now, since it imports MuJoCo

    return film.Film


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
