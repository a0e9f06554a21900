"""Canvases that draw the barcode picture by vispy's own means, for the programs that the tests start.

Every draw event paints the next number. Whoever asks hears of the number of drawn frames after each of them.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from glrec_core.testing import barcode

SIZE = (320, 240)
FIG_REGION = barcode.Region(64, 56, 208, 128)
"""Where the picture lies in a `plot.Fig`: amid its title, axes and line."""
OFFSCREEN = 60_000
"""Number of the pictures that `canvas.render()` draws."""


@dataclass(slots=True)
class Scene:
    """A canvas, the number that it draws next, and the GL errors that were found after its frames."""

    canvas: Any
    number: int = 0
    offscreen: bool = False
    gl_errors: list[int] = field(default_factory=list)

    @property
    def picture(self) -> int:
        """Number of the picture to draw now."""
        return OFFSCREEN if self.offscreen else self.number


def gloo_scene(canvas: Any, first: int = 0) -> Scene:
    """Let a `Canvas` draw by clears within a scissor box, which stays on, as careless programs leave it."""
    scene = Scene(canvas, first)

    def fill(x: int, y: int, width: int, height: int, colour: barcode.Rgb) -> None:
        canvas.context.set_scissor(x, y, width, height)
        canvas.context.clear(color=(*colour, 1.0), depth=False)

    def draw(_: object) -> None:
        canvas.context.set_state(scissor_test=True)
        barcode.draw(fill, tuple(canvas.physical_size), scene.picture)

    canvas.events.draw.connect(draw)
    return scene


def image_scene(canvas: Any) -> Scene:
    """Let a `SceneCanvas` draw an image that fills it."""
    return _image_scene(canvas, barcode.Region(0, 0, *SIZE))


def fig_scene(canvas: Any) -> Scene:
    """Let a `Fig` draw a plot and an image before it."""
    canvas[0, 0].plot([[0, 1], [1, 0]], title="a plot")
    return _image_scene(canvas, FIG_REGION)


def _image_scene(canvas: Any, region: barcode.Region) -> Scene:
    from vispy.scene.visuals import Image
    from vispy.visuals.transforms import STTransform

    scene = Scene(canvas)
    size = (region.width, region.height)
    image = Image(barcode.expected(size, 0), parent=canvas.scene)
    image.order = 10
    image.transform = STTransform(translate=(region.x, region.y, -1))
    canvas.events.draw.connect(lambda _: image.set_data(barcode.expected(size, scene.picture)))
    return scene


def after_each_frame(scene: Scene, then: Callable[[int], object] = lambda _: None) -> None:
    """Look for GL errors at the end of each frame, then call `then(number of the frame)` and ask for the next.

    To be called after the recorder was attached: handlers in the last place run in the order of their connection.
    """
    from vispy.gloo import gl

    canvas = scene.canvas

    def end_frame(_: object) -> None:
        canvas.context.flush_commands()
        if (error := gl.glGetError()) != gl.GL_NO_ERROR:
            scene.gl_errors.append(error)
        if scene.offscreen:
            return
        scene.number += 1
        then(scene.number - 1)
        canvas.update()

    before = "swap_buffers" if "swap_buffers" in canvas.events.draw.callback_refs else None
    canvas.events.draw.connect(end_frame, position="last", before=before)


def draw_until(done: Callable[[], bool], *scenes: Scene) -> None:
    """Process events until `done()`, then hold the scenes to having met no GL error."""
    for scene in scenes:
        scene.canvas.update()
    while not done():
        scenes[0].canvas.app.process_events()
    assert [scene.gl_errors for scene in scenes] == [[]] * len(scenes)
