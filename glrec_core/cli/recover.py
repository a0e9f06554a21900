"""`glrec recover DIR -o FILE`: finishes a recording whose process did not, from the frames that it had spilled to disk."""

from __future__ import annotations

import argparse
from pathlib import Path

from glrec_core.cli.command import Exit
from glrec_core.errors import ConfigError
from glrec_core.progress import progress_bar


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.epilog = (
        "Exit code: 0 if there is a file, 1 if nothing could be recovered, 2 if it cannot be done as asked. "
        "Damaged frames are left out and told of; the directory is kept then."
    )
    parser.add_argument(
        "directory",
        metavar="DIR",
        nargs="?",
        type=Path,
        help="the spill directory; without one, those that wait to be recovered are listed",
    )
    parser.add_argument("-o", "--output", metavar="FILE", type=Path, help="file to write")
    parser.add_argument("--overwrite", action="store_true", help="replace an existing file")
    parser.add_argument("--keep", action="store_true", help="do not delete the directory afterwards")


def execute(arguments: argparse.Namespace) -> int:
    """Recover, or list what there is to recover."""
    directory, output = arguments.directory, arguments.output
    if directory is None:
        return _list(output)
    if output is None:
        raise ConfigError("-o FILE is missing: where is the recording to be written?")
    if not directory.is_dir():
        raise ConfigError(f"{directory} is no folder; give the spill directory of a recording")
    from glrec_core.recover import recover

    with progress_bar("recovering") as progress:
        recording = recover(
            directory, output, overwrite=arguments.overwrite, keep=arguments.keep, progress=progress
        )
    print(recording)
    for note in recording.notes:
        print(f"  {note}")
    return Exit.OK


def _list(output: Path | None) -> int:
    from glrec_core.spill.stored_frames import unfinished

    if output is not None:
        raise ConfigError("which directory? `glrec recover` lists those that wait to be recovered")
    for directory in unfinished():
        print(directory)
    return Exit.OK
