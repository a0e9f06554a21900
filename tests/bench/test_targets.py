"""Which targets are reached, on results whose answers are known."""

from dataclasses import replace
from typing import Any

import pytest

from glrec_bench.results import Results
from glrec_bench.targets import Outcome, outcomes
from tests.bench.made_up import results, workload

PACED = workload("paced-720p", ("glrec", "imageio", "turbopipe", "pyglrec"), paced=True)
UNPACED = workload("unpaced-1080p", ("glrec", "imageio", "pipe", "floor", "nothing"))


def found(of: Results, words: str, *, software: bool = True) -> Outcome:
    """Return the one outcome whose text holds the words."""
    matching = [each for each in outcomes(of, software=software) if words in each.text]
    assert len(matching) == 1, [each.text for each in matching]
    return matching[0]


@pytest.mark.parametrize(("peer_ms", "reached"), [(8.0, True), (7.9, False)])
def test_the_render_thread_is_compared_with_each_peer(peer_ms: float, *, reached: bool) -> None:
    outcome = found(results(PACED, values={"imageio": {"render_p50_ms": peer_ms}}), "glrec / imageio")
    assert outcome.limit == 1 / 8
    assert outcome.found is not None
    assert outcome.found.median == pytest.approx(1 / peer_ms)
    assert outcome.reached is reached


def test_a_peer_that_failed_leaves_its_target_open() -> None:
    outcome = found(results(PACED, values={"turbopipe": {"error": "crashed"}}), "glrec / turbopipe")
    assert (outcome.found, outcome.reached) == (None, None)


def test_targets_of_workloads_that_were_not_run_are_not_there() -> None:
    assert {each.text.partition(":")[0] for each in outcomes(results(PACED), software=True)} == {
        "paced-720p",
        "all",
    }


@pytest.mark.parametrize(("first_ms", "reached"), [((90.0, 16.0), True), ((17.0, 16.1), False)])
def test_the_first_frame_has_fifteen_milliseconds_beyond_a_usual_one(
    first_ms: tuple[float, float], *, reached: bool
) -> None:
    """The least of the repetitions counts."""
    of = results(PACED)
    own = iter(first_ms)
    of.runs = [replace(run, first_ms=next(own)) if run.recorder == "glrec" else run for run in of.runs]
    assert found(of, "first frame").reached is reached


@pytest.mark.parametrize(("numpy", "reached"), [(0.1, True), (0.09, False)])
def test_an_import_takes_no_more_than_numpys(numpy: float, *, reached: bool) -> None:
    importing = workload("import", ("glrec", "numpy"), imports=True)
    of = results(importing, values={"glrec": {"import_cost": 0.1}, "numpy": {"import_cost": numpy}})
    for software in (True, False):
        assert found(of, "glrec_core beyond NumPy", software=software).reached is reached


@pytest.mark.parametrize(("floor_seconds", "reached"), [(0.86, True), (0.84, False)])
def test_the_floor_is_a_lower_bound(floor_seconds: float, *, reached: bool) -> None:
    assert (
        found(results(UNPACED, values={"floor": {"total_seconds": floor_seconds}}), "floor").reached
        is reached
    )


def test_memory_is_compared_with_the_leanest_recorder_that_lost_nothing() -> None:
    values: dict[str, dict[str, Any]] = {
        "imageio": {"peak_bytes": 10e6, "lost": 1},
        "pipe": {"peak_bytes": 50e6},
        "nothing": {"peak_bytes": 1e6, "lost": None},
    }
    outcome = found(results(UNPACED, values=values), "peak memory")
    assert "(pipe)" in outcome.text
    assert outcome.found is not None
    assert outcome.found.median == pytest.approx(2.0)
    assert outcome.reached is False


def test_half_the_time_at_a_worse_picture_does_not_count() -> None:
    defaults = workload("defaults-1080p", ("glrec", "imageio", "pipe"), same_settings=False)
    values = {
        "imageio": {"total_seconds": 3.0, "ssim": 0.99},
        "pipe": {"total_seconds": 3.0, "ssim": 0.97},
    }
    of = results(defaults, values=values)
    assert found(of, "glrec / pipe").reached is True
    outcome = found(of, "glrec / imageio")
    assert outcome.reached is False
    assert "SSIM" in outcome.objection


@pytest.mark.parametrize(
    ("values", "reached"),
    [
        ({}, True),
        ({"lost": 1}, False),
        ({"doubled": 1}, False),
        ({"disordered": 1}, False),
        ({"error": "x"}, False),
    ],
)
def test_every_frame_of_glrec_counts(values: dict[str, Any], *, reached: bool) -> None:
    assert found(results(PACED, values={"glrec": values}), "lost, doubled or moved").reached is reached


def test_growth_is_measured_for_each_frame_pixel_and_recorder() -> None:
    """Twice the frames in twice the time is flat; so are four recorders in four times the time."""
    few = results(workload("frames-few", ("glrec",), frames=10), values={"glrec": {"total_seconds": 1.0}})
    many = results(workload("frames-many", ("glrec",), frames=20), values={"glrec": {"total_seconds": 2.0}})
    one = results(workload("recorders-one", ("glrec",)), values={"glrec": {"total_seconds": 1.0}})
    four = results(workload("recorders-four", ("glrec",), copies=4), values={"glrec": {"total_seconds": 4.8}})
    parts = (few, many, one, four)
    of = Results(
        few.machine,
        tuple(w for part in parts for w in part.workloads),
        [r for part in parts for r in part.runs],
    )
    flat, steep = found(of, "time per frame, 100"), found(of, "frame and recorder")
    assert flat.found is not None
    assert steep.found is not None
    assert (flat.found.median, steep.found.median) == pytest.approx((1.0, 1.2))
    assert (flat.reached, steep.reached) == (True, False)


def test_on_a_gpu_what_recording_adds_is_compared() -> None:
    bound = workload("bound-4k", ("nothing", "glrec", "pipe-into"))
    values: dict[str, dict[str, Any]] = {
        "nothing": {"total_seconds": 1.0, "lost": None},
        "glrec": {"total_seconds": 1.1},
        "pipe-into": {"total_seconds": 2.0},
    }
    outcome = found(results(bound, values=values), "added to a frame", software=False)
    assert outcome.found is not None
    assert outcome.found.median == pytest.approx(0.1)
    assert outcome.reached is True


def test_on_a_gpu_jpeg_is_compared_with_the_best_file_of_any_kind() -> None:
    unpaced = workload("unpaced-4k", ("glrec", "glrec-mjpeg", "imageio", "turbopipe"))
    values = {"imageio": {"total_seconds": 9.0}, "turbopipe": {"total_seconds": 4.0}}
    outcome = found(results(unpaced, values=values), "the best (turbopipe)", software=False)
    assert outcome.reached is False
