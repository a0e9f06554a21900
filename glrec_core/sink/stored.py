"""What sinks have in common that keep a recording on the disk, and which of them a path stands for."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Protocol, runtime_checkable

from glrec_core.errors import ConfigError
from glrec_core.sink.file import FileSink
from glrec_core.sink.pictures import PictureSink, stands_for_pictures
from glrec_core.stages import Sink


@runtime_checkable
class StoredSink(Sink, Protocol):
    """A sink that leaves files."""

    @property
    def paths(self) -> tuple[Path, ...]:
        """What was written so far, one for each part, in order; a sequence of pictures by its pattern."""

    @property
    def frames(self) -> int:
        """How many frames are complete on the disk."""

    def default_codec(self, *, alpha: bool = False) -> str:
        """Return the codec for when none is asked for.

        Raises:
            ConfigError: there is none with an alpha channel.

        """


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
