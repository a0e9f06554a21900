"""An armillary sphere turns above a marble floor: meshes, textures, shadows and a mirror image, all in pyglet.

    python pyglet_scene.py pyglet_scene.mp4

needs no display: it draws in a headless window and records every frame.
"""

import math
import sys
from itertools import count

import pyglet
from armillary import Scene

import glrec_integrations.pyglet
from glrec_core import Recording

pyglet.options["headless"] = True  # before the first window; pyglet.gl loads when it is first used

FRAMES = 240


def main(path: str) -> Recording:
    config = pyglet.gl.Config(double_buffer=True, red_size=8, green_size=8, blue_size=8, alpha_size=8)
    window = pyglet.window.Window(1280, 720, config=config)
    scene, frames = Scene(window.get_framebuffer_size()), count()
    recorder = glrec_integrations.pyglet.attach(window, path, fps=60, timing="step", overwrite=True)

    @window.event
    def on_draw() -> None:
        frame = next(frames)
        scene.draw(2 * math.pi * frame / FRAMES)
        if frame == FRAMES - 1:
            pyglet.app.exit()

    pyglet.app.run(0)
    recording = recorder.close()
    window.close()
    return recording


if __name__ == "__main__":
    print(main(sys.argv[1]))
