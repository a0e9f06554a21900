"""One small program per framework, as a user would write it: it draws numbered pictures until it is closed.

frameworks.py NAME count     the number is that of the picture
frameworks.py NAME clock     the number is the time that the framework tells, in frames
"""

import sys
import time
from collections.abc import Callable
from typing import Any

from glrec_core.testing import barcode
from tests.contract.adapter_programs.native import fill

SIZE = (320, 240)
FPS = 30

Clock = Callable[[], float]


class Painter:
    """Paints the next picture."""

    def __init__(self, mode: str) -> None:
        self._counts = mode == "count"
        self._drawn = 0

    def paint(self, clock: Clock) -> None:
        """Paint into the bound framebuffer; `clock` tells seconds."""
        number = self._drawn if self._counts else round(clock() * FPS)
        self._drawn += 1
        barcode.draw(fill, SIZE, number)


def pyglet_loop(painter: Painter) -> None:
    import pyglet

    window = pyglet.window.Window(*SIZE)
    passed = 0.0

    def update(dt: float) -> None:
        nonlocal passed
        passed += dt

    @window.event  # type: ignore[untyped-decorator]
    def on_draw() -> None:
        painter.paint(lambda: passed)

    pyglet.clock.schedule_interval(update, 1 / 60)
    pyglet.app.run()


def pyglet_own_loop(painter: Painter) -> None:
    import pyglet

    window = pyglet.window.Window(*SIZE)
    started = time.perf_counter()
    while not window.has_exit:
        pyglet.clock.tick()
        window.dispatch_events()
        window.switch_to()
        painter.paint(lambda: time.perf_counter() - started)
        window.flip()
    window.close()


def moderngl_window(painter: Painter) -> None:
    import moderngl_window as mglw

    class Program(mglw.WindowConfig):  # type: ignore[name-defined,misc]
        window_size = SIZE
        aspect_ratio = None

        def on_render(self, time: float, frame_time: float) -> None:
            painter.paint(lambda: time)

    mglw.run_window_config(Program, args=["--window", "glfw"])


def _vispy(painter: Painter) -> None:
    from vispy import app

    canvas = app.Canvas(size=SIZE, show=False)
    elapsed = [0.0]

    def on_timer(event: Any) -> None:
        elapsed[0] = event.elapsed
        canvas.update()

    timer = app.Timer("auto", connect=on_timer, start=True)
    canvas.events.draw.connect(lambda _: painter.paint(lambda: elapsed[0]))
    canvas.show()
    app.run()
    timer.stop()


def vispy_default(painter: Painter) -> None:
    _vispy(painter)


def vispy_glfw(painter: Painter) -> None:
    import vispy.app

    vispy.app.use_app("glfw")
    _vispy(painter)


def vispy_pyglet(painter: Painter) -> None:
    import vispy.app

    vispy.app.use_app("pyglet")
    _vispy(painter)


def vispy_qt(painter: Painter) -> None:
    import vispy.app

    vispy.app.use_app("pyside6")
    _vispy(painter)


def glfw_by_name(painter: Painter) -> None:
    import glfw
    from glfw import get_time, swap_buffers

    assert glfw.init()
    window = glfw.create_window(*SIZE, "glfw", None, None)
    glfw.make_context_current(window)
    glfw.set_time(0.0)
    while not glfw.window_should_close(window):
        painter.paint(get_time)
        swap_buffers(window)
        glfw.wait_events_timeout(0.001)
    glfw.terminate()


def glfw_deaf(painter: Painter) -> None:
    import glfw

    assert glfw.init()
    window = glfw.create_window(*SIZE, "glfw", None, None)
    glfw.make_context_current(window)
    while True:
        painter.paint(glfw.get_time)
        glfw.swap_buffers(window)


def pygame_display(painter: Painter) -> None:
    import pygame

    pygame.display.init()
    pygame.display.set_mode(SIZE, pygame.OPENGL | pygame.DOUBLEBUF)
    clock = pygame.time.Clock()
    while pygame.QUIT not in [event.type for event in pygame.event.get()]:
        painter.paint(lambda: pygame.time.get_ticks() / 1000)
        pygame.display.flip()
        clock.tick(60)
    pygame.quit()


def pygame_window(painter: Painter) -> None:
    import pygame

    pygame.display.init()
    window = pygame.Window("window", SIZE, opengl=True)
    passed = [0]
    clock = pygame.time.Clock()
    while pygame.QUIT not in [event.type for event in pygame.event.get()]:
        passed[0] += clock.tick(60)
        painter.paint(lambda: passed[0] / 1000)
        window.flip()
    pygame.quit()


def qt(painter: Painter) -> None:
    from PySide6.QtCore import QElapsedTimer, QTimer
    from PySide6.QtOpenGLWidgets import QOpenGLWidget
    from PySide6.QtWidgets import QApplication

    class Widget(QOpenGLWidget):
        def paintGL(self) -> None:  # noqa: N802 - Qt's name
            painter.paint(lambda: elapsed.elapsed() / 1000)

    application = QApplication([])
    elapsed = QElapsedTimer()
    elapsed.start()
    widget = Widget()
    widget.resize(*SIZE)
    widget.show()
    timer = QTimer()
    timer.timeout.connect(widget.update)
    timer.start(10)
    sys.exit(application.exec())


def marked(painter: Painter) -> None:
    import moderngl

    import glrec_core

    context = moderngl.create_context(standalone=True)
    framebuffer = context.simple_framebuffer(SIZE)
    framebuffer.use()
    started = time.monotonic()
    while True:
        painter.paint(lambda: time.monotonic() - started)
        glrec_core.mark_frame(framebuffer)
        time.sleep(0.001)


if __name__ == "__main__":
    globals()[sys.argv[1]](Painter(sys.argv[2]))
