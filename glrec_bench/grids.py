"""What the tables say, as plain text: for a terminal (`table.py`) and for a document (`markdown.py`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from glrec_bench.guard import Judgement
from glrec_bench.results import Results, Run
from glrec_bench.statistics import summarize
from glrec_bench.targets import Outcome
from glrec_bench.workloads import Workload

_MEGABYTE = 1e6
_COLUMNS: tuple[tuple[str, str, float, int], ...] = (
    ("render thread ms", "render_p50_ms", 1, 3),
    ("p95", "render_p95_ms", 1, 2),
    ("p99", "render_p99_ms", 1, 2),
    ("first", "first_ms", 1, 1),
    ("late frames", "late_frames", 1, 0),
    ("total s", "total_seconds", 1, 2),
    ("CPU s", "cpu_seconds", 1, 2),
    ("peak MB", "peak_bytes", _MEGABYTE, 0),
    ("written MB", "written_bytes", _MEGABYTE, 1),
    ("file MB", "file_bytes", _MEGABYTE, 2),
    ("PSNR dB", "psnr_db", 1, 1),
    ("SSIM", "ssim", 1, 4),
)
_WITH_SPREAD = {"render_p50_ms", "total_seconds"}
_MARKS = {True: "reached", False: "NOT reached", None: "not measured"}
_MOST_CHARACTERS = 60


class Row(NamedTuple):
    """One line: its cells, and whether it is good (True), bad (False) or neither."""

    cells: tuple[str, ...]
    good: bool | None = None


class Grid(NamedTuple):
    """A table: what stands above it, its headings (the first and the last column hold words, the others numbers), lines."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[Row, ...]


def workload_grids(results: Results) -> Iterator[Grid]:
    """Yield each workload's table, if anything of it was measured; of imports only the ratio says something, a target."""
    for workload in results.workloads:
        grid = workload_grid(results, workload)
        if grid.rows and not workload.job.imports:
            yield grid


def workload_grid(results: Results, workload: Workload) -> Grid:
    """Return one workload's table: medians over the repetitions, ± the median absolute deviation where it says so."""
    shown = [column for column in _COLUMNS if column[1] != "late_frames" or workload.job.paced]
    rows = []
    for name in results.recorders(workload.name):
        runs = results.of(workload.name, name)
        cells = [_cell(runs, metric, unit, digits) for _, metric, unit, digits in shown]
        text = frames_text(runs)
        rows.append(Row((name, *cells, text), None if text in {"all", "-"} else False))
    return Grid(_title(workload), ("recorder", *(heading for heading, *_ in shown), "frames"), tuple(rows))


def targets_grid(outcomes: Sequence[Outcome]) -> Grid:
    """Return the table of targets: ratios only."""
    rows = []
    for each in outcomes:
        limit = f"{'≥' if each.at_least else '≤'} {each.limit:.3g}"
        mark = _MARKS[each.reached] + (f": {each.objection}" if each.objection else "")
        rows.append(Row((each.text, limit, str(each.found or "-"), mark), each.reached))
    return Grid("targets", ("target", "limit", "measured", "outcome"), tuple(rows))


def guard_grid(judgement: Judgement) -> Grid:
    """Return what the guard found, each ratio now and as it is stored."""
    rows = []
    for each in judgement.verdicts:
        stored = "-" if each.known is None else f"{each.known.ratio:.3f} ± {each.known.noise:.2g}"
        limit = "-" if each.limit is None else f"{each.limit:.3f}"
        mark = "WORSE" if each.is_worse else "" if each.known else "not stored"
        rows.append(Row((each.name, stored, str(each.found), limit, mark), False if each.is_worse else None))
    title = "guard" if judgement.attempts == 1 else f"guard: the best of {judgement.attempts} attempts"
    return Grid(title, ("glrec's ratio to", "stored", "now", "worse above", ""), tuple(rows))


def frames_text(runs: Sequence[Run]) -> str:
    """Return what became of the frames: the worst of the repetitions."""
    if failed := next((run.error for run in runs if run.error), ""):
        return f"failed: {failed[:_MOST_CHARACTERS]}"
    if all(run.lost is None for run in runs):
        return "-"
    counts = {
        "lost": max(run.lost or 0 for run in runs),
        "doubled": max(run.doubled or 0 for run in runs),
        "out of order": max(run.disordered or 0 for run in runs),
    }
    wrong = [f"{count} {name}" for name, count in counts.items() if count]
    return ", ".join([*wrong, *[run.fault for run in runs if run.fault][:1]]) or "all"


def _title(workload: Workload) -> str:
    job = workload.job
    kind = "x264 ultrafast, CRF 20" if job.same_settings else "own defaults"
    return f"{workload.name}: {workload.title}; {job.frames} frames, {kind}"


def _cell(runs: Sequence[Run], metric: str, unit: float, digits: int) -> str:
    values = [value / unit for run in runs if not run.error and (value := run.value(metric)) is not None]
    found = summarize(values)
    if found is None:
        return "-"
    spread = f" ±{found.mad:.{digits}f}" if metric in _WITH_SPREAD and found.count > 1 else ""
    return f"{found.median:.{digits}f}{spread}"
