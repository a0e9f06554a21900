"""What an encoder that is far too slow does to a loop at 60 frames/s, under each overload policy.

The scene is drawn at 1280x720. The encoder sleeps for `--encode-ms` before each frame: 100 ms is six times what it may
take. A frame is late if it is drawn and handed over after the next one was due. The first row has no recorder, the second
is the first recording of the process, which costs a few frames more than the later ones.

    python benchmarks/overload.py [--seconds 5] [--encode-ms 100]
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
import time
from pathlib import Path

from glrec_bench.job import PixelSize
from glrec_bench.scene import Scene, scene_of
from glrec_core import Framebuffer, Recorder, Size, record
from glrec_core.encode.pyav import PyAVEncoder
from glrec_core.values.frame import Frame, Packet

FPS = 60
ROW = "{:24} {:>12} {:>7} {:>8} {:>8} {:>9}"


class Slowness:
    """Makes every software encoder sleep before each frame."""

    def __init__(self) -> None:
        self.seconds = 0.0
        encode = PyAVEncoder.encode

        def slowly(encoder: PyAVEncoder, frame: Frame) -> list[Packet]:
            time.sleep(self.seconds)
            return encode(encoder, frame)

        PyAVEncoder.encode = slowly  # type: ignore[method-assign]


def late_frames(scene: Scene, recorder: Recorder | None, frames: int) -> int:
    """Draw and record a paced loop; return how many frames were done after the next one was due."""
    source, late, due = Framebuffer(scene.fbo.glo, Size(*scene.size)), 0, time.perf_counter()
    for number in range(frames):
        scene.draw(number)
        scene.context.finish()
        if recorder is not None:
            recorder.frame_drawn(source)
        due += 1 / FPS
        ahead = due - time.perf_counter()
        late += ahead < 0
        time.sleep(max(0.0, ahead))
        due = max(
            due, time.perf_counter() - 1 / FPS
        )  # one long wait makes one frame late, not all that follow
    return late


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--encode-ms", type=float, default=100)
    arguments = parser.parse_args()
    frames, slowness, scene = round(FPS * arguments.seconds), Slowness(), scene_of(PixelSize(1280, 720))
    print(ROW.format("policy", "late", "waits", "spilled", "dropped", "recorded"))
    print(ROW.format("no recorder", f"{late_frames(scene, None, frames)} of {frames}", *[""] * 4))
    cases = itertools.product(("spill", "drop", "block"), (0.0, arguments.encode_ms / 1000))
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:  # on a disk: frames are not spilled to RAM
        for number, (policy, seconds) in enumerate(cases):
            slowness.seconds = seconds
            recorder = record(
                None, Path(folder) / f"{number}.mp4", overflow=policy, preset="ultrafast", spill_dir=folder
            )
            late = late_frames(scene, recorder, frames)
            stats = recorder.close().stats
            title = f"{policy}, encoder {'slowed' if seconds else 'as it is'}"
            counts = stats.waits, stats.spilled, stats.dropped, stats.recorded
            print(ROW.format(title, f"{late} of {frames}", *counts))


if __name__ == "__main__":
    main()
