"""Where spilled frames go: a directory of the recording's own, for its user only, on a disk and never in RAM."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from datetime import datetime
from pathlib import Path

import platformdirs

from glrec_core.errors import SpillError
from glrec_core.system import files
from glrec_core.values.checks import absolute_path
from glrec_core.values.foreign import SYSTEM, translated

RESERVE_BYTES = 512 << 20
"""What spilling leaves free on the disk, so that the recording itself and other programs can go on."""

_IN_MEMORY = frozenset({"tmpfs", "ramfs", "devtmpfs"})


def spill_root(spill_dir: str | os.PathLike[str] | None = None) -> Path:
    """Return the directory that holds one directory for each recording that spills."""
    if spill_dir is not None:
        return absolute_path("spill_dir", spill_dir)
    return platformdirs.user_cache_path("glrec", appauthor=False) / "spill"


def make_spill_directory(root: Path) -> Path:
    """Make a new directory of mode 0700 in `root`.

    Raises:
        SpillError: it cannot be made, or would be in RAM.

    """
    with translated(SpillError, "cannot make a directory for spilled frames", SYSTEM, path=root):
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        check_on_disk(root)
        prefix = f"{datetime.now().astimezone():%Y%m%d-%H%M%S}-{os.getpid()}-"
        return Path(tempfile.mkdtemp(prefix=prefix, dir=root))


def check_usable(root: Path) -> None:
    """Check, without making anything, that spill directories can be made in `root`.

    Raises:
        SpillError: they cannot, or would be in RAM.

    """
    existing = next(path for path in (root, *root.parents) if path.exists())
    if not existing.is_dir():
        raise SpillError(errno.ENOTDIR, "this is not a directory", str(existing))
    if not os.access(existing, os.W_OK | os.X_OK):
        raise SpillError(errno.EACCES, "this directory is not writable for this user", str(existing))
    check_on_disk(existing)


def check_on_disk(path: Path) -> None:
    """Raise SpillError if an existing directory is in RAM: frames there would fill the memory that spilling saves."""
    kind = files.file_system(path)
    if kind in _IN_MEMORY:
        raise SpillError(
            errno.EINVAL,
            f"this is a {kind}, which is in RAM; set spill_dir= to a directory on a disk",
            str(path),
        )


def check_free(directory: Path, needed_bytes: int) -> None:
    """Raise SpillError unless the disk has room for so much and `RESERVE_BYTES` besides."""
    free = shutil.disk_usage(directory).free
    if free < needed_bytes + RESERVE_BYTES:
        raise SpillError(
            errno.ENOSPC,
            f"{free >> 20} MiB are free, spilling needs {needed_bytes >> 20} MiB and leaves {RESERVE_BYTES >> 20} MiB",
            str(directory),
        )
