"""A recording's frames as arrays again: from the stored frames of the spill, or from a file that kept every pixel."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from glrec_core.errors import SpillError
from glrec_core.spill.stored_frames import StoredFrames
from glrec_core.values.foreign import STORING, SYSTEM, translated
from glrec_core.values.frame import PixelFormat


def stored_pixels(directory: Path) -> Iterator[NDArray[np.uint8]]:
    """Yield the frames of a spill directory, (height, width, 4) uint8 RGBA, row 0 the top.

    Raises:
        SpillError: it is none, it is still in use, or a frame is damaged or has been converted already.

    """
    with StoredFrames(directory) as frames:
        for frame in frames:
            if frame.spec.format is not PixelFormat.RGBA:
                raise SpillError(
                    errno.EINVAL,
                    f"the frames are stored as {frame.spec.format.value}, not RGBA",
                    str(directory),
                )
            yield np.ascontiguousarray(frame.planes[0])
        if frames.damaged:
            raise SpillError(errno.EIO, f"{frames.damaged} stored frames are damaged", str(directory))


def decoded_pixels(path: Path) -> Iterator[NDArray[np.uint8]]:
    """Yield the frames of a lossless file or sequence, (height, width, 4) uint8 RGBA, row 0 the top.

    Alpha is 255 where it was not recorded.

    Raises:
        SpillError: the file cannot be read.

    """
    import av

    if path.suffix.lower() == ".webp" and "%" not in path.name:  # FFmpeg 8 does not decode animated ones
        yield from _animated_pixels(path)
        return
    with translated(SpillError, "cannot decode", STORING, path=path), av.open(path) as container:
        for picture in container.decode(video=0):
            yield picture.to_ndarray(format=PixelFormat.RGBA.value).astype(np.uint8, copy=False)


def _animated_pixels(path: Path) -> Iterator[NDArray[np.uint8]]:
    from imageio.v3 import imiter

    with translated(SpillError, "cannot decode", SYSTEM, path=path):
        yield from imiter(path, plugin="pillow", mode="RGBA")
