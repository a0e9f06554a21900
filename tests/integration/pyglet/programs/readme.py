"""The README's lines for pyglet; only the drawing and the end of the program are this test's own."""

import os
import sys
from typing import Any

os.chdir(sys.argv[1])

import pyglet  # noqa: E402

from tests.integration.pyglet.programs.stage import FRAMES, SIZE, config, paint  # noqa: E402

window: Any = pyglet.window.Window(*SIZE, config=config())
drawn = 0


@window.event  # type: ignore[untyped-decorator]
def on_draw() -> None:
    global drawn  # noqa: PLW0603  # as a short script does
    paint(window, drawn)
    drawn += 1


@pyglet.clock.schedule
def end(_: float) -> None:
    if drawn == FRAMES:
        window.dispatch_event("on_close")


import glrec_integrations.pyglet  # noqa: E402

recorder = glrec_integrations.pyglet.attach(window, "demo.mp4", fps=60)
pyglet.app.run()

sys.stdout.write(f"{recorder.stats.drawn} {recorder.stats.recorded}")
