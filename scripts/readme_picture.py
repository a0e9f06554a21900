"""Makes the README's moving picture out of the demo's films, side by side.

make demo && python scripts/readme_picture.py out docs/demo.webp
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np

from glrec_core.arrays import write_video
from glrec_core.process import read

FILMS = ("pyglet_scene.mp4", "moderngl_fractal.mp4", "vispy_surface.mp4")
WIDTH, HEIGHT, FPS, SECONDS = 320, 180, 12, 4


def side_by_side(folder: Path) -> Iterator[Any]:
    """Yield every fifth frame of the three films of 60 frames a second, (height, 3 * width, 3) uint8."""
    films = [iter(read(folder / name).scale(WIDTH, HEIGHT)) for name in FILMS]
    for frames in zip(*films, strict=False):
        time: timedelta = frames[0][0]
        number = round(time.total_seconds() * 60)
        if number % (60 // FPS) == 0 and number < 60 * SECONDS:
            yield np.concatenate([frame for _, frame in frames], axis=1)


if __name__ == "__main__":
    print(
        write_video(sys.argv[2], side_by_side(Path(sys.argv[1])), FPS, quality=45, preset="6", overwrite=True)
    )
