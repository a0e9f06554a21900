"""glrec, as a program with a loop of its own calls it: on the wall clock where the loop is paced, else on the step clock."""

from __future__ import annotations

from typing import Any

from glrec_bench.job import CRF, PRESET, Job
from glrec_bench.scene import Scene
from glrec_core import Framebuffer, Size, record


class Glrec:
    """`record(None, path)` and `frame_drawn()`."""

    scene_class = Scene

    def __init__(self, scene: Scene, job: Job) -> None:
        self._source = Framebuffer(scene.fbo.glo, Size(*job.size))
        self._recorder = record(None, job.path, **self._clock(job), **self._encoder(job))

    def grab(self) -> None:
        """Record the frame."""
        self._recorder.frame_drawn(self._source)

    def close(self) -> None:
        """Finish the file; raises what went wrong."""
        self._recorder.close()

    @staticmethod
    def _encoder(job: Job) -> dict[str, Any]:
        return {"codec": "h264", "preset": PRESET, "quality": CRF} if job.same_settings else {}

    @staticmethod
    def _clock(job: Job) -> dict[str, Any]:
        return {"timing": "wall"} if job.paced else {"timing": "step", "fps": job.fps}


class GlrecMjpeg(Glrec):
    """The same with the JPEG encoder of an NVIDIA GPU, which has no presets."""

    @staticmethod
    def _encoder(_: Job) -> dict[str, Any]:
        return {"codec": "mjpeg", "backend": "mjpeg"}
