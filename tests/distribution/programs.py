"""The least that a program of each framework is, recorded: the film `film.mp4` of FRAMES frames in the working folder.

The pictures are whatever the framework leaves in an empty window: that the right ones arrive is tested elsewhere.
"""

FRAMES = 5
OPTIONS = f"timing='step', fps=30, frames={FRAMES}"

OWN_LOOP = f"""
import glrec_core
from glrec_core.gl.headless import first_context, headless_displays

with first_context(headless_displays), glrec_core.record(None, "film.mp4", {OPTIONS}) as recorder:
    for _ in range({FRAMES}):
        recorder.frame_drawn(glrec_core.Framebuffer(0, glrec_core.Size(64, 48)))
"""

PYGLET = f"""
import pyglet
pyglet.options.headless = True
import glrec_integrations.pyglet

window = pyglet.window.Window(64, 48)
with glrec_integrations.pyglet.attach(window, "film.mp4", {OPTIONS}):
    for _ in range({FRAMES}):
        window.clear()
        window.flip()
"""

MODERNGL = f"""
from glrec_integrations.moderngl import recorded

@recorded("film.mp4", size=(64, 48), fps=30, frames={FRAMES})
def render(ctx, frame):
    ctx.clear()

render()
"""

VISPY = f"""
import vispy.app
vispy.app.use_app("egl")
from glrec_integrations.vispy import Canvas

canvas = Canvas(size=(64, 48), record=dict(path="film.mp4", {OPTIONS}))
for _ in range({FRAMES}):
    canvas.update()
    vispy.app.process_events()
canvas.close()
"""

GLFW = f"""
import glfw, glrec_core

assert glfw.init()
window = glfw.create_window(64, 48, "", None, None)
glfw.make_context_current(window)
with glrec_core.record(window, "film.mp4", {OPTIONS}):
    for _ in range({FRAMES}):
        glfw.swap_buffers(window)
glfw.terminate()
"""

PYGAME = f"""
import pygame, glrec_core

pygame.display.init()
display = pygame.display.set_mode((64, 48), pygame.OPENGL | pygame.DOUBLEBUF)
with glrec_core.record(display, "film.mp4", {OPTIONS}):
    for _ in range({FRAMES}):
        pygame.display.flip()
pygame.quit()
"""

GYMNASIUM = f"""
import os
import gymnasium
import numpy
from glrec_integrations.gymnasium import RecordVideo

class Grey(gymnasium.Env):
    metadata = {{"render_modes": ["rgb_array"], "render_fps": 30}}
    render_mode = "rgb_array"

    def reset(self, *, seed=None, options=None):
        return 0, {{}}

    def step(self, action):
        return 0, 0.0, False, False, {{}}

    def render(self):
        return numpy.full((48, 64, 3), 99, numpy.uint8)

env = RecordVideo(Grey(), "videos")
env.reset()
for _ in range({FRAMES - 1}):
    env.step(0)
env.close()
os.rename("videos/rl-video-episode-0.mp4", "film.mp4")
"""

QT = f"""
from PySide6.QtOpenGLWidgets import QOpenGLWidget
from PySide6.QtWidgets import QApplication
import glrec_core

application = QApplication([])
widget = QOpenGLWidget()
widget.resize(64, 48)
with glrec_core.record(widget, "film.mp4", {OPTIONS}) as recorder:
    widget.show()
    while not recorder.finished:
        widget.update()
        application.processEvents()
"""

LOADED = """
import sys
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""
