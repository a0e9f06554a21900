"""The idiom of most programs: read the framebuffer, turn it upright, append it to an imageio writer."""

from __future__ import annotations

from typing import Any

import imageio.v2 as imageio
import numpy as np

from glrec_bench.job import Job
from glrec_bench.recorders.ffmpeg import output_options
from glrec_bench.scene import Scene


def open_writer(job: Job) -> Any:
    """Return imageio's writer: with the common settings, or as `get_writer(path, fps=)` gives it."""
    if not job.same_settings:
        return imageio.get_writer(job.path, fps=job.fps)
    # quality=None and macro_block_size=2 keep imageio from choosing a bit rate and another size.
    return imageio.get_writer(
        job.path,
        fps=job.fps,
        codec="libx264",
        quality=None,
        macro_block_size=2,
        ffmpeg_params=output_options(job),
    )


class Imageio:
    """`fbo.read()` and `append_data()`."""

    scene_class = Scene

    def __init__(self, scene: Scene, job: Job) -> None:
        self._fbo, self._size = scene.fbo, job.size
        self._writer = open_writer(job)

    def grab(self) -> None:
        """Read, turn and append."""
        width, height = self._size
        pixels = np.frombuffer(self._fbo.read(components=3), np.uint8).reshape(height, width, 3)
        self._writer.append_data(pixels[::-1])

    def close(self) -> None:
        """Finish the file."""
        self._writer.close()
