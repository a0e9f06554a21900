"""The results on a terminal."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from glrec_bench.grids import Grid
from glrec_bench.recorders import RECORDERS
from glrec_bench.results import Results

_LOG_COLUMNS = 150
_STYLES = {True: "green", False: "red", None: None}


def make_console() -> Console:
    """Return a console on standard output; into a file or a log, tables are as wide as they need."""
    return Console() if sys.stdout.isatty() else Console(width=_LOG_COLUMNS)


def show_machine(console: Console, results: Results) -> None:
    """Print the machine's description, and which recorders are not there."""
    for name, value in results.machine.items():
        console.print(f"{name:<18}{value}", highlight=False, markup=False)
    for name, why in results.left_out.items():
        text = f"left out: {name} ({RECORDERS[name].summary}): {why}"
        console.print(text, style="yellow", highlight=False, markup=False)


def show(console: Console, grid: Grid) -> None:
    """Print a table below an empty line."""
    table = Table(title=escape(grid.title), title_justify="left", title_style="bold", pad_edge=False)
    last = len(grid.headings) - 1
    for place, heading in enumerate(grid.headings):
        table.add_column(heading, justify="left" if place in {0, last} else "right")
    for row in grid.rows:
        table.add_row(*map(escape, row.cells), style=_STYLES[row.good])
    console.print()
    console.print(table)
