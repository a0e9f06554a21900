"""Which sink a path stands for."""

from __future__ import annotations

import os
from datetime import datetime

from glrec_core.errors import ConfigError
from glrec_core.sink.file import FileSink
from glrec_core.sink.pictures import PictureSink, stands_for_pictures


def open_dated(audio: str | os.PathLike[str] | None = None) -> FileSink:
    """Return the sink for when nobody named a file: `glrec-20261121-143000.mp4` of the present second, or its next number.

    Raises:
        ConfigError: there is no writing in the working folder, or no sound to add.

    """
    return FileSink(f"glrec-{datetime.now().astimezone():%Y%m%d-%H%M%S}.mp4", audio=audio, renumber=True)


def open_stored(
    path: str | os.PathLike[str], *, overwrite: bool, audio: str | os.PathLike[str] | None = None
) -> FileSink | PictureSink:
    """Return the sink that writes to a path; the extension and a `%d` decide.

    Raises:
        ConfigError: it could not be written there, or exists; or there is no sound to add to it.

    """
    if not stands_for_pictures(path):
        return FileSink(path, overwrite=overwrite, audio=audio)
    if audio is not None:
        raise ConfigError(f"audio={os.fspath(audio)!r}: pictures have no sound; leave it out")
    return PictureSink(path, overwrite=overwrite)
