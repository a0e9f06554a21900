"""What both wrappers have in common. When a recording begins and ends is Gymnasium's own code, so that every trigger works as
in the version that is installed; what becomes of the frames is ours.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from gymnasium import logger
from gymnasium.utils import RecordConstructorArgs

from glrec_core.arrays import ArrayEncoder, Encoding
from glrec_integrations.gymnasium.film import Film

RECORD_ALWAYS: Callable[[int], bool] = lambda _: True  # noqa: E731 - a default of Gymnasium's, shown as it is there


_CUBES = frozenset(root**3 for root in range(10))
_FIRST_EPISODES = 1000
_TRIAL_SIZE = (128, 128)


def cubes_then_every_thousandth(episode: int) -> bool:
    """Return whether to record an episode where nobody says which: Gymnasium's default, whose own module needs MoviePy."""
    if episode < _FIRST_EPISODES:
        return episode in _CUBES
    return episode % _FIRST_EPISODES == 0


def usual(
    episode_trigger: Callable[[int], bool] | None, step_trigger: Callable[[int], bool] | None
) -> Callable[[int], bool] | None:
    """Return the trigger of episodes: the default where there is none of either kind."""
    return cubes_then_every_thousandth if episode_trigger is step_trigger is None else episode_trigger


@contextmanager
def moviepy_not_asked_for() -> Iterator[None]:
    """Let Gymnasium's constructors find a MoviePy, which they ask for and which nothing uses here."""
    if "moviepy" in sys.modules:
        yield
        return
    stand_in = sys.modules["moviepy"] = ModuleType("moviepy")
    try:
        yield
    finally:
        if sys.modules.get("moviepy") is stand_in:
            del sys.modules["moviepy"]


class StreamedVideo(RecordConstructorArgs):
    """Stands before a wrapper of Gymnasium's in the MRO and encodes the frames that it would keep."""

    video_folder: str
    name_prefix: str
    frames_per_sec: Any
    disable_logger: bool
    gc_trigger: Callable[[int], bool] | None
    episode_id: int
    recording: bool
    recorded_frames: Any
    _video_name: str | None
    _encoding: Encoding

    def __init__(self, env: Any, arguments: dict[str, Any], encoding: Encoding) -> None:
        """Set Gymnasium's wrapper up with its own arguments, by their names, and try what is its video's alone."""
        RecordConstructorArgs.__init__(self, **arguments, **encoding)  # the first call counts: for `env.spec`
        trigger = usual(arguments["episode_trigger"], arguments["step_trigger"])
        wrapper: Any = super()  # Gymnasium's, which comes next in the MRO
        with moviepy_not_asked_for():
            wrapper.__init__(env, **{**arguments, "episode_trigger": trigger})
        self._encoding = encoding
        self._check_encoding()

    def start_recording(self, video_name: str) -> None:
        """Start a new recording, and end the one that is under way.

        For example:

            env.start_recording("rl-video-my-own-name")
        """
        if self.recording:
            self.stop_recording()
        self.recorded_frames = self._film(video_name)
        self.recording = True
        self._video_name = video_name

    def stop_recording(self) -> None:
        """End the recording; its file is complete when this returns.

        For example:

            env.stop_recording()
        """
        assert self.recording, "stop_recording was called, but no recording was started"
        film, self.recorded_frames = self.recorded_frames, []
        self.recording = False
        self._video_name = None
        if not film:
            logger.warn("Ignored saving a video as there were zero frames to save.")
        elif (recording := film.close()) is not None and not self.disable_logger:
            sys.stdout.write(f"{recording}\n")
        if self.gc_trigger and self.gc_trigger(self.episode_id):
            gc.collect()

    def __del__(self) -> None:
        """Warn of nothing, as Gymnasium's wrapper does here: a film that nobody ends is finished when it is collected."""

    def _check_encoding(self) -> None:
        """Refuse what cannot be encoded at the start of the run rather than at its first video, by an encoder for trial.

        Raises:
            ConfigError: an option or the folder cannot be honoured; no file has been touched.
            BackendUnavailable: nothing on this machine can encode what was asked for.
            EncodeError: the encoder takes no such preset or quality.

        """
        self._film(f"{self.name_prefix}-episode-0")
        options: dict[str, Any] = {"gop": None, **self._encoding}
        codec = options.pop("codec", None) or "h264"
        ArrayEncoder(*_TRIAL_SIZE, codec, tuning=None, fps=self.frames_per_sec, **options).close()

    def _film(self, video_name: str) -> Film:
        path = os.path.join(self.video_folder, f"{video_name}.mp4")  # noqa: PTH118 - as Gymnasium names them
        return Film(path, self.frames_per_sec, self._encoding)
