"""The figures to reach, as ratios of one run, and whether they were; of the first frame, as milliseconds beyond a usual one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from statistics import median
from typing import NamedTuple

from glrec_bench.recorders import RECORDERS
from glrec_bench.results import Results, whole_runs
from glrec_bench.statistics import Summary, differences, ratio, summarize

_FLAT = 1.10
"""How much the cost of one frame, pixel or recorder may rise while the work grows."""

_STEPS = (
    ("frames-few", "frames-many", "total_seconds", "time per frame, 100 to 10,000 frames"),
    ("frames-few", "frames-many", "render_p50_ms", "render thread per frame, 100 to 10,000 frames"),
    ("frames-few", "frames-many", "peak_bytes", "peak memory, 100 to 10,000 frames"),
    ("size-small", "size-large", "total_seconds", "time per pixel, 360p to 4K"),
    ("recorders-one", "recorders-four", "total_seconds", "time per frame and recorder, 1 to 4"),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One row: what was compared, the limit, what was measured (None: not in this run), and what stands in the way."""

    text: str
    limit: float
    found: Summary | None
    objection: str = ""
    at_least: bool = False

    @property
    def reached(self) -> bool | None:
        """Whether the target is reached; None if it was not measured."""
        if self.found is None:
            return None
        good = self.found.median >= self.limit if self.at_least else self.found.median <= self.limit
        return good and not self.objection


class _Versus(NamedTuple):
    workload: str
    metric: str
    what: str
    limits: Mapping[str, float]
    own: str = "glrec"


_RENDER, _TOTAL = (
    ("render_p50_ms", "net time on the render thread"),
    ("total_seconds", "time to the finished file"),
)

_SOFTWARE = (
    _Versus("paced-720p", *_RENDER, {"imageio": 1 / 8, "turbopipe": 1 / 3, "pyglrec": 1 / 20}),
    _Versus("paced-1080p", *_RENDER, {"imageio": 1 / 4, "turbopipe": 1 / 2}),
    _Versus(
        "unpaced-1080p", *_TOTAL, {"imageio": 0.70, "turbopipe": 0.90, "pyglrec": 0.55, "pyglrec-npz": 0.18}
    ),
)
_HARDWARE = (_Versus("unpaced-1080p", *_TOTAL, {"imageio": 1 / 4, "turbopipe": 1 / 1.5}),)

_DEFAULTS_LIMIT, _FLOOR_LIMIT, _MEMORY_LIMIT = 0.5, 0.85, 1.25
_ADDED_LIMIT, _JPEG_LIMIT = 1 / 8, 1 / 5
_FIRST_LIMIT_MS, _IMPORT_LIMIT = 15, 1.0


def outcomes(results: Results, *, software: bool) -> list[Outcome]:
    """Return every target for this kind of renderer; those of workloads that were not run are not there."""
    tables: tuple[Callable[[Results], Iterator[Outcome]], ...] = (
        (_software, _defaults, _floor, _memory, _frames, _growth, _beginning)
        if software
        else (_hardware, _added, _jpeg, _frames, _growth, _beginning)
    )
    return [outcome for table in tables for outcome in table(results)]


def _software(results: Results) -> Iterator[Outcome]:
    for row in _SOFTWARE:
        yield from _versus(results, row)


def _hardware(results: Results) -> Iterator[Outcome]:
    for row in _HARDWARE:
        yield from _versus(results, row)


def _versus(results: Results, row: _Versus) -> Iterator[Outcome]:
    if results.workload(row.workload) is None:
        return
    own = results.by_round(row.workload, row.own, row.metric)
    for peer, limit in row.limits.items():
        found = ratio(own, results.by_round(row.workload, peer, row.metric))
        yield Outcome(f"{row.workload}: {row.what}, {row.own} / {peer}", limit, found)


def _defaults(results: Results) -> Iterator[Outcome]:
    """Against each peer's own defaults, at an equal or better picture."""
    name = "defaults-1080p"
    own = results.by_round(name, "glrec", "total_seconds")
    for peer in _peers(results, name):
        found = ratio(own, results.by_round(name, peer, "total_seconds"))
        quality = ratio(results.by_round(name, "glrec", "ssim"), results.by_round(name, peer, "ssim"))
        objection = ""
        if quality is None:
            objection = "its pictures could not be compared"
        elif quality.median < 1:
            objection = f"SSIM is {quality.median:.4f} of its"
        yield Outcome(f"{name}: time to the finished file, glrec / {peer}", _DEFAULTS_LIMIT, found, objection)


