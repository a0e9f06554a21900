"""The wrapper of single environments. Importing this module imports Gymnasium."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Unpack

import gymnasium
from gymnasium.core import ActType, ObsType
from gymnasium.wrappers import RecordVideo as GymnasiumRecordVideo

from glrec_core.arrays import Encoding
from glrec_integrations.gymnasium.recording import RECORD_ALWAYS, StreamedVideo


class RecordVideo(StreamedVideo, GymnasiumRecordVideo[ObsType, ActType]):
    """`gymnasium.wrappers.RecordVideo` whose memory does not grow, and that needs no MoviePy.

        env = RecordVideo(env, "videos", episode_trigger=lambda episode: episode % 100 == 0)

    Arguments, triggers and the names of the files are Gymnasium's. Each frame is encoded within `step` or `reset`; the file
    plays while it grows, and is finished by `close`, when the environment is collected and at the end of the program, also
    after an error. A video that cannot be written any more is told of by `gymnasium.logger.warn`; the run goes on.

    Args:
        env: an environment whose render mode gives arrays: "rgb_array" or "rgb_array_list". For the second, Gymnasium's
            wrapper keeps the frames for your own `render()`, so memory grows until you call it.
        video_folder: where the videos go; it is made if need be, and videos of the same names are replaced.
        episode_trigger: told the number of an episode; whether to record it.
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
        env: gymnasium.Env[ObsType, ActType],
        video_folder: str,
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
            "episode_trigger": episode_trigger,
            "step_trigger": step_trigger,
            "video_length": video_length,
            "name_prefix": name_prefix,
            "fps": fps,
            "disable_logger": disable_logger,
            "gc_trigger": gc_trigger,
        }
        super().__init__(env, arguments, encoding)
