"""Where the errors of the system and of FFmpeg become ours."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av

from glrec_core.errors import SinkError


@contextmanager
def sink_errors(path: Path, what: str) -> Iterator[None]:
    """Turn errors of the system, of FFmpeg and of PyAV's call-backs into SinkError, number and text kept."""
    try:
        yield
    except SinkError:
        raise  # told already
    except (OSError, av.FFmpegError) as error:
        text = error.strerror or str(error)
        raise SinkError(error.errno or errno.EIO, f"{what}: {text}", os.fspath(path)) from error
