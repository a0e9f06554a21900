"""When the guard of CI fails, and above all when it does not."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from glrec_bench.errors import BenchError
from glrec_bench.guard import ATTEMPTS, Baseline, Known, Verdict, baseline_of, judge, ratios, read_baseline
from glrec_bench.results import Results
from glrec_bench.statistics import Summary
from glrec_bench.workloads import Workload
from tests.bench.made_up import MACHINE, results, workload

PACED = workload("paced", ("glrec", "imageio"), paced=True)
UNPACED = workload("unpaced", ("glrec", "imageio", "floor"))
NAME = "paced render_p50_ms imageio"


def summary(median: float, mad: float = 0.0) -> Summary:
    return Summary(median, mad, median, median, 3)


class Machine:
    """Gives one attempt's value of glrec's render time after the other, the last one for ever; imageio takes 1 ms."""

    def __init__(self, *glrec_ms: float, **values: Any) -> None:
        self._glrec_ms = list(glrec_ms)
        self._values = values
        self.asked: list[list[str]] = []

    def __call__(self, workloads: Sequence[Workload]) -> Results:
        self.asked.append([each.name for each in workloads])
        ms = self._glrec_ms.pop(0) if len(self._glrec_ms) > 1 else self._glrec_ms[0]
        return results(*workloads, values={"glrec": {"render_p50_ms": ms, **self._values}})


STORED = Baseline(MACHINE, {NAME: Known(0.25, 0.01)})


def test_ratios_are_of_glrec_to_every_other_recorder() -> None:
    assert ratios(results(PACED, UNPACED)).keys() == {
        NAME,
        "paced first_ms imageio",
        "unpaced total_seconds imageio",
        "unpaced cpu_seconds imageio",
        "unpaced peak_bytes imageio",
        "unpaced total_seconds floor",
    }


def test_a_recorder_that_loses_frames_is_no_measure() -> None:
    assert ratios(results(PACED, values={"imageio": {"lost": 3}})) == {}


@pytest.mark.parametrize(
    ("median", "mad", "noise", "worse"),
    [
        (0.50, 0.0, 0.01, False),  # twice as much
        (0.51, 0.0, 0.01, True),
        (0.60, 0.0, 0.08, False),  # within five widths of the stored noise
        (0.60, 0.1, 0.01, False),  # within five widths of the noise now
        (0.10, 0.0, 0.01, False),
    ],
)
def test_worse_is_twice_as_much_and_beyond_the_noise(
    median: float, mad: float, noise: float, *, worse: bool
) -> None:
    assert Verdict(NAME, Known(0.25, noise), summary(median, mad)).is_worse is worse


def test_a_ratio_that_is_not_stored_is_never_worse() -> None:
    assert not Verdict(NAME, None, summary(99.0)).is_worse


def test_what_is_as_it_was_is_measured_once() -> None:
    machine = Machine(0.3)
    judgement = judge(machine, (PACED, UNPACED), STORED)
    assert judgement.passed
    assert machine.asked == [["paced", "unpaced"]]


def test_what_seems_worse_is_measured_again_and_the_best_counts() -> None:
    machine = Machine(9.0, 9.0, 0.3)
    judgement = judge(machine, (PACED, UNPACED), STORED)
    assert judgement.passed
    assert machine.asked == [["paced", "unpaced"], ["paced"], ["paced"]]
    assert min(each.found.median for each in judgement.verdicts if each.name == NAME) == pytest.approx(0.3)


def test_what_stays_worse_fails() -> None:
    machine = Machine(0.6)
    judgement = judge(machine, (PACED,), STORED)
    assert not judgement.passed
    assert judgement.attempts == len(machine.asked) == ATTEMPTS


def test_lost_frames_fail_whatever_the_ratios() -> None:
    judgement = judge(Machine(0.1, lost=1), (PACED,), STORED)
    assert not judgement.passed
    assert "paced" in judgement.faults[0]


def test_a_baseline_of_another_kind_of_renderer_judges_nothing() -> None:
    stored = Baseline({**MACHINE, "software renderer": "no"}, STORED.ratios)
    assert judge(Machine(9.0), (PACED,), stored).passed


def test_a_baseline_survives_its_file(tmp_path: Path) -> None:
    made = baseline_of(results(PACED, UNPACED, values={"glrec": {"render_p50_ms": 0.25}}))
    made.write(tmp_path / "baseline.json")
    assert read_baseline(tmp_path / "baseline.json") == made
    assert made.ratios[NAME].ratio == 0.25
    assert made.ratios[NAME].noise == pytest.approx(0.0125)


def test_no_baseline_is_made_of_failures() -> None:
    with pytest.raises(BenchError, match="imageio: crashed"):
        baseline_of(results(PACED, values={"imageio": {"error": "crashed"}}))


@pytest.mark.parametrize("text", ["", "[]", '{"ratios": {"a": {"ratio": 1}}}'])
def test_a_file_that_is_no_baseline_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "other.json").write_text(text)
    with pytest.raises(BenchError, match="no baseline"):
        read_baseline(tmp_path / "other.json")


def test_the_stored_baseline_fits_the_guards_workloads() -> None:
    from glrec_bench.workloads import GUARD

    stored = read_baseline(Path(__file__).parents[2] / "benchmarks" / "baseline.json")
    assert stored.ratios.keys() == ratios(results(*GUARD)).keys()
