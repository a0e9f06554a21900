"""A vispy canvas, recorded by one argument."""

import numpy as np
import vispy.app
from vispy.scene.visuals import Line

from glrec.vispy import SceneCanvas

points = np.ones((6000, 3))
for n in range(1, len(points)):
    x, y, z = points[n - 1]
    points[n] = points[n - 1] + 0.006 * np.array([10 * (y - x), x * (28 - z) - y, x * y - 8 / 3 * z])
colors = 0.6 + 0.4 * np.cos(np.linspace(0, 6.28, len(points))[:, None] + [0, 2, 4, np.pi / 2])
colors[:, 3] = 1

canvas = SceneCanvas(
    size=(480, 270), show=True, record={"path": "vispy_lorenz.mp4", "fps": 30, "timing": "step"}
)
view = canvas.central_widget.add_view(camera="turntable")
view.camera.set_range((-24, 24), (-24, 24), (0, 50))
line = Line(points[:2], colors[:2], parent=view.scene)


def grow(event):
    line.set_data(points[: 50 * event.count + 50], colors[: 50 * event.count + 50])
    view.camera.azimuth = 3 * event.count
    if event.count == 119:
        canvas.close()
        vispy.app.quit()


timer = vispy.app.Timer(1 / 30, connect=grow, iterations=120, start=True)
vispy.app.run()
