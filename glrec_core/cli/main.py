"""Reads the command line, hands over to a subcommand's module, and turns errors into one line and an exit code."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn, cast

from glrec_core.cli.command import Command, CommandModule, Exit
from glrec_core.cli.options import as_typed
from glrec_core.cli.parser import Parser
from glrec_core.cli.printing import (
    Style,
    abandon,
    flush_errors,
    open_closed_streams,
    say,
    styled,
    take_any_character,
)
from glrec_core.errors import ConfigError, GlrecError
from glrec_core.values.checks import nearest

COMMANDS = (
    Command("run", "record a program as it is", "glrec_core.cli.run", hands_over=True),
    Command("doctor", "say what this machine can record with, and prove it", "glrec_core.cli.doctor"),
    Command("info", "describe a video file", "glrec_core.cli.info"),
    Command("verify", "decode a video file and check that it is right", "glrec_core.cli.verify"),
    Command(
        "loopback", "record, send through a bad network and back, and compare", "glrec_core.cli.loopback"
    ),
    Command("bench", "compare recorders on this machine, glrec among them", "glrec_core.cli.bench"),
    Command("recover", "finish a recording that was cut off while it spilled", "glrec_core.cli.recover"),
    Command(
        "completion", "print a script that completes this command in a shell", "glrec_core.cli.completion"
    ),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line, by default the process's own, and return the exit code.

    Raises:
        SystemExit: the words were help, or could not be understood.

    """
    open_closed_streams()
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        try:
            return _run(words)
        finally:
            sys.stdout.flush()
    except GlrecError as error:
        _complain(words, _text(error))
        return Exit.USAGE if isinstance(error, ConfigError) else Exit.FAILED
    except KeyboardInterrupt:
        say("glrec: interrupted")
        return Exit.INTERRUPTED
    except BrokenPipeError:  # whoever read the output has seen enough
        abandon(sys.stdout)
        return Exit.FAILED
    except OSError as error:  # no room for the output, above all
        abandon(sys.stdout)
        _complain(words, _text(error))
        return Exit.FAILED
    finally:
        flush_errors()


def _run(words: list[str]) -> int:
    own_words = next((index for index, word in enumerate(words) if not word.startswith("-")), len(words)) + 1
    parser = _parser()
    if not words:
        parser.print_help()
        return Exit.OK
    name = parser.parse_known(words[:own_words]).command
    command = next((each for each in COMMANDS if each.name == name), None)
    if command is None:
        names = [each.name for each in COMMANDS]
        parser.error(
            f"there is no command {name!r}{nearest(name, names, {})}; choose one of: {', '.join(names)}"
        )
    module = load(command)
    parser = make_parser(command, module)
    arguments = parser.parse_known(words[own_words:])
    if not command.hands_over:
        take_any_character()
    return module.execute(arguments)


def load(command: Command) -> CommandModule:
    """Return the module of a command."""
    return cast("CommandModule", import_module(command.module))


def make_parser(command: Command, module: CommandModule) -> Parser:
    """Return the parser of a command's words."""
    parser = Parser(prog=f"glrec {command.name}", description=sentence(command.summary))
    module.configure(parser)
    return parser


def _parser() -> Parser:
    """Return the parser of all words up to the command's name; the rest is the command's."""
    parser = Parser(
        prog="glrec",
        usage="glrec [-h] [--version] COMMAND ...",
        description="Records what OpenGL programs draw, and looks after the files.",
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    parser.add_argument("command", metavar="COMMAND", help="one of those below")
    parser.commands = [(each.name, each.summary) for each in COMMANDS]
    parser.examples = (
        ("glrec run -o film.mp4 program.py", "Record a program as it is."),
        ("glrec run --help", "Show the options of a command."),
    )
    return parser


def _complain(words: list[str], text: str) -> None:
    say(styled(f"glrec {words[0]}:" if words else "glrec:", Style.BAD, sys.stderr) + f" {text}")


def _text(error: Exception) -> str:
    """Return an error in words; of one of the system's, without its number."""
    if not isinstance(error, OSError) or error.strerror is None:
        return as_typed(str(error)) if isinstance(error, ConfigError) else str(error)
    return f"{error.filename}: {error.strerror}" if error.filename else error.strerror


def sentence(summary: str) -> str:
    """Return what a command does as a sentence."""
    return f"{summary[0].upper()}{summary[1:]}."


class _Version(argparse.Action):
    """Looks the version up only when it is asked for."""

    def __call__(self, *_: object) -> NoReturn:
        from importlib.metadata import version

        print(f"glrec {version('glrec')}")
        raise SystemExit(Exit.OK)
