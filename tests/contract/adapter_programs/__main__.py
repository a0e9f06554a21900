"""Checks the promises of an adapter, whosever it is: python -m tests.contract.adapter_programs mytoolkit_row:MyToolkit [CHECK...]

The row is a name of `TOOLKITS`, or "module:class"; without names of checks all are made. From a checkout of glrec.
"""

import sys
from contextlib import ExitStack
from functools import cache

from tests.contract.adapter_programs.checks import CHECKS
from tests.contract.adapter_programs.running import reason_to_skip, run
from tests.support import warm
from tests.support.displays import ProgramError, xvfb


def main(row: str, *names: str) -> int:
    """Print each promise, and whether it is kept; returns how many are broken."""
    warm.open_server()
    broken = 0
    with ExitStack() as stack:
        display = cache(lambda: stack.enter_context(xvfb()))
        for name in names or CHECKS:
            promise = name.replace("_", " ")
            if reason := reason_to_skip(row, name):
                print(f"not asked  {promise}: {reason}", flush=True)
                continue
            try:
                run(row, name, display)
            except ProgramError as error:
                broken += 1
                print(f"BROKEN     {promise}\n{error}", flush=True)
            else:
                print(f"kept       {promise}", flush=True)
    return broken


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
