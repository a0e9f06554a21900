"""Whether a file can be written where it is asked for, said before anything is recorded; and which names come next."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from itertools import count
from pathlib import Path

from glrec_core.errors import ConfigError
from glrec_core.sink.claims import Claim, check_unclaimed


def check_writable(
    path: Path, *, overwrite: bool, own: Collection[Claim] = (), makes_folder: bool = False
) -> None:
    """Check that a new file can be made at an absolute path, or the one there replaced; its folder, too, if it is to be made.

    Raises:
        ConfigError: it cannot, or somebody in this process writes to it already, unless that is one's `own` claim on it.

    """
    check_unclaimed(path, own)
    check_folder(path, makes_folder=makes_folder)
    if not os.path.lexists(path):
        return
    if not path.is_file():
        raise ConfigError(f"{path} exists and is not a regular file; choose another name")
    if not overwrite:
        raise ConfigError(f"{path} exists; choose another name, or pass overwrite=True to replace it")
    if not os.access(path, os.W_OK):
        raise ConfigError(f"{path} exists and is not writable for this user; choose another name")


def check_folder(path: Path, *, makes_folder: bool = False) -> None:
    """Check that files can be made in the folder of an absolute path, or below where the folder is to be made.

    Raises:
        ConfigError: they cannot.

    """
    folder = path.parent
    if makes_folder:
        folder = next(each for each in path.parents if os.path.lexists(each))
    if not folder.is_dir():
        found = "is not a folder" if folder.exists() else "does not exist"
        raise ConfigError(f"{path}: the folder {folder} {found}; make it first")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ConfigError(f"{path}: the folder {folder} is not writable for this user; choose another")


def nth(path: Path, number: int) -> Path:
    """Return the n-th name, from 1, of files that share one: `film.mp4`, `film-2.mp4`, `film-3.mp4` and so on."""
    return path if number == 1 else path.with_stem(f"{path.stem}-{number}")


def numbered(path: Path) -> Iterator[Path]:
    """Yield all of those names."""
    return (nth(path, number) for number in count(1))
