"""What recording costs, against the idiom that people write by hand: `fbo.read()` and imageio's `append_data`.

Two workloads of `glrec bench` with two of its recorders, in the environment that runs this script:

* paced: a loop at 60 frames/s and 1280x720; the time that recording takes from the render thread in each frame, the GPU
  having finished the scene before it starts, so that waiting for the scene counts for neither.
* unpaced: as fast as it goes at 1920x1080; the time until the file is finished.

    python benchmarks/render_cost.py [--repeats 3] [--frames 300] [--json results.json]
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from glrec_bench.environment import Environment
from glrec_bench.measuring import measure
from glrec_bench.results import Results
from glrec_bench.statistics import ratio, summarize
from glrec_bench.workloads import SOFTWARE

RECORDERS = ("glrec", "imageio")
METRICS = {"paced-720p": ("render_p50_ms", "ms"), "unpaced-1080p": ("total_seconds", "s")}


def show(results: Results) -> None:
    """Print medians with their spread, and glrec's ratio to each recorder."""
    for workload in results.workloads:
        metric, unit = METRICS[workload.name]
        print(f"\n{workload.title}, {workload.job.frames} frames")
        own = results.by_round(workload.name, RECORDERS[0], metric)
        for name in RECORDERS:
            values = results.by_round(workload.name, name, metric)
            found, share = summarize(list(values.values())), ratio(own, values)
            if found is None or share is None:
                print(
                    f"  {name:8} {next((run.error for run in results.of(workload.name, name)), 'not installed')}"
                )
                continue
            low, high = min(values.values()), max(values.values())
            print(
                f"  {name:8} {found.median:8.3f} {unit}  ({low:.3f} to {high:.3f}), glrec takes {share.median:.2f} of it"
            )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--frames", type=int, default=300)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    workloads = [
        replace(each.only(RECORDERS), job=replace(each.job, frames=arguments.frames))
        for each in SOFTWARE
        if each.name in METRICS
    ]
    results = measure(Environment(Path(sys.executable)), workloads, arguments.repeats)
    show(results)
    if arguments.json:
        results.write(arguments.json)


if __name__ == "__main__":
    main()
