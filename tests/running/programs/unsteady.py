"""A pyglet program whose frames take 50 ms and more of real time, with random numbers in its picture."""

import random
import threading

import numpy as np
import pyglet

window = pyglet.window.Window(320, 240)
positions = np.random.default_rng().random((20, 2)) * (320, 240)
passed = [0.0]


def update(dt: float) -> None:
    passed[0] += dt


def on_draw() -> None:
    threading.Event().wait(0.05)  # real time, whatever `time.sleep` does
    window.clear()
    for x, y in positions:
        side = 10 + random.random() * 20
        pyglet.shapes.Rectangle((x + 100 * passed[0]) % 320, y, side, side).draw()


window.push_handlers(on_draw)
pyglet.clock.schedule_interval(update, 1 / 60)
pyglet.app.run()
