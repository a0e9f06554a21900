"""What the tests of moderngl-window run in fresh interpreters, one scenario and backend each, in an empty folder.

A scenario checks what can only be seen from within; the tests decode the films that it leaves behind.
"""

import json
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import moderngl_window
import pytest

from glrec_core import ConfigError, EncodeError, Framebuffer
from glrec_core.gl.platform import NativeContext, current_context
from glrec_core.testing import FailingSink
from glrec_integrations.moderngl import StepTimer, attach, recorded
from glrec_integrations.moderngl.adapter import glrec_attach
from tests.integration.moderngl.scenes import FILM, FRAMES, OTHER_FILM, STEP
from tests.integration.moderngl.window_scenes import (
    Barcodes,
    buffer_size,
    draw_frames,
    open_window,
    run,
    start,
)

SIZES_FILE = "sizes.json"
WIDER = (480, 240)
NTSC = Fraction(30000, 1001)


class ProgramFailed(Exception):
    """An error of the program's own."""


def a_class_ended_by_frames(backend: str) -> None:
    @recorded(FILM, timing="step", fps=NTSC, frames=FRAMES)
    class App(Barcodes):
        pass

    app = run(App, backend)
    assert app.number == FRAMES
    assert app.times == [(float(n / NTSC), float(1 / NTSC)) for n in range(FRAMES)]
    assert app.recording is App.recording
    assert app.recording.frames == app.recording.stats.drawn == FRAMES


def a_class_that_closes_itself(backend: str) -> None:
    """The frame in which the window closes is never swapped, so it is not a frame."""

    @recorded(FILM, overflow="block")
    class App(Barcodes):
        def on_render(self, time: float, frame_time: float) -> None:
            assert App.recording is None
            super().on_render(time, frame_time)
            if self.number == FRAMES + 1:
                self.wnd.close()

    app = run(App, backend)
    assert not isinstance(app.timer, StepTimer)
    assert App.recording.frames == App.recording.stats.drawn == FRAMES


def a_class_closed_by_its_user(backend: str) -> None:
    """Under pyglet the button closes the toolkit's own window amid the swap, and not through `wnd.close`."""

    @recorded(FILM, **STEP)
    class App(Barcodes):
        def on_render(self, time: float, frame_time: float) -> None:
            super().on_render(time, frame_time)
            if self.number == FRAMES:
                toolkits_window: Any = self.wnd
                toolkits_window._window.dispatch_event("on_close")  # waits in pyglet's queue

    run(App, backend)
    assert App.recording.frames == FRAMES


def a_class_that_fails(backend: str) -> None:
    broken = ProgramFailed("in frame 40")

    @recorded(FILM, **STEP)
    class App(Barcodes):
        def on_render(self, time: float, frame_time: float) -> None:
            super().on_render(time, frame_time)
            if self.number == 41:
                raise broken

    app = start(App, backend)
    with pytest.raises(ProgramFailed) as caught:
        moderngl_window.run_window_config_instance(app)
    assert caught.value is broken
    assert app.recorder.finished
    assert app.recorder.recording.frames == 40


def a_recording_that_fails(backend: str) -> None:
    """The program goes on without it and hears of it at its end."""

    @recorded(FailingSink(EncodeError("the sink is full"), nth=11), **STEP)
    class App(Barcodes):
        def on_render(self, time: float, frame_time: float) -> None:
            super().on_render(time, frame_time)
            if self.number == FRAMES:
                self.wnd.close()

    app = start(App, backend)
    with pytest.raises(EncodeError, match="the sink is full"):
        moderngl_window.run_window_config_instance(app)
    assert app.number == FRAMES


def a_config_that_attaches_itself(backend: str) -> None:
    """From its `__init__`: then comes a swap before anything is drawn."""

    class App(Barcodes):
        def __init__(self, **keywords: Any) -> None:
            super().__init__(**keywords)
            self.recorder = attach(self, FILM, frames=FRAMES, **STEP)

        def on_render(self, time: float, frame_time: float) -> None:
            super().on_render(time, frame_time)
            if self.number == FRAMES + 5:
                self.wnd.close()

    app = run(App, backend)
    assert app.number == FRAMES + 5, "frames= of attach must not end the program"
    recording = app.recorder.close()
    assert (recording.frames, recording.stats.drawn) == (FRAMES, FRAMES)


def an_existing_config(backend: str) -> None:
    class App(Barcodes):
        def on_render(self, time: float, frame_time: float) -> None:
            super().on_render(time, frame_time)
            if self.number == FRAMES + 1:
                self.wnd.close()

    app = start(App, backend)
    recorder = attach(app, FILM, **STEP)
    moderngl_window.run_window_config_instance(app)
    assert recorder.close().frames == FRAMES


def an_existing_window(backend: str) -> None:
    window = open_window(backend)
    found = _attributes(window)
    recorder = attach(window, FILM, **STEP)
    draw_frames(window, range(FRAMES))
    assert recorder.close().frames == FRAMES
    assert _attributes(window) == found
    again = attach(window, OTHER_FILM, **STEP)
    draw_frames(window, range(FRAMES))
    window.close()
    window.destroy()
    assert again.close().frames == FRAMES


