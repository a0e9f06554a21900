"""The parser of one command: help that reads alike under every version of Python, with examples and exit codes.

argparse writes options with values in another way since Python 3.13, and has colours of its own since 3.14.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
import textwrap
from collections.abc import Sequence
from typing import Any, NoReturn, TextIO

from glrec_core.cli.printing import Style, say, styled
from glrec_core.config import OPTION_SYNONYMS
from glrec_core.values.checks import nearest

Rows = Sequence[tuple[str, str]]

_HEADING = re.compile(r"^[a-z][a-z ]*:(?=$| )", re.MULTILINE)
_NAME = re.compile(r"^ {2}(?! |glrec)(\S.*?)(?=$| {2})", re.MULTILINE)


class Parser(argparse.ArgumentParser):
    """Parses the words of one command.

    Attributes:
        commands: names of commands, each with what it does; they follow the options in the help.
        examples: commands, each with a sentence on what it does; they come next.
        exit_codes: exit codes, each with what it means; the last part of the help.

    """

    def __init__(self, prog: str, description: str = "", **options: Any) -> None:
        super().__init__(
            prog=prog, description=description, formatter_class=_Formatter, allow_abbrev=False, **options
        )
        self.color = False  # argparse's own colours, of Python 3.14; ours are the same everywhere
        self._positionals.title = "arguments"
        self.commands: Rows = ()
        self.examples: Rows = ()
        self.exit_codes: Rows = ()

    def parse_known(self, words: Sequence[str]) -> argparse.Namespace:
        """Return what the words say; an option that there is not is refused with the nearest one."""
        arguments, unknown = self.parse_known_args(words)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}{self._nearest(unknown[0])}")
        self._refuse_lost_values(arguments)
        return arguments

    def format_help(self) -> str:
        """Return the help without colours."""
        parts = [super().format_help().rstrip("\n")]
        if self.commands:
            parts.append(_section("commands", self.commands))
        if self.examples:
            lines = (
                line for command, text in self.examples for line in (f"  {command}", _wrapped(text, " " * 6))
            )
            parts.append("\n".join(["examples:", *lines]))
        if self.exit_codes:
            parts.append(_section("exit codes", self.exit_codes))
        return "\n\n".join(parts) + "\n"

    def print_help(self, file: Any = None) -> None:
        """Print the help, coloured where colours are wanted."""
        stream: TextIO = file or sys.stdout
        text = _HEADING.sub(lambda found: styled(found[0], Style.TITLE, stream), self.format_help())
        self._print_message(
            _NAME.sub(lambda found: "  " + styled(found[1], Style.NAME, stream), text), stream
        )

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the words, below how they are to be, and end."""
        say(self.format_usage().rstrip("\n"))
        say(f"{self.prog}: {styled('error:', Style.BAD, sys.stderr)} {message}")
        raise SystemExit(2)

    def _refuse_lost_values(self, arguments: argparse.Namespace) -> None:
        """Refuse `--option=--`, of which argparse before Python 3.13 makes an option with an empty list."""
        takes_lists = {action.dest for action in self._actions if action.nargs is not None}
        for name, value in vars(arguments).items():
            if value == [] and name not in takes_lists:
                self.error(f"argument --{name.replace('_', '-')}: expected one argument")

    def _print_message(self, message: str, file: Any = None) -> None:
        """Write without argparse's care for errors: `main` tells of a reader that has gone."""
        if message:
            (file or sys.stderr).write(message)

    def _nearest(self, word: str) -> str:
        known = {option for action in self._actions for option in action.option_strings}
        synonyms = {
            f"--{old}".replace("_", "-"): f"--{new}".replace("_", "-") for old, new in OPTION_SYNONYMS.items()
        }
        others = {old: new for old, new in synonyms.items() if new in known}
        return nearest(word.partition("=")[0], known, others) if word.startswith("--") else ""


def _section(title: str, rows: Rows) -> str:
    width = max(len(name) for name, _ in rows)
    return "\n".join([f"{title}:", *(_row(name, text, width) for name, text in rows)])


def _row(name: str, text: str, width: int) -> str:
    return _wrapped(text, " " * (width + 4), f"  {name:<{width}}  ")


def _wrapped(text: str, indent: str, first: str | None = None) -> str:
    columns = shutil.get_terminal_size().columns - 2  # as argparse has it
    return textwrap.fill(text, columns, initial_indent=first or indent, subsequent_indent=indent)


class _Formatter(argparse.HelpFormatter):
    """Writes `-o, --output FILE` under every version of Python."""

    def _format_action_invocation(self, action: argparse.Action) -> str:
        if not action.option_strings:
            return super()._format_action_invocation(action)
        names = ", ".join(action.option_strings)
        values = "" if action.nargs == 0 else self._format_args(action, action.dest.upper())
        if action.nargs == argparse.REMAINDER:
            values = f"{action.metavar} {values}"
        return f"{names} {values}".rstrip()
