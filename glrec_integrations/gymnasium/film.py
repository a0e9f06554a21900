"""What stands where Gymnasium's wrappers keep the list of a video's frames: each frame is encoded as it is appended.

The wrappers count the frames, append to them and ask whether there are any; so does this. A training run must not end because
of its video: what goes wrong here is told by Gymnasium's logger, once, and the frames that follow are only counted.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any, Self

import numpy as np
from gymnasium import logger
from numpy.typing import NDArray

from glrec_core import GlrecError, Recording
from glrec_core.arrays import Encoding, VideoWriter

_GREY_AXES = 2
_MAX_CHANNELS = 4


class Film:
    """The frames of one video, of which only the encoder holds a few."""

    def __init__(self, path: str | os.PathLike[str], fps: float, encoding: Encoding) -> None:
        self._path = path
        self._writer = VideoWriter(path, fps, overwrite=True, **encoding)
        self._count = 0
        self._failed = False

    def append(self, frame: NDArray[Any]) -> None:
        """Add a frame."""
        self._count += 1
        if self._failed:
            return
        try:
            self._writer.write(as_picture(frame))
        except GlrecError as error:
            self._tell(error)
            self.close()

    def __iadd__(self, frames: Iterable[NDArray[Any]]) -> Self:
        for frame in frames:
            self.append(frame)
        return self

    def __len__(self) -> int:
        return self._count

    def close(self) -> Recording | None:
        """Finish the file and return what it holds; None if there is none."""
        if self._writer.size is None:
            return None
        try:
            return self._writer.close()
        except GlrecError as error:
            self._tell(error)
            return None

    def _tell(self, error: GlrecError) -> None:
        if not self._failed:
            logger.warn(f"the video {self._path} ends after {self._writer.frames} frames: {error}")
        self._failed = True


def as_picture(frame: NDArray[Any]) -> NDArray[np.uint8]:
    """Return a frame as RGB or RGBA whose sides are even, the last row and column twice where they are not.

    Levels of other types are cut to whole numbers, as Gymnasium's wrapper does it. Grey frames get three channels; without
    that, a frame of two axes would be taken for NV12.
    """
    picture = np.asarray(frame).astype(np.uint8, copy=False)
    if picture.ndim == _GREY_AXES:
        picture = picture[..., np.newaxis]
    if picture.ndim > _GREY_AXES and picture.shape[-1] == 1:
        picture = np.repeat(picture, 3, axis=-1)
    is_picture = picture.ndim == _GREY_AXES + 1 and picture.shape[-1] <= _MAX_CHANNELS
    if is_picture and (picture.shape[0] % 2 or picture.shape[1] % 2):
        picture = np.pad(picture, ((0, picture.shape[0] % 2), (0, picture.shape[1] % 2), (0, 0)), mode="edge")
    return picture
