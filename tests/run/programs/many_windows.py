"""Two pyglet windows, drawn by one loop: the first is red, the second green."""

import pyglet

windows = [pyglet.window.Window(160, 120) for _ in range(2)]


def paint(window: pyglet.window.Window, red: float, green: float) -> None:
    pyglet.gl.glClearColor(red, green, 0, 1)
    window.clear()


windows[0].push_handlers(on_draw=lambda: paint(windows[0], 1, 0))
windows[1].push_handlers(on_draw=lambda: paint(windows[1], 0, 1))
pyglet.app.run()
