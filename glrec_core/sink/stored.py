"""What sinks have in common that keep a recording on the disk, and which of them a path stands for."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Protocol, runtime_checkable

from glrec_core.errors import ConfigError
from glrec_core.sink.claims import is_claimed
from glrec_core.sink.file import FileSink
from glrec_core.sink.paths import numbered
from glrec_core.sink.pictures import PictureSink, stands_for_pictures
from glrec_core.stages import Sink

if sys.platform == "win32":
    from pathlib import WindowsPath as _NativePath
else:
    from pathlib import PosixPath as _NativePath


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


class DatedPath(_NativePath):
    """A path that nobody asked for. Where it turns out to be taken, the next number will do as well."""


def dated_path() -> DatedPath:
    """Return `glrec-20261121-143000.mp4` of the present second, with a number if that is taken."""
    path = DatedPath(f"glrec-{datetime.now().astimezone():%Y%m%d-%H%M%S}.mp4")
    free = (each for each in numbered(path) if not os.path.lexists(each) and not is_claimed(each))
    return DatedPath(next(free))


def open_stored(
    path: str | os.PathLike[str], *, overwrite: bool, audio: str | os.PathLike[str] | None = None
) -> FileSink | PictureSink:
    """Return the sink that writes to a path; the extension and a `%d` decide.

    Raises:
        ConfigError: it could not be written there, or exists; or there is no sound to add to it.

    """
    if not stands_for_pictures(path):
        return FileSink(path, overwrite=overwrite, audio=audio, renumber=isinstance(path, DatedPath))
    if audio is not None:
        raise ConfigError(f"audio={os.fspath(audio)!r}: pictures have no sound; leave it out")
    return PictureSink(path, overwrite=overwrite)
