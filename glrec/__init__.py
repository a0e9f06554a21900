"""glrec records what an OpenGL program draws, from Python, to video.

    import glrec

    recorder = glrec.attach(window, "film.mp4", fps=60)         # a window of pyglet, GLFW, pygame, Qt, vispy, moderngl-window

    @glrec.recorded("spin.mp4", size=(1280, 720), fps=60, frames=240)
    def render(ctx, frame):                                     # moderngl, off screen
        ...

    canvas = glrec.vispy.SceneCanvas(record="canvas.mp4")       # vispy

    with glrec.record(None, "loop.mp4", fps=30) as recorder:    # your own loop
        recorder.frame_drawn(glrec.Framebuffer(0, glrec.Size(640, 480)))

Every name here is that of `glrec_core` or `glrec_integrations`, the very same object. It is loaded when it is first used, so
that `import glrec` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from glrec import glfw, gymnasium, moderngl, mujoco, panda3d, pygame, pyglet, qt, vispy, vtk
    from glrec_core import (
        Config,
        ConfigError,
        FileSink,
        Framebuffer,
        GlrecError,
        Options,
        PictureSink,
        Recorder,
        Recording,
        ReplaySink,
        Size,
        ThreadedSink,
        errors,
        mark_frame,
        process,
        record,
        record_swaps,
        wire,
    )
    from glrec_core import record as attach
    from glrec_core.arrays import ArrayEncoder, VideoWriter, write_video
    from glrec_core.drawing import OffscreenFramebuffer
    from glrec_core.process import read
    from glrec_core.read import Player
    from glrec_core.recover import recover
    from glrec_integrations.moderngl import recorded

    __version__: str

_HOMES = {
    "ArrayEncoder": "glrec_core.arrays:ArrayEncoder",
    "Config": "glrec_core:Config",
    "ConfigError": "glrec_core:ConfigError",
    "FileSink": "glrec_core:FileSink",
    "Framebuffer": "glrec_core:Framebuffer",
    "GlrecError": "glrec_core:GlrecError",
    "OffscreenFramebuffer": "glrec_core.drawing:OffscreenFramebuffer",
    "Options": "glrec_core:Options",
    "PictureSink": "glrec_core:PictureSink",
    "Player": "glrec_core.read:Player",
    "Recorder": "glrec_core:Recorder",
    "Recording": "glrec_core:Recording",
    "ReplaySink": "glrec_core:ReplaySink",
    "Size": "glrec_core:Size",
    "ThreadedSink": "glrec_core:ThreadedSink",
    "VideoWriter": "glrec_core.arrays:VideoWriter",
    "attach": "glrec_core:record",
    "errors": "glrec_core.errors:",
    "glfw": "glrec.glfw:",
    "gymnasium": "glrec.gymnasium:",
    "mark_frame": "glrec_core:mark_frame",
    "moderngl": "glrec.moderngl:",
    "mujoco": "glrec.mujoco:",
    "panda3d": "glrec.panda3d:",
    "process": "glrec_core.process:",
    "pygame": "glrec.pygame:",
    "pyglet": "glrec.pyglet:",
    "qt": "glrec.qt:",
    "read": "glrec_core.process:read",
    "record": "glrec_core:record",
    "record_swaps": "glrec_core:record_swaps",
    "recorded": "glrec_integrations.moderngl:recorded",
    "recover": "glrec_core.recover:recover",
    "vispy": "glrec.vispy:",
    "vtk": "glrec.vtk:",
    "wire": "glrec_core.wire:",
    "write_video": "glrec_core.arrays:write_video",
}
"""Where each name is: a module, and what in it; the module itself where nothing follows."""

__all__ = [
    "ArrayEncoder",
    "Config",
    "ConfigError",
    "FileSink",
    "Framebuffer",
    "GlrecError",
    "OffscreenFramebuffer",
    "Options",
    "PictureSink",
    "Player",
    "Recorder",
    "Recording",
    "ReplaySink",
    "Size",
    "ThreadedSink",
    "VideoWriter",
    "attach",
    "errors",
    "glfw",
    "gymnasium",
    "mark_frame",
    "moderngl",
    "mujoco",
    "panda3d",
    "process",
    "pygame",
    "pyglet",
    "qt",
    "read",
    "record",
    "record_swaps",
    "recorded",
    "recover",
    "vispy",
    "vtk",
    "wire",
    "write_video",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return version("glrec")
    if name not in _HOMES:
        raise AttributeError(f"module 'glrec' has no attribute {name!r}; dir(glrec) lists what there is")
    module, _, attribute = _HOMES[name].partition(":")
    home = import_module(module)
    value = getattr(home, attribute) if attribute else home
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
