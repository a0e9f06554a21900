"""Frames that a program computes as arrays, encoded one by one for a stream and all together for a file.

    python encode_arrays.py waves.mp4

The arrays are NumPy's here; CuPy's, PyTorch's, Numba's and JAX's are taken as they are, on the GPU where they lie.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from glrec_core.arrays import ArrayEncoder, write_video

WIDTH, HEIGHT, FPS = 640, 360, 30


def waves() -> Iterator[NDArray[np.float32]]:
    """Yield rings around two moving points, as RGB from 0 to 1."""
    across, down = np.meshgrid(np.arange(WIDTH), np.arange(HEIGHT))
    for number in range(90):
        far = np.hypot(across - 3 * number - 100, down - 180)
        near = np.hypot(across - 540 + 2 * number, down - 180)
        level = 0.5 + 0.25 * (np.sin(far / 9) + np.sin(near / 14))
        yield np.stack([level, level**2, 1 - level], axis=2).astype(np.float32)


def main(path: Path) -> None:
    with ArrayEncoder(WIDTH, HEIGHT, fps=FPS, low_latency=True) as encoder:
        units = [encoder.encode(picture, force_idr=number == 45) for number, picture in enumerate(waves())]
    path.with_suffix(".h264").write_bytes(b"".join(units))  # what a network would be sent, unit by unit
    print(f"{len(units)} access units by {encoder.backend}")
    print(write_video(path, waves(), FPS, overwrite=True))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
