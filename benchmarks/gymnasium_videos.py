"""A long video of a vector environment by `glrec_integrations.gymnasium` and by Gymnasium's own wrapper: time, memory, size, SSIM.

Each recorder runs in a process of its own, one after the other. Four environments of 128x96 pixels draw what only the number
of the step decides, so that every picture of the film can be compared with what was drawn. Needs gymnasium, moviepy and scipy.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

SIZE = (128, 96)
ENVIRONMENTS = 4
SAMPLES = 40
GRID = 16
MIB = 1 << 20

Picture = NDArray[np.uint8]


@cache
def floor_of(phase: int, which: int) -> Picture:
    """Return the background of environment number `which`: a shaded floor with grid lines that move by one pixel a phase."""
    width, height = SIZE
    rows, columns = np.mgrid[0:height, 0:width]
    picture = np.empty((height, width, 3), np.uint8)
    picture[..., 0] = 40 + rows
    picture[..., 1] = 60 + columns // 2
    picture[..., 2] = 120 + 20 * which
    picture[(rows % GRID == 0) | ((columns + phase) % GRID == 0)] = 230
    return picture


@cache
def disc() -> NDArray[np.bool_]:
    """Return the shape of the ball."""
    rows, columns = np.mgrid[0:21, 0:21] - 10
    return np.asarray(rows**2 + columns**2 < 100)


def picture_of(step: int, which: int) -> Picture:
    """Return what environment number `which` shows: a ball with its shadow."""
    picture = floor_of(step % GRID, which).copy()
    x, y = round(52 + 45 * np.sin(step / 17 + which)), round(36 + 30 * np.cos(step / 11 + which))
    picture[y + 3 : y + 24, x + 3 : x + 24][disc()] //= 2
    picture[y : y + 21, x : x + 21][disc()] = (240, 80, 40)
    return picture


def environments() -> Any:
    """Return the vector environment."""
    import gymnasium

    class Ball(gymnasium.Env[Any, Any]):
        metadata = {"render_modes": ["rgb_array"], "render_fps": 60}  # noqa: RUF012 - Gymnasium's own form
        observation_space = gymnasium.spaces.Discrete(1)
        action_space = gymnasium.spaces.Discrete(1)
        render_mode = "rgb_array"

        def __init__(self, which: int) -> None:
            self._which, self._step = which, 0

        def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
            super().reset(seed=seed, options=options)
            self._step = 0
            return 0, {}

        def step(self, _: Any) -> Any:
            self._step += 1
            return 0, 0.0, False, False, {}

        def render(self) -> Any:
            return picture_of(self._step, self._which)

    makers = [lambda which=which: Ball(which) for which in range(ENVIRONMENTS)]
    return gymnasium.vector.SyncVectorEnv(makers)


def record(name: str, folder: Path, steps: int) -> dict[str, Any]:
    """Record `steps` steps; returns seconds, peak memory, and memory after each tenth of the steps."""
    recorder: Any
    if name == "glrec":
        from glrec_integrations.gymnasium import vector as recorder
    elif name == "gymnasium":
        from gymnasium.wrappers import vector as recorder
    envs = environments()
    if name != "none":
        envs = recorder.RecordVideo(envs, str(folder), step_trigger=lambda step: step == 0)
    actions = np.zeros(ENVIRONMENTS, np.int64)
    envs.reset(seed=1)
    held = []
    began = time.perf_counter()
    for step in range(steps):
        envs.step(actions)
        if name == "none":
            envs.render()
        if step % (steps // 10) == steps // 10 - 1:
            held.append(resident_bytes())
    envs.close()
    return {
        "seconds": time.perf_counter() - began,
        "peak": 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
        "held": held,
    }


def resident_bytes() -> int:
    """Return how much memory this process holds now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def examine(path: Path, steps: int) -> tuple[int, float]:
    """Return how many frames a film has, and the mean SSIM of some that are evenly spread over it.

    A frame is compared with what was drawn for it and for its two neighbours, since MoviePy loses and repeats frames; the best
    counts.
    """
    import av

    chosen = set(np.linspace(1, steps - 3, SAMPLES).astype(int).tolist())
    count, found = 0, []
    with av.open(path) as container:
        for count, frame in enumerate(container.decode(video=0), 1):
            if count - 1 in chosen:
                shown = luma(frame.to_ndarray(format="rgb24"))
                found.append(max(ssim(luma(joined(step)), shown) for step in (count - 1, count, count + 1)))
    return count, float(np.mean(found))


def joined(step: int) -> Picture:
    """Return what all environments show, as the wrappers lay them out."""
    drawn = [picture_of(step, which) for which in range(ENVIRONMENTS)]
    return np.vstack([np.hstack(drawn[:2]), np.hstack(drawn[2:])])


def luma(picture: Picture) -> NDArray[np.float64]:
    """Return the luma of a picture by BT.709."""
    return picture @ np.array([0.2126, 0.7152, 0.0722])


def ssim(one: NDArray[np.float64], two: NDArray[np.float64]) -> float:
    """Return the mean structural similarity over windows of 8x8."""
    from scipy.ndimage import uniform_filter

    mean_one, mean_two = uniform_filter(one, 8), uniform_filter(two, 8)
    var_one = uniform_filter(one * one, 8) - mean_one**2
    var_two = uniform_filter(two * two, 8) - mean_two**2
    both = uniform_filter(one * two, 8) - mean_one * mean_two
    small, large = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    above = (2 * mean_one * mean_two + small) * (2 * both + large)
    return float((above / ((mean_one**2 + mean_two**2 + small) * (var_one + var_two + large))).mean())


def main() -> None:
    parser = argparse.ArgumentParser(prog="gymnasium_videos", description=__doc__)
    parser.add_argument("--steps", type=int, default=20_000, help="frames of the video (default 20000)")
    parser.add_argument("--recorders", nargs="+", default=["none", "glrec", "gymnasium"], metavar="NAME")
    parser.add_argument(
        "--child", nargs=2, metavar=("NAME", "FOLDER"), help="record once, for this program itself"
    )
    options = parser.parse_args()
    if options.child:
        print(json.dumps(record(options.child[0], Path(options.child[1]), options.steps)))
        return
    print(f"{options.steps} steps, {ENVIRONMENTS} environments of {SIZE[0]}x{SIZE[1]}")
    for name in options.recorders:
        with TemporaryDirectory() as folder:
            command = [sys.executable, __file__, "--steps", str(options.steps), "--child", name, folder]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
            found = json.loads(done.stdout.splitlines()[-1])
            grown = [round((each - found["held"][0]) / MIB) for each in found["held"]]
            print(f"{name}: {found['seconds']:.1f} s, peak {found['peak'] / MIB:.0f} MiB")
            print(f"  MiB more after each tenth: {grown}")
            for path in Path(folder).glob("*.mp4"):
                count, quality = examine(path, options.steps)
                size = path.stat().st_size / MIB
                print(f"  {path.name}: {count} frames, {size:.2f} MiB, SSIM {quality:.4f}")


if __name__ == "__main__":
    main()
