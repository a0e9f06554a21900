"""A pyglet window, recorded by one line."""

import pyglet

import glrec

window = pyglet.window.Window(480, 270)
batch = pyglet.graphics.Batch()
colors = [(240, 90, 80), (250, 190, 60), (90, 200, 140), (80, 150, 240)]
dots = [
    pyglet.shapes.Circle(17 * n % 480, 53 * n % 270, 4 + n % 5, color=colors[n % 4], batch=batch)
    for n in range(90)
]


@window.event
def on_draw():
    window.clear()
    batch.draw()
    for n, dot in enumerate(dots):
        dot.x, dot.y = (dot.x + n % 3 - 1) % 480, (dot.y - 1 - n % 4) % 270


glrec.attach(window, "pyglet_confetti.mp4", fps=30, timing="step", frames=150)
pyglet.clock.schedule_once(lambda _: pyglet.app.exit(), 8)
pyglet.app.run()
