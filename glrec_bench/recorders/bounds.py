"""What recorders are measured against: drawing alone, with nothing but x264 beside it, and with one copy of each frame."""

from __future__ import annotations

import os
import threading
from queue import Queue

import av
import numpy as np

from glrec_bench.job import CRF, PRESET, Job
from glrec_bench.scene import Scene, drawn

_WAITING_FRAMES = 8
_MOST_THREADS, _THREADS = 12, 3 * len(os.sched_getaffinity(0)) // 2


class Nothing:
    """Draws only; there is no file."""

    scene_class = Scene

    def __init__(self, scene: Scene, _: Job) -> None:
        self._scene = scene

    def grab(self) -> None:
        """Wait for the drawing, as reading it would: drivers leave out frames that nobody looks at."""
        self._scene.finish()

    def close(self) -> None:
        """There is nothing to finish."""


class Copy:
    """Copies as many bytes as a frame of RGBA has: the least that taking a picture away from a CPU's renderer can cost.

    It reads memory that was last touched a frame ago, as the picture's was, and writes where the last copy went.
    """

    scene_class = Scene

    def __init__(self, _: Scene, job: Job) -> None:
        shape = (job.size.height, job.size.width, 4)
        self._picture, self._copy = np.ones(shape, np.uint8), np.zeros(shape, np.uint8)

    def grab(self) -> None:
        """Copy."""
        np.copyto(self._copy, self._picture)

    def close(self) -> None:
        """There is nothing to finish."""


class PreparedScene(Scene):
    """The scene, with all of its frames in memory beforehand as x264 wants them."""

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self.pictures = [self._picture(number) for number in range(job.frames)]

    def _picture(self, number: int) -> av.VideoFrame:
        picture = av.VideoFrame(*self.size, "rgb24")
        picture.planes[0].update(self._padded(drawn(self, number), picture.planes[0].line_size))
        return picture.reformat(format="yuv420p")

    def _padded(self, rows: bytes, line_bytes: int) -> bytes:
        """Return the rows from the top down, each as long as FFmpeg's."""
        row_bytes = self.size.width * 3
        gap = bytes(line_bytes - row_bytes)
        starts = range(len(rows) - row_bytes, -1, -row_bytes)
        return b"".join(rows[start : start + row_bytes] + gap for start in starts)


class Floor:
    """Draws, while x264 encodes the prepared frames on a thread of its own, with as many threads as it is fastest with."""

    scene_class = PreparedScene

    def __init__(self, scene: PreparedScene, job: Job) -> None:
        self._scene, self._number = scene, 0
        self._container = av.open(job.path, mode="w")
        options = {"preset": PRESET, "crf": str(CRF)}
        self._stream = self._container.add_stream("libx264", rate=job.fps, options=options)
        self._stream.width, self._stream.height = job.size
        self._stream.pix_fmt = "yuv420p"
        # Whole pictures in parallel; of more threads than that x264 becomes slower again (glrec_core/encode/options.py).
        context = self._stream.codec_context
        context.thread_type, context.thread_count = "FRAME", min(_MOST_THREADS, _THREADS)
        self._queue: Queue[av.VideoFrame | None] = Queue(_WAITING_FRAMES)
        self._thread = threading.Thread(target=self._encode)
        self._thread.start()

    def grab(self) -> None:
        """Wait for the drawing, as reading it would; hand the prepared frame over."""
        self._scene.finish()
        picture = self._scene.pictures[self._number]
        picture.pts = self._number
        self._queue.put(picture)
        self._number += 1

    def close(self) -> None:
        """Finish the file."""
        self._queue.put(None)
        self._thread.join()
        self._container.close()

    def _encode(self) -> None:
        while (picture := self._queue.get()) is not None:
            self._container.mux(self._stream.encode(picture))
        self._container.mux(self._stream.encode())
