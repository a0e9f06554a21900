"""Opens a video file that nobody vouches for: a plain file, by demuxers that follow no reference out of it."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glrec_core.errors import ConfigError, VideoError
from glrec_core.values.checks import absolute_path
from glrec_core.values.foreign import PYAV, SYSTEM, reason, translated

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

# Playlists, concat scripts and image sequences are not here: they name other files, or hosts.
_DEMUXERS = "mov,matroska,avi,mpegts,flv,nut,ogg,mpeg,ivf,h264,hevc,obu,av1,gif,apng,webp_anim"
_OPTIONS = {"format_whitelist": _DEMUXERS, "protocol_whitelist": "file"}

MAX_PIXELS = 16_384 * 16_384
"""More than any encoder of glrec takes: a picture that claims to be larger is not decoded."""

DECODER_THREADS = 4
"""Bounds the memory: each thread holds pictures of its own."""


def check_path(path: str | os.PathLike[str]) -> Path:
    """Return the absolute path of a plain file that can be read.

    Raises:
        ConfigError: there is none.

    """
    file = absolute_path("path", path)
    with translated(ConfigError, f"{path} cannot be read", SYSTEM, ValueError, words=reason):
        mode = file.stat().st_mode
    if not stat.S_ISREG(mode):
        kind = "a folder" if stat.S_ISDIR(mode) else "not a regular file"
        raise ConfigError(f"{path} is {kind}; give a video file")
    if not os.access(file, os.R_OK):
        raise ConfigError(f"{path} cannot be read: {os.strerror(errno.EACCES)}")
    return file


@contextmanager
def opened_video(path: Path) -> Iterator[tuple[InputContainer, VideoStream]]:
    """Open a file and find its first video stream.

    Raises:
        VideoError: it is no video.

    """
    import av

    with translated(VideoError, f"{path.name} is not a video that can be read", PYAV, words=reason):
        container = av.open(path, options=dict(_OPTIONS), **_leniency(av.__version__))
    with container:
        if not container.streams.video:
            raise VideoError(f"{path.name} holds no video stream")
        stream = container.streams.video[0]
        _check_size(path, stream)
        stream.thread_type = "AUTO"
        stream.codec_context.thread_count = min(DECODER_THREADS, os.cpu_count() or 1)
        yield container, stream


def _leniency(version: str) -> dict[str, Any]:
    """Return what makes PyAV read a file whose metadata is no text; from version 19 on, it does so by itself."""
    return {"metadata_errors": "replace"} if int(version.partition(".")[0]) < 19 else {}  # noqa: PLR2004


def _check_size(path: Path, stream: VideoStream) -> None:
    codec = stream.codec_context
    if codec is None:
        raise VideoError(f"{path.name}: FFmpeg knows no decoder for its video stream")
    if codec.width < 1 or codec.height < 1:
        raise VideoError(f"{path.name}: the video has no size, since nothing of it can be decoded")
    if codec.width * codec.height > MAX_PIXELS:
        raise VideoError(f"{path.name} claims {codec.width}x{codec.height} pixels, more than can be decoded")
