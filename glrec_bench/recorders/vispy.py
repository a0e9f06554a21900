"""vispy's idiom: `canvas.render()` gives the picture as an array, which goes to an imageio writer."""

from __future__ import annotations

import os
from time import perf_counter_ns

import numpy as np

from glrec_bench.job import Job
from glrec_bench.recorders.imageio import open_writer
from glrec_bench.scene import PICTURE, code

if not os.environ.get("DISPLAY"):
    os.environ.setdefault("EGL_PLATFORM", "surfaceless")

import vispy.app
import vispy.scene
from vispy.gloo import VertexBuffer, gl
from vispy.visuals import Visual

_VERTEX = "attribute vec2 corner; void main() { gl_Position = vec4(corner, 0.0, 1.0); }"
_FRAGMENT = f"{PICTURE} void main() {{ gl_FragColor = vec4(picture(gl_FragCoord.xy), 1.0); }}"
_TRIANGLE = np.array([(-1, -1), (3, -1), (-1, 3)], np.float32)


class _PictureVisual(Visual):  # type: ignore[misc]
    """The benchmark's picture as a visual."""

    def __init__(self, size: tuple[int, int]) -> None:
        super().__init__(vcode=_VERTEX, fcode=_FRAGMENT)
        self.shared_program["corner"] = VertexBuffer(_TRIANGLE)
        self.shared_program["size"] = size
        self._draw_mode = "triangles"
        self.set_gl_state(depth_test=False, blend=False, cull_face=False)
        self.show(0)

    def show(self, number: int) -> None:
        self.shared_program["time"] = number / 60
        self.shared_program["code"] = code(number)

    def _prepare_transforms(self, view: object) -> None:
        """Nothing is transformed."""

    def _prepare_draw(self, view: object) -> None:
        """Nothing is left to do."""


_Picture = vispy.scene.visuals.create_visual_node(_PictureVisual)


class VispyScene:
    """The picture in a SceneCanvas on EGL; it is drawn within `canvas.render()` only."""

    def __init__(self, job: Job) -> None:
        vispy.app.use_app("egl")
        self.own_drawing_ns = 0
        self.canvas = vispy.scene.SceneCanvas(size=job.size, show=True)
        self.canvas.events.resize(size=job.size)
        self._picture = _Picture(job.size, parent=self.canvas.scene)
        self._draw_node, self._picture.draw = self._picture.draw, self._timed_draw

    def draw(self, number: int) -> None:
        """Say which frame `canvas.render()` is to draw."""
        self._picture.show(number)

    def finish(self) -> None:
        """Wait for OpenGL."""
        self.canvas.context.finish()

    def _timed_draw(self) -> None:
        began_ns = perf_counter_ns()
        self._draw_node()
        self.canvas.context.flush_commands()
        gl.glFinish()
        self.own_drawing_ns += perf_counter_ns() - began_ns


class Vispy:
    """`canvas.render()` and `append_data()`."""

    scene_class = VispyScene

    def __init__(self, scene: VispyScene, job: Job) -> None:
        self._canvas = scene.canvas
        self._writer = open_writer(job)

    def grab(self) -> None:
        """Render and append."""
        self._writer.append_data(self._canvas.render(alpha=False))

    def close(self) -> None:
        """Finish the file."""
        self._writer.close()
