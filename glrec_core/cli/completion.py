"""`glrec completion SHELL`: what a shell needs to complete the words of `glrec`, made of the parsers themselves.

A script rather than an answer from `glrec` at each press of the key: it costs no start of Python.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

from glrec_core.cli.command import Exit
from glrec_core.cli.parser import Parser
from glrec_core.errors import ConfigError

SHELLS = ("bash", "zsh", "fish")

_FILES = {"FILE", "SCRIPT", "FILM"}
_FOLDERS = {"DIR"}


def configure(parser: Parser) -> None:
    """Add the options."""
    parser.usage = "glrec completion SHELL"
    parser.examples = (
        ("source <(glrec completion bash)", "Complete in this shell; in ~/.bashrc, in every new one."),
        ("glrec completion zsh > ~/.zfunc/_glrec", "For zsh, in a folder of its $fpath."),
        ("glrec completion fish > FILE", "For fish; FILE is ~/.config/fish/completions/glrec.fish."),
    )
    parser.exit_codes = (("0", "printed"), ("2", "the package shtab is missing, or there is no such shell"))
    action = parser.add_argument("shell", metavar="SHELL", type=_shell, help="bash, zsh or fish")
    action.words = SHELLS  # type: ignore[attr-defined]


def execute(arguments: argparse.Namespace) -> int:
    """Print the script."""
    try:
        import shtab
    except ModuleNotFoundError as error:
        raise ConfigError(
            "completion needs the package shtab; install it: pip install 'glrec[cli]'"
        ) from error
    sys.stdout.write(shtab.complete(_whole_parser(shtab), arguments.shell))
    return Exit.OK


def _shell(text: str) -> str:
    if text not in SHELLS:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a shell known here; choose one of: {', '.join(SHELLS)}"
        )
    return text


def _whole_parser(shtab: Any) -> Parser:
    """Return one parser of every command's words, with what completes each value."""
    from glrec_core.cli.main import COMMANDS, load

    parser = Parser(prog="glrec")
    parser.add_argument("--version", action="store_true", help="print the version and exit")
    commands = parser.add_subparsers(metavar="COMMAND")
    for command in COMMANDS:
        each = commands.add_parser(command.name, help=command.summary, description=command.summary)
        load(command).configure(each)
        for action in each._actions:  # noqa: SLF001 - argparse has no public list of them
            _complete(action, shtab)
    return parser


def _complete(action: Any, shtab: Any) -> None:
    names = action.metavar if isinstance(action.metavar, str) else ""
    if words := getattr(action, "words", ()):
        action.choices = words
    elif names in _FILES or action.nargs == argparse.REMAINDER:
        action.complete = shtab.FILE
    elif names in _FOLDERS:
        action.complete = shtab.DIRECTORY
