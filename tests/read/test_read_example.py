"""`examples/read_back.py` as a user runs it: what it says, and its sheet of pictures."""

from fractions import Fraction
from pathlib import Path

import numpy as np
from PIL import Image

from glrec_core.testing import barcode
from tests.support.displays import run_program
from tests.support.film import write_film

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "read_back.py"


def test_the_program_describes_a_film_and_draws_its_sheet(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.mp4", range(50), (320, 240), Fraction(10))
    sheet = tmp_path / "sheet.png"
    said = run_program(EXAMPLE, str(film), str(sheet)).stdout.splitlines()
    assert said[0].endswith("50 frames in 5.00 s")
    assert [line.split(":")[0] for line in said[1:]] == ["0.500 s", "0.600 s"]
    pixels = np.asarray(Image.open(sheet))
    assert pixels.shape == (240, 640, 3)
    cells = [
        pixels[row : row + 120, column : column + 160] for row in (0, 120) for column in range(0, 640, 160)
    ]
    assert [barcode.read(cell) for cell in cells[:5]] == [0, 10, 20, 30, 40]
    assert all(cell.max() == 0 for cell in cells[5:])
