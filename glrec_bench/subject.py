"""The measured process: records the scene with one recorder and answers what that cost.

It reads a job as one line of JSON and answers with another. A few frames are recorded beforehand, so that imports and the
first use of a driver count for no recorder; the first of them is measured by itself.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from time import perf_counter, perf_counter_ns, sleep

from glrec_bench.job import Cost, Job
from glrec_bench.recorders import Recorder, recorder_class
from glrec_bench.scene import AnyScene

_WARM_UP_FRAMES = 5

_NANOSECONDS_PER_SECOND = 1_000_000_000


def measure(job: Job) -> Cost:
    """Record and say what it took."""
    kind = recorder_class(job.recorder)
    scene = kind.scene_class(job)
    first_ms = _warm_up(job, kind, scene)
    cpu, written = _cpu_seconds(), _written_bytes()
    began = perf_counter()
    render_ms, late_frames = _record(job, kind, scene)
    total_seconds = perf_counter() - began
    return Cost(
        total_seconds=total_seconds,
        cpu_seconds=_cpu_seconds() - cpu,
        own_peak_bytes=_peak_bytes(),
        written_bytes=_written_bytes() - written,
        late_frames=late_frames,
        render_ms=render_ms,
        first_ms=first_ms,
    )


def _warm_up(job: Job, kind: type[Recorder], scene: AnyScene) -> float:
    """Record a little, and return what the process's first frame took from the render thread, in ms."""
    with tempfile.TemporaryDirectory(dir=Path(job.path).parent) as folder:
        path = str(Path(folder) / Path(job.path).name)
        warm_up = replace(job, path=path, frames=_WARM_UP_FRAMES, paced=False)
        return _record(warm_up, kind, scene)[0][0]


def _record(job: Job, kind: type[Recorder], scene: AnyScene) -> tuple[list[float], int]:
    """Return each frame's time on the render thread in ms, and the number of late frames."""
    path = Path(job.path)
    jobs = [replace(job, path=str(path.with_stem(f"{path.stem}-{copy}"))) for copy in range(1, job.copies)]
    recorders = [kind(scene, each) for each in (job, *jobs)]
    net_ns, late = (_paced if job.paced else _unpaced)(scene, recorders, job)
    for recorder in recorders:
        recorder.close()
    scene.finish()
    return [each / 1e6 for each in net_ns], late


def _unpaced(scene: AnyScene, recorders: Sequence[Recorder], job: Job) -> tuple[list[int], int]:
    net_ns = []
    for number in range(job.frames):
        scene.draw(number)
        net_ns.append(_grab_ns(scene, recorders))
    return net_ns, 0


def _paced(scene: AnyScene, recorders: Sequence[Recorder], job: Job) -> tuple[list[int], int]:
    """Draw at the job's rate; a frame that misses its tick is shown at the next one, as on a display."""
    interval_ns = _NANOSECONDS_PER_SECOND // job.fps
    net_ns, late, due_ns = [], 0, perf_counter_ns() + interval_ns
    for number in range(job.frames):
        scene.draw(number)
        scene.finish()
        net_ns.append(_grab_ns(scene, recorders))
        while (left_ns := due_ns - perf_counter_ns()) < 0:
            late += 1
            due_ns += interval_ns
        sleep(left_ns / _NANOSECONDS_PER_SECOND)
        due_ns += interval_ns
    return net_ns, late


def _grab_ns(scene: AnyScene, recorders: Sequence[Recorder]) -> int:
    """Let every recorder take the frame; return the time of that, without what the framework spent on drawing."""
    drawing_ns, began_ns = scene.own_drawing_ns, perf_counter_ns()
    for recorder in recorders:
        recorder.grab()
    return perf_counter_ns() - began_ns - (scene.own_drawing_ns - drawing_ns)


def _cpu_seconds() -> float:
    """Return the CPU time of this process and of the programs that it started and that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def _peak_bytes() -> int:
    """Return VmHWM; getrusage's ru_maxrss would hold the memory of the process that started this one (proc(5))."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM:"))


def _written_bytes() -> int:
    """Return what went to the file systems of disks; ended programs that this one started are in it (proc(5))."""
    lines = Path("/proc/self/io").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("write_bytes:"))


def serve() -> None:
    """Answer one job."""
    # Recorders and drivers print to standard output, which carries the answer: they get standard error instead.
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as answers:
        os.dup2(2, 1)
        cost = measure(Job.from_json(json.loads(sys.stdin.readline())))
        answers.write(json.dumps(asdict(cost)) + "\n")
