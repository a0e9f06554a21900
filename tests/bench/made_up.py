"""Results that nobody measured, to judge the judges by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from glrec_bench.job import Job, PixelSize
from glrec_bench.results import Results, Run
from glrec_bench.workloads import Workload

MACHINE = {
    "date": "2026-11-21",
    "processor": "Example 9000",
    "cores": "2",
    "renderer": "llvmpipe",
    "software renderer": "yes",
}
WHOLE = Run(
    workload="",
    recorder="",
    round=0,
    render_p50_ms=1.0,
    render_p95_ms=2.0,
    render_p99_ms=3.0,
    first_ms=10.0,
    import_cost=0.1,
    late_frames=0,
    total_seconds=1.0,
    cpu_seconds=1.5,
    peak_bytes=100e6,
    written_bytes=1e6,
    lost=0,
    doubled=0,
    disordered=0,
    file_bytes=1e6,
    psnr_db=40.0,
    ssim=0.98,
)


def workload(name: str, recorders: Sequence[str], **values: Any) -> Workload:
    """Return a workload of 10 frames of 64x36 unless told otherwise."""
    job = Job(recorder="", path="", size=PixelSize(64, 36), frames=10)
    return Workload(
        name=name, title=f"title of {name}", recorders=tuple(recorders), job=replace(job, **values)
    )


def results(
    *workloads: Workload,
    values: Mapping[str, Mapping[str, Any]] | None = None,
    rounds: int = 2,
    **machine: str,
) -> Results:
    """Return whole runs of all recorders; `values` are what differs, by recorder."""
    runs = [
        replace(WHOLE, workload=each.name, recorder=name, round=number, **(values or {}).get(name, {}))
        for each in workloads
        for number in range(rounds)
        for name in each.recorders
    ]
    return Results({**MACHINE, **machine}, tuple(workloads), runs)
