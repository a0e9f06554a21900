"""Transparent parts, shadows, blur and dark corners, against formulas in float64 and SciPy."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import ndimage

from glrec_core import ConfigError
from glrec_core.process import (
    Operation,
    chroma_key,
    gaussian_blur,
    pad,
    rotate,
    round_corners,
    scale,
    shadow,
    vignette,
)
from tests.process.catalogue import Pixels, applied, for_channels, noise


def test_a_green_screen_becomes_transparent_and_the_rest_stays() -> None:
    frame = np.zeros((10, 30, 3), np.uint8)
    frame[:, :10], frame[:, 10:20], frame[:, 20:] = (0, 255, 0), (20, 230, 30), (200, 60, 50)
    found = applied(chroma_key((0, 255, 0)), frame)
    assert np.array_equal(found[..., :3], frame)
    assert (found[:, :20, 3] == 0).all()
    assert (found[:, 20:, 3] == 255).all()


def test_the_distance_is_in_the_plane_of_cb_and_cr() -> None:
    """BT.709, full range (ITU-R BT.709-6, items 3.2 and 3.3), written out here once more."""
    frame, key = noise(3), np.array([30, 200, 40.0])

    def chroma(rgb: Any) -> Any:
        luma = rgb @ [0.2126, 0.7152, 0.0722]
        return np.stack([(rgb[..., 2] - luma) / 1.8556, (rgb[..., 0] - luma) / 1.5748], -1)

    distance = np.linalg.norm(chroma(frame.astype(float)) - chroma(key), axis=-1)
    expected = np.clip((distance - 30) / 50, 0, 1) * 255
    found = applied(chroma_key((30, 200, 40), similarity=30, softness=50), frame)
    assert np.abs(found[..., 3] - expected).max() <= 0.51
    hard = applied(chroma_key((30, 200, 40), similarity=60, softness=0), frame)
    clear = np.abs(distance - 60) > 0.001
    assert np.array_equal((hard[..., 3] == 0)[clear], (distance < 60)[clear])


def test_what_was_transparent_stays_so() -> None:
    frame = noise(4)
    found = applied(chroma_key((0, 255, 0)), frame)
    assert (found[..., 3] <= frame[..., 3]).all()
    assert (applied(round_corners(20), frame)[..., 3] <= frame[..., 3]).all()


@pytest.mark.parametrize("radius", [1, 7.5, 19])
def test_corners_are_quarter_circles(radius: float) -> None:
    found = applied(round_corners(radius), np.full((40, 60, 3), 90, np.uint8))
    alpha = found[..., 3].astype(float) / 255
    assert (found[..., :3] == 90).all()
    assert np.array_equal(alpha, alpha[::-1])
    assert np.array_equal(alpha, alpha[:, ::-1])
    # What is cut off at each corner is the square less the quarter circle.
    assert (1 - alpha).sum() == pytest.approx(4 * radius**2 * (1 - np.pi / 4), abs=1.0)
    assert (alpha[20] == 1).all()


def test_a_shadow_lies_under_and_beside_the_picture() -> None:
    card: Pixels = np.full((20, 20, 4), 255, np.uint8)
    found = applied(
        shadow((6, 4), sigma=0, color=(0, 0, 80), opacity=0.5), applied(pad(10, 10, 10, 10), card)
    )
    assert (found[10:30, 10:30] == 255).all()
    assert (found[31:34, 17:36] == (0, 0, 80, 128)).all()
    assert (found[:10] == 0).all()
    assert (found[:, :10] == 0).all()


def test_a_shadow_is_as_soft_as_a_gaussian() -> None:
    card = np.zeros((40, 40, 4), np.uint8)
    card[10:25, 12:30] = (200, 100, 50, 255)
    blurred = ndimage.gaussian_filter((card[..., 3] / 255).astype(np.float64), 3, mode="constant")
    expected = np.roll(blurred, (5, 3), (0, 1)) * 0.6 * 255
    found = applied(shadow((3, 5), sigma=3), card)
    outside = card[..., 3] == 0
    outside[:6], outside[:, :4] = False, False  # what is rolled in from the other side
    assert np.abs(found[..., 3].astype(float) - expected)[outside].max() <= 0.51


def test_a_frame_without_alpha_casts_no_shadow() -> None:
    with pytest.raises(ConfigError, match="no alpha"):
        applied(shadow(), noise(3))


@pytest.mark.parametrize("sigma", [0.5, 2, 11])
def test_a_blur_is_scipys_for_every_channel(sigma: float) -> None:
    frame = noise(3)
    channels = [ndimage.gaussian_filter(frame[..., c].astype(float), sigma, mode="nearest") for c in range(3)]
    assert np.abs(applied(gaussian_blur(sigma), frame) - np.stack(channels, -1)).max() <= 0.51
    assert np.array_equal(applied(gaussian_blur(0), frame), frame)


def test_a_blur_does_not_show_the_colour_of_transparent_pixels() -> None:
    frame = np.zeros((20, 20, 4), np.uint8)
    frame[:, :10] = (0, 200, 0, 255)
    frame[:, 10:] = (255, 0, 255, 0)
    found = applied(gaussian_blur(2), frame)
    assert np.abs(found[found[..., 3] > 8][:, :3].astype(int) - (0, 200, 0)).max() <= 1


def test_a_vignette_darkens_towards_the_corners_only() -> None:
    frame = np.full((60, 80, 4), 200, np.uint8)
    found = applied(vignette(0.5, begin=0.5), frame)
    assert (found[..., 3] == 200).all()
    assert (found[20:40, 30:50, :3] == 200).all()
    assert np.abs(found[[0, 0, -1, -1], [0, -1, 0, -1], :3].astype(int) - 100).max() <= 2
    diagonal = found[np.arange(60), np.arange(60) * 80 // 60, 0].astype(int)
    assert (np.diff(diagonal[:30]) >= 0).all()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: chroma_key((0, 300, 0)), "color="),
        (lambda: chroma_key(similarity=-1), "similarity=-1"),
        (lambda: round_corners(0), "radius=0"),
        (lambda: shadow(opacity=2), "opacity=2"),
        (lambda: shadow(offset=3), "offset=3"),  # type: ignore[arg-type]
        (lambda: gaussian_blur(-1), "sigma=-1"),
        (lambda: vignette(begin=1), "begin=1"),
        (lambda: vignette(strength="much"), "strength='much'"),  # type: ignore[arg-type]
    ],
)
def test_bad_arguments_are_refused_when_the_operation_is_made(make: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        make()


def test_corners_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ConfigError, match="radius=31 does not fit into a frame of 80x60"):
        applied(round_corners(31), noise())


NEED_SCIPY: dict[str, Callable[[], Operation]] = {
    "gaussian_blur": lambda: gaussian_blur(1),
    "rotate": lambda: rotate(10),
    "scale": lambda: scale(10),
    "shadow": shadow,
}


@pytest.mark.parametrize("name", NEED_SCIPY)
def test_without_scipy_an_operation_is_refused_with_the_way_out(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("glrec_core.process.device.find_spec", lambda _: None)
    with pytest.raises(ConfigError, match=rf"{name} needs scipy.*pip install 'glrec\[process\]'"):
        NEED_SCIPY[name]()


def test_no_other_operation_needs_scipy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    operations = for_channels(tmp_path, 4)
    for module in ("ndimage", "sparse"):
        monkeypatch.setitem(sys.modules, f"scipy.{module}", None)
    needed = set()
    for made in operations.values():
        try:
            applied(made, noise(4))
        except ModuleNotFoundError:
            needed.add(repr(made).partition("(")[0])
    assert needed == set(NEED_SCIPY)
