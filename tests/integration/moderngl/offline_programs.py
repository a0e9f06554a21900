"""What the tests of `@recorded` functions run in fresh interpreters, one scenario each, in an empty working folder.

A scenario checks what can only be seen from within; the tests decode the films that it leaves behind.
"""

import os
import threading
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import moderngl
import pytest

from glrec_core import BackendUnavailable, ConfigError
from glrec_core.gl.platform import NativeContext, current_context
from glrec_integrations.moderngl import OfflineFrame, recorded
from tests.integration.moderngl.scenes import (
    FILM,
    FPS,
    FRAMES,
    OTHER_FILM,
    SIZE,
    egl_context,
    offscreen,
    paint,
)

NTSC = "30000/1001"


class ProgramFailed(Exception):
    """An error of the program's own."""


def a_function(samples: str) -> None:
    times: list[tuple[int, Fraction]] = []

    @recorded(FILM, size=SIZE, fps=NTSC, frames=FRAMES, samples=int(samples))
    def render(ctx: moderngl.Context, frame: OfflineFrame) -> None:
        assert ctx.fbo.glo == frame.fbo.glo
        assert (frame.fbo.size, frame.fbo.samples) == (SIZE, int(samples))
        assert frame.time_seconds == float(frame.time)
        times.append((frame.index, frame.time))
        paint(frame.fbo, frame.index)

    recording = render()
    assert recording.path is not None
    assert (recording.frames, recording.path.name) == (FRAMES, FILM)
    assert abs(recording.duration_seconds - FRAMES / Fraction(NTSC)) < 1e-8  # it is kept in nanoseconds
    assert times == [(index, index / Fraction(NTSC)) for index in range(FRAMES)]


def a_generator_ended_by_frames() -> None:
    calls: list[str] = []

    @recorded(FILM, size=SIZE, fps=FPS, frames=FRAMES)
    def render(ctx: moderngl.Context, frame: OfflineFrame) -> Iterator[None]:
        calls.append("set up")
        buffer = ctx.buffer(reserve=64)
        try:
            while True:
                paint(frame.fbo, frame.index)
                yield
        finally:
            assert current_context() is not None
            assert len(buffer.read()) == 64
            calls.append(f"ended in frame {frame.index}")

    assert render().frames == FRAMES
    assert calls == ["set up", f"ended in frame {FRAMES}"]


def a_generator_ended_by_returning() -> None:
    @recorded(FILM, size=SIZE, fps=FPS)
    def render(ctx: moderngl.Context, frame: OfflineFrame, count: int) -> Iterator[None]:
        for number in range(count):
            assert number == frame.index
            paint(frame.fbo, number)
            yield
        frame.fbo.clear(1.0, 0.0, 0.0)  # not a frame: no yield follows

    assert render(FRAMES).frames == FRAMES


def arguments_are_passed_on() -> None:
    @recorded(FILM, size=SIZE, fps=FPS, frames=FRAMES, overwrite=True)
    def render(ctx: moderngl.Context, frame: OfflineFrame, first: int, *, step: int = 1) -> None:
        """Draw."""
        paint(frame.fbo, first + step * frame.index)

    assert render.__doc__ == "Draw."
    render(0)
    render(1000, step=2)  # the file holds this one


def other_framebuffers_do_not_disturb() -> None:
    @recorded(FILM, size=SIZE, fps=FPS, frames=FRAMES)
    def render(ctx: moderngl.Context, frame: OfflineFrame) -> Iterator[None]:
        shadow = offscreen(ctx)
        while True:
            frame.fbo.use()
            ctx.clear(0.0, 0.0, 0.0)
            paint(ctx.fbo, frame.index)
            shadow.use()  # and leave it bound
            ctx.clear(1.0, 1.0, 1.0)
            yield
            assert ctx.fbo.glo == frame.fbo.glo

    render()


