"""`glrec bench`: measures recorders side by side on this machine, glrec among them."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from glrec_core.cli.command import Exit
from glrec_core.cli.values import count, path
from glrec_core.progress import progress_bar

if TYPE_CHECKING:
    from glrec_bench.program import Request


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.epilog = (
        "Exit code: 0 if it was measured (with --guard: and nothing has become worse), 1 otherwise. "
        "The recorders are installed into an environment of their own in the user's cache folder."
    )
    parser.add_argument(
        "--quick", action="store_true", help="few frames and recorders: two minutes, no figures to quote"
    )
    parser.add_argument("--rounds", type=count, metavar="N", help="repeat everything N times")
    parser.add_argument("--recorders", type=_names, default=(), metavar="NAME,…", help="only these")
    parser.add_argument("--workloads", type=_names, default=(), metavar="NAME,…", help="only these")
    parser.add_argument(
        "--venv", type=path, metavar="DIR", help="the recorders' environment; made if it is not there"
    )
    parser.add_argument(
        "--out",
        type=path,
        default=Path("glrec-bench"),
        metavar="DIR",
        help="folder for results.json, results.md, plots",
    )
    parser.add_argument("--list", action="store_true", help="list recorders and workloads, and do nothing")
    guard = parser.add_mutually_exclusive_group()
    guard.add_argument("--guard", type=path, metavar="FILE", help="compare with a stored baseline")
    guard.add_argument("--write-baseline", type=path, metavar="FILE", help="store one")


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
        out=arguments.out,
    )
    program.check(request)
    # Ends as asked, but not before scratch folders are removed and what was started has ended.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    if arguments.guard is not None:
        return _guard(request, arguments.guard)
    if arguments.write_baseline is not None:
        made = program.write_baseline(request, arguments.write_baseline, tell=_say)
        print(f"{arguments.write_baseline}: {len(made.ratios)} ratios")
        return Exit.OK
    return _measure(request)


def _measure(request: Request) -> int:
    from glrec_bench import grids, program, table

    with progress_bar("measuring") as progress:
        results, outcomes = program.run(request, progress=progress, tell=_say)
    console = table.make_console()
    table.show_machine(console, results)
    for grid in (*grids.workload_grids(results), grids.targets_grid(outcomes)):
        table.show(console, grid)
    print(f"{request.out}: results.json, results.md and the plots")
    return Exit.OK


def _guard(request: Request, baseline: Path) -> int:
    from glrec_bench import grids, program, table

    judgement = program.run_guard(request, baseline, tell=_say)
    table.show(table.make_console(), grids.guard_grid(judgement))
    for fault in judgement.faults:
        print(fault)
    print("nothing is worse than it was" if judgement.passed else "WORSE than the stored baseline")
    return Exit.OK if judgement.passed else Exit.FAILED


def _list() -> int:
    from glrec_bench import workloads
    from glrec_bench.recorders import RECORDERS
    from glrec_core.cli.printing import print_table

    print("recorders")
    print_table(((name, entry.summary) for name, entry in RECORDERS.items()), indent="  ")
    for title, table in (
        ("workloads on a software renderer", workloads.SOFTWARE),
        ("workloads on a GPU", workloads.HARDWARE),
        ("workloads of --guard", workloads.GUARD),
    ):
        print(title)
        print_table(((each.name, f"{each.title}; {each.job.frames} frames") for each in table), indent="  ")
    return Exit.OK


def _names(text: str) -> tuple[str, ...]:
    return tuple(name for name in text.split(",") if name)


def _say(text: str) -> None:
    print(text, file=sys.stderr)
