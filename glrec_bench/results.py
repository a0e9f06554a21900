"""All measurements of a run, with the machine that they were made on, and how they become JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from glrec_bench.errors import BenchError
from glrec_bench.job import Cost, Finding, Job
from glrec_bench.statistics import quantile
from glrec_bench.workloads import Workload

_FORMAT = 1
_FOUND = ("lost", "doubled", "disordered", "fault", "file_bytes", "psnr_db", "ssim")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One process: one recorder, one workload, one repetition. Values are None where there are none.

    `render_*_ms` are quantiles of the net time on the render thread per frame, `first_ms` is that of the process's first one.
    `import_cost` is in CPU time or instructions, whatever the machine counts; only ratios of it say something. `peak_bytes` is the peak of the process and
    of the programs that it started. What happened to the frames is as in `Finding`.
    """

    workload: str
    recorder: str
    round: int
    error: str = ""
    render_p50_ms: float | None = None
    render_p95_ms: float | None = None
    render_p99_ms: float | None = None
    first_ms: float | None = None
    import_cost: float | None = None
    late_frames: float | None = None
    total_seconds: float | None = None
    cpu_seconds: float | None = None
    peak_bytes: float | None = None
    written_bytes: float | None = None
    lost: int | None = None
    doubled: int | None = None
    disordered: int | None = None
    fault: str = ""
    file_bytes: float | None = None
    psnr_db: float | None = None
    ssim: float | None = None

    @property
    def is_whole(self) -> bool:
        """Whether it ended, and no frame is lost, doubled or in a wrong place; also where there is no file to look at."""
        return not self.error and not any((self.lost, self.doubled, self.disordered))

    def value(self, metric: str) -> float | None:
        """Return a measured value by its name."""
        found = getattr(self, metric)
        return None if found is None else float(found)


def measured(run: Run, cost: Cost, children_bytes: int, finding: Finding | None) -> Run:
    """Return the run with what the measured process said of it, and what was seen from outside."""
    found = {} if finding is None else {name: getattr(finding, name) for name in _FOUND}
    return replace(
        run,
        render_p50_ms=quantile(cost.render_ms, 0.50),
        render_p95_ms=quantile(cost.render_ms, 0.95),
        render_p99_ms=quantile(cost.render_ms, 0.99),
        first_ms=cost.first_ms,
        late_frames=cost.late_frames,
        total_seconds=cost.total_seconds,
        cpu_seconds=cost.cpu_seconds,
        peak_bytes=cost.own_peak_bytes + children_bytes,
        written_bytes=cost.written_bytes,
        **found,
    )


@dataclass(slots=True)
class Results:
    """A whole benchmark.

    Attributes:
        machine: names and values that describe it.
        workloads: what was measured.
        runs: every measurement.
        left_out: recorders that were not measured, and why.

    """

    machine: dict[str, str]
    workloads: tuple[Workload, ...]
    runs: list[Run] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)

    def workload(self, name: str) -> Workload | None:
        """Return a workload by its name; None if it was not measured."""
        return next((each for each in self.workloads if each.name == name), None)

    def of(self, workload: str, recorder: str) -> list[Run]:
        """Return the runs of one recorder, in their order."""
        return [run for run in self.runs if (run.workload, run.recorder) == (workload, recorder)]

    def by_round(self, workload: str, recorder: str, metric: str) -> dict[int, float]:
        """Return a metric's value for each repetition that has one."""
        values = {run.round: run.value(metric) for run in self.of(workload, recorder) if not run.error}
        return {number: value for number, value in values.items() if value is not None}

    def recorders(self, workload: str) -> Iterator[str]:
        """Yield the recorders that were measured."""
        found = self.workload(workload)
        yield from (name for name in (found.recorders if found else ()) if self.of(workload, name))

    def write(self, path: Path) -> None:
        """Write everything as JSON."""
        values = {
            "format": _FORMAT,
            "machine": self.machine,
            "workloads": [_workload_json(each) for each in self.workloads],
            "left_out": self.left_out,
            "runs": [asdict(run) for run in self.runs],
        }
        path.write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")


def read_results(path: Path) -> Results:
    """Read what `Results.write` wrote.

    Raises:
        BenchError: it is something else.

    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        workloads = tuple(Workload(**_workload_values(each)) for each in values["workloads"])
        runs = [Run(**run) for run in values["runs"]]
        return Results(values["machine"], workloads, runs, values["left_out"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BenchError(f"{path} holds no results of the benchmark: {error}") from error


def whole_runs(runs: Sequence[Run]) -> bool:
    """Return whether there are runs, and all are whole."""
    return bool(runs) and all(run.is_whole for run in runs)


def _workload_json(workload: Workload) -> dict[str, Any]:
    return {**asdict(workload), "job": workload.job.as_json()}


def _workload_values(values: dict[str, Any]) -> dict[str, Any]:
    return {**values, "recorders": tuple(values["recorders"]), "job": Job.from_json(values["job"])}
