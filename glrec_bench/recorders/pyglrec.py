"""How pyglrec records without NVENC, in its present version (a pipe) and in its older one (.npz files)."""

from __future__ import annotations

import os
import tempfile
import threading
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from glrec_bench.job import Job
from glrec_bench.recorders.ffmpeg import FFmpegPipe
from glrec_bench.recorders.imageio import open_writer
from glrec_bench.scene import Scene

os.environ.setdefault("PYOPENGL_PLATFORM", "egl")
from OpenGL import GL

_KEPT_FRAMES = 512
"""How many frames wait in memory before the first file is written: pyglrec's default."""


def _read(job: Job) -> NDArray[np.uint8]:
    """Read the bound framebuffer into new memory and return it upright, (height, width, 4)."""
    width, height = job.size
    pixels = np.zeros((height, width, 4), np.uint8)
    GL.glReadPixels(0, 0, width, height, GL.GL_RGBA, GL.GL_UNSIGNED_BYTE, pixels)
    return np.flipud(pixels)


class Pyglrec:
    """Framebuffer of its own, glReadPixels, all on the render thread into a pipe to FFmpeg."""

    scene_class = Scene

    def __init__(self, _: Scene, job: Job) -> None:
        self._job = job
        self._ffmpeg = FFmpegPipe(job, "rgba", upside_down=False)

    def grab(self) -> None:
        """Read, turn and write."""
        self._ffmpeg.stdin.write(_read(self._job).tobytes())

    def close(self) -> None:
        """Finish the file."""
        self._ffmpeg.close()


class PyglrecNpz:
    """Frames are kept, written to .npz files by a thread once there are many, and encoded at the end."""

    scene_class = Scene

    def __init__(self, _: Scene, job: Job) -> None:
        self._job = job
        self._folder = tempfile.TemporaryDirectory(dir=Path(job.path).parent)
        self._frames: list[NDArray[np.uint8]] = []
        self._files: list[Path] = []
        self._writing: threading.Thread | None = None

    def grab(self) -> None:
        """Read and keep."""
        self._frames.append(_read(self._job))
        if len(self._frames) > _KEPT_FRAMES and (self._writing is None or not self._writing.is_alive()):
            self._writing = threading.Thread(target=self._write_file)
            self._writing.start()

    def close(self) -> None:
        """Write what is kept, then read all of it again and encode it."""
        if self._writing is not None:
            self._writing.join()
        self._write_file()
        writer = open_writer(self._job)
        for file in self._files:
            _append(writer, file)
        writer.close()
        self._folder.cleanup()

    def _write_file(self) -> None:
        frames, self._frames = self._frames, []
        path = Path(self._folder.name) / f"{len(self._files):08d}.npz"
        np.savez(path, *frames)
        self._files.append(path)


def _append(writer: Any, file: Path) -> None:
    with np.load(file) as frames:
        for number in range(len(frames.files)):
            writer.append_data(frames[f"arr_{number}"])
