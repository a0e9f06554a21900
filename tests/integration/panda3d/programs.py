"""Panda3D and Ursina programs, one a scenario: python programs.py SCENARIO FOLDER [KIND]. A red card turns before a blue background.

KIND is how the window is made: offscreen by EGL, or onscreen on an X server.
"""

import gc
import sys
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from panda3d.core import CardMaker, NodePath, loadPrcFileData

from glrec_core import ConfigError, Recorder
from glrec_integrations.panda3d import attach

SIZE, FRAMES, FPS = (320, 240), 12, 30
KIND = sys.argv[3] if len(sys.argv) > 3 else "offscreen"
CONFIG = (
    f"win-size {SIZE[0]} {SIZE[1]}\naudio-library-name null\nnotify-level-device fatal\nprint-pipe-types 0\n"
)
if KIND == "offscreen":
    CONFIG += "load-display p3headlessgl\nwindow-type offscreen\n"
loadPrcFileData("", CONFIG)

from direct.showbase.ShowBase import ShowBase  # noqa: E402 - it reads what has just been set


class Scene(ShowBase):  # type: ignore[misc] # it has no types
    """Turns a card by 15 degrees each frame, and lets Panda3D copy each finished frame."""

    def __init__(self) -> None:
        super().__init__()
        self.setBackgroundColor(0.1, 0.2, 0.6)
        maker = CardMaker("card")
        maker.setFrame(-0.7, 0.7, -0.3, 0.3)
        self.card: Any = NodePath(maker.generate())
        self.card.setColor(0.9, 0.1, 0.1, 1)
        self.card.reparentTo(self.aspect2d)

    def draw(self) -> np.ndarray[Any, Any]:
        """Draw a frame, and return what Panda3D says that it shows."""
        self.card.setR(self.card.getR() + 15)
        self.taskMgr.step()
        return self.shown()

    def shown(self) -> np.ndarray[Any, Any]:
        """Return what the window shows."""
        copied = self.win.getScreenshot()
        width, height = copied.getXSize(), copied.getYSize()
        pixels = np.frombuffer(bytes(copied.getRamImageAs("RGB")), np.uint8)
        return pixels.reshape(height, width, 3)[::-1]


def record_scene(base: Scene, folder: Path, *, frames: int = FRAMES) -> Recorder:
    recorder = attach(base, folder / "film.mkv", codec="ffv1", timing="step", fps=FPS)
    for number in range(frames):
        np.save(folder / f"{number}.npy", base.draw())
    return recorder


def destroyed(folder: Path) -> None:
    base = Scene()
    recorder = record_scene(base, folder)
    base.destroy()
    assert recorder.wait().frames == FRAMES
    with pytest.raises(ConfigError, match="no window"):
        attach(base, folder / "other.mp4")


def window_closed(folder: Path) -> None:
    """The base goes on without its window, and with another one."""
    base = Scene()
    recorder = record_scene(base, folder)
    base.closeWindow(base.win)
    base.taskMgr.step()
    assert recorder.wait().frames == FRAMES


def closed_by_the_recorder(folder: Path) -> None:
    base = Scene()
    regions = base.win.getNumDisplayRegions()
    recorder = record_scene(base, folder)
    assert recorder.close().frames == FRAMES
    assert base.win.getNumDisplayRegions() == regions
    base.draw()
    base.destroy()


def left_open(folder: Path) -> None:
    """The end of the program destroys the base, as Panda3D does it."""
    record_scene(Scene(), folder)


def frames_limit(folder: Path) -> None:
    """A recording that ends amid a frame takes its region away after it."""
    base = Scene()
    regions = base.win.getNumDisplayRegions()
    recorder = attach(base, folder / "film.mkv", codec="ffv1", timing="step", fps=FPS, frames=FRAMES)
    for number in range(FRAMES + 3):
        picture = base.draw()
        if number < FRAMES:
            np.save(folder / f"{number}.npy", picture)
    recorder.close()
    base.taskMgr.step()
    assert base.win.getNumDisplayRegions() == regions
    base.destroy()


def multisampled(folder: Path) -> None:
    """A window with multisampling, where there is one that has it."""
    loadPrcFileData("", "framebuffer-multisample 1\nmultisamples 4")
    base = Scene()
    record_scene(base, folder).close()
    base.destroy()


def collected(folder: Path) -> None:
    """A recording keeps no base alive. Panda3D itself keeps the latest one."""
    base = Scene()
    record_scene(base, folder).close()
    attach(base, folder / "other.mkv", codec="ffv1")
    base.draw()
    base.destroy()
    gone = weakref.ref(base)
    del base
    other = Scene()
    gc.collect()
    assert gone() is None
    other.destroy()


def ursina(folder: Path) -> None:
    from ursina import Entity, Ursina, color

    app = Ursina(window_type="offscreen", development_mode=True, size=SIZE)
    box = Entity(model="cube", color=color.red, rotation=(20, 30, 0))
    recorder = attach(app, folder / "film.mp4", timing="step", fps=FPS)
    for _ in range(FRAMES):
        box.rotation_y += 15
        app.step()
    recorder.close()


if __name__ == "__main__":
    globals()[sys.argv[1]](Path(sys.argv[2]))
