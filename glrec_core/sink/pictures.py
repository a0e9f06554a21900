"""A recording as numbered pictures, each a file of its own: what compositing programs and papers take."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from glrec_core.errors import ConfigError, SinkError
from glrec_core.frame import Packet, StreamInfo
from glrec_core.sink.growing_file import write_all
from glrec_core.sink.paths import check_writable

PICTURE_CODECS = {".png": "png", ".jpg": "mjpeg", ".jpeg": "mjpeg", ".webp": "webp"}
"""The codec of pictures by extension."""

_WITH_ALPHA = ("png", "webp")
_DEFAULT_NAME = "%06d.png"
_NUMBER = re.compile(r"%(0(?P<digits>\d{1,2}))?d")


def stands_for_pictures(path: str | os.PathLike[str]) -> bool:
    """Whether a path is a folder, or that of a picture with the place of a number in its name."""
    text, name = os.fspath(path), Path(path)
    if name.suffix.lower() in PICTURE_CODECS:
        return _NUMBER.search(name.name) is not None
    return text.endswith(os.sep) or (not name.suffix and name.expanduser().is_dir())


class PictureSink:
    """Writes every frame to a picture: `PictureSink("frames/%06d.png")`. A second part goes to `%06d-2.png`, and so on.

    Numbers begin with 0. Pictures hold no times: under the wall clock frame n is the n-th that was recorded, under the
    step clock it is at n/fps. What a killed process leaves is whole but for the last picture.

    Args:
        path: the pattern of the names, with one `%d` or `%06d`; a folder alone stands for `%06d.png` in it.
        overwrite: replace a sequence of the same pattern, all of it: a longer one's last pictures are deleted.

    Raises:
        ConfigError: pictures could not be written there, or exist.

    """

    def __init__(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
        self._pattern = _pattern(path)
        self._overwrite = overwrite
        self._paths: list[Path] = []
        self._opened = 0
        self._frames = 0
        self._number: int | None = None
        self._stream: StreamInfo | None = None
        for picture in (_numbered(self._pattern, 0), *_existing(self._pattern)):
            check_writable(picture, overwrite=overwrite)

    @property
    def paths(self) -> tuple[Path, ...]:
        """The patterns written so far, one for each part, as FFmpeg reads them."""
        return tuple(self._paths)

    @property
    def frames(self) -> int:
        """How many pictures are complete."""
        return self._frames

    def default_codec(self, *, alpha: bool = False) -> str:
        """Return the codec of the extension.

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

    def open(self, stream: StreamInfo) -> None:
        """Begin the next part; a sequence that is to be replaced goes now."""
        if self._number is not None:
            raise SinkError(f"{self._paths[-1]} is still being written; close() it before the next part")
        self.check(stream.codec, alpha=stream.alpha)
        self._opened += 1
        pattern = self._pattern
        if self._opened > 1:
            pattern = pattern.with_stem(f"{pattern.stem}-{self._opened}")
        if self._overwrite:
            with self._telling_what_is_kept(pattern, "cannot replace the pictures"):
                for picture in _existing(pattern):
                    picture.unlink()
        self._paths.append(pattern)
        self._number = 0

    def write(self, packet: Packet) -> None:
        """Write one picture."""
        if self._number is None:
            raise SinkError(f"no part of {self._pattern} is open; call open() before write()")
        path = _numbered(self._paths[-1], self._number)
        with self._telling_what_is_kept(path, "cannot write the picture"):
            _write_whole(path, packet.data)
        self._number += 1
        self._frames += 1

    def close(self) -> None:
        """End the part."""
        if self._number == 0:
            self._paths.pop()
        self._number = None

    @contextmanager
    def _telling_what_is_kept(self, path: Path, what: str) -> Iterator[None]:
        from glrec_core.sink.errors import sink_errors  # brings PyAV, which no import of glrec may load

        try:
            with sink_errors(path, what):
                yield
        except SinkError as error:
            error.frames_kept = self._frames
            raise


def _write_whole(path: Path, data: bytes) -> None:
    """Make a new file, or none if it cannot be written to its end."""
    with path.open("xb", buffering=0) as file:
        try:
            write_all(file, data)
        except BaseException:
            path.unlink(missing_ok=True)
            raise


def _pattern(path: str | os.PathLike[str]) -> Path:
    pattern = Path(path).expanduser().absolute()
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
    number = _NUMBER.search(pattern.name)
    assert number is not None
    digits = f"\\d{{{int(number['digits'] or 1)},}}"
    before, after = re.escape(pattern.name[: number.start()]), re.escape(pattern.name[number.end() :])
    name = re.compile(before + digits + after)
    folder = pattern.parent
    return [each for each in folder.iterdir() if name.fullmatch(each.name)] if folder.is_dir() else []
