"""FFmpeg's program, as those start it who write frames into its standard input."""

from __future__ import annotations

import subprocess
from typing import IO

import imageio_ffmpeg

from glrec_bench.job import CRF, PRESET, Job


def output_options(job: Job) -> list[str]:
    """Return the encoder's options: the common ones, or none."""
    return ["-preset", PRESET, "-crf", str(CRF)] if job.same_settings else []


class FFmpegPipe:
    """A running program that takes raw frames."""

    def __init__(self, job: Job, pixel_format: str, *, upside_down: bool) -> None:
        source = [
            "-f",
            "rawvideo",
            "-pix_fmt",
            pixel_format,
            "-s",
            str(job.size),
            "-r",
            str(job.fps),
            "-i",
            "-",
        ]
        turned = ["-vf", "vflip"] if upside_down else []
        output = ["-an", "-c:v", "libx264", "-pix_fmt", "yuv420p", *output_options(job), job.path]
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-y", "-loglevel", "error", *source, *turned, *output]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE)  # noqa: S603 - imageio-ffmpeg's own

    @property
    def stdin(self) -> IO[bytes]:
        """Where the frames go."""
        assert self._process.stdin is not None
        return self._process.stdin

    def close(self) -> None:
        """End the input and wait for the file."""
        self.stdin.close()
        if code := self._process.wait():
            raise RuntimeError(f"FFmpeg ended with exit code {code}")
