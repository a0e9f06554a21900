"""The barcode picture drawn by moderngl's own means, and the runner of the programs that the tests start."""

import os
import sys
from pathlib import Path
from typing import Any

import moderngl

from glrec_core.testing import barcode
from tests.support.displays import run_program

SIZE = (320, 240)
FRAMES = 70  # beyond a keyframe, which comes every 60
FPS = 30
FILM, OTHER_FILM = "film.mp4", "other.mp4"
STEP: dict[str, Any] = {"timing": "step", "fps": FPS}
HEADLESS = {"DISPLAY": "", "EGL_PLATFORM": "surfaceless"}


def paint(framebuffer: moderngl.Framebuffer, number: int, size: tuple[int, int] | None = None) -> None:
    """Draw picture `number` by clears, and check that there was no GL error before and is none after."""
    assert framebuffer.ctx.error == "GL_NO_ERROR", f"before frame {number}"

    def fill(x: int, y: int, width: int, height: int, colour: barcode.Rgb) -> None:
        framebuffer.clear(*colour, 1.0, viewport=(x, y, width, height))

    barcode.draw(fill, size or framebuffer.size, number)
    assert framebuffer.ctx.error == "GL_NO_ERROR", f"in frame {number}"


def egl_context() -> moderngl.Context:
    """Return a new context without a window, which is current."""
    settings: dict[str, Any] = {"backend": "egl"}
    return moderngl.create_context(standalone=True, **settings)


def offscreen(ctx: moderngl.Context, samples: int = 0) -> moderngl.Framebuffer:
    """Return a framebuffer of SIZE."""
    return ctx.framebuffer([ctx.renderbuffer(SIZE, samples=samples)])


def run_scenario(folder: Path, module: str, scenario: str, *arguments: str, display: str = "") -> None:
    """Run one function of a module of programs in a fresh interpreter, in `folder`, without a display by default."""
    source = (
        "import sys\n"
        f"from tests.integration.moderngl import {module}\n"
        "from tests.integration.moderngl.scenes import enter\n"
        "folder, scenario, *arguments = sys.argv[1:]\n"
        "enter(folder)\n"
        f"getattr({module}, scenario)(*arguments)\n"
    )
    environment = {"DISPLAY": display} if display else HEADLESS
    run_program(source, str(folder), scenario, *arguments, env=environment, timeout_seconds=100.0)


def enter(folder: str) -> None:
    """Work in `folder`, and leave no arguments in sys.argv, which moderngl-window would take for its own."""
    os.chdir(folder)
    del sys.argv[1:]
