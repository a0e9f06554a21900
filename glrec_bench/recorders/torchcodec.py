"""torchcodec's own example of encoding: frames as one tensor in memory, encoded as a whole at the end."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torchcodec.encoders import VideoEncoder

from glrec_bench.job import CRF, PRESET, Job
from glrec_bench.scene import Scene


class TorchCodec:
    """`fbo.read()` into a tensor, `VideoEncoder(frames).to_file()`."""

    scene_class = Scene

    def __init__(self, scene: Scene, job: Job) -> None:
        self._fbo, self._job = scene.fbo, job
        self._frames: list[Any] = []

    def grab(self) -> None:
        """Read, turn and keep; torch takes no negative strides."""
        width, height = self._job.size
        pixels = np.frombuffer(self._fbo.read(components=3), np.uint8).reshape(height, width, 3)
        self._frames.append(torch.from_numpy(pixels[::-1].copy()).permute(2, 0, 1))

    def close(self) -> None:
        """Encode all frames."""
        encoder = VideoEncoder(torch.stack(self._frames), frame_rate=self._job.fps)
        common: dict[str, Any] = {"codec": "libx264", "crf": CRF, "preset": PRESET}
        encoder.to_file(self._job.path, pixel_format="yuv420p", **(common if self._job.same_settings else {}))
