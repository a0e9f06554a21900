"""MuJoCo programs, one a scenario: python programs.py SCENARIO FOLDER. What they draw is a red box that falls past a green floor."""

import sys
from pathlib import Path
from typing import Any

import mujoco
import numpy as np
import pytest

from glrec_core import ConfigError
from glrec_integrations.mujoco import Film, attach, draw

MODEL = """
<mujoco>
  <visual><global offwidth="64" offheight="48"/><quality offsamples="0"/></visual>
  <worldbody>
    <light pos="0 -1 3" dir="0 .3 -1"/>
    <camera name="side" pos="0 -3 0.8" xyaxes="1 0 0 0 0.2 1"/>
    <geom name="floor" type="plane" size="4 4 .1" rgba="0.1 0.6 0.1 1"/>
    <body name="box" pos="0 0 1.2"><freejoint/><geom name="box" type="box" size=".25 .25 .25" rgba="0.9 0.1 0.1 1"/></body>
  </worldbody>
</mujoco>
"""
SIZE = (320, 240)
SECONDS, FPS = 0.5, 30


def simulate(film: Film, model: mujoco.MjModel, data: mujoco.MjData) -> None:
    while data.time < SECONDS - 1e-9:
        film.catch_up(data)
        mujoco.mj_step(model, data)


def film(folder: Path, **options: Any) -> None:
    model = mujoco.MjModel.from_xml_string(MODEL)
    data = mujoco.MjData(model)
    before = model.vis.global_.offwidth, model.vis.global_.offheight
    with Film(
        model, folder / "film.mp4", width=SIZE[0], height=SIZE[1], camera="side", fps=FPS, **options
    ) as made:
        simulate(made, model, data)
        assert made.frames == SECONDS * FPS
    assert (model.vis.global_.offwidth, model.vis.global_.offheight) == before
    assert made.close().frames == SECONDS * FPS


def colour(folder: Path) -> None:
    film(folder)


def segmentation(folder: Path) -> None:
    film(folder, view="segmentation")


def depth(folder: Path) -> None:
    film(folder, view="depth", depth_range=(2, 6))


def reset(folder: Path) -> None:
    """A simulation that is reset goes on in the film."""
    model = mujoco.MjModel.from_xml_string(MODEL)
    data = mujoco.MjData(model)
    with Film(model, folder / "film.mp4", width=SIZE[0], height=SIZE[1], fps=FPS) as made:
        simulate(made, model, data)
        mujoco.mj_resetData(model, data)
        simulate(made, model, data)
    assert made.frames == 2 * SECONDS * FPS


def attached(folder: Path) -> None:
    """Every picture that is read or drawn is a frame; depth and segmentation that are read are none."""
    model = mujoco.MjModel.from_xml_string(MODEL.replace("64", "320").replace("48", "240"))
    data = mujoco.MjData(model)
    with mujoco.Renderer(model, SIZE[1], SIZE[0]) as renderer:
        recorder = attach(renderer, folder / "film.mkv", codec="ffv1", timing="step", fps=FPS)
        for number in range(4):
            mujoco.mj_step(model, data, 30)
            renderer.update_scene(data, "side")
            np.save(folder / f"{2 * number}.npy", renderer.render())
            renderer.enable_depth_rendering()
            renderer.render()
            renderer.enable_segmentation_rendering()
            renderer.render()
            renderer.disable_segmentation_rendering()
            draw(renderer)
        assert recorder.close().frames == 8


def refused(folder: Path) -> None:
    model = mujoco.MjModel.from_xml_string(MODEL)
    path = folder / "film.mp4"
    for options, said in (
        ({"view": "heat"}, "'colour', 'depth' or 'segmentation'"),
        ({"view": "depth", "hotkey": "F9"}, "does not take hotkey"),
        ({"view": "depth", "depth_range": (3, 1)}, "the nearer one first"),
        ({"fps": "fast"}, "fps='fast'"),
        ({"codec": "nonsense"}, "codec="),
    ):
        with pytest.raises(ConfigError, match=said):
            Film(model, path, **options)
    renderer = mujoco.Renderer(model, 48, 64)
    renderer.enable_depth_rendering()
    renderer.close()
    for act in (draw, attach):
        with pytest.raises(ConfigError, match="closed"):
            act(renderer)


if __name__ == "__main__":
    globals()[sys.argv[1]](Path(sys.argv[2]))
