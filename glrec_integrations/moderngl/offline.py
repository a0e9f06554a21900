"""Renders a function off screen, frame by frame, in a context of its own.

The thread has no other context meanwhile: EGL and GLX contexts shut each other out, and a context that is left current makes
windows fail that are opened later.
"""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from operator import index
from pathlib import Path
from typing import Any

import moderngl

import glrec_core
from glrec_core import (
    BackendUnavailable,
    Config,
    ConfigError,
    Framebuffer,
    Options,
    Recorder,
    Recording,
    Sink,
    Size,
)
from glrec_core.adapter import OFFSCREEN_API, made_current
from glrec_integrations.moderngl.offline_frame import OfflineFrame

DEFAULT_SIZE = (1280, 720)
"""The default of moderngl-window's windows."""

_ENDED = object()
"""What `next` gives for a generator that has returned."""


def render_offline(
    function: Callable[..., Iterator[None] | None],
    sinks: tuple[str | Path | Sink, ...],
    samples: int | None,
    options: Options,
) -> Callable[..., Recording]:
    """Return a function that renders `function` and returns the recording; see `recorded`."""
    if not callable(function):
        raise ConfigError(
            f"@recorded takes functions and subclasses of WindowConfig, not an object of {type(function).__name__}"
        )
    given = options.get("size")
    options = {"timing": "step", **options, "size": DEFAULT_SIZE if given is None else given}
    config = Config.of(options)
    size = Size(*(config.size or DEFAULT_SIZE))
    samples = _checked_samples(samples)
    if config.frames is None and not inspect.isgeneratorfunction(function):
        raise ConfigError(
            f"{function!r} is called for every frame and would never end; give @recorded the number of frames=, "
            "or make it a generator function that returns"
        )

    @functools.wraps(function)
    def render(*arguments: Any, **keywords: Any) -> Recording:
        with (
            made_current(None),
            _standalone_context() as ctx,
            _framebuffer(ctx, size, samples) as fbo,
            glrec_core.record(None, *sinks, **options) as recorder,
        ):
            frame = OfflineFrame(fbo, config.rate if config.timing == "step" else None)
            _render_all(recorder, frame, functools.partial(function, ctx, frame, *arguments, **keywords))
        return recorder.recording

    return render


def _render_all(recorder: Recorder, frame: OfflineFrame, call: Callable[[], Iterator[None] | None]) -> None:
    if not inspect.isgeneratorfunction(call):

        def draw() -> bool:
            call()
            return True

        _render_frames(recorder, frame, draw)
        return
    frame.fbo.use()
    with closing(call()) as drawing:  # closed while its context lives, for what it has to release
        _render_frames(recorder, frame, lambda: next(drawing, _ENDED) is not _ENDED)


def _render_frames(recorder: Recorder, frame: OfflineFrame, draw: Callable[[], bool]) -> None:
    """Draw and record until the recording has all its frames or has failed, or nothing more is drawn."""
    target = Framebuffer(frame.fbo.glo, Size(*frame.fbo.size))
    while not recorder.finished:
        frame.fbo.use()
        if not draw():
            return
        recorder.frame_drawn(target)
        frame.advance()


@contextmanager
def _standalone_context() -> Iterator[moderngl.Context]:
    ctx = _new_context()
    try:
        yield ctx
    finally:
        ctx.release()


def _new_context() -> moderngl.Context:
    reasons = []
    for backend in _backends():
        try:
            settings: dict[str, Any] = {"backend": backend} if backend else {}
            return moderngl.create_context(standalone=True, **settings)
        except Exception as error:  # noqa: BLE001  # glcontext raises plain exceptions
            reasons.append(f"{backend or 'the default'}: {error}")
    way_out = (
        ". On Debian and Ubuntu the packages libegl1, libgl1 and libgl1-mesa-dri bring one that needs neither a display "
        "nor a GPU"
    )
    raise BackendUnavailable(
        f"no OpenGL context of version 3.3 or later can be made without a window ({'; '.join(reasons)})"
        f"{way_out if OFFSCREEN_API == 'EGL' else ''}"
    )


def _backends() -> tuple[str | None, ...]:
    """Return moderngl's names for what to try, None for its own choice: where there is EGL, that is X11."""
    if OFFSCREEN_API != "EGL":
        return (None,)
    return (None, "egl") if os.environ.get("DISPLAY") else ("egl",)


@contextmanager
def _framebuffer(ctx: moderngl.Context, size: Size, samples: int) -> Iterator[moderngl.Framebuffer]:
    try:
        color = ctx.renderbuffer(size, samples=samples)
        depth = ctx.depth_renderbuffer(size, samples=samples)
        framebuffer = ctx.framebuffer([color], depth)
    except moderngl.Error as error:
        raise ConfigError(
            f"this OpenGL makes no framebuffer of size={tuple(size)} with samples={samples}: {error}; it offers at most "
            f"{ctx.max_samples} samples and {ctx.info['GL_MAX_RENDERBUFFER_SIZE']} pixels a side"
        ) from error
    try:
        yield framebuffer
    finally:
        for owned in (framebuffer, color, depth):
            owned.release()


def _checked_samples(samples: int | None) -> int:
    """Return the number of samples of a framebuffer, 0 for None.

    Raises:
        ConfigError: not 0 or a power of two, which moderngl demands.

    """
    if samples is None:
        return 0
    try:
        count = -1 if isinstance(samples, bool) else index(samples)
    except TypeError:
        raise ConfigError(
            f"samples= must be 0 or a power of two, such as 4, not an object of {type(samples).__name__}"
        ) from None
    if count < 0 or count & (count - 1):
        raise ConfigError(f"samples={samples!r} must be 0 or a power of two, such as 4")
    return count
