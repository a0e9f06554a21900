"""What lies over what, against the definition of "over" in whole numbers."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from glrec_core import ConfigError
from glrec_core.process import backdrop, blend, eased, fade, linear, overlay
from tests.process.catalogue import Pixels, applied, noise, steadily

Floats = np.ndarray[Any, np.dtype[np.float64]]


def over_exactly(above: Pixels, below: Pixels) -> Floats:
    """Return `above` over `below`, straight alpha, from 0 to 255 and not rounded (Porter and Duff, 1984)."""
    color, alpha = above[..., :3].astype(float), above[..., 3:].astype(float)
    if below.shape[2] == 3:
        shown: Floats = (color * alpha + below * (255 - alpha)) / 255
        return shown
    weight = below[..., 3:] * (255 - alpha)  # of 255²
    total = 255 * alpha + weight
    mixed = (color * alpha * 255 + below[..., :3] * weight) / np.maximum(total, 1)
    return np.concatenate([mixed, total / 255], axis=2)


def near(found: Pixels, exact: Floats) -> None:
    """Check that pixels are the exact values to the nearest, either of two that are as near."""
    assert np.abs(found - exact).max(initial=0) <= 0.501


@steadily
@given(st.sampled_from([3, 4]), st.integers(-45, 45), st.integers(-35, 35), st.integers(0, 999))
def test_an_overlay_is_exact_and_cut_off_at_every_edge(channels: int, x: int, y: int, seed: int) -> None:
    frame, picture = noise(channels, 30, 40, seed), noise(4, 24, 32, seed + 1)
    padded = np.pad(frame, ((60, 60), (60, 60), (0, 0)))
    part = np.s_[60 + y : 84 + y, 60 + x : 92 + x]
    wide = padded.astype(float)
    wide[part] = over_exactly(picture, padded[part])
    found, expected = applied(overlay(picture, at=(x, y)), frame), wide[60:90, 60:100]
    rows, columns = slice(max(y, 0), max(24 + y, 0)), slice(max(x, 0), max(32 + x, 0))
    near(found[rows, columns], expected[rows, columns])
    outside = np.ones((30, 40), bool)
    outside[rows, columns] = False
    assert np.array_equal(found[outside], frame[outside])


def test_an_overlay_without_transparency_is_the_picture() -> None:
    frame, picture = noise(3), noise(3, 10, 12, seed=2)
    found = applied(overlay(picture, at=(4, 5)), frame)
    assert np.array_equal(found[5:15, 4:16], picture)


@pytest.mark.parametrize("channels", [3, 4])
def test_opacity_comes_on_top_of_the_pictures_alpha(channels: int) -> None:
    frame, picture = noise(channels), noise(4, seed=2)
    half = picture.copy()
    half[..., 3] = picture[..., 3] // 2
    picture[..., 3] = half[..., 3] * 2
    near(applied(overlay(picture, alpha=0.5), frame), over_exactly(half, frame))
    assert np.array_equal(applied(overlay(picture, alpha=0), frame), frame)


@pytest.mark.parametrize(
    ("align", "at", "corner"),
    [((0, 0), (2, 3), (2, 3)), ((1, 1), (-2, -3), (66, 47)), ((0.5, 0.5), (0, 0), (34, 25))],
)
def test_align_says_what_at_counts_from(
    align: tuple[float, float], at: tuple[int, int], corner: tuple[int, int]
) -> None:
    frame, picture = noise(3), np.full((10, 12, 3), 77, np.uint8)
    found = applied(overlay(picture, at=at, align=align), frame)
    expected = frame.copy()
    expected[corner[1] : corner[1] + 10, corner[0] : corner[0] + 12] = 77
    assert np.array_equal(found, expected)


def test_place_and_opacity_follow_the_time() -> None:
    frame, picture = np.zeros((40, 80, 3), np.uint8), np.full((4, 4, 3), 200, np.uint8)
    moving = overlay(
        picture,
        at=eased((1, (0, 0)), (3, (40, 20)), easing=linear),
        alpha=eased((0, 0), (2, 1), easing=linear),
    )
    found = applied(moving, frame, seconds=2)
    assert (found[10:14, 20:24] == 200).all()
    assert found.sum() == 200 * 48
    assert (applied(moving, frame, seconds=1)[0:4, 0:4] == 100).all()


@pytest.mark.parametrize("convert", [str, Path, Image.open], ids=["str", "Path", "Pillow image"])
def test_a_picture_may_be_a_file_or_an_image(tmp_path: Path, convert: Callable[[Path], Any]) -> None:
    logo = noise(4, 10, 12)
    Image.fromarray(logo).save(tmp_path / "logo.png")
    frame = noise(3)
    found = applied(overlay(convert(tmp_path / "logo.png"), at=(3, 4)), frame)
    assert np.array_equal(found, applied(overlay(logo, at=(3, 4)), frame))


def test_a_picture_may_change_after_it_was_given() -> None:
    picture = np.full((4, 4, 3), 50, np.uint8)
    operation = overlay(picture)
    picture[...] = 0
    assert (applied(operation, noise())[:4, :4] == 50).all()


@pytest.mark.parametrize("channels", [3, 4])
def test_a_blend_goes_from_the_frame_to_the_picture(channels: int) -> None:
    frame, picture = noise(channels, seed=1), noise(channels, seed=2)
    if channels == 4:
        frame[..., 3] = picture[..., 3] = 255
    assert np.array_equal(applied(blend(picture, 0), frame), frame)
    assert np.array_equal(applied(blend(picture, 1), frame), picture)
    near(applied(blend(picture, 0.25), frame), 0.75 * frame + 0.25 * picture)


def test_a_blend_of_transparent_pixels_weighs_colour_by_alpha() -> None:
    frame, picture = np.zeros((1, 1, 4), np.uint8), np.array([[[200, 100, 0, 255]]], np.uint8)
    assert tuple(applied(blend(picture, 0.5), frame)[0, 0]) == (200, 100, 0, 128)


def test_a_backdrop_is_seen_where_the_frame_is_transparent() -> None:
    frame, behind = noise(4), noise(3, seed=2)
    near(applied(backdrop(behind), frame), over_exactly(frame, behind))
    even = np.zeros((60, 80, 3), np.uint8) + np.array([9, 80, 170], np.uint8)
    near(applied(backdrop((9, 80, 170)), frame), over_exactly(frame, even))


@pytest.mark.parametrize("channels", [3, 4])
def test_a_fade_mixes_with_its_colour(channels: int) -> None:
    frame = noise(channels)
    from_red = fade(eased((0, 0.0), (4, 1.0), easing=linear), color=(255, 0, 10))
    red = np.broadcast_to(np.array([255, 0, 10]), (60, 80, 3))
    assert np.array_equal(applied(from_red, frame)[..., :3], red)
    near(applied(from_red, frame, 1)[..., :3], 0.25 * frame[..., :3] + 0.75 * red)
    assert np.array_equal(applied(from_red, frame, 1)[..., 3:], frame[..., 3:])
    assert np.array_equal(applied(from_red, frame, 9), frame)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: overlay("missing.png"), r"picture='missing\.png' cannot be read"),
        (lambda: overlay(__file__), "cannot be read as an image"),
        (lambda: overlay(np.zeros((3, 3))), "picture is <float64 array 3x3>"),
        (lambda: overlay(None), "picture is None"),
        (lambda: overlay(noise(), at="middle"), "at='middle'"),  # type: ignore[arg-type]
        (lambda: overlay(noise(), alpha=1.5), "alpha=1.5 .*from 0 to 1"),
        (lambda: overlay(noise(), alpha=True), "alpha=True"),
        (lambda: overlay(noise(), align=(2, 0)), "align=2"),
        (lambda: overlay(noise(), align=1), "align=1"),  # type: ignore[arg-type]
        (lambda: blend(noise(), -0.1), "amount=-0.1"),
        (lambda: backdrop((1, 2)), "behind="),
        (lambda: fade(2), "opacity=2"),
        (lambda: fade(0.5, color=(0, 0, 0, 0)), "color="),  # type: ignore[arg-type]
    ],
)
def test_bad_arguments_are_refused_when_the_operation_is_made(
    make: Callable[[], object], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        make()


@pytest.mark.parametrize("operation", [blend(noise()), backdrop(noise())], ids=repr)
def test_a_picture_of_another_size_is_refused(operation: Any) -> None:
    with pytest.raises(ConfigError, match=r"the picture is .* scale or crop one of them"):
        applied(operation, noise(4, 10, 10))


def test_without_pillow_a_file_is_refused_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("glrec_core.process.device.find_spec", lambda _: None)
    with pytest.raises(ConfigError, match=r"needs pillow.*pip install 'glrec\[process\]'"):
        overlay("logo.png")
