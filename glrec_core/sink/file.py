"""A recording in a file: the paths, the parts and the checks. The muxing is done by `muxer`, which needs PyAV."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from glrec_core.errors import ConfigError, SinkError
from glrec_core.frame import Packet, StreamInfo
from glrec_core.sink.containers import container_for

if TYPE_CHECKING:
    from glrec_core.sink.muxer import Muxer


class FileSink:
    """Writes a stream to a file; the extension decides the container. A second part goes to `name-2.mp4`, and so on.

    Nothing exists on the disk before the first packet. While recording, a file plays up to its last quarter second
    whatever happens to the process; `close` leaves MP4 and MOV with their index in front.

    Args:
        path: where to write; `~` is the home directory.
        overwrite: replace existing files.

    Raises:
        ConfigError: the file could not be written there, or exists.

    """

    def __init__(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
        self._path = Path(path).expanduser().absolute()
        self._container = container_for(self._path)
        self._overwrite = overwrite
        self._paths: list[Path] = []
        self._opened = 0
        self._finished_frames = 0
        self._part: Muxer | None = None
        _check_writable(self._path, overwrite=overwrite)

    @property
    def default_codec(self) -> str:
        """The codec for when none is asked for."""
        return self._container.default_codec

    @property
    def paths(self) -> tuple[Path, ...]:
        """The files written so far, in order, the one being written included."""
        return tuple(self._paths)

    @property
    def frames(self) -> int:
        """How many frames are complete in the files."""
        return self._finished_frames + (self._part.frames if self._part is not None else 0)

    def check(self, codec: str) -> None:
        """Check that the container takes the codec."""
        if codec not in self._container.codecs:
            known = ", ".join(self._container.codecs)
            raise ConfigError(
                f"{self._path.name}: {self._path.suffix} files take {known}, not codec={codec!r}"
            )

    def open(self, stream: StreamInfo) -> None:
        """Make the next part's file."""
        from glrec_core.sink.muxer import Muxer

        if self._part is not None:
            raise SinkError(f"{self._part.path} is still being written; close() it before the next part")
        self.check(stream.codec)
        self._opened += 1
        with self._telling_what_is_kept():
            self._part = Muxer(self._part_path(), self._container, stream, overwrite=self._overwrite)
        self._paths.append(self._part.path)

    def write(self, packet: Packet) -> None:
        """Take one packet; what plays of it is in the file a quarter of a second of video later at the latest."""
        if self._part is None:
            raise SinkError(f"no part of {self._path} is open; call open() before write()")
        with self._telling_what_is_kept():
            self._part.write(packet)

    def close(self) -> None:
        """Finish the part; after an error, keep what was complete before it. Does nothing if no part is open."""
        part, self._part = self._part, None
        if part is not None:
            with self._telling_what_is_kept():
                self._finish(part)

    def new_place(self, path: str | os.PathLike[str], *, overwrite: bool) -> Path:
        """Return the absolute path that the finished file could be moved to.

        Raises:
            ConfigError: it stands for another kind of file, cannot be written or exists.

        """
        place = Path(path).expanduser().absolute()
        if place.suffix.lower() != self._path.suffix.lower():
            raise ConfigError(f"{self._path} is a {self._path.suffix} file; it cannot become {place.name}")
        _check_writable(place, overwrite=overwrite)
        return place

    def move(self, place: Path) -> None:
        """Move the (first) finished file; does nothing if there is none.

        Raises:
            SinkError: it could not be moved.

        """
        if not self._paths:
            return
        try:
            shutil.move(self._paths[0], place)
        except OSError as error:
            text = f"cannot move {self._paths[0]} here: {error.strerror}"
            raise SinkError(error.errno, text, str(place)) from error
        self._paths[0] = place

    def _finish(self, part: Muxer) -> None:
        try:
            part.close()
        finally:
            self._finished_frames += part.frames
            if part.is_empty:
                self._paths.remove(part.path)
        if self._container.fast_start and not part.failed and not part.is_empty:
            from glrec_core.sink.fast_start import make_fast_start

            make_fast_start(part.path, self._container)

    @contextmanager
    def _telling_what_is_kept(self) -> Iterator[None]:
        try:
            yield
        except SinkError as error:
            error.frames_kept = self.frames
            raise

    def _part_path(self) -> Path:
        if self._opened == 1:
            return self._path
        return self._path.with_stem(f"{self._path.stem}-{self._opened}")


def _check_writable(path: Path, *, overwrite: bool) -> None:
    folder = path.parent
    if not folder.is_dir():
        found = "is not a folder" if folder.exists() else "does not exist"
        raise ConfigError(f"{path}: the folder {folder} {found}; make it first")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ConfigError(f"{path}: the folder {folder} is not writable for this user; choose another")
    if not os.path.lexists(path):
        return
    if not path.is_file():
        raise ConfigError(f"{path} exists and is not a regular file; choose another name")
    if not overwrite:
        raise ConfigError(f"{path} exists; choose another name, or pass overwrite=True to replace it")
    if not os.access(path, os.W_OK):
        raise ConfigError(f"{path} exists and is not writable for this user; choose another name")
