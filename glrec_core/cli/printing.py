"""How results are printed: JSON for programs; aligned lines, and on a terminal colours, for people.

Whatever the standard streams are: closed, a code page without our characters, a reader that has gone.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import sys
import textwrap
from collections.abc import Iterable
from contextlib import suppress
from enum import StrEnum
from typing import TextIO

_LEAST_COLUMNS = 30
"""A column of text is not made narrower than that; the terminal breaks the lines then."""


class Style(StrEnum):
    """What a word is in a text, by the escape code (SGR, ECMA-48) that shows it."""

    TITLE = "1"
    NAME = "36"
    GOOD = "32"
    BAD = "1;31"


def has_colors(stream: TextIO) -> bool:
    """Whether colours are wanted: as NO_COLOR, FORCE_COLOR (in this order) or TERM say, else on terminals."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return os.environ.get("TERM") != "dumb" and stream.isatty()


def styled(text: str, style: Style | None, stream: TextIO) -> str:
    """Return the text as the stream is to get it: with the colour of its style, where colours are wanted."""
    return f"\x1b[{style}m{text}\x1b[0m" if style and text and has_colors(stream) else text


def print_json(value: object) -> None:
    """Print a value as JSON."""
    print(json.dumps(value, indent=2))


def print_title(text: str) -> None:
    """Print what stands above a table."""
    print(styled(text, Style.TITLE, sys.stdout))


def print_verdict(text: str, *, good: bool, before: str = "") -> None:
    """Print the outcome as the last line."""
    print(before + styled(text, Style.GOOD if good else Style.BAD, sys.stdout))


def print_table(
    rows: Iterable[tuple[str, str]], indent: str = "", styles: dict[str, Style] | None = None
) -> None:
    """Print names and texts in two columns: a line a row in a pipe, and as wide as the terminal on one.

    `styles` colours names by their first word; by default all alike.
    """
    lines = list(rows)
    width = max((len(name) for name, _ in lines), default=0)
    columns = _columns() - len(indent) - width - 2
    for name, text in lines:
        style = Style.NAME if styles is None else styles.get(name.partition(" ")[0])
        first, *others = (
            textwrap.wrap(text, columns, break_long_words=False, break_on_hyphens=False)
            if columns >= _LEAST_COLUMNS
            else [text]
        )
        shown = styled(name, style, sys.stdout) + " " * (width - len(name))
        print(f"{indent}{shown}  {first}".rstrip())
        for other in others:
            print(f"{indent}{'':<{width}}  {other}")


def _columns() -> int:
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else 0


def say(text: str) -> None:
    """Print a line on standard error; that nobody can read it is no failure."""
    try:
        print(text, file=sys.stderr, flush=True)
    except (OSError, ValueError):  # its reader has gone, or it was closed
        abandon(sys.stderr)


def flush_errors() -> None:
    """Let nothing wait for a standard error that cannot be written to: Python's exit code would be 120 at the end."""
    try:
        sys.stderr.flush()
    except (OSError, ValueError):
        abandon(sys.stderr)


def open_closed_streams() -> None:
    """Put the null device where a standard stream was closed (`>&-`): the next file to be opened would get its number."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            _put_null(number)
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115


def take_any_character() -> None:
    """Show what a code page lacks as an escape instead of failing: names of files may have any character."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def abandon(stream: TextIO) -> None:
    """Let a stream that cannot be written to go nowhere: Python would complain once more when it flushes at the end."""
    with suppress(OSError, ValueError):  # a stream that is no file
        _put_null(stream.fileno())


def _put_null(number: int) -> None:
    null = os.open(os.devnull, os.O_RDWR)
    if null == number:
        os.set_inheritable(null, True)
    else:
        os.dup2(null, number)
        os.close(null)
