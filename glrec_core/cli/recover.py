"""`glrec recover DIR -o FILE`: finishes a recording whose process did not, from the frames that it had spilled to disk."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

from glrec_core.cli.command import Exit
from glrec_core.cli.values import path
from glrec_core.errors import ConfigError
from glrec_core.progress import Progress, progress_bar

_LINE_SECONDS = 2.0
"""Without a terminal, progress is a line on standard error after so long, and again after each time as long."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.epilog = (
        "Exit code: 0 if there is a file, 1 if nothing could be recovered, 2 if it cannot be done as asked. "
        "Damaged frames are left out and told of; the directory is kept then. Ctrl-C ends it at any moment: the directory "
        "is as it was then, and there is no file."
    )
    parser.add_argument(
        "directory",
        metavar="DIR",
        nargs="?",
        type=path,
        help="the spill directory; without one, those that wait to be recovered are listed",
    )
    parser.add_argument("-o", "--output", metavar="FILE", type=path, help="file to write")
    parser.add_argument(
        "--with",
        dest="film",
        metavar="FILM",
        type=path,
        help="the file of the same recording: what is complete in it comes first, and what was spilled after it",
    )
    parser.add_argument("--overwrite", action="store_true", help="replace an existing file")
    parser.add_argument("--keep", action="store_true", help="do not delete the directory afterwards")


def execute(arguments: argparse.Namespace) -> int:
    """Recover, or list what there is to recover."""
    directory, output = arguments.directory, arguments.output
    if directory is None:
        return _list(arguments)
    if output is None:
        raise ConfigError("-o FILE is missing: where is the recording to be written?")
    if not directory.is_dir():
        raise ConfigError(f"{directory} is no folder; give the spill directory of a recording")
    from glrec_core.recover import recover

    with _ending_well(directory), _progress() as progress:
        recording = recover(
            directory,
            output,
            with_film=arguments.film,
            overwrite=arguments.overwrite,
            keep=arguments.keep,
            progress=progress,
        )
    print(recording)
    for note in recording.notes:
        print(f"  {note}")
    return Exit.OK


@contextmanager
def _ending_well(directory: Path) -> Iterator[None]:
    """Let a request to end do what Ctrl-C does, and say what is left then."""
    before = signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    try:
        yield
    except (KeyboardInterrupt, SystemExit):
        if directory.exists():
            print(f"glrec recover: {directory} is as it was", file=sys.stderr)
        raise
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _progress() -> Iterator[Progress]:
    if sys.stderr.isatty():
        with progress_bar("recovering") as bar:
            yield bar
    else:
        yield _Lines()


class _Lines:
    """Tells of progress in lines, for logs."""

    def __init__(self) -> None:
        self._due = monotonic() + _LINE_SECONDS

    def __call__(self, done: int, total: int) -> None:
        if monotonic() >= self._due:
            self._due = monotonic() + _LINE_SECONDS
            print(f"recovering: {done} of {total} frames", file=sys.stderr, flush=True)


def _list(arguments: argparse.Namespace) -> int:
    from glrec_core.spill.stored_frames import unfinished

    if arguments.output is not None or arguments.film is not None:
        raise ConfigError("which directory? `glrec recover` lists those that wait to be recovered")
    for directory in unfinished():
        print(directory)
    return Exit.OK
