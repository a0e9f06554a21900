"""PyAV's own example of generating video, with frames that are read from the framebuffer in the loop."""

from __future__ import annotations

import av
import numpy as np

from glrec_bench.job import CRF, PRESET, Job
from glrec_bench.scene import Scene


class PyAV:
    """glReadPixels into memory that is used again; `encode()` and `mux()` on the render thread."""

    scene_class = Scene

    def __init__(self, scene: Scene, job: Job) -> None:
        self._fbo = scene.fbo
        self._pixels = np.empty((job.size.height, job.size.width, 3), np.uint8)
        self._container = av.open(job.path, mode="w")
        options = {"preset": PRESET, "crf": str(CRF)} if job.same_settings else {}
        self._stream = self._container.add_stream("libx264", rate=job.fps, options=options)
        self._stream.width, self._stream.height = job.size
        self._stream.pix_fmt = "yuv420p"

    def grab(self) -> None:
        """Read, turn, encode and mux."""
        self._fbo.read_into(self._pixels, components=3)
        frame = av.VideoFrame.from_ndarray(self._pixels[::-1], format="rgb24")
        self._container.mux(self._stream.encode(frame))

    def close(self) -> None:
        """Finish the file."""
        self._container.mux(self._stream.encode())
        self._container.close()
