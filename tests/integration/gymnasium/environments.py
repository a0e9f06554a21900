"""Environments whose pictures carry their number, and what Gymnasium's own wrappers would have kept of them."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from gymnasium.wrappers import RecordVideo as TheirVideo
from gymnasium.wrappers.vector import RecordVideo as TheirVectorVideo

from glrec_core.testing import barcode
from glrec_integrations.gymnasium.recording import cubes_then_every_thousandth, moviepy_not_asked_for

SIZE = (160, 120)
EPISODE_STEPS = 7

Kept = dict[str, list[Any]]
"""Frames by the name of their video."""


class Numbered(gymnasium.Env[int, int]):
    """Shows the number of its steps since it was made; episodes take EPISODE_STEPS."""

    metadata = {  # noqa: RUF012 - Gymnasium's own form
        "render_modes": ["rgb_array", "rgb_array_list"],
        "render_fps": 20,
    }
    observation_space: Any = gymnasium.spaces.Discrete(1)
    action_space: Any = gymnasium.spaces.Discrete(1)

    def __init__(self, render_mode: str | None = "rgb_array", size: tuple[int, int] = SIZE) -> None:
        self.render_mode = render_mode
        self.number = 0
        self._size = size
        self._left = EPISODE_STEPS

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        super().reset(seed=seed, options=options)
        self._left = EPISODE_STEPS
        return 0, {}

    def step(self, action: int) -> Any:
        self.number += 1
        self._left -= 1
        return 0, 0.0, self._left == 0, False, {}

    def render(self) -> Any:
        return self.picture()

    def picture(self) -> Any:
        return barcode.expected(self._size, self.number)


def vector(count: int = 4, **options: Any) -> gymnasium.vector.SyncVectorEnv:
    return gymnasium.vector.SyncVectorEnv([lambda: Numbered(**options)] * count)


def play(env: Any, steps: int) -> None:
    """Step as a training loop does; a single environment is reset at the end of each episode."""
    actions = np.zeros(getattr(env, "num_envs", 1), int) if hasattr(env, "num_envs") else 0
    env.reset(seed=1)
    for _ in range(steps):
        ended = env.step(actions)[2]
        if ended is True:
            env.reset()
    env.close()


class _Keeping:
    """Keeps what Gymnasium's wrapper gives to MoviePy."""

    recorded_frames: list[Any]
    recording: bool
    _video_name: Any
    kept: Kept

    def stop_recording(self) -> None:
        if self.recorded_frames:
            self.kept[self._video_name] = self.recorded_frames
        self.recorded_frames, self.recording, self._video_name = [], False, None


class Theirs(_Keeping, TheirVideo[Any, Any]):
    """Gymnasium's wrapper without MoviePy."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self.kept = {}
        if not {"episode_trigger", "step_trigger"} & options.keys():
            options["episode_trigger"] = cubes_then_every_thousandth  # where theirs is, MoviePy is needed
        with moviepy_not_asked_for():
            super().__init__(*arguments, **options)


class TheirsVector(_Keeping, TheirVectorVideo):
    """Gymnasium's wrapper of vector environments without MoviePy."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self.kept = {}
        if not {"episode_trigger", "step_trigger"} & options.keys():
            options["episode_trigger"] = cubes_then_every_thousandth  # where theirs is, MoviePy is needed
        with moviepy_not_asked_for():
            super().__init__(*arguments, **options)
