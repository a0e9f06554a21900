"""The clip that OpenGL draws: the test picture, exactly, and a box that moves where nothing is read."""

from typing import Any

import moderngl
import numpy as np
import pytest
from numpy.typing import NDArray

from glrec_core.errors import ConfigError
from glrec_core.testing import barcode
from glrec_core.values.frame import Size
from glrec_core.verify import pattern
from glrec_core.verify.clip import Clip
from tests.support.gl_names import names_alive


def drawn(context: moderngl.Context, clip: Clip, size: Size, number: int) -> NDArray[np.uint8]:
    """Return what the clip has drawn, (height, width, 3), row 0 at the top."""
    framebuffer = context.detect_framebuffer(clip.draw(number).name)
    pixels: Any = framebuffer.read(viewport=(0, 0, *size), components=3, alignment=1)
    return np.frombuffer(pixels, np.uint8).reshape(size.height, size.width, 3)[::-1]


@pytest.mark.parametrize("size", [Size(160, 96), Size(333, 777), Size(1280, 720)], ids=str)
def test_it_is_the_test_picture_above_the_box(context: moderngl.Context, size: Size) -> None:
    side = size.height // 16
    boxes = []
    with Clip(size) as clip:
        for number in (0, 1, 40_000, pattern.NUMBERS - 1):
            picture = drawn(context, clip, size, number)
            expected = pattern.draw(size, number)
            assert np.array_equal(picture[:-side], expected[:-side])
            assert pattern.read(picture) == pattern.Reading(number, "")
            barcode.check_orientation(picture)
            box = (picture[-side:] != expected[-side:]).any(axis=2)
            assert box.sum() == side * side
            boxes.append(int(np.flatnonzero(box[0])[0]))
    assert boxes[1] - boxes[0] == 4
    assert len(set(boxes)) == 4


def test_nothing_stays_of_it(context: moderngl.Context) -> None:
    before = names_alive()
    with Clip(Size(160, 96)) as clip:
        clip.draw(0)
        assert names_alive() != before
    assert names_alive() == before


def test_a_number_or_size_that_cannot_be_drawn_is_refused(context: moderngl.Context) -> None:
    with Clip(Size(160, 96)) as clip, pytest.raises(ValueError, match="outside"):
        clip.draw(pattern.NUMBERS)
    with pytest.raises(ConfigError):
        Clip(Size(0, 96))
