"""`glrec bench`: measures recorders side by side on this machine, glrec among them."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from glrec_core.cli.arguments import count, path
from glrec_core.cli.command import Exit
from glrec_core.cli.options import add_output
from glrec_core.cli.parser import Parser
from glrec_core.cli.printing import print_verdict, say
from glrec_core.system.interrupts import ENDING
from glrec_core.values.progress import progress_bar

if TYPE_CHECKING:
    from glrec_bench.program import Request


def configure(parser: Parser) -> None:
    """Add the options."""
    parser.usage = "glrec bench [options]"
    parser.examples = (
        ("glrec bench", "Measure everything: a quarter of an hour on two cores."),
        ("glrec bench --quick -o out", "Two minutes, for a first look."),
        ("glrec bench --list", "List what can be chosen."),
    )
    parser.exit_codes = (("0", "measured; with --guard: and nothing has become worse"), ("1", "otherwise"))
    parser.add_argument(
        "--quick", action="store_true", help="few frames and recorders: two minutes, no figures to quote"
    )
    parser.add_argument("--rounds", type=count, metavar="N", help="repeat everything N times")
    parser.add_argument(
        "--recorders", type=_names, default=(), metavar="NAME,...", help="recorders to compare (default: all)"
    )
    parser.add_argument(
        "--workloads", type=_names, default=(), metavar="NAME,...", help="workloads to measure (default: all)"
    )
    parser.add_argument(
        "--venv",
        type=path,
        metavar="DIR",
        help="virtual environment with the recorders, made if it is not there (default: in your cache folder)",
    )
    add_output(
        parser,
        "DIR",
        "folder for results.json, results.md and plots (default: glrec-bench)",
        Path("glrec-bench"),
    )
    parser.add_argument("--list", action="store_true", help="list recorders and workloads, and do nothing")
    guard = parser.add_mutually_exclusive_group()
    guard.add_argument(
        "--guard",
        type=path,
        metavar="FILE",
        help="compare with a stored baseline, and fail if something is far worse",
    )
    guard.add_argument("--write-baseline", type=path, metavar="FILE", help="store a baseline")


def execute(arguments: argparse.Namespace) -> int:
    """Measure, and print the tables."""
    from glrec_bench import program

    if arguments.list:
        return _list()
    request = program.Request(
        quick=arguments.quick,
        rounds=arguments.rounds,
        recorders=arguments.recorders,
        workloads=arguments.workloads,
        venv=arguments.venv,
        out=arguments.output,
    )
    program.check(request)
    # Ends as asked, but not before scratch folders are removed and what was started has ended.
    for ending in ENDING:
        signal.signal(ending, lambda number, _: sys.exit(128 + number))
    if arguments.guard is not None:
        return _guard(request, arguments.guard)
    if arguments.write_baseline is not None:
        made = program.write_baseline(request, arguments.write_baseline, tell=say)
        print(f"{arguments.write_baseline}: {len(made.ratios)} ratios")
        return Exit.OK
    return _measure(request)


def _measure(request: Request) -> int:
    from glrec_bench import grids, program, table

    with progress_bar("measuring") as progress:
        results, outcomes = program.run(request, progress=progress, tell=say)
    console = table.make_console()
    table.show_machine(console, results)
    for grid in (*grids.workload_grids(results), grids.targets_grid(outcomes)):
        table.show(console, grid)
    print(f"{request.out}: results.json, results.md and the plots")
    return Exit.OK


def _guard(request: Request, baseline: Path) -> int:
    from glrec_bench import grids, program, table

    judgement = program.run_guard(request, baseline, tell=say)
    table.show(table.make_console(), grids.guard_grid(judgement))
    for fault in judgement.faults:
        print(fault)
    print_verdict(
        "nothing is worse than it was" if judgement.passed else "WORSE than the stored baseline",
        good=judgement.passed,
    )
    return Exit.OK if judgement.passed else Exit.FAILED


def _list() -> int:
    from glrec_bench import workloads
    from glrec_bench.recorders import RECORDERS
    from glrec_core.cli.printing import print_table, print_title

    print_title("recorders")
    print_table(((name, entry.summary) for name, entry in RECORDERS.items()), indent="  ")
    for title, table in (
        ("workloads on a software renderer", workloads.SOFTWARE),
        ("workloads on a GPU", workloads.HARDWARE),
        ("workloads of --guard", workloads.GUARD),
    ):
        print_title(title)
        print_table(((each.name, f"{each.title}; {each.job.frames} frames") for each in table), indent="  ")
    return Exit.OK


def _names(text: str) -> tuple[str, ...]:
    return tuple(name for name in text.split(",") if name)