def _floor(results: Results) -> Iterator[Outcome]:
    name = "unpaced-1080p"
    if results.workload(name) is not None:
        floor, own = (results.by_round(name, each, "total_seconds") for each in ("floor", "glrec"))
        text = f"{name}: fraction of the floor (drawing and x264 alone), floor / glrec"
        yield Outcome(text, _FLOOR_LIMIT, ratio(floor, own), at_least=True)


def _memory(results: Results) -> Iterator[Outcome]:
    name = "unpaced-1080p"
    if leanest := _least(results, name, "peak_bytes"):
        own, other = (results.by_round(name, each, "peak_bytes") for each in ("glrec", leanest))
        found = ratio(own, other)
        yield Outcome(f"{name}: peak memory, glrec / the leanest ({leanest})", _MEMORY_LIMIT, found)


def _frames(results: Results) -> Iterator[Outcome]:
    """All frames of all of glrec's recordings, once each and in order."""
    runs = [run for run in results.runs if run.recorder.startswith("glrec")]
    if runs:
        wrong = sum((run.lost or 0) + (run.doubled or 0) + (run.disordered or 0) for run in runs)
        found = Summary(wrong, 0.0, wrong, wrong, len(runs))
        failed = [run for run in runs if run.error]
        objection = f"{len(failed)} recordings failed: {failed[0].error}" if failed else ""
        yield Outcome("all: frames that glrec lost, doubled or moved", 0, found, objection)


def _growth(results: Results) -> Iterator[Outcome]:
    """The cost of one frame, pixel or recorder, while the work grows."""
    for small, large, metric, what in _STEPS:
        before, after = (_cost_of_one(results, name, metric) for name in (small, large))
        if before and after:
            yield Outcome(f"growth: {what}", _FLAT, ratio(after, before))


def _cost_of_one(results: Results, name: str, metric: str) -> dict[int, float]:
    """Return a metric for each repetition; a total is that of one pixel of one recorder's frame."""
    workload = results.workload(name)
    if workload is None:
        return {}
    job = workload.job
    units = job.frames * job.size.width * job.size.height * job.copies if metric == "total_seconds" else 1
    return {number: value / units for number, value in results.by_round(name, "glrec", metric).items()}


def _beginning(results: Results) -> Iterator[Outcome]:
    """What is noticed once in a process: its first frame, and the import."""
    for workload in results.workloads:
        if workload.job.paced:
            first, usual = (
                results.by_round(workload.name, "glrec", metric) for metric in ("first_ms", "render_p50_ms")
            )
            beyond = sorted(differences(first, usual).values())
            text = f"{workload.name}: first frame of a process beyond a usual one, least, ms"
            yield Outcome(
                text, _FIRST_LIMIT_MS, summarize(beyond[:1])
            )  # what else the machine does only adds
        if workload.job.imports:
            own, other = (results.by_round(workload.name, name, "import_cost") for name in ("glrec", "numpy"))
            yield Outcome("import: glrec_core beyond NumPy / NumPy", _IMPORT_LIMIT, ratio(own, other))


def _added(results: Results) -> Iterator[Outcome]:
    """What recording adds to a frame that the GPU bounds."""
    name = "bound-4k"
    drawing = results.by_round(name, "nothing", "total_seconds")
    added = {
        each: differences(results.by_round(name, each, "total_seconds"), drawing)
        for each in results.recorders(name)
    }
    if "pipe-into" in added:
        for own in (each for each in added if each.startswith("glrec")):
            text = f"{name}: added to a frame, {own} / pipe-into"
            yield Outcome(text, _ADDED_LIMIT, ratio(added[own], added["pipe-into"]))


def _jpeg(results: Results) -> Iterator[Outcome]:
    name, own = "unpaced-4k", "glrec-mjpeg"
    if best := _least(results, name, "total_seconds"):
        jpeg, other = (results.by_round(name, each, "total_seconds") for each in (own, best))
        text = f"{name}: time to the finished file, {own} / the best ({best})"
        yield Outcome(text, _JPEG_LIMIT, ratio(jpeg, other))


def _least(results: Results, workload: str, metric: str) -> str | None:
    """Return the other recorder with the smallest median; None if none has the metric."""
    values = {peer: results.by_round(workload, peer, metric).values() for peer in _peers(results, workload)}
    medians = {peer: median(found) for peer, found in values.items() if found}
    return min(medians, key=lambda peer: medians[peer], default=None)


def _peers(results: Results, workload: str) -> list[str]:
    """Return the other recorders, but for those that lost frames."""
    return [
        name
        for name in results.recorders(workload)
        if not name.startswith("glrec")
        and not RECORDERS[name].is_bound
        and whole_runs(results.of(workload, name))
    ]
