"""The file object that FFmpeg writes to: nothing stays in a buffer of ours, and after an error only what plays is kept."""

from __future__ import annotations

import contextlib
import io
import os
from pathlib import Path


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
        self._path = path
        self._raw = path.open("wb" if overwrite else "xb", buffering=0)
        self._complete_bytes = 0
        self._header_bytes: int | None = None

    @property
    def closed(self) -> bool:
        """Whether the file is closed; PyAV asks, and writes no trailer then."""
        return self._raw.closed

    @property
    def is_empty(self) -> bool:
        """Whether nothing but a header was ever complete."""
        return self._complete_bytes == (self._header_bytes or 0)

    def write(self, data: bytes) -> int:
        """Write all of `data` and return its length."""
        write_all(self._raw, data)
        return len(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move to a byte position and return it."""
        return self._raw.seek(offset, whence)

    def tell(self) -> int:
        """Return the byte position."""
        return self._raw.tell()

    def mark(self) -> bool:
        """Remember that all of the file is complete, and return whether it grew since the last mark.

        The first time it can be no more than a header: muxers hold the first packet back until the fragment or cluster
        that it begins is complete.
        """
        before, self._complete_bytes = self._complete_bytes, self._raw.tell()
        if self._header_bytes is None:
            self._header_bytes = self._complete_bytes
        return self._complete_bytes > before

    def abandon(self) -> None:
        """Close the file after an error, cut back to what was complete, and remove it if that is nothing."""
        with contextlib.suppress(
            OSError
        ):  # the first error is the one to tell; a cut that fails costs little
            self._raw.truncate(self._complete_bytes)
        self.close()

    def close(self) -> None:
        """Close the file, and remove it if nothing in it was ever complete."""
        if not self._raw.closed:
            self._raw.close()
            if self.is_empty:
                self._path.unlink(missing_ok=True)
