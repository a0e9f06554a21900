"""The file object that FFmpeg writes to: nothing stays in a buffer of ours, and after an error only what plays is kept.

What is written reaches the disk within a second or so. The file is known by what the system knows it by and not by its
name, which others may give to another file meanwhile.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
from array import array
from bisect import bisect_right
from pathlib import Path

from glrec_core.sink.claims import Identity
from glrec_core.system import files
from glrec_core.system.durable import Syncing, sync_data, sync_folder
from glrec_core.system.forks import Maker


def write_all(file: io.RawIOBase, data: bytes) -> None:
    """Write all of `data`; a partial write shows the reason when it is tried again."""
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) or 0 :]


class GrowingFile:
    """A new file, written without buffering. `mark()` says that what it holds now is complete.

    Raises:
        OSError: the file cannot be made; FileExistsError where it exists and may not be replaced.

    """

    def __init__(self, path: Path, *, overwrite: bool) -> None:
        self.name: str = str(path)
        self.path = path
        self._raw = path.open("w+b" if overwrite else "x+b", buffering=0)
        self._maker = Maker()
        self._abandoned = False
        self._end_bytes = 0
        self._is_cut = False
        self._marked_bytes, self._marked_frames = array("Q"), array("Q")
        self._unsynced = False
        self._folder_synced = False
        self.frames_on_disk: int = 0
        """How many frames a power cut would leave now."""
        identity = Identity.of(self._raw.fileno())
        assert identity is not None
        self.identity: Identity = identity
        self._syncing = Syncing(self._sync)

    @property
    def notes(self) -> tuple[str, ...]:
        """What does not go as it should."""
        refusal = self._syncing.refusal
        if refusal is None:
            return ()
        return (
            f"{self.path.name} is not brought to the disk each second, since no thread can be started: {refusal}",
        )

    @property
    def closed(self) -> bool:
        """Whether nothing is to be written any more; PyAV asks, and writes no trailer then."""
        return self._raw.closed or self._abandoned

    @property
    def is_empty(self) -> bool:
        """Whether nothing but a header was ever complete, or is left."""
        return len(self._marked_bytes) <= 1

    @property
    def frames(self) -> int:
        """How many frames are complete in the file."""
        return self._marked_frames[-1] if self._marked_frames else 0

    @property
    def mode(self) -> int:
        """The file's type and rights."""
        return os.fstat(self._raw.fileno()).st_mode

    def write(self, data: bytes) -> int:
        """Write all of `data` and return its length.

        Raises:
            OSError: it cannot be written, or another program has cut the file.

        """
        self._check_length()
        write_all(self._raw, data)
        self._end_bytes = max(self._end_bytes, self._raw.tell())
        self._unsynced = True
        return len(data)

    def read(self, size: int) -> bytes:
        """Read up to so many bytes; none at the end."""
        return self._raw.read(size) or b""

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move to a byte position and return it."""
        return self._raw.seek(offset, whence)

    def tell(self) -> int:
        """Return the byte position."""
        return self._raw.tell()

    def mark(self, frames: int) -> None:
        """Remember that all of the file is complete, which holds so many frames if it grew since the last mark.

        The first time it can be no more than a header: muxers hold the first packet back until the fragment or cluster
        that it begins is complete.
        """
        position = self._raw.tell()
        if not self._marked_bytes or position > self._marked_bytes[-1]:
            self._marked_bytes.append(position)
            self._marked_frames.append(frames)

    def complete(self, frames: int) -> None:
        """Remember that the file is finished, and how many frames it holds."""
        self.mark(frames)
        self._marked_frames[-1] = frames

    def check(self) -> None:
        """Raise OSError if the file did not reach the disk, or if another program has cut it."""
        self._syncing.check()
        self._check_length()

    def place(self) -> Path | None:
        """Return a path under which the file is found now, links followed: its own, or where it was moved; None if none."""
        for path in (self.path, self._path_by_system()):
            if path is not None and Identity.of(path) == self.identity:
                return Path(os.path.realpath(path))
        return None

    def settle(self) -> None:
        """Bring all that was written to the disk.

        Raises:
            OSError: that cannot be done, now or before.

        """
        self._syncing.end()
        self._syncing.check()
        self._sync()

    def abandon(self) -> None:
        """End the file after an error, cut back to what was complete. What another program has cut is left as it is."""
        if self.closed:
            return
        self._abandoned = True
        if not self._maker.is_here:
            return
        self._syncing.end()
        with contextlib.suppress(
            OSError
        ):  # the first error is the one to tell; a cut that fails costs little
            self._count_what_is_left()
            if not self._is_cut and self._marked_bytes:
                self._raw.truncate(self._marked_bytes[-1])
            self._sync()

    def close(self) -> None:
        """Close the file, and remove it if nothing in it was ever complete."""
        if self._raw.closed:
            return
        self._syncing.end()
        place = self.place() if self.is_empty and self._maker.is_here and not self._is_cut else None
        self._raw.close()
        if place is not None:
            files.remove(place)

    def _check_length(self) -> None:
        length = os.fstat(self._raw.fileno()).st_size
        if length < self._end_bytes:
            self._count_what_is_left()
            raise OSError(errno.EIO, f"another program cut the file to {length} bytes while it was recorded")

    def _count_what_is_left(self) -> None:
        """Forget the marks behind the end of a file that was cut."""
        length = os.fstat(self._raw.fileno()).st_size
        if length < self._end_bytes:
            self._is_cut = True
            left = bisect_right(self._marked_bytes, length)
            del self._marked_bytes[left:], self._marked_frames[left:]

    def _path_by_system(self) -> Path | None:
        return None if self._raw.closed else files.path_of(self._raw.fileno())

    def _sync(self) -> None:
        frames = self.frames
        if self._unsynced:
            self._unsynced = False  # first, since the encode thread writes meanwhile
            sync_data(self._raw.fileno())
        if not self._folder_synced:
            self._folder_synced = True
            with contextlib.suppress(FileNotFoundError):  # it was deleted, which `place()` tells
                sync_folder(Path(os.path.realpath(self.path)).parent)
        self.frames_on_disk = frames
