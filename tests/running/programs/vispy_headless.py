"""Programs on vispy as its gallery has them, which without a screen get a backend that forgets this and that.

vispy_headless.py KIND     draws numbered pictures as large as the resize event said, and prints the events in their order;
                           or prints what the framebuffer has
"""

import sys
from typing import Any

from glrec_core.testing import barcode
from tests.contract.adapter_programs.native import fill

SIZE = (320, 240)


def _say(event: str) -> None:
    sys.stdout.write(f"{event}\n")


class Painter:
    """Paints the next picture, as large as it was told."""

    def __init__(self) -> None:
        self._size: tuple[int, int] | None = None
        self._drawn = 0

    def resize(self, size: tuple[int, int]) -> None:
        _say(f"resize {size[0]}x{size[1]}")
        self._size = size

    def paint(self) -> None:
        if self._drawn == 0:
            _say("draw")
        if self._size is not None:
            barcode.draw(fill, self._size, self._drawn)
        self._drawn += 1


def gloo_subclass() -> None:
    """What a constructor does after vispy's own is done when the size is told."""
    from vispy import app

    class Mine(app.Canvas):  # type: ignore[misc]  # vispy has no types
        def __init__(self) -> None:
            super().__init__(size=SIZE, show=True)
            self.painter = Painter()

        def on_resize(self, event: Any) -> None:
            self.painter.resize(event.physical_size)

        def on_draw(self, _: Any) -> None:
            self.painter.paint()

    canvas = Mine()
    canvas.app.run()


def scene_subclass() -> None:
    from vispy import scene
    from vispy.scene.visuals import Image

    class Mine(scene.SceneCanvas):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__(size=SIZE)
            self.unfreeze()
            self.image = Image(barcode.expected(SIZE, 0), parent=self.scene)
            self.drawn = 0
            self.events.draw.connect(self.next_picture)
            self.freeze()

        def next_picture(self, _: Any) -> None:
            if self.drawn == 0:
                _say("draw")
            self.image.set_data(barcode.expected(SIZE, self.drawn))
            self.drawn += 1

        def on_resize(self, event: Any) -> None:
            super().on_resize(event)
            self.image.visible = True
            _say(f"resize {event.size[0]}x{event.size[1]}")

    canvas = Mine()
    canvas.show()
    canvas.app.run()


def handler_of_a_function() -> None:
    """The canvas is vispy's own class, and its handlers are connected when it exists."""
    from vispy import app

    canvas, painter = app.Canvas(size=SIZE, show=True), Painter()

    @canvas.connect  # type: ignore[untyped-decorator]
    def on_draw(_: Any) -> None:
        painter.paint()

    @canvas.connect  # type: ignore[untyped-decorator]
    def on_resize(event: Any) -> None:
        painter.resize(event.physical_size)

    app.run()


def rendered_before_it_is_shown() -> None:
    """An off-screen picture is a drawing as well."""
    from vispy import app

    canvas, painter = app.Canvas(size=SIZE), Painter()
    canvas.events.resize.connect(lambda event: painter.resize(event.physical_size))

    def draw(_: Any) -> None:
        canvas.context.flush_commands()  # which bind the framebuffer
        painter.paint()

    canvas.events.draw.connect(draw)
    assert barcode.read(canvas.render()) == 0
    canvas.show()
    app.run()


def own_loop_beside_a_closed_canvas() -> None:
    """A canvas that never draws hears of no size; the other one goes on, in a loop that knows no end."""
    from vispy import app

    closed = app.Canvas(size=SIZE)
    closed.events.resize.connect(lambda _: _say("resize of the closed one"))
    closed.close()
    canvas, painter = app.Canvas(size=SIZE, show=True), Painter()
    canvas.events.resize.connect(lambda event: painter.resize(event.physical_size))
    canvas.events.draw.connect(lambda _: painter.paint())
    while True:
        canvas.app.process_events()


def _buffers(**config: int) -> None:
    """Print how many bits and samples the canvas's framebuffer has."""
    from vispy import app, gloo

    canvas = app.Canvas(size=SIZE, show=True, config=config)

    @canvas.connect  # type: ignore[untyped-decorator]
    def on_draw(_: Any) -> None:
        canvas.context.flush_commands()
        barcode.draw(fill, SIZE, 0)
        bits = [gloo.gl.glGetParameter(name) for name in (0x0D56, 0x0D57, 0x80A9)]  # depth, stencil, samples
        _say(f"{bits}")

    app.run()


def buffers_by_default() -> None:
    _buffers()


def buffers_that_are_asked_for() -> None:
    _buffers(depth_size=32, stencil_size=8, samples=4)


def buffers_that_are_not_to_be_had() -> None:
    _buffers(samples=1000)


def pyopengl() -> None:
    """Print whether PyOpenGL, on which vispy's fuller functions stand, knows which context is current."""
    from vispy import app

    canvas = app.Canvas(size=SIZE, show=True)

    @canvas.connect  # type: ignore[untyped-decorator]
    def on_draw(_: Any) -> None:
        from OpenGL import contextdata

        _say(f"{bool(contextdata.getContext())}")
        barcode.draw(fill, SIZE, 0)

    app.run()


if __name__ == "__main__":
    kinds = (
        gloo_subclass,
        scene_subclass,
        handler_of_a_function,
        rendered_before_it_is_shown,
        own_loop_beside_a_closed_canvas,
        buffers_by_default,
        buffers_that_are_asked_for,
        buffers_that_are_not_to_be_had,
        pyopengl,
    )
    {kind.__name__: kind for kind in kinds}[sys.argv[1]]()
