"""Real VTK and PyVista programs, each in an interpreter of its own: the films hold what VTK says that its windows show."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from tests.support.displays import run_program, xvfb
from tests.support.installed import is_installed
from tests.support.video import assert_timestamps, decode_rgb

PROGRAMS = Path(__file__).parent / "programs.py"
HEADLESS = {"DISPLAY": ""}
FRAMES, FPS = 12, 30

needs_vtk = pytest.mark.skipif(
    not is_installed("vtkmodules"), reason="vtk is not installed (make test-frameworks)"
)
needs_pyvista = pytest.mark.skipif(
    not is_installed("pyvista"), reason="pyvista is not installed (make test-frameworks)"
)


@pytest.fixture(scope="module")
def display() -> Iterator[dict[str, str]]:
    with xvfb() as name:
        yield {"DISPLAY": name}


def assert_film(folder: Path, *, mean_error: float = 0.0) -> None:
    """Check that a lossless film shows what VTK told of each frame, pixel by pixel."""
    path = folder / "film.mkv"
    pictures = list(decode_rgb(path))
    assert_timestamps(path, FRAMES, FPS, tick=Fraction(1, 1000))
    for number, picture in enumerate(pictures):
        error = np.abs(picture.astype(int) - np.load(folder / f"{number}.npy")).mean()
        assert error <= mean_error, f"frame {number}"
    assert len({picture.tobytes() for picture in pictures}) == len(pictures)
    assert (pictures[0][..., 0] > 100).any(), "the cone is not seen"


@needs_vtk
@pytest.mark.parametrize("scenario", ["off_screen", "deleted"])
def test_a_window_off_screen(scenario: str, tmp_path: Path) -> None:
    run_program(PROGRAMS, scenario, str(tmp_path), env=HEADLESS)
    assert_film(tmp_path)


@needs_vtk
def test_a_window_with_multisampling(tmp_path: Path) -> None:
    """VTK reads it otherwise than it shows it: the two differ at edges."""
    run_program(PROGRAMS, "multisampled", str(tmp_path), env=HEADLESS)
    assert_film(tmp_path, mean_error=0.5)


@needs_vtk
def test_a_window_on_a_screen(tmp_path: Path, display: dict[str, str]) -> None:
    run_program(PROGRAMS, "on_screen", str(tmp_path), env=display)
    assert_film(tmp_path)


@needs_pyvista
@pytest.mark.parametrize("scenario", ["movie", "two_movies", "attached"])
def test_a_plotter_off_screen(scenario: str, tmp_path: Path) -> None:
    run_program(PROGRAMS, scenario, str(tmp_path), env=HEADLESS)
    assert_film(tmp_path)


@needs_pyvista
def test_a_plotter_on_a_screen(tmp_path: Path, display: dict[str, str]) -> None:
    run_program(PROGRAMS, "movie_on_screen", str(tmp_path), env=display)
    assert_film(tmp_path)


@needs_pyvista
def test_what_cannot_be_is_refused(tmp_path: Path) -> None:
    run_program(PROGRAMS, "refused", str(tmp_path), env=HEADLESS)
    assert list(tmp_path.iterdir()) == []


@needs_pyvista
def test_glrec_run_records_a_script_as_it_is(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import pyvista\n"
        "plotter = pyvista.Plotter(off_screen=True, window_size=[320, 240])\n"
        "plotter.add_mesh(pyvista.Cone())\n"
        "for _ in range(5):\n"
        "    plotter.camera.azimuth += 9\n"
        "    plotter.render()\n"
        "    plotter.screenshot()\n"
        "plotter.close()\n"
    )
    film = tmp_path / "film.mp4"
    command = f"import sys; sys.argv = ['glrec', 'run', '--step', '-o', {str(film)!r}, {str(script)!r}]\n"
    run_program(command + "from glrec_core.cli.main import main; sys.exit(main())", env=HEADLESS)
    assert len(list(decode_rgb(film))) >= 5
