"""What the first recorded frame of a process takes from the thread that draws, beyond a usual frame of the same run; and `record()`.

Each recording is made in a fresh interpreter with stored bytecode, in turn with the others. Both are told: the CPU time of the
thread that draws, which the machine's other work hardly changes, and the time that passes, which it only adds to; the least of
the rounds counts. "Right after" draws as soon as `record()` returns, "later" half a second after.

    python benchmarks/first_frame.py [--rounds 5] [--size 1280x720]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import NamedTuple

FRAMES = 40
LATER_SECONDS = 0.5
ROUTES: dict[str, tuple[str, dict[str, object]]] = {
    "h264": ("film.mp4", {}),
    "ffv1": ("film.mkv", {"codec": "ffv1"}),
    "vp9": ("film.webm", {}),
    "av1": ("film.mp4", {"codec": "av1"}),
    "png": ("frames/%06d.png", {}),
    "spill": ("film.mp4", {"backend": "spill"}),
    "ffmpeg": ("film.mp4", {"backend": "ffmpeg"}),
}


class Took(NamedTuple):
    """In ms: of a CPU, and passed."""

    cpu_ms: float
    passed_ms: float


class Told(NamedTuple):
    """Of one process."""

    record: Took
    first: Took
    usual: Took


def record_here(name: str, wait_seconds: float, width: int, height: int) -> Told:
    """Record in this process, drawing 60 frames a second."""
    import moderngl

    import glrec_core

    context = moderngl.create_context(standalone=True, backend="egl")
    drawn = context.framebuffer([context.renderbuffer((width, height))])
    source = glrec_core.Framebuffer(drawn.glo, glrec_core.Size(width, height))
    file, options = ROUTES[name]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / file
        began = stamp()
        recorder = glrec_core.record(None, path, **options)
        took = [since(began)]
        time.sleep(wait_seconds)
        for number in range(FRAMES):
            drawn.clear(number / FRAMES, 0.5, 0.5)
            context.finish()
            began = stamp()
            recorder.frame_drawn(source)
            took.append(since(began))
            time.sleep(1 / 60)
        recorder.close()
    recorded, first, *others = took
    usual = Took(*(median(each) for each in zip(*others[FRAMES // 2 :], strict=True)))
    return Told(recorded, first, usual)


def stamp() -> tuple[int, int]:
    return time.thread_time_ns(), time.perf_counter_ns()


def since(began: tuple[int, int]) -> Took:
    now = stamp()
    return Took(*((after - before) / 1e6 for before, after in zip(began, now, strict=True)))


def measure(name: str, wait_seconds: float, size: str, environment: Mapping[str, str]) -> Told:
    command = [sys.executable, __file__, "--child", name, "--wait", str(wait_seconds), "--size", size]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return Told(*(Took(*each) for each in json.loads(done.stdout.splitlines()[-1])))


def show(name: str, when: str, told: list[Told]) -> None:
    """Print the least of each figure; of the first frame that beyond a usual one of its own process."""
    cells = []
    for which in range(2):
        record = min(each.record[which] for each in told)
        first = min(each.first[which] - each.usual[which] for each in told)
        usual = min(each.usual[which] for each in told)
        cells.append(f"{record:9.1f} {first:8.1f} {usual:7.2f}")
    print(f"{name:8} {when:12} | {cells[0]} | {cells[1]}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the first frame of a process.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--size", default="1280x720")
    parser.add_argument("--routes", default=",".join(ROUTES), help=f"of: {', '.join(ROUTES)}")
    parser.add_argument("--child", choices=ROUTES, help=argparse.SUPPRESS)
    parser.add_argument("--wait", type=float, default=0.0, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        width, height = map(int, arguments.size.split("x"))
        print(json.dumps(record_here(arguments.child, arguments.wait, width, height)))
        return
    with tempfile.TemporaryDirectory() as bytecode:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": bytecode}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        print(f"{'ms':21} | {'of a CPU: record()':>18} {'first +':>0} usual | passed: record() first + usual")
        for name in arguments.routes.split(","):
            measure(name, 0, arguments.size, environment)  # stores the bytecode
            for when, wait_seconds in {"right after": 0.0, "later": LATER_SECONDS}.items():
                told = [
                    measure(name, wait_seconds, arguments.size, environment) for _ in range(arguments.rounds)
                ]
                show(name, when, told)


if __name__ == "__main__":
    main()