def _attributes(window: Any) -> dict[str, dict[str, int | None]]:
    """Return the callable attributes of the window, and of the toolkit's own window, with their identities."""
    owners = {"window": window, **({"toolkit's": window._window} if window.name == "pyglet" else {})}
    return {
        name: {key: id(value) for key, value in vars(owner).items() if callable(value)}
        for name, owner in owners.items()
    }


def a_hotkey(backend: str) -> None:
    """The program sets its own key handler after the window was attached, as a config does."""
    window, heard = open_window(backend), list[Any]()
    if backend == "headless":
        with pytest.raises(ConfigError, match="hears no keys"):
            attach(window, FILM, hotkey="F9")
        return
    found = window.key_event_func

    def press() -> None:
        window._key_event_func(window.keys.F9, window.keys.ACTION_PRESS, window.modifiers)
        window._key_event_func(window.keys.F9, window.keys.ACTION_RELEASE, window.modifiers)

    recorder = attach(window, FILM, hotkey="F9", **STEP)
    window.key_event_func = lambda key, *_: heard.append(key)
    draw_frames(window, range(10))
    press()
    draw_frames(window, range(50, 55))
    window.key_event_func = partial(window.key_event_func)  # a handler around the hook
    draw_frames(window, range(55, 56))
    press()
    draw_frames(window, range(10, FRAMES))
    assert recorder.close().frames == FRAMES
    press()
    assert heard == [window.keys.F9] * 6
    assert window.key_event_func is not found
    window.close()
    window.destroy()


def a_resized_window(backend: str) -> None:
    sizes: list[tuple[int, int]] = []

    @recorded(FILM, frames=FRAMES, **STEP)
    class App(Barcodes):
        def on_render(self, time: float, frame_time: float) -> None:
            if self.number == FRAMES // 2:
                self.wnd.size = WIDER
                if (
                    backend == "headless"
                ):  # it releases the bound framebuffer's textures first, which is an error
                    assert self.ctx.error in {"GL_NO_ERROR", "GL_INVALID_OPERATION"}
                self.wnd.use()
            sizes.append(buffer_size(self.wnd))
            super().on_render(time, frame_time)

    run(App, backend)
    assert WIDER in sizes
    Path(SIZES_FILE).write_text(json.dumps(sizes), encoding="utf-8")


def multisampled(backend: str) -> None:
    @recorded(FILM, frames=FRAMES, **STEP)
    class App(Barcodes):
        samples = 4

    run(App, backend)


class Listener:
    """A tap that notes which context is current when it hears of the end."""

    finished = False

    def __init__(self) -> None:
        self.frames: list[NativeContext | None] = []
        self.ends: list[NativeContext | None] = []

    def frame_drawn(self, source: Framebuffer) -> None:
        self.frames.append(current_context())

    def context_closing(self) -> None:
        self.ends.append(current_context())


def the_end_is_told_while_the_context_lives(backend: str) -> None:
    ways: list[Callable[[Any], None]] = [lambda window: window.close()]
    if backend == "pyglet":
        ways.append(lambda window: window._window.close())
    for way in ways:
        window, listener = open_window(backend), Listener()
        glrec_attach(window, listener)
        draw_frames(window, range(1))
        way(window)
        window.destroy()
        assert listener.frames == listener.ends
        assert None not in listener.ends


def closed_windows_are_refused(backend: str) -> None:
    window = open_window(backend)
    window.close()
    with pytest.raises(ConfigError, match="closed"):
        attach(window, FILM)
    window.destroy()
    with pytest.raises(ConfigError, match="closed"):
        attach(window, FILM)


def bad_options_are_refused_when_decorating(_: str) -> None:
    class App(Barcodes):
        pass

    bad: list[tuple[dict[str, Any], str]] = [
        ({"samples": 4}, r"App\.samples"),
        ({"size": (0, 1)}, "size"),
        ({"fps": -1}, "fps"),
        ({"nonsense": 1}, "nonsense"),
    ]
    for options, said in bad:
        with pytest.raises(ConfigError, match=said):
            recorded(FILM, **options)(App)


def a_step_timer_counts_frames(_: str) -> None:
    timer = StepTimer("30000/1001")
    timer.start()
    assert [timer.next_frame()[0] for _ in range(3000)] == [float(n / NTSC) for n in range(3000)]
    assert timer.time == float(3000 / NTSC)
    assert timer.fps == timer.fps_average == float(NTSC)
    timer.pause()
    assert timer.is_paused
    assert not timer.is_running
    assert timer.next_frame() == timer.next_frame() == (float(3000 / NTSC), 0.0)
    timer.toggle_pause()
    timer.time = 1.5
    assert timer.next_frame() == (1.5, float(1 / NTSC))
    timer.time = -1.0
    assert timer.time == 0.0
    assert timer.stop() == (0.0, float(3001 / NTSC))
    with pytest.raises(ConfigError, match="fps"):
        StepTimer(0)
