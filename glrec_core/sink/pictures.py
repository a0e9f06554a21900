"""A recording as numbered pictures, each a file of its own: what compositing programs and papers take."""

from __future__ import annotations

import errno
import os
import re
import stat
from array import array
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from glrec_core.errors import ConfigError, SinkError
from glrec_core.sink.claims import Claim, Holdings
from glrec_core.sink.growing_file import write_all
from glrec_core.sink.paths import check_writable, nth
from glrec_core.system import files
from glrec_core.system.durable import Syncing, sync_data, sync_folder
from glrec_core.values.checks import absolute_path, flag
from glrec_core.values.foreign import STORING, translated
from glrec_core.values.frame import Packet, StreamInfo

PICTURE_CODECS = {".png": "png", ".jpg": "mjpeg", ".jpeg": "mjpeg", ".webp": "webp"}
"""The codec of pictures by extension."""

_WITH_ALPHA = ("png", "webp")
_DEFAULT_NAME = "%06d.png"
_NUMBER = re.compile(r"%(0(?P<digits>\d{1,2}))?d")


def stands_for_pictures(path: str | os.PathLike[str]) -> bool:
    """Whether a path is a folder, or that of a picture with the place of a number in its name."""
    name = absolute_path("path", path)
    if name.suffix.lower() in PICTURE_CODECS:
        return _NUMBER.search(name.name) is not None
    return os.fspath(path).endswith((os.sep, os.altsep or os.sep)) or (not name.suffix and name.is_dir())


