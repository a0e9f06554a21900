"""Notices when glrec has become slower than it was beside the same recorders, and is very slow to say so.

Only ratios of one run are compared with those that are stored. Machines that run such checks are shared and noisy: a ratio
counts as worse when it is twice what it was and beyond five times the noise of both, and only if that is so each time that
it is measured again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from glrec_bench.errors import BenchError
from glrec_bench.job import Job
from glrec_bench.machine import is_software
from glrec_bench.recorders import RECORDERS
from glrec_bench.results import Results, whole_runs
from glrec_bench.statistics import Summary, ratio
from glrec_bench.workloads import Workload

ATTEMPTS = 3
_FACTOR, _NOISE_WIDTHS = 2.0, 5.0
_SIGMA_OF_MAD = 1.4826
"""The standard deviation of a normal distribution in units of its median absolute deviation."""
_LEAST_NOISE = 0.05
"""Of the ratio: three repetitions that agree by chance do not make a ratio exact."""
_PACED, _UNPACED = ("render_p50_ms", "first_ms"), ("total_seconds", "cpu_seconds", "peak_bytes")
_IMPORTS = ("import_cost",)
_OF_BOUNDS = {"total_seconds", "import_cost"}
"""What else is measured of them says nothing of a recorder."""
_FORMAT = 1

Ratios = dict[str, Summary]
"""By "workload metric peer"."""


@dataclass(frozen=True, slots=True)
class Known:
    """A stored ratio and the standard deviation of its noise."""

    ratio: float
    noise: float


@dataclass(frozen=True, slots=True)
class Baseline:
    """The stored ratios, and the machine that they were measured on."""

    machine: dict[str, str]
    ratios: dict[str, Known]

    def write(self, path: Path) -> None:
        """Write it as JSON."""
        ratios = {name: asdict(known) for name, known in self.ratios.items()}
        values = {"format": _FORMAT, "machine": self.machine, "ratios": ratios}
        path.write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Verdict:
    """One ratio now and then, and whether it is worse; `known` is None for one that is not stored."""

    name: str
    known: Known | None
    found: Summary

    @property
    def limit(self) -> float | None:
        """What the ratio must exceed to be worse."""
        if self.known is None:
            return None
        noise = max(self.known.noise, _noise(self.found))
        return max(_FACTOR * self.known.ratio, self.known.ratio + _NOISE_WIDTHS * noise)

    @property
    def is_worse(self) -> bool:
        """Whether it is beyond the limit."""
        return self.limit is not None and self.found.median > self.limit


def ratios(results: Results) -> Ratios:
    """Return glrec's ratio to every other recorder whose files are whole: the smaller, the better."""
    found: Ratios = {}
    for workload in results.workloads:
        for metric in _metrics(workload.job):
            own = results.by_round(workload.name, "glrec", metric)
            for peer in results.recorders(workload.name):
                if peer == "glrec" or not whole_runs(results.of(workload.name, peer)):
                    continue
                if RECORDERS[peer].is_bound and metric not in _OF_BOUNDS:
                    continue
                value = ratio(own, results.by_round(workload.name, peer, metric))
                if value is not None:
                    found[f"{workload.name} {metric} {peer}"] = value
    return found


def _metrics(job: Job) -> tuple[str, ...]:
    if job.imports:
        return _IMPORTS
    return _PACED if job.paced else _UNPACED


def baseline_of(results: Results) -> Baseline:
    """Return what is to be stored of a run.

    Raises:
        BenchError: a recorder of it failed.

    """
    failed = [f"{run.recorder}: {run.error}" for run in results.runs if run.error]
    if failed:
        raise BenchError(f"no baseline can be made of a run with failures: {failed[0]}")
    known = {name: Known(found.median, _noise(found)) for name, found in ratios(results).items()}
    return Baseline(results.machine, known)


def read_baseline(path: Path) -> Baseline:
    """Read a stored baseline.

    Raises:
        BenchError: it is something else.

    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        known = {name: Known(**each) for name, each in values["ratios"].items()}
        return Baseline(values["machine"], known)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BenchError(f"{path} holds no baseline of the benchmark: {error}") from error


def compare(found: Mapping[str, Summary], baseline: Baseline) -> list[Verdict]:
    """Return a verdict on every ratio."""
    return [Verdict(name, baseline.ratios.get(name), value) for name, value in found.items()]


def faults(results: Results) -> list[str]:
    """Return what is wrong with glrec's own recordings: failures, and frames that are not there once and in order."""
    own = [run for run in results.runs if run.recorder == "glrec"]
    return [
        f"{run.workload}: {run.error or 'frames are lost, doubled or out of order'}"
        for run in own
        if not run.is_whole
    ]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the guard says in the end."""

    verdicts: list[Verdict]
    faults: list[str]
    attempts: int

    @property
    def passed(self) -> bool:
        """Whether nothing is worse than it was."""
        return not self.faults and not any(each.is_worse for each in self.verdicts)


def judge(
    measure: Callable[[Sequence[Workload]], Results], workloads: Sequence[Workload], baseline: Baseline
) -> Judgement:
    """Measure, and measure again where something seems worse: the best of the attempts counts.

    Args:
        measure: carries workloads out.
        workloads: what to measure.
        baseline: what to compare with. Ratios of another kind of renderer are shown, but nothing is worse.

    """
    best: dict[str, Verdict] = {}
    wrong: list[str] = []
    pending, attempt = tuple(workloads), 0
    while pending and attempt < ATTEMPTS:
        attempt += 1
        results = measure(pending)
        wrong = faults(results)
        stored = (
            baseline if is_software(results.machine) == is_software(baseline.machine) else Baseline({}, {})
        )
        for verdict in compare(ratios(results), stored):
            known = best.get(verdict.name)
            if known is None or verdict.found.median < known.found.median:
                best[verdict.name] = verdict
        suspects = {name.split()[0] for name, verdict in best.items() if verdict.is_worse}
        suspects |= {fault.partition(":")[0] for fault in wrong}
        pending = tuple(each for each in workloads if each.name in suspects)
    return Judgement(list(best.values()), wrong, attempt)


def _noise(found: Summary) -> float:
    return max(_SIGMA_OF_MAD * found.mad, _LEAST_NOISE * found.median)
