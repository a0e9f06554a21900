"""A place beside the wanted file for the one that is being made: the name stands for nothing until the film is whole."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from glrec_core.errors import SinkError
from glrec_core.sink.pictures import stands_for_pictures
from glrec_core.sink.stored import open_stored
from glrec_core.stages import StoredSink
from glrec_core.system import files
from glrec_core.system.durable import sync_file, sync_folder
from glrec_core.values.checks import absolute_path
from glrec_core.values.foreign import SYSTEM, translated


class Staging:
    """The sink of a film that is being made, and the way to its name."""

    def __init__(self, sink: StoredSink, folder: Path | None, *, overwrite: bool) -> None:
        self.sink = sink
        self._folder = folder
        self._overwrite = overwrite

    def publish(self) -> tuple[Path, ...]:
        """Write what was made to the disk for good, give it its names and return those.

        Raises:
            SinkError: it could not be; nothing is there then.

        """
        folder = self._folder
        if folder is None:
            return self.sink.paths
        return tuple(self._move(made, folder / made.name) for made in self.sink.paths)

    def _move(self, made: Path, name: Path) -> Path:
        with translated(SinkError, "", SYSTEM, path=name):
            sync_file(made)
            target = name.resolve()  # a link stays a link
            if self._overwrite:
                files.replace(made, target)
            else:
                _move_to_new(made, target)
            sync_folder(target.parent)
        return name


@contextmanager
def staged(path: str | os.PathLike[str], *, overwrite: bool) -> Iterator[Staging]:
    """Give a sink whose file gets its name by `publish`; what was made without that is deleted. Pictures are written in place.

    Raises:
        ConfigError: the file could not be written, or exists.

    """
    sink = open_stored(path, overwrite=overwrite)
    if stands_for_pictures(path):
        yield Staging(sink, None, overwrite=overwrite)
        return
    place = absolute_path("path", path)
    folder = Path(tempfile.mkdtemp(prefix=".glrec-recover-", dir=place.parent))
    try:
        made = open_stored(folder / place.name, overwrite=False)
        yield Staging(made, place.parent, overwrite=overwrite)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _move_to_new(made: Path, target: Path) -> None:
    """Rename a file, but never over another one."""
    try:
        os.link(made, target)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        if target.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST)) from None
        made.rename(target)
