"""What an import costs, beyond what nearly every program imports anyway: in instructions where `perf` counts them, else in
CPU time. Both mean something beside another import of the same minute only.

Each program runs in a fresh interpreter, in turn with the others; the least of several counts, since what else the machine
does only adds. Bytecode is stored beforehand, as pip does when it installs.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]
_PATH = f"import sys; sys.path.append({str(_ROOT)!r});"
_PROGRAMS = {
    "numpy": (f"{_PATH}", f"{_PATH} import numpy"),
    "glrec": (f"{_PATH} import numpy", f"{_PATH} import numpy, glrec_core"),
}
"""Without the package, and with it."""
_TIMES = 9
_SAME_EACH_TIME = {"OPENBLAS_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}
"""Threads that NumPy's library begins, and that wait by turning round, would be counted as well: more on some runs than others."""

Cost = Callable[[str, Mapping[str, str]], float]


def measure(package: str) -> float:
    """Return what importing "numpy" or "glrec" adds, in CPU seconds or instructions."""
    without, having = _PROGRAMS[package]
    with tempfile.TemporaryDirectory() as bytecode:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": bytecode}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        environment.update(_SAME_EACH_TIME)
        cpu_seconds(having, environment)
        cost = counter(environment)
        taken = [(cost(without, environment), cost(having, environment)) for _ in range(_TIMES)]
    return min(with_it for _, with_it in taken) - min(without_it for without_it, _ in taken)


def counter(environment: Mapping[str, str]) -> Cost:
    """Return what counts here: instructions, if the machine and its owner let us."""
    try:
        instructions("pass", environment)
    except (OSError, ValueError, subprocess.CalledProcessError):
        return cpu_seconds
    return instructions


def instructions(program: str, environment: Mapping[str, str]) -> float:
    """Return how many instructions a program takes outside the kernel.

    Raises:
        OSError, ValueError, subprocess.CalledProcessError: they cannot be counted here.

    """
    command = ["perf", "stat", "-x", ",", "-e", "instructions:u", sys.executable, "-P", "-c", program]
    counted = subprocess.run(  # noqa: S603 - this Python, counted
        command, env=environment, capture_output=True, text=True, check=True
    )
    return float(counted.stderr.strip().splitlines()[-1].partition(",")[0])


def cpu_seconds(program: str, environment: Mapping[str, str]) -> float:
    """Return how long a program has a CPU."""
    process = os.posix_spawn(sys.executable, [sys.executable, "-P", "-c", program], environment)
    _, status, usage = os.wait4(process, 0)
    if status:
        raise RuntimeError(f"{program!r} failed with status {status}")
    return usage.ru_utime + usage.ru_stime


def serve() -> None:
    """Answer for one package."""
    print(json.dumps(measure(json.loads(sys.stdin.readline())["package"])))  # noqa: T201 - the answer
