"""A recording in a file: the paths, the parts and the checks. The muxing is done by `muxer`, which needs PyAV."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from glrec_core.errors import ConfigError, SinkError
from glrec_core.frame import Packet, StreamInfo
from glrec_core.sink.chapters import Chapter
from glrec_core.sink.containers import CONTAINERS, Container, container_for
from glrec_core.sink.paths import check_writable

if TYPE_CHECKING:
    from glrec_core.sink.muxer import Muxer
    from glrec_core.sink.sound import Sound


class FileSink:
    """Writes a stream to a file; the extension decides the container. A second part goes to `name-2.mp4`, and so on.

    Nothing exists on the disk before the first packet. While recording, a file plays up to its last quarter second
    whatever happens to the process; `close` leaves MP4 and MOV with their index in front.

    Args:
        path: where to write; `~` is the home directory.
        overwrite: replace existing files.
        audio: a file with sound, which `close` adds from the recording's beginning on and as long as the pictures last:
            copied if the container takes its codec, else encoded as AAC or Opus. A further part goes on in it where the
            part before it ended. A file that is not closed has no sound.

    Raises:
        ConfigError: the file could not be written there, or exists; or there is no sound to add to it.

    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        overwrite: bool = False,
        audio: str | os.PathLike[str] | None = None,
    ) -> None:
        self._path = Path(path).expanduser().absolute()
        self._container = container_for(self._path)
        self._overwrite = overwrite
        self._paths: list[Path] = []
        self._opened = 0
        self._finished_frames = 0
        self._part: Muxer | None = None
        self._chapters: list[Chapter] = []
        self._begin_seconds = Fraction(0)
        check_writable(self._path, overwrite=overwrite)
        self._sound = _sound(audio, self._path, self._container)

    def default_codec(self, *, alpha: bool = False) -> str:
        """Return the codec for when none is asked for.

        Raises:
            ConfigError: there is none with an alpha channel.

        """
        return self._codecs(alpha=alpha)[0]

    @property
    def paths(self) -> tuple[Path, ...]:
        """The files written so far, in order, the one being written included."""
        return tuple(self._paths)

    @property
    def frames(self) -> int:
        """How many frames are complete in the files."""
        return self._finished_frames + (self._part.frames if self._part is not None else 0)

    def check(self, codec: str, *, alpha: bool = False) -> None:
        """Check that the container takes the codec, with its alpha channel if it is to have one."""
        codecs = self._codecs(alpha=alpha)
        if codec not in codecs:
            with_alpha = " with alpha" if alpha else ""
            known = ", ".join(codecs)
            raise ConfigError(
                f"{self._path.name}: {self._path.suffix} files take {known}{with_alpha}, not codec={codec!r}"
            )

    def open(self, stream: StreamInfo) -> None:
        """Make the next part's file."""
        from glrec_core.sink.muxer import Muxer

        if self._part is not None:
            raise SinkError(f"{self._part.path} is still being written; close() it before the next part")
        self.check(stream.codec, alpha=stream.alpha)
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

    @property
    def keeps_marks(self) -> bool:
        """Whether the container has chapters."""
        return bool(self._container.sounds)

    def mark(self, tick: int, name: str) -> None:
        """Let a chapter begin at a tick of the open part; it is written by `close`."""
        self._chapters.append(Chapter(tick, name))

    def close(self) -> None:
        """Finish the part; after an error, keep what was complete before it. Does nothing if no part is open."""
        part, self._part = self._part, None
        chapters, self._chapters = self._chapters, []
        if part is not None:
            with self._telling_what_is_kept():
                self._finish(part, chapters)

    def new_place(self, path: str | os.PathLike[str], *, overwrite: bool) -> Path:
        """Return the absolute path that the finished file could be moved to.

        Raises:
            ConfigError: it stands for another kind of file, cannot be written or exists.

        """
        place = Path(path).expanduser().absolute()
        if place.suffix.lower() != self._path.suffix.lower():
            raise ConfigError(f"{self._path} is a {self._path.suffix} file; it cannot become {place.name}")
        check_writable(place, overwrite=overwrite)
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

    def _codecs(self, *, alpha: bool) -> tuple[str, ...]:
        codecs = self._container.codecs_for(alpha=alpha)
        if not codecs:
            known = ", ".join(suffix for suffix, each in CONTAINERS.items() if each.alpha_codecs)
            raise ConfigError(
                f"{self._path.name}: {self._path.suffix} files hold no alpha; choose one of: {known}, "
                "or pictures such as %06d.png"
            )
        return codecs

    def _finish(self, part: Muxer, chapters: list[Chapter]) -> None:
        from glrec_core.sink.finishing import Finish, finish_file

        try:
            part.close()
        finally:
            self._finished_frames += part.frames
            if part.is_empty:
                self._paths.remove(part.path)
        finish = Finish(part.stream.time_base, part.end_tick, chapters, self._sound, self._begin_seconds)
        self._begin_seconds += finish.duration_seconds
        complete = not (part.failed or part.is_empty)
        if complete and (self._container.fast_start or finish.adds):
            finish_file(part.path, self._container, finish)

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


def _sound(audio: str | os.PathLike[str] | None, path: Path, container: Container) -> Sound | None:
    """Return the sound to add, if any; PyAV is needed only then."""
    if audio is None:
        return None
    if not container.sounds:
        raise ConfigError(f"audio={os.fspath(audio)!r}: {path.suffix} files have no sound; leave it out")
    if Path(audio).expanduser().resolve() == path.resolve():
        raise ConfigError(f"audio={os.fspath(audio)!r} is the file that is to be written; choose another")
    from glrec_core.sink.sound import Sound

    return Sound(audio)
