"""Turns errors of the operating system into SpillError, once, where they enter."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from glrec_core.errors import SpillError


@contextmanager
def spill_errors(path: Path, what: str) -> Iterator[None]:
    """Raise an OSError of the block as SpillError, its number and text kept."""
    try:
        yield
    except SpillError:
        raise
    except OSError as error:
        text = error.strerror or str(error)
        raise SpillError(error.errno or errno.EIO, f"{what}: {text}", os.fspath(path)) from error
