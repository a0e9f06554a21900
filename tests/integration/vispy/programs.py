"""What the tests of vispy's adapter run in fresh interpreters, one scenario each, in an empty working folder.

A scenario checks what can only be seen from within; the tests decode the films that it leaves behind.
"""

import gc
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import glrec_integrations.vispy as glrec_vispy
from glrec_core import ConfigError, Recorder, Recording
from glrec_core.gl.platform import current_context
from glrec_integrations.vispy.adapter import CanvasAttachment
from tests.integration.vispy.scenes import (
    OFFSCREEN,
    SIZE,
    Scene,
    after_each_frame,
    draw_until,
    fig_scene,
    gloo_scene,
    image_scene,
)
from tests.support import barcode

FRAMES = 100
FPS = 30
LARGER = (400, 240)
PAUSED = range(30, 50)
FILM, OTHER_FILM = "film.mp4", "other.mp4"
STEP: dict[str, Any] = {"timing": "step", "fps": FPS}

_FILL: dict[str, Callable[[Any], Scene]] = {"gloo": gloo_scene, "scene": image_scene, "fig": fig_scene}


def run(folder: str, backend: str, scenario: str, *arguments: str) -> None:
    """Run one function of this module in `folder` on one of vispy's backends."""
    import vispy

    os.chdir(folder)
    vispy.use(backend)
    globals()[scenario](*arguments)
    gc.collect()  # a Qt canvas that is collected while another one draws can end the process


def make(kind: str, **options: Any) -> Scene:
    """Return a scene on a canvas of vispy's own class for "gloo", "scene" or "fig"."""
    from vispy import app, plot, scene

    classes = {"gloo": app.Canvas, "scene": scene.SceneCanvas, "fig": plot.Fig}
    canvas = classes[kind](size=SIZE, show=True, **options)
    if kind != "gloo" and canvas.app.backend_name == "egl":
        canvas.events.resize(size=canvas.size)
    return _FILL[kind](canvas)


def draw_all(scene: Scene, recorder: Recorder) -> Recording:
    """Draw FRAMES frames, close the recorder in the last one and the canvas after it."""
    recordings: list[Recording] = []

    def close_recorder(number: int) -> None:
        if number == FRAMES - 1:
            recordings.append(recorder.close())

    after_each_frame(scene, close_recorder)
    draw_until(lambda: bool(recordings), scene)
    scene.canvas.close()
    assert recordings[0].frames == FRAMES
    return recordings[0]


def every_frame_is_recorded(kind: str) -> None:
    scene = make(kind)
    draw_all(scene, glrec_vispy.attach(scene.canvas, FILM, **STEP))


def manual_swaps_are_no_hindrance() -> None:
    scene = make("gloo", autoswap=False)
    draw_all(scene, glrec_vispy.attach(scene.canvas, FILM, **STEP))


def a_canvas_may_get_its_window_later() -> None:
    from vispy import app

    canvas = app.Canvas(size=SIZE, create_native=False)
    recorder = glrec_vispy.attach(canvas, FILM, **STEP)
    canvas.create_native()
    canvas.show()
    draw_all(gloo_scene(canvas), recorder)


def offscreen_pictures_are_left_out(kind: str) -> None:
    scene = make(kind)
    recorder = glrec_vispy.attach(scene.canvas, FILM, **STEP)
    pictures: list[Any] = []
    after_each_frame(scene)

    def done() -> bool:
        scene.offscreen = True
        if kind == "scene":
            scene.canvas.events.draw.blocker()
        pictures.append(scene.canvas.render())
        scene.offscreen = False
        return scene.number >= FRAMES
    ...


def a_resized_canvas_is_letterboxed() -> None:
    scene = make("gloo")
    recorder = glrec_vispy.attach(scene.canvas, FILM, **STEP)
    sizes: list[tuple[int, int]] = []
