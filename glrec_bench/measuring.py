"""Carries a benchmark out: every recorder of every workload in turn, several times over, each in a process of its own."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from glrec_bench.environment import Environment
from glrec_bench.errors import BenchError
from glrec_bench.job import Cost, Finding, Job
from glrec_bench.recorders import RECORDERS
from glrec_bench.results import Results, Run, measured
from glrec_bench.workloads import Workload
from glrec_core.values.progress import Progress, silent

Tell = Callable[[str], None]
"""Told what was measured just now, in a line."""

_FAILED_TWICE = 2


def measure(
    environment: Environment,
    workloads: Sequence[Workload],
    rounds: int,
    *,
    folder: Path | None = None,
    progress: Progress = silent,
    tell: Tell = lambda _: None,
) -> Results:
    """Measure everything.

    Args:
        environment: where the recorders are installed; those that are not are left out.
        workloads: what to measure.
        rounds: how often. Every other round goes through the recorders backwards: drift and what one leaves to the next
            (a warm processor, a full disk cache) then do not always meet the same.
        folder: where files are written, and removed again; the system's folder for temporary files by default.
        progress: told how many measurements are done.
        tell: told about each.

    Raises:
        BenchError: the environment does not work at all.

    """
    left_out = _left_out(environment, workloads)
    installed = [name for name in RECORDERS if name not in left_out]
    chosen = tuple(each.only(installed) for each in workloads)
    results = Results(environment.call("answers", "describe", {}).value, chosen, left_out=left_out)
    turns = [turn for workload in chosen for turn in _turns(workload, rounds)]
    for done, (workload, recorder, number) in enumerate(turns):
        progress(done, len(turns))
        if sum(bool(run.error) for run in results.of(workload.name, recorder)) < _FAILED_TWICE:
            run = measure_once(environment, workload, recorder, number, folder)
            results.runs.append(run)
            tell(_told(run))
    progress(len(turns), len(turns))
    return results


def _turns(workload: Workload, rounds: int) -> Iterator[tuple[Workload, str, int]]:
    for number in range(rounds):
        order = workload.recorders if number % 2 == 0 else workload.recorders[::-1]
        yield from ((workload, recorder, number) for recorder in order)


def _left_out(environment: Environment, workloads: Sequence[Workload]) -> dict[str, str]:
    named = dict.fromkeys(name for workload in workloads for name in workload.recorders)
    missing = environment.missing(sorted({package for name in named for package in RECORDERS[name].packages}))
    absent = {name: [each for each in RECORDERS[name].packages if each in missing] for name in named}
    return {name: f"{', '.join(packages)} not installed" for name, packages in absent.items() if packages}


def measure_once(
    environment: Environment, workload: Workload, recorder: str, number: int, folder: Path | None = None
) -> Run:
    """Record once and look at the file; a recorder that fails is a result, too."""
    with tempfile.TemporaryDirectory(
        prefix="glrec-bench-", dir=folder, ignore_cleanup_errors=True
    ) as scratch:
        suffix = ".mov" if recorder == "glrec-mjpeg" else ".mp4"
        run = Run(workload=workload.name, recorder=recorder, round=number)
        job = replace(workload.job, recorder=recorder, path=str(Path(scratch) / f"out{suffix}"))
        try:
            if job.imports:
                answer = environment.call("importing", "serve", {"package": recorder})
                return replace(run, import_cost=answer.value)
            answer = environment.call("subject", "serve", job.as_json())
            finding = _examine(environment, job) if RECORDERS[recorder].makes_file else None
        except BenchError as error:
            return replace(run, error=str(error))
        return measured(run, Cost(**answer.value), answer.children_peak_bytes, finding)


def _examine(environment: Environment, job: Job) -> Finding:
    if not Path(job.path).exists():
        raise BenchError("it made no file")
    values = environment.call("answers", "examine", job.as_json()).value
    if "error" in values:
        raise BenchError(values["error"])
    return Finding(**values)


def _told(run: Run) -> str:
    if run.error:
        return f"{run.workload}, {run.recorder}: {run.error}"
    if run.import_cost is not None:
        return f"{run.workload}, {run.recorder}: imported"
    return f"{run.workload}, {run.recorder}: {run.render_p50_ms:.3f} ms a frame, {run.total_seconds:.2f} s"
