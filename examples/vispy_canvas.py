"""A vispy scene, recorded by one argument more. Without a display vispy's egl backend draws it off screen.

python vispy_canvas.py [film.mp4]
"""

import os
import sys

import numpy as np
import vispy.app

if not os.environ.get("DISPLAY"):
    vispy.app.use_app("egl")

from vispy.scene import TurntableCamera
from vispy.scene.visuals import Markers

from glrec_integrations.vispy import SceneCanvas

path = sys.argv[1] if len(sys.argv) > 1 else "vispy_canvas.mp4"
record = {"path": path, "fps": 30, "timing": "step", "overwrite": True}
canvas = SceneCanvas(size=(640, 360), bgcolor="#101018", show=True, record=record)
view = canvas.central_widget.add_view()
view.camera = TurntableCamera(fov=45, distance=4)

points = np.random.default_rng(0).normal(size=(2000, 3)) / 2
colors = np.clip(points + 0.5, 0.2, 1)
markers = Markers(parent=view.scene)
markers.set_data(points, face_color=colors, edge_width=0, size=6)

for frame in range(60):
    view.camera.azimuth = 3 * frame
    canvas.update()
    vispy.app.process_events()
recording = canvas.recorder.close()
canvas.close()
print(recording)
