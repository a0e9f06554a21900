"""The wrapper of vector environments, whose pictures are joined to one. Importing this module imports Gymnasium."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Unpack

import numpy as np
from gymnasium.core import ActType, ObsType
from gymnasium.vector import VectorEnv
from gymnasium.wrappers.vector import RecordVideo as GymnasiumRecordVideo

from glrec_core.arrays import Encoding
from glrec_integrations.gymnasium.recording import RECORD_ALWAYS, StreamedVideo

__all__ = ["RecordVideo"]


class RecordVideo(StreamedVideo, GymnasiumRecordVideo):
    """`gymnasium.wrappers.vector.RecordVideo` whose memory does not grow, and that needs no MoviePy.

        envs = RecordVideo(envs, "videos", video_aspect_ratio=(16, 9), step_trigger=lambda step: step % 10_000 == 0)

    See `glrec_integrations.gymnasium.RecordVideo`, with which it shares all but these.

    Args:
        env: a vector environment whose render mode gives arrays.
        video_folder: where the videos go; it is made if need be, and videos of the same names are replaced.
        video_aspect_ratio: how wide and how high the joined picture is to be, as nearly as the environments can be laid out.
        record_first_only: record the first environment alone.
        episode_trigger: told the number of an episode of the first environment; whether to record it.
        step_trigger: told the number of a step; whether to begin a recording there.
        video_length: frames of each recording; 0 is the whole episode.
        name_prefix: what the files' names begin with.
        fps: frames per second; None is `env.metadata["render_fps"]`, or 30.
        disable_logger: do not print what each finished video is.
        gc_trigger: told the number of the episode; whether to collect garbage when a recording has ended.
        encoding: codec, preset, quality, bitrate, gop, color, backend and device, as of `glrec_core.arrays.VideoWriter`.

    Raises:
        ConfigError: an option of `encoding`, fps or the folder cannot be honoured.
        ValueError: the render mode gives no arrays.

    """

    def __init__(  # noqa: PLR0917 - Gymnasium's order
        self,
        env: VectorEnv[ObsType, ActType, np.ndarray],
        video_folder: str,
        video_aspect_ratio: tuple[int, int] = (1, 1),
        record_first_only: bool = False,  # noqa: FBT001, FBT002 - likewise
        episode_trigger: Callable[[int], bool] | None = None,
        step_trigger: Callable[[int], bool] | None = None,
        video_length: int = 0,
        name_prefix: str = "rl-video",
        fps: int | None = None,
        disable_logger: bool = True,  # noqa: FBT001, FBT002 - likewise
        gc_trigger: Callable[[int], bool] | None = RECORD_ALWAYS,
        **encoding: Unpack[Encoding],
    ) -> None:
        arguments: dict[str, Any] = {
            "video_folder": video_folder,
            "video_aspect_ratio": video_aspect_ratio,
            "record_first_only": record_first_only,
            "episode_trigger": episode_trigger,
            "step_trigger": step_trigger,
            "video_length": video_length,
            "name_prefix": name_prefix,
            "fps": fps,
            "disable_logger": disable_logger,
            "gc_trigger": gc_trigger,
        }
        super().__init__(env, arguments, encoding)
