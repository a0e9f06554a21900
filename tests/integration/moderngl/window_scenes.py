"""moderngl-window programs and windows that draw the barcode picture, on any of its backends."""

from typing import Any

import moderngl_window
from moderngl_window.context.base import WindowConfig

from glrec_core import Recorder
from tests.integration.moderngl.scenes import SIZE, paint


class Barcodes(WindowConfig):
    """A program that draws the next picture in each frame."""

    window_size = SIZE
    aspect_ratio: Any = None
    resizable = True
    vsync = False
    log_level: Any = None
    recording: Any = None
    recorder: Recorder

    def __init__(self, **keywords: Any) -> None:
        super().__init__(**keywords)
        self.number = 0
        self.times: list[tuple[float, float]] = []

    def on_render(self, time: float, frame_time: float) -> None:
        self.times.append((time, frame_time))
        paint(self.wnd.fbo, self.number, buffer_size(self.wnd))
        self.number += 1


def start(config_class: type[Barcodes], backend: str) -> Barcodes:
    """Open the window of a program as `run_window_config` does."""
    arguments = ["--window", backend, *(["--backend", "egl"] if backend == "headless" else [])]
    program = moderngl_window.create_window_config_instance(config_class, args=arguments)
    assert isinstance(program, Barcodes)
    assert program.ctx.error == "GL_NO_ERROR"
    return program


def run(config_class: type[Barcodes], backend: str) -> Barcodes:
    """Run a program to its end, as `config_class.run()` does."""
    program = start(config_class, backend)
    moderngl_window.run_window_config_instance(program)
    return program


def open_window(backend: str) -> Any:
    """Open a window without a config."""
    window_class = moderngl_window.get_local_window_cls(backend)
    return window_class(size=SIZE, vsync=False, backend="egl" if backend == "headless" else None)


def draw_frames(window: Any, numbers: range) -> None:
    """Run a loop of one's own."""
    for number in numbers:
        window.use()
        paint(window.fbo, number, buffer_size(window))
        window.swap_buffers()


def buffer_size(window: Any) -> tuple[int, int]:
    """Return the size in pixels; a headless window's `buffer_size` does not change with the window."""
    size: tuple[int, int] = window.size if window.headless else window.buffer_size
    return size
