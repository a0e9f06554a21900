"""What the tests of `record` run in fresh interpreters, one scenario each, in an empty working folder.

A scenario checks what can only be seen from within; the tests decode the films that it leaves behind.
"""

import ctypes
import threading
from collections.abc import Callable
from typing import Any

import moderngl
import pytest

from glrec_core import ClosedError, ConfigError
from glrec_core.gl.platform import current_context
from glrec_integrations.moderngl import LoopRecorder, record
from tests.integration.moderngl.scenes import (
    FILM,
    FRAMES,
    OTHER_FILM,
    SIZE,
    STEP,
    egl_context,
    offscreen,
    paint,
)

FILMS = (FILM, OTHER_FILM)
OTHER_FIRST = 1000
"""Number of the first picture in the second of two films."""


class ProgramFailed(Exception):
    """An error of the program's own."""


def _by_object(rec: LoopRecorder, fbo: moderngl.Framebuffer) -> None:
    rec.frame(fbo)


def _by_name(rec: LoopRecorder, fbo: moderngl.Framebuffer) -> None:
    rec.frame(fbo.glo, size=fbo.size)


def _bound(rec: LoopRecorder, _: moderngl.Framebuffer) -> None:
    rec.frame()


def _bound_with_size(rec: LoopRecorder, fbo: moderngl.Framebuffer) -> None:
    rec.frame(size=fbo.size)


_WAYS: dict[str, Callable[[LoopRecorder, moderngl.Framebuffer], None]] = {
    "object": _by_object,
    "name": _by_name,
    "bound": _bound,
    "bound with size": _bound_with_size,
}


def a_framebuffer(samples: str, way: str) -> None:
    ctx = egl_context()
    fbo = offscreen(ctx, int(samples))
    fbo.use()
    with record(FILM, **STEP) as rec:
        for number in range(FRAMES):
            paint(fbo, number)
            _WAYS[way](rec, fbo)
    assert (rec.recording.frames, rec.recording.size) == (FRAMES, SIZE)
    assert ctx.error == "GL_NO_ERROR"


def true_time_by_default() -> None:
    fbo = offscreen(egl_context())
    with record(FILM, overflow="block") as rec:
        for number in range(FRAMES):
            paint(fbo, number)
            rec.frame(fbo)
    assert rec.recording.stats.drawn == rec.recording.frames == FRAMES


def the_bound_framebuffer_stays_bound() -> None:
    ctx = egl_context()
    recorded, bound = offscreen(ctx), offscreen(ctx)
    bound.use()
    with record(FILM, **STEP) as rec:
        for number in range(FRAMES):
            paint(recorded, number)
            rec.frame(recorded)
            assert ctx.fbo is bound
            assert ctx.detect_framebuffer().glo == bound.glo
            ctx.clear(1.0, 0.0, number / 255)
            assert bound.read((0, 0, 1, 1)) == bytes([255, 0, number])


def a_window(resize: str) -> None:
    """Record the default framebuffer of a glfw window; moderngl goes on to take its first size for it."""
    import glfw

    assert glfw.init()
    window = glfw.create_window(*SIZE, "own loop", None, None)
    glfw.make_context_current(window)
    ctx = moderngl.create_context()
    with record(FILM, size=SIZE, **STEP) as rec:
        for number in range(FRAMES):
            if number == FRAMES // 2 and resize:
                glfw.set_window_size(window, 2 * SIZE[0], 2 * SIZE[1])
                while glfw.get_framebuffer_size(window)[0] == SIZE[0]:
                    glfw.wait_events_timeout(0.1)
            size = glfw.get_framebuffer_size(window)
            ctx.screen.viewport = (0, 0, *size)
            ctx.screen.use()
            paint(ctx.screen, number, size)
            ctx.viewport = (0, 0, *size)
            rec.frame(ctx.screen) if number % 2 else rec.frame()
            glfw.swap_buffers(window)
    assert rec.recording.frames == FRAMES
    glfw.terminate()


