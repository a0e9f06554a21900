"""What the pyglet scenarios share: the barcode picture by scissored clears, and a watch on GL errors."""

from typing import Any

import pyglet
from pyglet import gl

from glrec_core.testing import barcode

FRAMES = 70  # beyond a keyframe, which comes every 60
SIZE = (320, 240)
FPS = 30


def config(**attributes: int) -> Any:
    """Return a template of 8 bits a channel, double-buffered, with more attributes."""
    template: Any = gl.Config  # abstract to the type checker; as a template it is not
    return template(
        double_buffer=True, red_size=8, green_size=8, blue_size=8, alpha_size=8, depth_size=24, **attributes
    )


def fill(x: int, y: int, width: int, height: int, rgb: barcode.Rgb) -> None:
    """Fill a rectangle of the bound framebuffer."""
    gl.glEnable(gl.GL_SCISSOR_TEST)
    gl.glScissor(x, y, width, height)
    gl.glClearColor(*rgb, 1.0)
    gl.glClear(gl.GL_COLOR_BUFFER_BIT)
    gl.glDisable(gl.GL_SCISSOR_TEST)


def paint(window: Any, number: int) -> None:
    """Draw picture `number` over the whole of the window."""
    barcode.draw(fill, window.get_framebuffer_size(), number)
    check_no_error(f"drawing frame {number}")


def check_no_error(when: str) -> None:
    """Fail if a GL error is pending."""
    error = gl.glGetError()
    assert error == gl.GL_NO_ERROR, f"GL error {error:#06x} after {when}"


def draw_frame(window: Any, number: int) -> None:
    """Draw and show one frame as a loop of one's own does."""
    window.switch_to()
    window.dispatch_events()
    paint(window, number)
    window.flip()
    check_no_error(f"showing frame {number}")


def run_event_loop(window: Any, frames: int = FRAMES) -> None:
    """Draw frames 0, 1, … in `pyglet.app.run` and have a scheduled call close the window after `frames`."""
    drawn = 0

    def on_draw() -> None:
        nonlocal drawn
        check_no_error(f"showing frame {drawn - 1}")
        paint(window, drawn)
        drawn += 1

    window.push_handlers(on_draw)

    def close_at_the_end(_: float) -> None:
        if drawn == frames:
            window.close()

    pyglet.clock.schedule(close_at_the_end)
    pyglet.app.run(interval=0)
    assert drawn == frames
