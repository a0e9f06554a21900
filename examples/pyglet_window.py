"""A pyglet window with turning squares, recorded as it is shown, until it is closed or four seconds have passed.

python pyglet_window.py [film.mp4]
"""

import sys

import pyglet

import glrec_integrations.pyglet

window = pyglet.window.Window(640, 360, "recorded by glrec")
batch = pyglet.graphics.Batch()
squares = [
    pyglet.shapes.Rectangle(80 + 120 * number, 180, 70, 70, (255, 60 * number, 120), batch=batch)
    for number in range(5)
]
for square in squares:
    square.anchor_position = (35, 35)


@window.event
def on_draw() -> None:
    window.clear()
    batch.draw()


def update(seconds: float) -> None:
    for number, square in enumerate(squares):
        square.rotation += 45 * (number + 1) * seconds


path = sys.argv[1] if len(sys.argv) > 1 else "pyglet_window.mp4"
recorder = glrec_integrations.pyglet.attach(window, path, fps=60, overwrite=True)
pyglet.clock.schedule_interval(update, 1 / 60)
pyglet.clock.schedule_once(lambda _: pyglet.app.exit(), 4)
pyglet.app.run()
print(recorder.close())
