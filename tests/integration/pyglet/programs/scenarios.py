"""Ways in which pyglet programs draw: `scenarios.py NAME FILM [FILM]` runs one of them with a recorder on its windows."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyglet
from pyglet import gl

import glrec_integrations.pyglet
from glrec_core import Recorder
from tests.integration.pyglet.programs.stage import (
    FPS,
    FRAMES,
    SIZE,
    check_no_error,
    config,
    draw_frame,
    paint,
    run_event_loop,
)

SCENARIOS: dict[str, Callable[..., None]] = {}


def scenario(function: Callable[..., None]) -> Callable[..., None]:
    """Enter a scenario into the list."""
    SCENARIOS[function.__name__] = function
    return function


def open_window(**options: Any) -> Any:
    """Open a window of SIZE."""
    return pyglet.window.Window(*SIZE, **{"config": config(), **options})


def attach(window: Any, film: Path, **options: Any) -> Recorder:
    """Record with exact timestamps."""
    return glrec_integrations.pyglet.attach(window, film, timing="step", fps=FPS, **options)


def record_manual_loop(window: Any, film: Path) -> None:
    """Draw all frames in a loop of one's own and close the recorder."""
    recorder = attach(window, film)
    for number in range(FRAMES):
        draw_frame(window, number)
    recording = recorder.close()
    assert recording.frames == FRAMES
    assert recording.path == film


@scenario
def event_loop(film: Path) -> None:
    window = open_window()
    attach(window, film)
    run_event_loop(window)


@scenario
def manual_loop(film: Path) -> None:
    record_manual_loop(open_window(), film)


@scenario
def hidden(film: Path) -> None:
    window = open_window(visible=False)
    assert not window.visible
    record_manual_loop(window, film)


@scenario
def multisampled(film: Path) -> None:
    window = open_window(config=config(sample_buffers=1, samples=4))
    assert window.config.samples == 4
    record_manual_loop(window, film)


@scenario
def default_config(film: Path) -> None:
    record_manual_loop(pyglet.window.Window(*SIZE), film)


@scenario
def rgb565(film: Path) -> None:
    """Headless pyglet takes the first configuration that serves, which in Mesa is this one."""
    window: Any = pyglet.window.Window(*SIZE)
    assert (window.config.red_size, window.config.green_size, window.config.blue_size) == (5, 6, 5)
    record_manual_loop(window, film)


@scenario
def scissor_left_on(film: Path) -> None:
    window = open_window()
    recorder = attach(window, film)
    for number in range(FRAMES):
        window.switch_to()
        paint(window, number)
        gl.glEnable(gl.GL_SCISSOR_TEST)
        gl.glScissor(10, 20, 30, 40)
        window.flip()
        assert gl.glIsEnabled(gl.GL_SCISSOR_TEST)
    recorder.close()
    check_no_error("the recording")


@scenario
def srgb_switch_left_on(film: Path) -> None:
    window = open_window()
    recorder = attach(window, film)
    for number in range(FRAMES):
        gl.glDisable(gl.GL_FRAMEBUFFER_SRGB)
        paint(window, number)
        gl.glEnable(gl.GL_FRAMEBUFFER_SRGB)
        window.flip()
        assert gl.glIsEnabled(gl.GL_FRAMEBUFFER_SRGB)
    recorder.close()
    check_no_error("the recording")


@scenario
def resized(film: Path) -> None:
    sizes = {0: SIZE, 28: (400, 240), 49: (200, 300)}
    window = open_window(resizable=True)
    recorder = attach(window, film)
    for number in range(FRAMES):
        if number in sizes:
            window.set_size(*sizes[number])
            window.dispatch_events()
            assert window.get_framebuffer_size() == sizes[number]
        draw_frame(window, number)
    recorder.close()


@scenario
def flip_overridden(film: Path) -> None:
    base: Any = pyglet.window.Window

    class Window(base):  # type: ignore[misc]
        def flip(self) -> None:
            """Show the picture without a call of the base class."""
            self.context.flip()

    window = Window(*SIZE, config=config())
    attach(window, film)
    run_event_loop(window)


@scenario
def closed_while_recording(film: Path) -> None:
    window = open_window()
    recorder = attach(window, film)
    for number in range(FRAMES):
        draw_frame(window, number)
    window.close()
    window.close()
    assert recorder.finished
    assert recorder.close().frames == FRAMES
    assert recorder.close().frames == FRAMES


@scenario
def frame_limit(film: Path) -> None:
    window = open_window()
    recorder = attach(window, film, frames=FRAMES)
    run_event_loop(window, frames=FRAMES + 20)
    assert recorder.stats.recorded == FRAMES


@scenario
def left_open_at_the_end_of_the_program(film: Path) -> None:
    window = open_window()
    attach(window, film)
    for number in range(FRAMES):
        draw_frame(window, number)


@scenario
def dropped_without_being_closed(film: Path) -> None:
    """Headless windows are not kept by pyglet: the window goes with the last reference, and ends its recording."""
    import gc

    window = open_window()
    recorder = attach(window, film)
    for number in range(FRAMES):
        draw_frame(window, number)
    del window
    gc.collect()
    assert recorder.finished
    recorder.close()


@scenario
def two_windows(first: Path, second: Path) -> None:
    """Every other frame is shown while the other window's context is current, as GLX and EGL allow."""
    windows = (open_window(), open_window())
    recorders = [attach(window, film) for window, film in zip(windows, (first, second), strict=True)]
    for number in range(FRAMES):
        if number % 2:
            for offset, window in zip((0, 1000), windows, strict=True):
                draw_frame(window, offset + number)
        else:
            for offset, window in zip((0, 1000), windows, strict=True):
                window.switch_to()
                paint(window, offset + number)
                gl.glFinish()
            for window in windows:
                window.flip()
                assert gl.current_context is windows[1].context
            check_no_error(f"showing frame {number} of both windows")
    for recorder in recorders:
        assert recorder.close().frames == FRAMES


@scenario
def wrapped_by_somebody_else(film: Path) -> None:
    """A later wrapper of the same method, and of `flip`, goes on working when the recorder leaves from below."""
    window = open_window()
    calls: list[str] = []
    recorder = attach(window, film)
    hooked, flip = window.context.flip, window.flip

    def around_context_flip() -> None:
        calls.append("context")
        hooked()

    def around_window_flip() -> None:
        calls.append("window")
        flip()

    window.context.flip, window.flip = around_context_flip, around_window_flip
    for number in range(FRAMES):
        draw_frame(window, number)
    recorder.close()
    draw_frame(window, FRAMES)
    assert calls == ["window", "context"] * (FRAMES + 1)
    assert window.context.flip is around_context_flip


if __name__ == "__main__":
    SCENARIOS[sys.argv[1]](*map(Path, sys.argv[2:]))
