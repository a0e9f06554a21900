"""What each operation of `glrec_core.process` adds to a frame, in host memory or on the GPU, where decoded frames are.

Each figure is the median over rounds of the mean over the frames of a round; on the GPU a round ends when its last frame
is done, so that work which overlaps counts once.

    python benchmarks/process_cost.py [--device cpu|cuda] [--size 1920x1080] [--rounds 7]
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import numpy as np

from glrec_core import process

FRAMES = {"cpu": 4, "cuda": 200}


def operations(width: int, height: int) -> dict[str, process.Operation]:
    rng = np.random.default_rng(1)
    logo = rng.integers(0, 256, (100, 200, 4), np.uint8)
    slow = process.eased((0, (20.0, 20.0)), (1e6, (800.0, 400.0)), easing=process.linear)
    return {
        "overlay 200x100": process.overlay(logo, at=(20, 20)),
        "overlay 200x100, between pixels": process.overlay(logo, at=slow),
        "timestamp": process.timestamp(),
        "text": process.text("Recorded with glrec", at=(0, -20), align=(0.5, 1)),
        "fade": process.fade(0.5),
        "blend": process.blend(rng.integers(0, 256, (height, width, 3), np.uint8)),
        "vignette": process.vignette(),
        "round_corners": process.round_corners(30),
        "chroma_key": process.chroma_key(),
        "scale to 2/3": process.scale(width * 2 // 3, height * 2 // 3),
        "crop, between pixels": process.crop((10.5, 10.5), width // 2, height // 2),
        "translate, between pixels": process.translate((0.5, 0.5)),
        "gaussian_blur(3)": process.gaussian_blur(3),
        "rotate": process.rotate(7),
    }


def seconds(operation: process.Operation, frame: Any, frames: int, finish: Callable[[], object]) -> float:
    began = time.perf_counter()
    for number in range(frames):
        operation(timedelta(seconds=number / 30), frame)
    finish()
    return (time.perf_counter() - began) / frames


def main() -> None:
    parser = argparse.ArgumentParser(description="Time the operations on frames.")
    parser.add_argument("--device", choices=FRAMES, default="cpu")
    parser.add_argument("--size", default="1920x1080")
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    width, height = map(int, arguments.size.split("x"))
    frame: Any = np.random.default_rng(2).integers(0, 256, (height, width, 3), np.uint8)
    finish: Callable[[], object] = int
    if arguments.device == "cuda":
        import cupy

        frame, finish = cupy.asarray(frame), cupy.cuda.Stream.null.synchronize
    count = FRAMES[arguments.device]
    for name, operation in operations(width, height).items():
        seconds(operation, frame, 2, finish)  # caches, and CuPy's kernels
        median = statistics.median(seconds(operation, frame, count, finish) for _ in range(arguments.rounds))
        print(f"{name:34} {1000 * median:8.3f} ms")


if __name__ == "__main__":
    main()
