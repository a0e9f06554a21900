"""PyNvVideoCodec as its samples use it with frames in host memory: NVENC's stream to a file, put into MP4 at the end."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import numpy as np
import PyNvVideoCodec

from glrec_bench.job import Job
from glrec_bench.scene import Scene


class NvencSample:
    """`fbo.read()` and `Encode()` on the render thread."""

    scene_class = Scene

    def __init__(self, scene: Scene, job: Job) -> None:
        self._fbo, self._job = scene.fbo, job
        # Without B-frames, as x264 at the common settings: FFmpeg cannot tell the times of a bare stream that has them.
        self._encoder = PyNvVideoCodec.CreateEncoder(*job.size, "ABGR", True, codec="h264", fps=job.fps, bf=0)
        self._stream = Path(job.path).with_suffix(".h264")
        self._file = self._stream.open("wb")

    def grab(self) -> None:
        """Read, turn, encode and write."""
        width, height = self._job.size
        pixels = np.frombuffer(self._fbo.read(components=4), np.uint8).reshape(height, width, 4)
        self._write(self._encoder.Encode(np.flipud(pixels).ravel()))

    def close(self) -> None:
        """Finish the stream and mux it."""
        self._write(self._encoder.EndEncode())
        self._file.close()
        source = ["-r", str(self._job.fps), "-i", str(self._stream)]
        command = [
            imageio_ffmpeg.get_ffmpeg_exe(),
            "-y",
            "-loglevel",
            "error",
            *source,
            "-c",
            "copy",
            self._job.path,
        ]
        subprocess.run(command, check=True)  # noqa: S603 - imageio-ffmpeg's own

    def _write(self, units: list[dict[str, Any]]) -> None:
        for unit in units:
            self._file.write(bytes(unit["data"]))
