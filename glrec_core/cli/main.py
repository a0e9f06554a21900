"""Reads the command line, hands over to a subcommand's module, and turns errors into one line and an exit code."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn, cast

from glrec_core.cli.command import Command, CommandModule, Exit
from glrec_core.errors import ConfigError, GlrecError

COMMANDS = (
    Command("run", "record a program as it is", "glrec_core.cli.run"),
    Command("doctor", "say what this machine can record with, and prove it", "glrec_core.cli.doctor"),
    Command("info", "describe a video file", "glrec_core.cli.info"),
    Command("verify", "decode a video file and check that it is right", "glrec_core.cli.verify"),
    Command(
        "loopback", "record, send through a bad network and back, and compare", "glrec_core.cli.loopback"
    ),
    Command("bench", "compare recorders on this machine, glrec among them", "glrec_core.cli.bench"),
    Command("recover", "finish a recording that was cut off while it spilled", "glrec_core.cli.recover"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line, by default the process's own, and return the exit code.

    Raises:
        SystemExit: argparse has answered or refused the words itself.

    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        return _run(words)
    except GlrecError as error:
        print(f"glrec {words[0]}: {_text(error)}", file=sys.stderr)
        return Exit.USAGE if isinstance(error, ConfigError) else Exit.FAILED
    except KeyboardInterrupt:
        print("glrec: interrupted", file=sys.stderr)
        return Exit.INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has seen enough. Python would complain once more when it flushes at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.FAILED


def _run(words: list[str]) -> int:
    own_words = next((index for index, word in enumerate(words) if not word.startswith("-")), len(words)) + 1
    chosen = _parser().parse_args(words[:own_words])
    command = next(each for each in COMMANDS if each.name == chosen.command)
    module = cast("CommandModule", import_module(command.module))
    parser = argparse.ArgumentParser(
        prog=f"glrec {command.name}", description=_sentence(command.summary), allow_abbrev=False
    )
    module.configure(parser)
    code = module.execute(_parsed(parser, words[own_words:]))
    sys.stdout.flush()
    return code


def _parsed(parser: argparse.ArgumentParser, words: list[str]) -> argparse.Namespace:
    """Parse words. Of `--option=--`, argparse before Python 3.13 makes an option with an empty list."""
    found = parser.parse_args(words)
    takes_lists = {action.dest for action in parser._actions if action.nargs is not None}  # noqa: SLF001 - no other way
    for name, value in vars(found).items():
        if value == [] and name not in takes_lists:
            parser.error(f"argument --{name}: expected one argument")
    return found


def _parser() -> argparse.ArgumentParser:
    """Return the parser of all words up to the command's name; the rest is the command's."""
    width = max(len(command.name) for command in COMMANDS)
    parser = argparse.ArgumentParser(
        prog="glrec",
        usage="glrec [-h] [--version] COMMAND ...",
        description="Records what OpenGL programs draw, and looks after the files.",
        epilog="\n".join(["commands:", *(f"  {each.name:<{width}}  {each.summary}" for each in COMMANDS)]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    names = [command.name for command in COMMANDS]
    parser.add_argument("command", metavar="COMMAND", choices=names, help="one of those below")
    return parser


def _text(error: GlrecError) -> str:
    """Return an error in words; of one of the system's, without its number."""
    if not isinstance(error, OSError) or error.strerror is None:
        return str(error)
    return f"{error.filename}: {error.strerror}" if error.filename else error.strerror


def _sentence(summary: str) -> str:
    return f"{summary[0].upper()}{summary[1:]}."


class _Version(argparse.Action):
    """Looks the version up only when it is asked for."""

    def __call__(self, *_: object) -> NoReturn:
        from importlib.metadata import version

        print(f"glrec {version('glrec')}")
        raise SystemExit(Exit.OK)
