"""The results as a page of Markdown, with the plots that lie beside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from glrec_bench.grids import Grid, targets_grid, workload_grids
from glrec_bench.results import Results
from glrec_bench.targets import Outcome


def write_page(results: Results, outcomes: Sequence[Outcome], plots: Iterable[Path], path: Path) -> None:
    """Write the page; of each plot the SVG file is shown."""
    machine = "; ".join(f"{name} {value}" for name, value in results.machine.items())
    pictures = [f"![{plot.stem}]({plot.name})" for plot in plots if plot.suffix == ".svg"]
    left_out = [f"Left out: {name}: {why}." for name, why in results.left_out.items()]
    grids = ([targets_grid(outcomes)] if outcomes else []) + list(workload_grids(results))
    tables = ["\n".join(_lines(grid)) for grid in grids]
    path.write_text(
        "\n\n".join([f"Machine: {machine}.", *left_out, *pictures, *tables]) + "\n", encoding="utf-8"
    )


def _lines(grid: Grid) -> Iterator[str]:
    yield f"### {grid.title}"
    yield ""
    yield _line(grid.headings)
    last = len(grid.headings) - 1
    yield _line(["---" if place in {0, last} else "--:" for place in range(last + 1)])
    for row in grid.rows:
        yield _line(row.cells)


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
