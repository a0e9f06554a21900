"""Two waves meet: a surface plot that turns, with its axes, its colour scale and its map below, in vispy's scene API.

    python vispy_surface.py vispy_surface.mp4

needs no display: it draws on vispy's EGL backend and records every frame.
"""

import os
import sys
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray
from vispy import app, scene
from vispy.color import Colormap

from glrec_core import Recording
from glrec_integrations.vispy import SceneCanvas

FRAMES = 240
REACH, LOW, PEAK = 1.6, -0.8, 0.32  # of the axes, of the map below, of the colour scale
AXIS = np.linspace(-REACH, REACH, 101)
COLORS = "#b9f3ff #38b6e6 #1f6fc4 #223a86 #2a2350 #7d2a68 #d9485a #ff9a4d #ffe9a8"
GREY, PALE, NIGHT = "#8a93ad", "#c9d1e6", "#0d111c"


def waves(phase: float) -> NDArray[np.float32]:
    """Return the height at each (x, y) of the grid."""
    x, y = np.meshgrid(AXIS, AXIS, indexing="ij")
    distances = (np.hypot(x - 0.62, y - 0.35), np.hypot(x + 0.62, y + 0.35))
    height = sum(0.25 * np.cos(8.5 * distance - phase) * np.exp(-1.1 * distance**2) for distance in distances)
    return np.asarray(height, np.float32)


class Plot:
    """The surface with everything around it."""

    def __init__(self, canvas: Any) -> None:
        self.colors = Colormap(COLORS.split())
        grid = canvas.central_widget.add_grid(spacing=0)
        self.view = grid.add_view(row=0, col=0)
        self.view.camera = scene.TurntableCamera(fov=30, elevation=26, distance=7.5, center=(0, 0, -0.35))
        self.surface = scene.visuals.SurfacePlot(
            AXIS, AXIS, waves(0), shading="smooth", parent=self.view.scene
        )
        shading = self.surface.shading_filter
        shading.light_dir, shading.shininess = (-0.35, -0.35, -1), 40
        shading.ambient_light, shading.diffuse_light = (1, 1, 1, 0.42), (1, 1, 1, 0.75)
        shading.specular_light = (1, 1, 1, 0.45)
        self.map = scene.visuals.Image(
            waves(0), cmap=self.colors, clim=(-PEAK, PEAK), interpolation="bilinear", parent=self.view.scene
        )
        step = 2 * REACH / len(AXIS)
        self.map.transform = scene.STTransform(scale=(step, step), translate=(-REACH, -REACH, LOW))
        self.add_axis([(-REACH, -REACH - 0.1), (REACH, -REACH - 0.1)], (0, -1))
        self.add_axis([(-REACH - 0.1, -REACH), (-REACH - 0.1, REACH)], (-1, 0))
        scale = scene.ColorBarWidget(
            self.colors, "right", label=" ", clim=(-PEAK, PEAK), label_color=PALE, border_color=GREY
        )
        scale.width_max = 140
        grid.add_widget(scale, row=0, col=1)

    def add_axis(self, ends: list[tuple[float, float]], ticks: tuple[int, int]) -> None:
        axis = scene.Axis(
            ends,
            domain=(-REACH, REACH),
            tick_direction=ticks,
            axis_color=GREY,
            tick_color=GREY,
            text_color=PALE,
            axis_width=2,
            font_size=18,
            major_tick_length=0.05,
            minor_tick_length=0.02,
            tick_label_margin=0.28,
            parent=self.view.scene,
        )
        axis.transform = scene.STTransform(translate=(0, 0, LOW))
        axis.set_gl_state("translucent", depth_test=True)

    def show(self, share: float) -> None:
        """Show the waves after a share of the film."""
        height = waves(share * 8 * np.pi)
        colors = self.colors.map((0.5 + 0.5 * height / PEAK).ravel())
        self.surface.set_data(z=height, colors=colors.reshape(*height.shape, 4))
        self.map.set_data(height.T)
        self.view.camera.azimuth = 120 * share - 100


def use_headless_egl() -> None:
    """Choose vispy's EGL backend, which needs no screen."""
    os.environ.setdefault("EGL_PLATFORM", "surfaceless")
    app.use_app("egl")


def main(path: str) -> Recording:
    use_headless_egl()
    record = {"path": path, "fps": 60, "timing": "step", "overwrite": True}
    canvas = SceneCanvas(size=(1280, 720), bgcolor=NIGHT, record=record)
    plot, frames = Plot(canvas), count()

    def turn(_: Any) -> None:
        frame = next(frames)
        if frame < FRAMES:
            plot.show(frame / FRAMES)
        else:
            canvas.close()

    timer = app.Timer(0, connect=turn, start=True)
    app.run()
    timer.stop()
    return canvas.recorder.close()


if __name__ == "__main__":
    print(main(sys.argv[1]))