def an_error_in(kind: str) -> None:
    broken = ProgramFailed("in frame 40")

    def draw(frame: OfflineFrame) -> None:
        paint(frame.fbo, frame.index)
        if frame.index == 40:
            raise broken

    def function(ctx: moderngl.Context, frame: OfflineFrame) -> None:
        draw(frame)

    def generator(ctx: moderngl.Context, frame: OfflineFrame) -> Iterator[None]:
        while True:
            draw(frame)
            yield

    target: Any = {"function": function, "generator": generator}[kind]
    with pytest.raises(ProgramFailed) as caught:
        recorded(FILM, size=SIZE, fps=FPS, frames=FRAMES)(target)()
    assert caught.value is broken
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("glrec")]
    assert current_context() is None


def everything_is_released() -> None:
    kept: list[Any] = []

    @recorded(FILM, size=SIZE, fps=FPS, frames=FRAMES)
    def render(ctx: moderngl.Context, frame: OfflineFrame) -> None:
        paint(frame.fbo, frame.index)
        kept[:] = [ctx, frame.fbo]

    render()
    assert [type(each.mglo).__name__ for each in kept] == ["InvalidObject"] * 2
    assert current_context() is None


def the_context_is_of(api: str) -> None:
    used: list[NativeContext | None] = []

    @recorded(FILM, size=SIZE, fps=FPS, frames=FRAMES)
    def render(ctx: moderngl.Context, frame: OfflineFrame) -> None:
        used.append(current_context())
        paint(frame.fbo, frame.index)

    render()
    assert {context.api.kind for context in used if context is not None} == {api}
    assert len(used) == FRAMES


def without_x11() -> None:
    os.environ["GLCONTEXT_LINUX_LIBX11"] = "libmissing.so"
    the_context_is_of("EGL")


def without_any_opengl() -> None:
    os.environ.update(GLCONTEXT_LINUX_LIBX11="libmissing.so", GLCONTEXT_LINUX_LIBEGL="libmissing.so")

    @recorded(FILM, size=SIZE, frames=1)
    def render(ctx: moderngl.Context, frame: OfflineFrame) -> None:
        raise AssertionError("never called")

    with pytest.raises(
        BackendUnavailable, match=r"(?s)the default: .*libmissing\.so.*; egl: .*libmissing\.so.*libegl1"
    ):
        render()


def the_callers_context_stays_current() -> None:
    ctx = egl_context()
    own, before = offscreen(ctx), current_context()
    own.use()

    @recorded(FILM, size=SIZE, fps=FPS, frames=FRAMES)
    def render(inner: moderngl.Context, frame: OfflineFrame) -> None:
        assert inner is not ctx
        assert current_context() != before
        paint(frame.fbo, frame.index)

    render()
    assert current_context() == before
    paint(own, 7)


def windows_may_come_before_and_after(backend: str) -> None:
    import glfw

    assert glfw.init()
    glfw.window_hint(glfw.VISIBLE, glfw.FALSE)

    @recorded(FILM, size=SIZE, fps=FPS, frames=FRAMES, overwrite=True)
    def render(ctx: moderngl.Context, frame: OfflineFrame) -> None:
        paint(frame.fbo, frame.index)

    render()
    window = glfw.create_window(64, 64, "before", None, None)
    glfw.make_context_current(window)
    before = current_context()
    assert before is not None
    if backend == "egl":
        del os.environ["DISPLAY"]
    render()
    assert current_context() == before
    glfw.swap_buffers(window)
    glfw.terminate()


def true_time_on_demand() -> None:
    times: list[Fraction] = []

    @recorded(FILM, size=SIZE, timing="wall", frames=FRAMES, overflow="block")
    def render(ctx: moderngl.Context, frame: OfflineFrame) -> None:
        assert frame.rate is None
        times.append(frame.time)
        paint(frame.fbo, frame.index)

    assert render().frames == FRAMES
    assert times[0] == 0
    assert times == sorted(set(times))
    assert times != [index * times[1] for index in range(FRAMES)]


def sizes_beyond_the_context_are_refused() -> None:
    def render(ctx: moderngl.Context, frame: OfflineFrame) -> None:
        raise AssertionError("never called")

    with pytest.raises(ConfigError, match=r"at most \d+ samples"):
        recorded(FILM, size=SIZE, frames=1, samples=256)(render)()
    Path(OTHER_FILM).touch()
    with pytest.raises(ConfigError, match="exists"):
        recorded(OTHER_FILM, size=SIZE, frames=1)(render)()
    assert current_context() is None
