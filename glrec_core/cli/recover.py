"""`glrec recover DIR -o FILE`: finishes a recording whose process did not, from the frames that it had spilled to disk."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

from glrec_core.cli.arguments import path
from glrec_core.cli.command import Exit
from glrec_core.cli.parser import Parser
from glrec_core.cli.printing import say
from glrec_core.errors import ConfigError
from glrec_core.system.interrupts import ENDING
from glrec_core.values.progress import Progress, progress_bar

_LINE_SECONDS = 2.0
"""Without a terminal, progress is a line on standard error after so long, and again after each time as long."""


def configure(parser: Parser) -> None:
    """Add the options."""
    parser.usage = "glrec recover [options] [DIR]"
    parser.examples = (
        ("glrec recover", "List what waits to be recovered."),
        ("glrec recover DIR --with film.mp4 -o whole.mp4", "Join the film and what was spilled after it."),
        ("glrec recover DIR -o rest.mp4", "Make a film of what was spilled, alone."),
    )
    parser.exit_codes = (
        ("0", "there is a file; damaged frames are skipped and reported, and the directory is then kept"),
        ("1", "nothing could be recovered"),
        ("2", "it cannot be done as asked"),
        ("130", "Ctrl-C ended it: the directory is as it was, and there is no file"),
    )
    parser.add_argument(
        "directory",
        metavar="DIR",
        nargs="?",
        type=path,
        help="the spill directory; leave it out to list the ones that can be recovered",
    )
    parser.add_argument("-o", "--output", metavar="FILE", type=path, help="file to write")
    parser.add_argument(
        "--with",
        dest="film",
        metavar="FILM",
        type=path,
        help="the film of the same recording; what was spilled after it is appended",
    )
    parser.add_argument("--overwrite", action="store_true", help="replace an existing file")
    parser.add_argument("--keep", action="store_true", help="keep the directory afterwards")


def execute(arguments: argparse.Namespace) -> int:
    """Recover, or list what there is to recover."""
    directory, output = arguments.directory, arguments.output
    if directory is None:
        return _list(arguments)
    if output is None:
        raise ConfigError("-o FILE is missing: where is the recording to be written?")
    if not directory.is_dir():
        raise ConfigError(f"{directory} is not a folder; give the spill directory of a recording")
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
    before = [(number, signal.signal(number, lambda number, _: sys.exit(128 + number))) for number in ENDING]
    try:
        yield
    except (KeyboardInterrupt, SystemExit):
        if directory.exists():
            say(f"glrec recover: {directory} is as it was")
        raise
    finally:
        for number, handler in before:
            signal.signal(number, handler)


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
            say(f"recovering: {done} of {total} frames")


def _list(arguments: argparse.Namespace) -> int:
    from glrec_core.spill.location import spill_root
    from glrec_core.spill.stored_frames import unfinished

    if arguments.output is not None or arguments.film is not None:
        raise ConfigError("which directory? `glrec recover` lists those that wait to be recovered")
    waiting = unfinished()
    for directory in waiting:
        print(directory)
    if not waiting:
        say(f"glrec recover: nothing waits to be recovered in {spill_root()}")
    return Exit.OK
