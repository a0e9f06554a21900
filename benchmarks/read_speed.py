"""How many 1080p H.264 frames a second are read back as RGB on an NVIDIA GPU: `Player` beside PyNvVideoCodec's decoders.

All read the same file in turn, several times, after one turn that does not count; a turn ends when its last frame is done.

    python benchmarks/read_speed.py [--frames 600] [--rounds 5]
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cupy
import numpy as np
import PyNvVideoCodec

from glrec_core.arrays import write_video
from glrec_core.read import Player

SIZE = (1920, 1080)
BATCH = 16


def pictures(count: int) -> Iterator[Any]:
    """Smooth pictures that move, so that the file is of an ordinary size."""
    rows, columns = np.mgrid[: SIZE[1], : SIZE[0]]
    ramp = ((rows + columns) // 8).astype(np.uint8)
    for number in range(count):
        yield np.stack(
            [np.roll(ramp, number, axis=1), np.roll(ramp, 2 * number, axis=0), 255 - ramp], axis=-1
        )


def by_player(path: Path) -> int:
    return sum(1 for _ in Player(path, device="cuda").frames())


def by_simple_decoder(path: Path) -> int:
    decoder = PyNvVideoCodec.SimpleDecoder(
        str(path), use_device_memory=True, output_color_type=PyNvVideoCodec.OutputColorType.RGB
    )
    return sum(1 for _ in decoder)


def by_threaded_decoder(path: Path) -> int:
    decoder = PyNvVideoCodec.ThreadedDecoder(
        str(path), BATCH, use_device_memory=True, output_color_type=PyNvVideoCodec.OutputColorType.RGB
    )
    count = 0
    while batch := decoder.get_batch_frames(BATCH):
        count += len(batch)
    decoder.end()
    return count


READERS: dict[str, Callable[[Path], int]] = {
    "Player": by_player,
    "SimpleDecoder": by_simple_decoder,
    "ThreadedDecoder": by_threaded_decoder,
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--frames", type=int, default=600)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    rates: dict[str, list[float]] = {name: [] for name in READERS}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.mp4"
        write_video(path, pictures(arguments.frames), fps=60, backend="host", preset="ultrafast")
        for _ in range(arguments.rounds + 1):
            for name, read in READERS.items():
                began = time.perf_counter()
                count = read(path)
                cupy.cuda.runtime.deviceSynchronize()
                rates[name].append(arguments.frames / (time.perf_counter() - began))
                if count != arguments.frames:
                    raise SystemExit(f"{name} gave {count} of {arguments.frames} frames")
    for name, values in rates.items():
        print(
            f"{name:16} {statistics.median(values[1:]):7.0f} frames/s ({min(values[1:]):.0f} to {max(values):.0f})"
        )


if __name__ == "__main__":
    main()
