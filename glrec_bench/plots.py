"""The results as pictures: bars with their spread, one file for each question, as SVG and PNG."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from glrec_bench.recorders import RECORDERS
from glrec_bench.results import Results, whole_runs
from glrec_bench.statistics import Summary, summarize

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_OWN, _PEER, _BOUND, _INVALID = "#1a7f5a", "#8a94a6", "#d9c27a", "#d46a6a"
_FORMATS = ("svg", "png")
_ROW_INCHES, _MARGIN_INCHES, _WIDTH_INCHES = 0.28, 1.3, 9.0
_DPI = 130


@dataclass(frozen=True, slots=True)
class Panel:
    """One diagram: a metric of all recorders of a workload."""

    workload: str
    metric: str
    label: str
    unit: float = 1.0


FIGURES = {
    "render-thread": (
        Panel("paced-720p", "render_p50_ms", "net time on the render thread, ms a frame"),
        Panel("paced-1080p", "render_p50_ms", "net time on the render thread, ms a frame"),
    ),
    "total": (
        Panel("unpaced-1080p", "total_seconds", "to the finished file, s"),
        Panel("defaults-1080p", "total_seconds", "to the finished file, s"),
    ),
    "resources": (
        Panel("unpaced-1080p", "peak_bytes", "peak memory, MB", 1e6),
        Panel("unpaced-1080p", "cpu_seconds", "CPU time, s"),
    ),
    "gpu": (
        Panel("bound-4k", "total_seconds", "drawn and recorded, s"),
        Panel("unpaced-4k", "total_seconds", "to the finished file, s"),
    ),
}


def write_plots(results: Results, folder: Path) -> list[Path]:
    """Draw every figure that there are results for; return the files, each figure's SVG before its PNG."""
    return [path for name in FIGURES for path in _write(results, name, folder)]


def _write(results: Results, name: str, folder: Path) -> Iterator[Path]:
    panels = [panel for panel in FIGURES[name] if bars(results, panel)]
    if not panels:
        return
    import matplotlib as mpl
    from matplotlib.figure import Figure

    rows = [len(bars(results, panel)) for panel in panels]
    height = sum(rows) * _ROW_INCHES + len(panels) * _MARGIN_INCHES
    figure = Figure(figsize=(_WIDTH_INCHES, height), layout="constrained")
    axes = figure.subplots(len(panels), 1, squeeze=False, height_ratios=rows)[:, 0]
    for panel, each in zip(panels, axes, strict=True):
        _draw(each, results, panel)
    machine = results.machine
    figure.supxlabel(
        f"{machine['processor']}, {machine['cores']} cores; {machine['renderer']}; {machine['date']}",
        fontsize=7,
    )
    # Text stays text, and the same results give the same file.
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "glrec"}):
        for suffix in _FORMATS:
            path = folder / f"{name}.{suffix}"
            figure.savefig(path, dpi=_DPI, metadata={"Date": None} if suffix == "svg" else {})
            yield path


def bars(results: Results, panel: Panel) -> dict[str, Summary]:
    """Return each recorder's value in a panel, the smallest last."""
    values = {
        name: summarize([value / panel.unit for value in by_round.values()])
        for name in results.recorders(panel.workload)
        if (by_round := results.by_round(panel.workload, name, panel.metric)) and name != "nothing"
    }
    found = {name: value for name, value in values.items() if value is not None}
    return dict(sorted(found.items(), key=lambda item: item[1].median, reverse=True))


def _draw(axes: Axes, results: Results, panel: Panel) -> None:
    found = bars(results, panel)
    medians = [each.median for each in found.values()]
    spread = [
        [each.median - each.low for each in found.values()],
        [each.high - each.median for each in found.values()],
    ]
    colors = [_color(results, panel.workload, name) for name in found]
    axes.barh(list(found), medians, xerr=spread, color=colors, height=0.7, error_kw={"lw": 0.8, "capsize": 2})
    for place, value in enumerate(found.values()):
        axes.annotate(
            f" {value.median:.3g}",
            (value.high, place),
            va="center",
            fontsize=7,
            xytext=(3, 0),
            textcoords="offset points",
        )
    axes.set_yticks(range(len(found)), _labels(results, panel.workload, list(found)), fontsize=8)
    axes.set_xlabel(panel.label, fontsize=8)
    axes.tick_params(axis="x", labelsize=7)
    axes.margins(x=0.12)
    axes.spines[["top", "right"]].set_visible(False)
    workload = results.workload(panel.workload)
    assert workload is not None
    axes.set_title(f"{workload.title}, {workload.job.frames} frames", fontsize=9, loc="left")


def _color(results: Results, workload: str, name: str) -> str:
    if RECORDERS[name].is_bound:
        return _BOUND
    if not whole_runs(results.of(workload, name)):
        return _INVALID
    return _OWN if name.startswith("glrec") else _PEER


def _labels(results: Results, workload: str, names: Sequence[str]) -> list[str]:
    """Return the names; a recorder whose file is not whole says how many frames it lost."""
    labels = []
    for name in names:
        runs = results.of(workload, name)
        lost = max((run.lost or 0 for run in runs), default=0)
        labels.append(
            name if whole_runs(runs) else f"{name} (lost {lost})" if lost else f"{name} (frames wrong)"
        )
    return labels
