"""A recording in a file: the paths, the parts and the checks. The muxing is done by `muxer`, which needs PyAV."""

from __future__ import annotations

import errno
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from glrec_core.errors import ConfigError, SinkError
from glrec_core.sink.chapters import Chapter
from glrec_core.sink.claims import Claim, Holdings, is_claimed
from glrec_core.sink.containers import CONTAINERS, Container, container_for
from glrec_core.sink.paths import check_folder, check_writable, nth, numbered
from glrec_core.system import files
from glrec_core.system.durable import sync_folder
from glrec_core.values.checks import absolute_path, flag
from glrec_core.values.foreign import SYSTEM, translated
from glrec_core.values.frame import Packet, StreamInfo

if TYPE_CHECKING:
    from glrec_core.sink.finishing import Finish
    from glrec_core.sink.muxer import Muxer
    from glrec_core.sink.sound import Sound

logger: logging.Logger = logging.getLogger("glrec")


class FileSink:
    """Writes a stream to a file; the extension decides the container. A second part goes to `name-2.mp4`, and so on.

        sink = FileSink("film.mkv", audio="music.wav", overwrite=True)
        recorder = record(window, sink)

    Nothing exists on the disk before the first packet. While recording, a file plays up to the last half second
    whatever happens to the process (a quarter is in the encoder, another in the container), and up to the last two
    seconds if the power fails; `close` leaves MP4 and MOV with their index in front. Others may move, delete or replace the file meanwhile: `paths` says where the film is then, and
    `notes` what has happened.

    Args:
        path: where to write; `~` is the home directory.
        overwrite: replace existing files.
        audio: a file with sound, which `close` adds from the recording's beginning on and as long as the pictures last:
            copied if the container takes its codec, else encoded as AAC or Opus. A further part goes on in it where the
            part before it ended. A file that is not closed has no sound.
        renumber: use `name-2.mp4` and so on if the name is taken, even if that shows only when the file is made; no file
            is replaced then.

    Raises:
        ConfigError: the file could not be written there, exists, or is being recorded to; or there is no sound to add.

    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        overwrite: bool = False,
        audio: str | os.PathLike[str] | None = None,
        renumber: bool = False,
    ) -> None:
        self._path = absolute_path("path", path)
        self._container = container_for(self._path)
        self._renumber = flag("renumber", renumber)
        self._overwrite = flag("overwrite", overwrite) and not renumber
        self._paths: list[Path] = []
        self._notes: list[str] = []
        self._claims = Holdings()
        self._may_replace_place = False
        self._opened = 0
        self._finished_frames = 0
        self._part: Muxer | None = None
        self._chapters: list[Chapter] = []
        self._begin_seconds = Fraction(0)
        if renumber:
            check_folder(self._path)
            self._path = next(each for each in numbered(self._path) if not os.path.lexists(each))
        else:
            check_writable(self._path, overwrite=overwrite)
        self._sound = _sound(audio, self._path, self._container)

    def default_codec(self, *, alpha: bool = False) -> str:
        """Return the codec that is used if none is asked for.

            sink = FileSink("film.webm")
            print(sink.default_codec(alpha=True))  # vp9

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

    @property
    def frames_on_disk(self) -> int:
        """How many of them would survive a power cut now; at most a second behind `frames`."""
        return self._finished_frames + (self._part.file.frames_on_disk if self._part is not None else 0)

    def check(self, codec: str, *, alpha: bool = False) -> None:
        """Check that the container takes the codec, with its alpha channel if it is to have one."""
        codecs = self._codecs(alpha=alpha)
        if codec not in codecs:
            with_alpha = " with alpha" if alpha else ""
            known = ", ".join(codecs)
            raise ConfigError(
                f"{self._path.name}: {self._path.suffix} files take {known}{with_alpha}, not codec={codec!r}"
            )

    @property
    def notes(self) -> tuple[str, ...]:
        """What happened to the files without being asked for, as sentences."""
        return tuple(self._notes)

    def reserve(self) -> None:
        """Keep other sinks of this process from writing to the same path, until `close` or `release`.

        Raises:
            ConfigError: another one does, or this sink is given to a recording already.

        """
        self._claims.reserve(self._path, self._claim_path)

    def release(self) -> None:
        """Release the path; safe to call twice."""
        self._claims.release()

    def open(self, stream: StreamInfo) -> None:
        """Make the next part's file."""
        if self._part is not None:
            raise SinkError(f"{self._part.path} is still being written; close() it before the next part")
        self.check(stream.codec, alpha=stream.alpha)
        self._opened += 1
        with self._telling_what_is_kept():
            self._part = self._make_part(stream)
        self._paths.append(self._part.path)
        for note in self._part.file.notes:
            self._tell(note)

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
        try:
            if part is not None:
                with self._telling_what_is_kept():
                    self._finish(part, chapters)
        finally:
            self.release()

    def new_place(self, path: str | os.PathLike[str], *, overwrite: bool) -> Path:
        """Return the absolute path that the finished file could be moved to.

            place = sink.new_place("best-run.mp4", overwrite=True)
            sink.move(place)

        Raises:
            ConfigError: it stands for another kind of file, cannot be written, exists or is being recorded to.

        """
        place = absolute_path("path", path)
        if place.suffix.lower() != self._path.suffix.lower():
            raise ConfigError(f"{self._path} is a {self._path.suffix} file; it cannot become {place.name}")
        check_writable(place, overwrite=overwrite, own=self._claims.held)
        self._may_replace_place = overwrite
        return place

    def move(self, place: Path) -> None:
        """Move the (first) finished file; does nothing if there is none.

            place = sink.new_place("best-run.mp4", overwrite=True)
            sink.move(place)

        Raises:
            SinkError: it could not be moved.

        """
        if not self._paths:
            return
        if is_claimed(place):
            raise SinkError(errno.EBUSY, "this program records to that file now", str(place))
        with translated(SinkError, f"cannot move {self._paths[0]} here", SYSTEM, path=place):
            _move(self._paths[0], place, overwrite=self._may_replace_place)
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

    def _claim_path(self) -> Claim:
        """Claim the path; a number is added to a name that may have one."""
        if not self._renumber:
            return Claim(self._path)
        for path in numbered(self._path):
            if not os.path.lexists(path):
                with suppress(ConfigError):
                    claim = Claim(path)
                    self._path = path
                    return claim
        raise AssertionError("numbers do not end")

    def _claim_part(self, path: Path) -> Claim | None:
        return Claim(path) if path != self._path else None

    def _make_part(self, stream: StreamInfo) -> Muxer:
        if not self._renumber:
            return self._make(self._part_path(), stream)
        for path in numbered(self._path):
            try:
                return self._make(path, stream)
            except SinkError as error:
                if error.errno not in {errno.EEXIST, errno.EBUSY}:
                    raise
        raise AssertionError("numbers do not end")

    def _make(self, path: Path, stream: StreamInfo) -> Muxer:
        from glrec_core.sink.muxer import Muxer

        self._claims.begin_part(
            path, self._claim_path, partial(self._claim_part, path), "cannot create the file"
        )
        try:
            part = Muxer(path, self._container, stream, overwrite=self._overwrite)
        except BaseException:
            if path != self._path:
                self._claims.forget_part()
            raise
        self._claims.held[-1].opened(part.file.identity)
        return part

    def _finish(self, part: Muxer, chapters: list[Chapter]) -> None:
        from glrec_core.sink.finishing import Finish

        finish = Finish(part.stream.time_base, part.end_tick, chapters, self._sound, self._begin_seconds)
        self._begin_seconds += finish.duration_seconds
        try:
            part.close()
        except SinkError:
            with suppress(SinkError):  # the first error is the one to tell
                self._settle(part, None)
            raise
        if part.failed:
            with suppress(SinkError):
                self._settle(part, None)
        else:
            self._settle(part, finish if self._container.fast_start or finish.adds else None)

    def _settle(self, part: Muxer, finish: Finish | None) -> None:
        """Give a part its last form if it is to have one, see to it that it has a name, and enter both in the account."""
        from glrec_core.sink.finishing import Finished, finish_file, keep_file, name_now

        path = None
        try:
            if not part.is_empty:
                path = name_now(part.file)
                finished: Finished = (
                    finish_file(part.file, self._container, finish, self._claims.held)
                    if finish is not None
                    else keep_file(part.file, self._claims.held)
                )
                path = finished.path
                if finished.note is not None:
                    self._tell(finished.note)
        finally:
            position = self._paths.index(part.path)
            self._paths[position : position + 1] = [path] if path is not None and part.frames else []
            self._finished_frames += part.frames if path is not None else 0
            part.release()

    def _tell(self, note: str) -> None:
        self._notes.append(note)
        logger.warning("%s", note)

    @contextmanager
    def _telling_what_is_kept(self) -> Iterator[None]:
        try:
            yield
        except SinkError as error:
            error.frames_kept = self.frames
            raise

    def _part_path(self) -> Path:
        return nth(self._path, self._opened)


def _move(source: Path, place: Path, *, overwrite: bool) -> None:
    """Move a file, and have that on the disk; what has appeared at the place meanwhile stays, unless it may be replaced."""
    made = not overwrite
    if made:
        os.close(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL))
    try:
        files.move(source, place)
    except BaseException:
        if made:
            files.remove(place)
        raise
    with place.open("rb+") as moved:
        os.fsync(moved.fileno())
    for folder in {place.parent, source.parent}:
        sync_folder(folder)


def _sound(audio: str | os.PathLike[str] | None, path: Path, container: Container) -> Sound | None:
    """Return the sound to add, if any; PyAV is needed only then."""
    if audio is None:
        return None
    if not container.sounds:
        raise ConfigError(f"audio={os.fspath(audio)!r}: {path.suffix} files have no sound; leave it out")
    if absolute_path("audio", audio).resolve() == path.resolve():
        raise ConfigError(f"audio={os.fspath(audio)!r} is the file that is to be written; choose another")
    from glrec_core.sink.sound import Sound

    return Sound(audio)
