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
    Command("doctor", "say what this machine can record with, and prove it", "glrec_core.cli.doctor"),
    Command("info", "describe a video file", "glrec_core.cli.info"),
    Command("run", "record a program as it is", "glrec_core.cli.run"),
    Command("verify", "decode a video file and check that it is right", "glrec_core.cli.verify"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line, by default the process's own, and return the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        return _run(words)
    except SystemExit as end:  # argparse has said what there is to say
        return int(end.code or 0)
    except GlrecError as error:
        print(f"glrec {words[0]}: {error}", file=sys.stderr)
        return Exit.USAGE if isinstance(error, ConfigError) else Exit.FAILED
    except KeyboardInterrupt:
        print("glrec: interrupted", file=sys.stderr)
        return Exit.INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has seen enough. Python would complain once more when it flushes at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.FAILED


def _run(words: list[str]) -> int:
    chosen = _parser().parse_args(words)
    command = next(each for each in COMMANDS if each.name == chosen.command)
    module = cast("CommandModule", import_module(command.module))
    parser = argparse.ArgumentParser(
        prog=f"glrec {command.name}", description=_sentence(command.summary), allow_abbrev=False
    )
    module.configure(parser)
    code = module.execute(parser.parse_args(chosen.arguments))
    sys.stdout.flush()
    return code


def _parser() -> argparse.ArgumentParser:
    """Return the parser of the first word; the rest is the subcommand's."""
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
    rest = parser.add_argument("arguments", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    rest.required = False  # or a missing command would be complained of under this name as well
    return parser


def _sentence(summary: str) -> str:
    return f"{summary[0].upper()}{summary[1:]}."


class _Version(argparse.Action):
    """Looks the version up only when it is asked for."""

    def __call__(self, *_: object) -> NoReturn:
        from importlib.metadata import version

        print(f"glrec {version('glrec')}")
        raise SystemExit(Exit.OK)
