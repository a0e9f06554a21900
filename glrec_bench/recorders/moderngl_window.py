"""moderngl-window's own capture; it looks for a program named `ffmpeg` and takes no options for the encoder."""

from __future__ import annotations

import os
from pathlib import Path

import imageio_ffmpeg
from moderngl_window.capture.ffmpeg import FFmpegCapture

from glrec_bench.job import Job
from glrec_bench.recorders.ffmpeg import output_options
from glrec_bench.scene import Scene


class ModernglWindow:
    """`FFmpegCapture(source=fbo)`, `save()` after each frame."""

    scene_class = Scene

    def __init__(self, scene: Scene, job: Job) -> None:
        _put_ffmpeg_on_the_path(Path(job.path).parent, output_options(job))
        self._capture = FFmpegCapture(source=scene.fbo)
        self._capture.start_capture(filename=job.path, framerate=job.fps)

    def grab(self) -> None:
        """Save the frame, unless the capture's clock finds it too early."""
        self._capture.save()

    def close(self) -> None:
        """Finish the file."""
        self._capture.release()


def _put_ffmpeg_on_the_path(folder: Path, options: list[str]) -> None:
    """Make a program `ffmpeg` that adds the options before its last word, the file, and runs imageio-ffmpeg's."""
    executable, added = imageio_ffmpeg.get_ffmpeg_exe(), " ".join(options)
    program = folder / "ffmpeg"
    program.write_text(f'#!/usr/bin/env bash\nexec "{executable}" "${{@:1:$#-1}}" {added} "${{@: -1}}"\n')
    program.chmod(0o755)
    os.environ["PATH"] = f"{folder}{os.pathsep}{os.environ['PATH']}"
