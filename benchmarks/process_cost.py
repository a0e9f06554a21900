"""What each operation of `glrec_core.process` adds to a frame, in host memory or on the GPU, where decoded frames are.

Each figure is the median over rounds of the mean over the frames of a round; on the GPU a round ends when its last frame
is done, so that work which overlaps counts once.

With `--chain` it times the way from a file instead: decoding on the GPU alone, and decoding with an overlay on each frame,
which then becomes NV12 as for an encoder. Both read the same H.264 file in turn; without FILE it is made, 1080p.

    python benchmarks/process_cost.py [--device cpu|cuda] [--size 1920x1080] [--rounds 7]
    python benchmarks/process_cost.py --chain [FILE] [--size 1920x1080] [--rounds 7]
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np

from glrec_core import process
from glrec_core.arrays import write_video
from glrec_core.values.frame import Frame

FRAMES = {"cpu": 4, "cuda": 200}
CHAIN_FRAMES = 300


def logo_operation() -> process.Operation:
    return process.overlay(np.random.default_rng(1).integers(0, 256, (100, 200, 4), np.uint8), at=(20, 20))


def operations(width: int, height: int) -> dict[str, process.Operation]:
    rng = np.random.default_rng(1)
    logo = rng.integers(0, 256, (100, 200, 4), np.uint8)
    slow = process.eased((0, (20.0, 20.0)), (1e6, (800.0, 400.0)), easing=process.linear)
    return {
        "overlay 200x100": logo_operation(),
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


def pictures(width: int, height: int) -> Iterator[Any]:
    """Smooth pictures that move, so that the file is of an ordinary size."""
    rows, columns = np.mgrid[:height, :width]
    ramp = ((rows + columns) // 8).astype(np.uint8)
    for number in range(CHAIN_FRAMES):
        yield np.stack(
            [np.roll(ramp, number, axis=1), np.roll(ramp, 2 * number, axis=0), 255 - ramp], axis=-1
        )


def chain(path: Path, rounds: int) -> None:
    import cupy

    from glrec_core.arrays.cuda_intake import CudaIntake, open_stream
    from glrec_core.read import Player
    from glrec_core.values.color import BT709

    player, logo = Player(path, device="cuda"), logo_operation()
    intake = CudaIntake(open_stream(cupy.cuda.Device().id), player.size, BT709)

    def nv12(timed: tuple[timedelta, Any]) -> Frame:
        return intake.take(logo(*timed), 0)

    def decoded() -> int:
        return sum(1 for _ in player.frames())

    def encodable() -> int:
        return sum(1 for _ in map(nv12, player.frames()))

    def milliseconds(work: Callable[[], int]) -> float:
        began = time.perf_counter()
        frames = work()
        cupy.cuda.Device().synchronize()
        return 1000 * (time.perf_counter() - began) / frames

    ways = decoded, encodable
    for way in ways:
        milliseconds(way)  # caches, and CuPy's kernels
    timed = [[milliseconds(way) for way in ways] for _ in range(rounds)]
    alone = statistics.median(first for first, _ in timed)
    added = statistics.median(both - first for first, both in timed)
    print(f"{path.name}, {len(player)} frames of {player.size}, medians of {rounds} rounds")
    print(f"{'decoded alone':34} {alone:8.3f} ms")
    print(f"{'added by overlay 200x100 and NV12':34} {added:8.3f} ms")


def table(width: int, height: int, device: str, rounds: int) -> None:
    frame: Any = np.random.default_rng(2).integers(0, 256, (height, width, 3), np.uint8)
    finish: Callable[[], object] = int
    if device == "cuda":
        import cupy

        frame, finish = cupy.asarray(frame), cupy.cuda.Stream.null.synchronize
    count = FRAMES[device]
    for name, operation in operations(width, height).items():
        seconds(operation, frame, 2, finish)  # caches, and CuPy's kernels
        median = statistics.median(seconds(operation, frame, count, finish) for _ in range(rounds))
        print(f"{name:34} {1000 * median:8.3f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description="Time the operations on frames.")
    parser.add_argument("--device", choices=FRAMES, default="cpu")
    parser.add_argument("--size", default="1920x1080")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--chain", nargs="?", const="", metavar="FILE", help="time the way from a file")
    arguments = parser.parse_args()
    width, height = map(int, arguments.size.split("x"))
    if arguments.chain:
        chain(Path(arguments.chain), arguments.rounds)
    elif arguments.chain is not None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "film.mp4"
            write_video(path, pictures(width, height), fps=30, codec="h264", backend="host")
            chain(path, arguments.rounds)
    else:
        table(width, height, arguments.device, arguments.rounds)


if __name__ == "__main__":
    main()
