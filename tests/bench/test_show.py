"""Tables, plots and files of results."""

import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from rich.console import Console

from glrec_bench import grids, table
from glrec_bench.errors import BenchError
from glrec_bench.guard import Judgement, Known, Verdict
from glrec_bench.markdown import write_page
from glrec_bench.plots import FIGURES, bars, write_plots
from glrec_bench.results import read_results
from glrec_bench.statistics import Summary
from glrec_bench.targets import outcomes
from tests.bench.made_up import results, workload

PACED = workload("paced-720p", ("glrec", "imageio", "moderngl-window"), paced=True)
UNPACED = workload("unpaced-1080p", ("glrec", "imageio", "pipe", "floor", "nothing"))
VALUES: dict[str, dict[str, Any]] = {
    "glrec": {"render_p50_ms": 0.125},
    "imageio": {"render_p50_ms": 4.0, "total_seconds": 2.5},
    "moderngl-window": {"lost": 7},
    "pipe": {"error": "it made no file"},
    "nothing": {"lost": None, "doubled": None, "disordered": None, "total_seconds": 0.5},
}
MADE_UP = results(PACED, UNPACED, values=VALUES)


def printed(grid: grids.Grid) -> str:
    output = io.StringIO()
    table.show(Console(file=output, width=220), grid)
    return output.getvalue()


def line(text: str, name: str) -> list[str]:
    """Return the cells of the row that begins with a name."""
    row = next(row for row in text.splitlines() if row.startswith(f"│{name} "))
    return [cell.strip() for cell in row.strip("│").split("│")]


def test_a_table_shows_medians_and_what_became_of_the_frames() -> None:
    text = printed(grids.workload_grid(MADE_UP, PACED))
    assert "title of paced-720p; 10 frames, x264 ultrafast, CRF 20" in text
    assert line(text, "glrec")[1:3] == ["0.125 ±0.000", "2.00"]
    assert line(text, "imageio")[-1] == "all"
    assert line(text, "moderngl-window")[-1] == "7 lost"


def test_a_recorder_that_failed_says_why_and_one_without_a_file_has_no_frames() -> None:
    text = printed(grids.workload_grid(MADE_UP, UNPACED))
    assert line(text, "pipe")[-1] == "failed: it made no file"
    assert line(text, "pipe")[1] == "-"
    assert line(text, "nothing")[-1] == "-"
    assert "late" not in text  # nothing is late in a loop without a pace


def test_the_targets_say_reached_or_not() -> None:
    text = printed(grids.targets_grid(outcomes(MADE_UP, software=True)))
    reached = line(text, "paced-720p: net time on the render thread, glrec / imageio")
    assert reached[1:] == ["≤ 0.125", "0.0312 ± 0", "reached"]
    assert line(text, "unpaced-1080p: fraction")[1:] == ["≥ 0.85", "1 ± 0", "reached"]
    assert line(text, "unpaced-1080p: time to the finished file, glrec / pyglrec-npz")[-1] == "not measured"


def test_the_machine_and_what_was_left_out_are_shown() -> None:
    output = io.StringIO()
    of = results(PACED)
    of.left_out["turbopipe"] = "turbopipe not installed"
    table.show_machine(Console(file=output, width=220), of)
    assert "Example 9000" in output.getvalue()
    assert "left out: turbopipe" in output.getvalue()


def test_the_guards_table_marks_what_is_worse() -> None:
    verdicts = [
        Verdict("a b c", Known(0.25, 0.01), Summary(0.9, 0.0, 0.9, 0.9, 3)),
        Verdict("d e f", None, Summary(0.9, 0.0, 0.9, 0.9, 3)),
    ]
    text = printed(grids.guard_grid(Judgement(verdicts, [], 3)))
    assert "the best of 3 attempts" in text
    assert line(text, "a b c")[1:] == ["0.250 ± 0.01", "0.9 ± 0", "0.500", "WORSE"]
    assert line(text, "d e f")[-1] == "not stored"


def test_the_page_holds_machine_tables_and_plots(tmp_path: Path) -> None:
    plots = [tmp_path / "total.svg", tmp_path / "total.png"]
    write_page(MADE_UP, outcomes(MADE_UP, software=True), plots, tmp_path / "results.md")
    text = (tmp_path / "results.md").read_text()
    assert text.startswith("Machine: date 2026-11-21; processor Example 9000;")
    assert text.count("![total](total.svg)") == 1
    assert "| glrec | 0.125 ±0.000 | 2.00 |" in text
    assert "### targets\n\n| target | limit | measured | outcome |\n| --- | --: | --: | --- |" in text


def test_square_brackets_in_an_error_are_shown_as_they_are() -> None:
    of = results(PACED, values={"imageio": {"error": "[Errno 2] no file"}})
    assert line(printed(grids.workload_grid(of, PACED)), "imageio")[-1] == "failed: [Errno 2] no file"


def test_every_figure_with_results_is_written_as_svg_and_png(tmp_path: Path) -> None:
    paths = write_plots(MADE_UP, tmp_path)
    expected = [
        f"{name}.{suffix}" for name in ("render-thread", "total", "resources") for suffix in ("svg", "png")
    ]
    assert [path.name for path in paths] == expected
    with Image.open(tmp_path / "total.png") as picture:
        assert picture.width > 800
        assert len(picture.convert("RGB").getcolors(1 << 20) or []) > 10


def test_a_plot_names_the_recorders_and_those_that_lost_frames(tmp_path: Path) -> None:
    write_plots(MADE_UP, tmp_path)
    text = (tmp_path / "render-thread.svg").read_text()
    assert "moderngl-window (lost 7)" in text
    assert "Example 9000, 2 cores; llvmpipe; 2026-11-21" in text


def test_the_same_results_give_the_same_picture(tmp_path: Path) -> None:
    folders = [tmp_path / "a", tmp_path / "b"]
    for folder in folders:
        folder.mkdir()
        write_plots(MADE_UP, folder)
    first, second = (folder / "total.svg" for folder in folders)
    assert first.read_bytes() == second.read_bytes()


def test_bars_are_sorted_and_leave_out_what_failed_and_drawing_alone() -> None:
    assert list(bars(MADE_UP, FIGURES["total"][0])) == ["imageio", "glrec", "floor"]


def test_results_survive_their_file(tmp_path: Path) -> None:
    MADE_UP.write(tmp_path / "results.json")
    assert read_results(tmp_path / "results.json") == MADE_UP


def test_a_file_that_holds_no_results_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text("{}")
    with pytest.raises(BenchError, match="no results"):
        read_results(tmp_path / "other.json")
