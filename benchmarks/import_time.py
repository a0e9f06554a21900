"""How long `import glrec_core` takes beyond `import numpy`, which nearly every program that is recorded imports anyway.

Each import is done in a fresh interpreter, in turn, with stored bytecode. The least of several times is taken: what else the
machine does only adds to it. On a busy machine look at the last column, the share of what NumPy itself takes of a CPU.

    python benchmarks/import_time.py [--rounds 15]
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Mapping

PROGRAMS = {
    "Python alone": "pass",
    "numpy": "import numpy",
    "glrec_core": "import numpy, glrec_core",
    "glrec_core.adapter": "import numpy, glrec_core.adapter",
}


def main() -> None:
    parser = argparse.ArgumentParser(description="Time the import of glrec_core.")
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as bytecode:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": bytecode}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        show(measure(rounds, environment))


def measure(rounds: int, environment: Mapping[str, str]) -> dict[str, tuple[float, float]]:
    """Return the least milliseconds of each program: that passed, and on the CPU."""
    for program in PROGRAMS.values():  # once for the bytecode and the disk's cache
        run(program, environment)
    taken = {name: [] for name in PROGRAMS}
    for _ in range(rounds):
        for name, program in PROGRAMS.items():
            taken[name].append(run(program, environment))
    return {
        name: tuple(1000 * min(values) for values in zip(*each, strict=True)) for name, each in taken.items()
    }


def show(least: Mapping[str, tuple[float, float]]) -> None:
    """Print what was measured."""
    (_, alone), (passed_numpy, numpy) = least["Python alone"], least["numpy"]
    print(f"{'milliseconds':20} {'passed':>8} {'on CPU':>8}   beyond numpy")
    for name, (passed, on_cpu) in least.items():
        beyond = f"{passed - passed_numpy:+.0f} passed, {on_cpu - numpy:+.0f} on CPU"
        print(
            f"{name:20} {passed:8.0f} {on_cpu:8.0f}   {beyond}, {(on_cpu - numpy) / (numpy - alone):.2f} of numpy's"
        )


def run(program: str, environment: Mapping[str, str]) -> tuple[float, float]:
    """Return the seconds that passed while a program ran, and those that it had a CPU."""
    began = time.perf_counter()
    process = os.posix_spawn(sys.executable, [sys.executable, "-c", program], environment)
    _, status, usage = os.wait4(process, 0)
    assert status == 0
    return time.perf_counter() - began, usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
