"""Six pyglet windows, drawn by one loop, each brighter than the one that was made before it."""

from functools import partial

import pyglet

WINDOWS = 6


def paint(window: pyglet.window.Window, grey: float) -> None:
    pyglet.gl.glClearColor(grey, grey, grey, 1)
    window.clear()


for number in range(WINDOWS):
    window = pyglet.window.Window(160, 120)
    window.push_handlers(on_draw=partial(paint, window, number / (WINDOWS - 1)))
pyglet.app.run()