class PictureSink:
    """Writes every frame to a picture: `PictureSink("frames/%06d.png")`. A second part goes to `%06d-2.png`, and so on.

        sink = PictureSink("frames/%06d.png", overwrite=True)
        recorder = record(window, sink, timing="step", fps=60)

    Numbers begin with 0. Pictures hold no times: under the wall clock frame n is the n-th that was recorded, under the
    step clock it is at n/fps. A killed process leaves whole pictures, except perhaps the last one; after a power cut, what
    was written until two seconds before is on the disk.

    Args:
        path: the pattern of the names, with one `%d` or `%06d`; a folder alone stands for `%06d.png` in it. The folder is
            made with the first picture where it is not there.
        overwrite: replace a sequence of the same pattern, all of it: a longer one's last pictures are deleted.

    Raises:
        ConfigError: pictures could not be written there, exist, or are being recorded to.

    """

    def __init__(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
        self._pattern = _pattern(path)
        self._overwrite = flag("overwrite", overwrite)
        self._paths: list[Path] = []
        self._opened = 0
        self._frames = 0
        self._sequence: _Sequence | None = None
        self._claims = Holdings()
        for picture in (_numbered(self._pattern, 0), *_existing(self._pattern)):
            check_writable(picture, overwrite=overwrite, makes_folder=True)

    @property
    def paths(self) -> tuple[Path, ...]:
        """The patterns written so far, one for each part, as FFmpeg reads them."""
        return tuple(self._paths)

    @property
    def frames(self) -> int:
        """How many pictures are complete."""
        return self._frames + (self._sequence.frames if self._sequence is not None else 0)

    @property
    def frames_on_disk(self) -> int:
        """How many of them a power cut would leave now; a second behind `frames`, or less."""
        return self._frames + (self._sequence.frames_on_disk if self._sequence is not None else 0)

    def default_codec(self, *, alpha: bool = False) -> str:
        """Return the codec of the extension.

            sink = PictureSink("frames/%06d.jpg")
            print(sink.default_codec())  # mjpeg

        Raises:
            ConfigError: its pictures hold no alpha channel.

        """
        codec = PICTURE_CODECS[self._pattern.suffix.lower()]
        if alpha and codec not in _WITH_ALPHA:
            raise ConfigError(
                f"{self._pattern.name}: {self._pattern.suffix} pictures hold no alpha; choose .png"
            )
        return codec

    def check(self, codec: str, *, alpha: bool = False) -> None:
        """Check that the codec is the extension's."""
        if codec != (takes := self.default_codec(alpha=alpha)):
            raise ConfigError(
                f"{self._pattern.name}: {self._pattern.suffix} pictures take {takes}, not codec={codec!r}"
            )

    def reserve(self) -> None:
        """Keep other sinks of this process from writing the same pictures, until `close` or `release`.

        Raises:
            ConfigError: another one does, or this sink is given to a recording already.

        """
        self._claims.reserve(self._pattern, partial(_claim, self._pattern))

    def release(self) -> None:
        """Release the names; safe to call twice."""
        self._claims.release()

    def open(self, stream: StreamInfo) -> None:
        """Begin the next part; a sequence that it replaces is deleted now."""
        if self._sequence is not None:
            raise SinkError(f"{self._paths[-1]} is still being written; close() it before the next part")
        self.check(stream.codec, alpha=stream.alpha)
        self._opened += 1
        pattern = nth(self._pattern, self._opened)
        own, part = partial(_claim, self._pattern), partial(self._claim_part, pattern)
        self._claims.begin_part(pattern, own, part, "cannot begin the pictures")
        with self._telling_what_is_kept(pattern.parent, "cannot make the folder"):
            pattern.parent.mkdir(parents=True, exist_ok=True)
        if self._overwrite:
            with self._telling_what_is_kept(pattern, "cannot replace the pictures"):
                for picture in _existing(pattern):
                    files.remove(picture)
        self._paths.append(pattern)
        self._sequence = _Sequence(pattern)

    def write(self, packet: Packet) -> None:
        """Write one picture."""
        if self._sequence is None:
            raise SinkError(f"no part of {self._pattern} is open; call open() before write()")
        with self._telling_what_is_kept(self._sequence.next_path, "cannot write the picture"):
            self._sequence.write(packet.data)

    def close(self) -> None:
        """End the part: sync it to the disk, and check that all of it is still there.

        Raises:
            SinkError: pictures did not reach the disk, or others deleted or changed some.

        """
        sequence, self._sequence = self._sequence, None
        try:
            if sequence is not None:
                with self._telling_what_is_kept(self._paths[-1], "cannot finish the pictures"):
                    self._finish(sequence)
        finally:
            self.release()

    def _finish(self, sequence: _Sequence) -> None:
        try:
            sequence.close()
        finally:
            self._frames += (left := sequence.count_what_is_left())
            if left == 0:
                self._paths.pop()
        if left < sequence.frames:
            raise OSError(
                errno.EIO,
                f"others deleted or changed {sequence.frames - left} of {sequence.frames} pictures while they were recorded",
            )

    def _claim_part(self, pattern: Path) -> Claim | None:
        return _claim(pattern) if pattern != self._pattern else None

    @contextmanager
    def _telling_what_is_kept(self, path: Path, what: str) -> Iterator[None]:
        try:
            with translated(SinkError, what, STORING, path=path):
                yield
        except SinkError as error:
            error.frames_kept = self.frames
            raise


class _Sequence:
    """One part that is being written."""

    def __init__(self, pattern: Path) -> None:
        self._pattern = pattern
        self._sizes = array("Q")
        self._unsynced: deque[Path] = deque()
        self.frames_on_disk: int = 0
        """How many of them a power cut would leave now."""
        self._syncing = Syncing(self._sync)

    @property
    def frames(self) -> int:
        """How many pictures were written."""
        return len(self._sizes)

    @property
    def next_path(self) -> Path:
        """The picture that comes next."""
        return _numbered(self._pattern, self.frames)

    def write(self, data: bytes) -> None:
        """Write the next picture."""
        self._syncing.check()
        path = self.next_path
        _write_whole(path, data)
        self._sizes.append(len(data))
        self._unsynced.append(path)

    def close(self) -> None:
        """Bring all that was written to the disk."""
        self._syncing.end()
        self._syncing.check()
        self._sync()

    def count_what_is_left(self) -> int:
        """Return how many of the pictures are there as they were written."""
        return sum(
            _has_size(_numbered(self._pattern, number), size) for number, size in enumerate(self._sizes)
        )

    def _sync(self) -> None:
        written = len(self._unsynced)
        for _ in range(written):
            path = self._unsynced.popleft()
            try:
                with path.open("rb+") as file:
                    sync_data(file.fileno())
            except FileNotFoundError:  # deleted, which is told at the end
                continue
        if written:
            try:
                sync_folder(self._pattern.parent)
            except FileNotFoundError:
                return
        self.frames_on_disk += written


def _has_size(path: Path, size: int) -> bool:
    try:
        found = path.lstat()
    except OSError:
        return False
    return stat.S_ISREG(found.st_mode) and found.st_size == size


def _write_whole(path: Path, data: bytes) -> None:
    """Make a new file, or none if it cannot be written to its end."""
    file = path.open("xb", buffering=0)
    try:
        with file:
            write_all(file, data)
    except BaseException:
        files.remove(path)
        raise


def _pattern(path: str | os.PathLike[str]) -> Path:
    pattern = absolute_path("path", path)
    if _NUMBER.search(pattern.name) is None:
        pattern /= _DEFAULT_NAME
    if pattern.suffix.lower() not in PICTURE_CODECS:
        known = ", ".join(PICTURE_CODECS)
        raise ConfigError(f"{pattern}: pictures cannot be {pattern.suffix!r}; choose one of: {known}")
    if pattern.name.count("%") != 1:
        raise ConfigError(f"{pattern}: the name must hold one number, such as %06d, and no other %")
    return pattern


def _numbered(pattern: Path, number: int) -> Path:
    return pattern.with_name(pattern.name % number)


def _existing(pattern: Path) -> list[Path]:
    """Return the pictures of a sequence that are there."""
    names, folder = _names(pattern), pattern.parent
    return [each for each in folder.iterdir() if names.fullmatch(each.name)] if folder.is_dir() else []


def _claim(pattern: Path) -> Claim:
    """Claim all pictures of a sequence, and the sequences of numbers of other lengths, which may become the same."""
    return Claim(pattern.with_name(_NUMBER.sub("%d", pattern.name)), _names(pattern))


def _names(pattern: Path) -> re.Pattern[str]:
    """Return what the names of a sequence's pictures match."""
    number = _NUMBER.search(pattern.name)
    assert number is not None
    digits = f"\\d{{{int(number['digits'] or 1)},}}"
    before, after = re.escape(pattern.name[: number.start()]), re.escape(pattern.name[number.end() :])
    return re.compile(before + digits + after)