def two_contexts_in_turn() -> None:
    contexts = [egl_context(), egl_context()]
    framebuffers = []
    for ctx in contexts:
        with ctx:
            framebuffers.append(offscreen(ctx))
    with record(FILMS[0], **STEP) as first, record(FILMS[1], **STEP) as second:
        for number in range(FRAMES):
            for index, rec in enumerate((first, second)):
                with contexts[index]:
                    paint(framebuffers[index], index * OTHER_FIRST + number)
                    rec.frame(framebuffers[index])
        previews = [rec.recorder.texture_id for rec in (first, second)]
        assert 0 not in previews
        assert current_context() is None
    assert current_context() is None
    for ctx, rec, preview in zip(contexts, (first, second), previews, strict=True):
        assert rec.recording.frames == FRAMES
        assert rec.recording.stats.lost == 0
        with ctx:
            assert not ctypes.CDLL("libGL.so.1").glIsTexture(preview), (
                "not freed, its context not being current"
            )


def two_contexts_in_threads() -> None:
    failures: list[BaseException] = []

    def work(index: int) -> None:
        try:
            fbo = offscreen(egl_context())
            with record(FILMS[index], **STEP) as rec:
                for number in range(FRAMES):
                    paint(fbo, index * OTHER_FIRST + number)
                    rec.frame(fbo)
            assert rec.recording.frames == FRAMES
        except BaseException as error:
            failures.append(error)
            raise

    threads = [threading.Thread(target=work, args=(index,)) for index in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


def frames_end_the_recording() -> None:
    fbo = offscreen(egl_context())
    drawn = 0
    with record(FILM, frames=FRAMES, **STEP) as rec:
        while not rec.finished:
            paint(fbo, drawn)
            rec.frame(fbo)
            drawn += 1
    assert drawn == FRAMES


def pauses_are_left_out() -> None:
    fbo = offscreen(egl_context())
    with record(FILM, **STEP) as rec:
        for number in range(FRAMES):
            {30: rec.pause, 50: rec.resume}.get(number, lambda: None)()
            paint(fbo, number)
            rec.frame(fbo)
    assert rec.recording.stats.paused == 20


def an_error_in_the_loop() -> None:
    fbo, rec, broken = offscreen(egl_context()), record(FILM, **STEP), ProgramFailed("in frame 40")

    def loop() -> None:
        with rec:
            for number in range(FRAMES):
                paint(fbo, number)
                if number == 40:
                    raise broken
                rec.frame(fbo)

    with pytest.raises(ProgramFailed) as caught:
        loop()
    assert caught.value is broken
    assert rec.recording.frames == 40


def a_context_that_is_gone() -> None:
    """The program releases its context in the block: what was read until then is finished, without a call into it."""
    ctx = egl_context()
    fbo = offscreen(ctx)
    with record(FILM, **STEP) as rec:
        with ctx:
            for number in range(FRAMES):
                paint(fbo, number)
                rec.frame(fbo)
        ctx.release()
        assert current_context() is None
    stats = rec.recording.stats
    assert rec.recording.frames == stats.encoded == FRAMES - stats.lost
    assert stats.lost < FRAMES // 2


def misuse_is_explained() -> None:
    fbo = offscreen(egl_context())
    nonsense: Any = "fbo"
    with record(FILM, **STEP) as rec:
        with pytest.raises(ConfigError, match="size="):
            rec.frame(fbo.glo)
        with pytest.raises(ConfigError, match="size="):
            rec.frame(fbo.glo, size=(0, 240))
        with pytest.raises(ConfigError, match=r"moderngl\.Framebuffer"):
            rec.frame(nonsense)
        paint(fbo, 0)
        rec.frame(fbo)
    assert rec.recording.frames == 1
    with pytest.raises(ClosedError):
        rec.frame(fbo)
    assert rec.close() == rec.recording
