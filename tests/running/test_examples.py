"""Programs that the frameworks' own authors wrote, as their packages bring them."""

from pathlib import Path

import numpy as np
import pytest

from tests.cli.command import glrec
from tests.support.video import assert_timestamps, decode_rgb

FRAMES = 12
EXAMPLES = [
    "arcade.examples.asteroid_smasher",
    "arcade.examples.conway_alpha",
    "arcade.examples.drawing_primitives",
    "arcade.examples.gl.chip8_display",
    "arcade.examples.gradients",
    "arcade.examples.happy_face",
    "arcade.examples.light_demo",
    "arcade.examples.minimap_camera",
    "arcade.examples.particle_fireworks",
    "arcade.examples.perspective",
    "arcade.examples.pymunk_box_stacks",
    "arcade.examples.radar_sweep",
    "arcade.examples.resizable_window",
    "arcade.examples.transform_feedback",
    "pygame.examples.glcube",
]


@pytest.mark.slow
@pytest.mark.parametrize("module", EXAMPLES)
def test_headless(module: str, tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    record(film, module, "--headless", "--step")
    assert_timestamps(film, FRAMES, 60)


@pytest.mark.slow
@pytest.mark.parametrize("module", EXAMPLES[::3])
def test_on_a_screen(module: str, display: dict[str, str], tmp_path: Path) -> None:
    record(tmp_path / "film.mp4", module, "--overflow", "block", env=display)
    assert_timestamps(tmp_path / "film.mp4", FRAMES)


def record(film: Path, module: str, *options: str, env: dict[str, str] | None = None) -> None:
    done = glrec("run", "--frames", str(FRAMES), "-o", film, *options, "-m", module, env=env)
    assert done.returncode == 0, done.stderr
    verified = glrec("verify", film)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    *_, last = decode_rgb(film)
    assert np.ptp(last) > 100, "an empty picture"
