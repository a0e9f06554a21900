"""The whole way, with small pictures: recorders in processes of their own, their files decoded, their frames counted."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from glrec_bench import measuring
from glrec_bench.environment import Environment
from glrec_bench.errors import BenchError
from glrec_bench.job import Job, PixelSize
from glrec_bench.measuring import measure, measure_once
from glrec_bench.memory import ChildrenPeak, peak_bytes
from glrec_bench.recorders import RECORDERS
from glrec_bench.results import Run
from glrec_bench.workloads import GUARD, HARDWARE, SOFTWARE, Workload, quick
from tests.bench.made_up import WHOLE, workload

pytestmark = pytest.mark.timeout(600)  # processes that encode; on a busy machine each takes its time

HERE = Environment(Path(sys.executable))
SIZE, FRAMES = PixelSize(320, 192), 20
RELIABLE = (
    "glrec",
    "imageio",
    "pipe",
    "pipe-into",
    "pyav",
    "vispy",
    "pyglet",
    "pyglrec",
    "pyglrec-npz",
    "floor",
)


def small(*recorders: str, paced: bool = False, frames: int = FRAMES, copies: int = 1) -> Workload:
    job = Job(recorder="", path="", size=SIZE, frames=frames, paced=paced, copies=copies)
    return Workload(name="small", title="small", recorders=recorders, job=job)


def test_a_benchmark_of_two_recorders(tmp_path: Path) -> None:
    told: list[str] = []
    results = measure(HERE, [small("glrec", "imageio", "turbopipe")], 2, folder=tmp_path, tell=told.append)
    assert [(run.recorder, run.round) for run in results.runs if run.recorder in {"glrec", "imageio"}] == [
        ("glrec", 0),
        ("imageio", 0),
        ("imageio", 1),
        ("glrec", 1),
    ]
    for run in results.runs:
        assert run.is_whole, run
        assert (run.lost, run.doubled, run.disordered, run.fault) == (0, 0, 0, "")
        assert run.psnr_db is not None
        assert run.ssim is not None
        assert (run.psnr_db > 25, run.ssim > 0.8) == (True, True)
        for metric in ("render_p50_ms", "total_seconds", "cpu_seconds", "peak_bytes", "file_bytes"):
            assert (run.value(metric) or 0) > 0, metric
    assert results.machine["processor"]
    assert len(told) == len(results.runs)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("recorder", RELIABLE)
def test_every_reliable_recorder_records_every_frame(recorder: str, tmp_path: Path) -> None:
    if missing := HERE.missing(RECORDERS[recorder].packages):
        pytest.skip(f"{', '.join(missing)} not installed")
    run = measure_once(HERE, small(recorder), recorder, 0, tmp_path)
    assert run.error == ""
    assert (run.lost, run.doubled, run.disordered, run.fault) == (0, 0, 0, "")


def test_a_paced_loop_takes_its_time_and_loses_nothing(tmp_path: Path) -> None:
    run = measure_once(HERE, small("glrec", paced=True, frames=12), "glrec", 0, tmp_path)
    assert (run.error, run.lost, run.doubled) == ("", 0, 0)
    assert run.total_seconds is not None
    assert run.total_seconds >= 12 / 60
    assert run.late_frames is not None


def test_several_recorders_record_the_same_scene(tmp_path: Path) -> None:
    run = measure_once(HERE, small("glrec", copies=3), "glrec", 0, tmp_path)
    assert (run.error, run.lost) == ("", 0)


def test_drawing_alone_makes_no_file(tmp_path: Path) -> None:
    run = measure_once(HERE, small("nothing"), "nothing", 0, tmp_path)
    assert (run.error, run.lost, run.file_bytes) == ("", None, None)


def test_a_capture_that_loses_frames_is_found_out(tmp_path: Path) -> None:
    """FFmpegCapture takes a frame only when its own clock says so: of a loop that does not wait, two a second here."""
    slow = small("moderngl-window", frames=30)
    slow = replace(slow, job=replace(slow.job, fps=2))
    run = measure_once(HERE, slow, "moderngl-window", 0, tmp_path)
    assert not run.is_whole


def test_recorders_that_are_not_installed_are_left_out_with_the_reason() -> None:
    environment = Environment(Path(sys.executable))
    assert environment.missing(["json", "no_such_package"]) == {"no_such_package"}


def test_a_recorder_that_fails_is_a_result_and_is_not_tried_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []

    def fail(_: Environment, workload: Workload, recorder: str, number: int, __: Path | None) -> Run:
        tried.append(recorder)
        error = "crashed" if recorder == "pipe" else ""
        return replace(WHOLE, workload=workload.name, recorder=recorder, round=number, error=error)

    monkeypatch.setattr(measuring, "measure_once", fail)
    results = measure(HERE, [small("pipe", "pyav")], 5)
    assert (tried.count("pipe"), tried.count("pyav")) == (2, 5)
    assert results.of("small", "pipe")[0].error == "crashed"


def test_an_answer_that_does_not_come_is_an_error_with_what_was_said() -> None:
    with pytest.raises(BenchError, match="no_such_module"):
        HERE.call("no_such_module", "serve", {})


def test_a_peer_is_measured_without_glrec_in_its_process() -> None:
    program = (
        "import sys, glrec_bench.subject\n"
        "from glrec_bench.recorders import recorder_class\n"
        "recorder_class('imageio')\n"
        "print([name for name in sys.modules if name.startswith('glrec_core')])"
    )
    command = [sys.executable, "-c", program]
    output = subprocess.run(
        command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2]
    )
    assert output.stdout.strip() == "[]"


def test_every_workload_names_recorders_of_the_table_and_no_name_is_used_twice() -> None:
    for table in (SOFTWARE, HARDWARE, GUARD):
        names = [each.name for each in table]
        assert len(set(names)) == len(names)
        assert {name for each in table for name in each.recorders} <= RECORDERS.keys()


def test_a_quick_run_keeps_glrec_and_its_bounds() -> None:
    shortened = {each.name: each for each in quick(SOFTWARE)}
    assert shortened["unpaced-1080p"].job.frames == 60
    assert {"glrec", "imageio", "floor", "nothing"} <= set(shortened["unpaced-1080p"].recorders)
    assert "frames-many" not in shortened


def test_every_other_round_goes_backwards() -> None:
    turns = list(measuring._turns(workload("w", ("a", "b", "c")), 3))
    assert [recorder for _, recorder, _ in turns] == ["a", "b", "c", "c", "b", "a", "a", "b", "c"]


CHILD = """
import subprocess, sys
inner = "import sys; block = b'x' * (64 << 20); print(len(block), flush=True); sys.stdin.read()"
with subprocess.Popen([sys.executable, "-c", inner]) as process:
    sys.exit(process.wait())
"""


def test_the_memory_of_programs_that_a_recorder_starts_is_seen() -> None:
    command = [sys.executable, "-c", CHILD]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()  # the inner program holds its memory now
        peak = ChildrenPeak(process.pid)
        peak.look()
        assert 64 << 20 < peak.bytes < 256 << 20
        process.communicate()


def test_a_process_that_has_ended_has_no_memory() -> None:
    assert peak_bytes(max(psutil.pids()) + 100_000) is None
    assert (peak_bytes(psutil.Process().pid) or 0) > 10 << 20
