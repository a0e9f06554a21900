"""What sinks have in common that keep a recording on the disk, and which of them a path stands for."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import datetime
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


@runtime_checkable
class NotingSink(Protocol):
    """A sink that has things to tell of a recording."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What became of its files that was not asked for, as sentences for `Recording.notes`."""


@runtime_checkable
class SyncedSink(Protocol):
    """A stored sink that knows what of it a power cut would leave."""

    @property
    def frames_on_disk(self) -> int:
        """How many frames that is."""


def frames_on_disk(sink: StoredSink) -> int:
    """Return how many frames of a sink a power cut would leave, as far as it knows."""
    return sink.frames_on_disk if isinstance(sink, SyncedSink) else sink.frames


def notes_of(sinks: Iterable[Sink]) -> tuple[str, ...]:
    """Return what sinks have to tell."""
    return tuple(note for sink in sinks if isinstance(sink, NotingSink) for note in sink.notes)


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
