"""Reads a film back: what it is, how its brightness runs, and a contact sheet of one picture a second.

    python read_back.py film.mp4 sheet.png

Frames are NumPy's here; with `device="cuda"` they would be CuPy's, decoded and converted on the GPU.
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image

from glrec_core.read import Player

COLUMNS, THUMBNAIL_WIDTH = 4, 160


def thumbnail(height: int, width: int) -> tuple[int, int]:
    """Return the size of a small picture of the same shape, as (height, width)."""
    return height * THUMBNAIL_WIDTH // width, THUMBNAIL_WIDTH


def main(film: Path, sheet: Path) -> None:
    player = Player(film)
    print(f"{player}: {len(player)} frames in {player.duration.total_seconds():.2f} s")
    for time, frame in player.frames(start=0.5, stop=0.7):
        print(f"{time.total_seconds():.3f} s: mean {frame.mean():.1f}")

    small = [frame for _, frame in Player(film, size=thumbnail).screenshots(every=1)]
    blank = np.zeros_like(small[0])
    small += [blank] * (-len(small) % COLUMNS)
    rows = [np.concatenate(small[first : first + COLUMNS], axis=1) for first in range(0, len(small), COLUMNS)]
    Image.fromarray(np.concatenate(rows)).save(sheet)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
