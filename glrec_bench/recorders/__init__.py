"""The recorders that are compared, by name: glrec, what people use or write by hand, and three bounds.

Each is the idiom that its library's documentation shows, written for the benchmark's scene.
"""

from __future__ import annotations

from importlib import import_module
from typing import NamedTuple, Protocol, cast

from glrec_bench.job import Job
from glrec_bench.scene import AnyScene


class SceneClass(Protocol):
    """Makes the scene that a recorder works on, in the context that it needs."""

    def __call__(self, job: Job, /) -> AnyScene:
        """Make a context, and the scene in it."""


class Recorder(Protocol):
    """A recorder that is open for one file."""

    scene_class: SceneClass

    def __init__(self, scene: AnyScene, job: Job, /) -> None:
        """Open it."""

    def grab(self) -> None:
        """Record the frame that was drawn."""

    def close(self) -> None:
        """Finish the file."""


class Entry(NamedTuple):
    """A row of the table."""

    target: str
    """Its class, "module:name" within this package; empty for what is imported and records nothing."""
    packages: tuple[str, ...]
    """What must be installed, by the names that are imported."""
    summary: str
    is_bound: bool = False
    """Whether it is no recorder, but what one is measured against."""
    makes_file: bool = True


RECORDERS = {
    "glrec": Entry("glrec:Glrec", ("av",), "record(); frame_drawn()"),
    "glrec-mjpeg": Entry("glrec:GlrecMjpeg", ("av", "cupy"), "the same, JPEG on an NVIDIA GPU"),
    "imageio": Entry("imageio:Imageio", ("imageio", "imageio_ffmpeg"), "fbo.read(), imageio's append_data()"),
    "pipe": Entry("pipe:Pipe", ("imageio_ffmpeg",), "fbo.read() into a pipe to FFmpeg"),
    "pipe-into": Entry("pipe:PipeInto", ("imageio_ffmpeg",), "fbo.read_into() one buffer, pipe to FFmpeg"),
    "turbopipe": Entry(
        "turbopipe:Turbopipe", ("turbopipe", "imageio_ffmpeg"), "fbo.read_into() a buffer, turbopipe.pipe()"
    ),
    "pyav": Entry("pyav:PyAV", ("av",), "glReadPixels, PyAV's encode() in the loop"),
    "moderngl-window": Entry(
        "moderngl_window:ModernglWindow", ("moderngl_window", "imageio_ffmpeg"), "FFmpegCapture.save()"
    ),
    "vispy": Entry(
        "vispy:Vispy", ("vispy", "imageio", "imageio_ffmpeg"), "canvas.render(), imageio's append_data()"
    ),
    "pyglet": Entry(
        "pyglet:Pyglet", ("pyglet", "imageio", "imageio_ffmpeg"), "get_buffer_manager(), append_data()"
    ),
    "pyglrec": Entry(
        "pyglrec:Pyglrec", ("OpenGL", "imageio_ffmpeg"), "own FBO, glReadPixels, turned, pipe to FFmpeg"
    ),
    "pyglrec-npz": Entry(
        "pyglrec:PyglrecNpz", ("OpenGL", "imageio", "imageio_ffmpeg"), "frames kept, .npz files, imageio"
    ),
    "pynvvideocodec": Entry(
        "pynvvideocodec:NvencSample", ("PyNvVideoCodec", "imageio_ffmpeg"), "fbo.read(), Encode(), NVENC"
    ),
    "torchcodec": Entry(
        "torchcodec:TorchCodec", ("torch", "torchcodec"), "frames kept, VideoEncoder at the end"
    ),
    "floor": Entry("bounds:Floor", ("av",), "x264 alone, its frames prepared in memory", is_bound=True),
    "copy": Entry(
        "bounds:Copy", (), "copies a frame's bytes once in memory", is_bound=True, makes_file=False
    ),
    "nothing": Entry("bounds:Nothing", (), "draws only", is_bound=True, makes_file=False),
    "numpy": Entry("", ("numpy",), "only imported", is_bound=True, makes_file=False),
}


def recorder_class(name: str) -> type[Recorder]:
    """Import and return the class of a recorder."""
    module, _, attribute = RECORDERS[name].target.partition(":")
    return cast("type[Recorder]", getattr(import_module(f"{__name__}.{module}"), attribute))
