"""What a subcommand is, and the exit codes that all of them share."""

from __future__ import annotations

import argparse
from enum import IntEnum
from typing import NamedTuple, Protocol

from glrec_core.cli.parser import Parser


class Exit(IntEnum):
    """Exit codes."""

    OK = 0
    FAILED = 1
    USAGE = 2
    INTERRUPTED = 130  # 128 and the number of SIGINT, as shells have it


class CommandModule(Protocol):
    """The module of a subcommand. It imports what is heavy only in `execute`."""

    def configure(self, parser: Parser) -> None:
        """Add the options, the examples and the exit codes."""

    def execute(self, arguments: argparse.Namespace) -> int:
        """Do it and return the exit code.

        Raises:
            ConfigError: it cannot be done as asked.
            GlrecError: it failed.

        """


class Command(NamedTuple):
    """A row of the table: the name, what it does in a line, and the module's dotted name, imported when it is asked for."""

    name: str
    summary: str
    module: str
    hands_over: bool = False
    """Whether the process becomes another program's, whose streams are left as they are."""
