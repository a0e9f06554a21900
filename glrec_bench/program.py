"""What `glrec bench` does once its words are read: makes the environment, measures, shows and stores."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from glrec_bench import guard, workloads
from glrec_bench.environment import Environment, prepare
from glrec_bench.errors import BenchError
from glrec_bench.machine import is_software
from glrec_bench.markdown import write_page
from glrec_bench.measuring import Tell, measure
from glrec_bench.recorders import RECORDERS
from glrec_bench.results import Results
from glrec_bench.targets import Outcome, outcomes
from glrec_bench.workloads import Workload
from glrec_core.errors import ConfigError
from glrec_core.values.progress import Progress, silent

NEEDED = ("matplotlib", "psutil", "rich")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the user asked for; None and () stand for the usual."""

    quick: bool = False
    rounds: int | None = None
    recorders: tuple[str, ...] = ()
    workloads: tuple[str, ...] = ()
    venv: Path | None = None
    out: Path = Path("glrec-bench")


_INDISPENSABLE = ("av", "moderngl", "numpy")
_ROUNDS, _QUICK_ROUNDS, _GUARD_ROUNDS = 4, 2, 3


def check(request: Request) -> None:
    """Check a request before anything is made.

    Raises:
        ConfigError: a name is not known, or a package is missing.

    """
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise ConfigError(f"{', '.join(missing)} not installed; pip install 'glrec[bench]' brings them")
    known = {each.name for each in (*workloads.SOFTWARE, *workloads.HARDWARE, *workloads.GUARD)}
    for kind, names, choices in (
        ("recorder", request.recorders, set(RECORDERS)),
        ("workload", request.workloads, known),
    ):
        for name in names:
            if name not in choices:
                raise ConfigError(f"{kind} {name!r} is not known; choose from: {', '.join(sorted(choices))}")


def run(
    request: Request, *, progress: Progress = silent, tell: Tell = lambda _: None
) -> tuple[Results, list[Outcome]]:
    """Measure as asked; write `results.json`, `results.md` and the plots into the folder. Return results and targets.

    Raises:
        ConfigError: nothing is left to measure.
        BenchError: the environment cannot be made, or does not work.

    """
    from glrec_bench.plots import write_plots

    environment = _environment(request, tell)
    software = is_software(environment.call("answers", "describe", {}).value)
    chosen = chosen_workloads(request, software=software)
    rounds = request.rounds or (_QUICK_ROUNDS if request.quick else _ROUNDS)
    results = measure(environment, chosen, rounds, progress=progress, tell=tell)
    request.out.mkdir(parents=True, exist_ok=True)
    results.write(request.out / "results.json")
    plots = write_plots(results, request.out)
    reached = outcomes(results, software=software)
    write_page(results, reached, plots, request.out / "results.md")
    return results, reached


def run_guard(request: Request, baseline: Path, *, tell: Tell = lambda _: None) -> guard.Judgement:
    """Compare with a stored baseline.

    Raises:
        BenchError: the baseline cannot be read, or the environment does not work.

    """
    stored = guard.read_baseline(baseline)
    return guard.judge(_guarded(request, tell), workloads.GUARD, stored)


def write_baseline(request: Request, path: Path, *, tell: Tell = lambda _: None) -> guard.Baseline:
    """Measure what the guard compares, and store it."""
    made = guard.baseline_of(_guarded(request, tell)(workloads.GUARD))
    made.write(path)
    return made


def chosen_workloads(request: Request, *, software: bool) -> tuple[Workload, ...]:
    """Return the workloads for this kind of renderer, as far as they are asked for.

    Raises:
        ConfigError: none is left.

    """
    table = workloads.SOFTWARE if software else workloads.HARDWARE
    table = workloads.quick(table) if request.quick else table
    if request.workloads:
        every = {each.name: each for each in (*workloads.GUARD, *table)}
        table = tuple(every[name] for name in request.workloads if name in every)
    if request.recorders:
        table = tuple(each.only(request.recorders) for each in table)
    chosen = tuple(each for each in table if each.recorders)
    if not chosen:
        raise ConfigError("nothing is left to measure: these workloads have none of these recorders")
    return chosen


def _guarded(request: Request, tell: Tell) -> Callable[[Sequence[Workload]], Results]:
    return partial(_measure_guarded, _environment(request, tell), request.rounds or _GUARD_ROUNDS, tell)


def _measure_guarded(
    environment: Environment, rounds: int, tell: Tell, chosen: Sequence[Workload]
) -> Results:
    return measure(environment, chosen, rounds, tell=tell)


def _environment(request: Request, tell: Tell) -> Environment:
    tell("looking for the recorders' environment; making it takes a minute")
    environment = prepare(request.venv)
    if missing := environment.missing(_INDISPENSABLE):
        raise BenchError(
            f"{environment.python} has no {', '.join(sorted(missing))}, without which nothing can be measured; "
            "name another environment with --venv, or none to have one made"
        )
    return environment
