"""What a test needs of the system it runs on, and the reason for skipping it where that is not to be had."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

on_windows = sys.platform == "win32"

posix = pytest.mark.skipif(
    on_windows, reason="what is tested is of POSIX: forks, modes, signals, links or descriptors"
)
"""Tests of what Windows has not."""

linux = pytest.mark.skipif(
    sys.platform != "linux", reason="what is tested is Linux's: /proc, /dev, or Mesa's EGL"
)
"""Tests that look at Linux itself."""


KILLED: int = signal.SIGTERM if on_windows else -signal.SIGKILL
"""The exit code of a process that psutil has killed."""


def not_on_windows() -> None:
    """Skip the rest of a test on Windows, whose names of files say no."""
    if on_windows:
        pytest.skip("Windows has no such name for a file, and says so")


_INTERNAL_ERROR = 1359


def popen(arguments: Sequence[str | os.PathLike[str]], **options: Any) -> "subprocess.Popen[bytes]":
    """Start a process; once more where wine could not for a reason of its own, see docs/platforms.md."""
    try:
        return subprocess.Popen(arguments, **options)
    except OSError as error:
        if getattr(error, "winerror", None) != _INTERNAL_ERROR:
            raise
    return subprocess.Popen(arguments, **options)


def cache_below(folder: Path) -> tuple[dict[str, str], Path]:
    """Return the variables with which a user's cache is in a folder, and where frames are spilled to then."""
    if on_windows:  # by platformdirs, which asks Windows and no environment
        return {"WIN_PD_OVERRIDE_LOCAL_APPDATA": str(folder)}, folder / "glrec" / "Cache" / "spill"
    return {"XDG_CACHE_HOME": str(folder)}, folder / "glrec" / "spill"


def link(name: Path, target: Path, *, folder: bool = False) -> None:
    """Make a symbolic link, or skip the test where there are none."""
    try:
        name.symlink_to(target, target_is_directory=folder)
    except OSError as error:
        pytest.skip(f"this user makes no links here: {error}")
    if not name.is_symlink():
        pytest.skip("what looks like a link is none (wine, see docs/platforms.md)")


def pipe(name: Path) -> None:
    """Make a named pipe, or skip the test where folders hold none."""
    if not hasattr(os, "mkfifo"):
        pytest.skip("folders hold no pipes on Windows")
    os.mkfifo(name)
