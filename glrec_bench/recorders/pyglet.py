"""pyglet's idiom: the colour buffer as image data, turned upright, to an imageio writer."""

from __future__ import annotations

from typing import Any

import moderngl
import numpy as np
import pyglet

from glrec_bench.job import Job
from glrec_bench.recorders.imageio import open_writer
from glrec_bench.scene import Scene


class PygletScene(Scene):
    """The picture in a headless window of pyglet's."""

    def make_context(self) -> moderngl.Context:
        """Open the window and draw in its context."""
        pyglet.options["headless"] = True
        # Without these the default is five or six bits a channel.
        config: Any = pyglet.gl.Config(  # type: ignore[abstract]
            red_size=8, green_size=8, blue_size=8, alpha_size=8
        )
        self._window = pyglet.window.Window(*self.size, config=config)
        return moderngl.create_context()

    def make_framebuffer(self) -> Any:
        """Draw into the window."""
        return self.context.detect_framebuffer()


class Pyglet:
    """`get_buffer_manager()` and `append_data()`."""

    scene_class = PygletScene

    def __init__(self, _: PygletScene, job: Job) -> None:
        self._size = job.size
        self._writer = open_writer(job)

    def grab(self) -> None:
        """Read, turn and append."""
        width, height = self._size
        image: Any = pyglet.image.get_buffer_manager().get_color_buffer().get_image_data()  # type: ignore[no-untyped-call]
        # Asked for RGB, pyglet would convert pixel by pixel; imageio takes four channels as well.
        pixels = np.frombuffer(image.get_data("RGBA", width * 4), np.uint8).reshape(height, width, 4)
        self._writer.append_data(pixels[::-1])

    def close(self) -> None:
        """Finish the file."""
        self._writer.close()
