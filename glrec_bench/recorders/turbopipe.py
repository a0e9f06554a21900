"""turbopipe 2 as its documentation shows it: one buffer object, written into the pipe by a thread of its own."""

from __future__ import annotations

import turbopipe

from glrec_bench.job import Job
from glrec_bench.recorders.ffmpeg import FFmpegPipe
from glrec_bench.scene import Scene


class Turbopipe:
    """`sync()`, `fbo.read_into(buffer)`, `pipe(buffer)`."""

    scene_class = Scene

    def __init__(self, scene: Scene, job: Job) -> None:
        self._fbo = scene.fbo
        self._buffer = scene.context.buffer(reserve=job.size.width * job.size.height * 3)
        self._ffmpeg = FFmpegPipe(job, "rgb24", upside_down=True)

    def grab(self) -> None:
        """Wait until the buffer is written, read into it, and have it written."""
        turbopipe.sync(self._buffer.mglo)
        self._fbo.read_into(self._buffer)
        turbopipe.pipe(self._buffer.mglo, self._ffmpeg.stdin.fileno())

    def close(self) -> None:
        """Finish the file."""
        turbopipe.sync(self._buffer.mglo)
        turbopipe.done(self._buffer.mglo)
        self._ffmpeg.close()
