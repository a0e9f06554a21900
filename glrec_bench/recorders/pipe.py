"""The idiom without a library: raw frames into FFmpeg's standard input, which turns them upright."""

from __future__ import annotations

from glrec_bench.job import Job
from glrec_bench.recorders.ffmpeg import FFmpegPipe
from glrec_bench.scene import Scene


class Pipe:
    """`fbo.read()` and `stdin.write()`."""

    scene_class = Scene

    def __init__(self, scene: Scene, job: Job) -> None:
        self._fbo = scene.fbo
        self._ffmpeg = FFmpegPipe(job, "rgb24", upside_down=True)

    def grab(self) -> None:
        """Read and write."""
        self._ffmpeg.stdin.write(self._fbo.read(components=3))

    def close(self) -> None:
        """Finish the file."""
        self._ffmpeg.close()


class PipeInto:
    """The same with `fbo.read_into()` one buffer that is used again, and four channels, which a GPU reads faster."""

    scene_class = Scene

    def __init__(self, scene: Scene, job: Job) -> None:
        self._fbo = scene.fbo
        self._pixels = bytearray(job.size.width * job.size.height * 4)
        self._ffmpeg = FFmpegPipe(job, "rgba", upside_down=True)

    def grab(self) -> None:
        """Read and write."""
        self._fbo.read_into(self._pixels, components=4)
        self._ffmpeg.stdin.write(self._pixels)

    def close(self) -> None:
        """Finish the file."""
        self._ffmpeg.close()
