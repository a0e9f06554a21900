"""Frames with known pixels, and a place on a disk to spill them to."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from glrec_core.errors import SpillError
from glrec_core.spill.location import check_on_disk
from glrec_core.testing import barcode
from glrec_core.values.frame import Frame, FrameSpec, PixelFormat, Size

STEP_NS = 16_666_667


def disk(path: Path) -> Path:
    """Return a folder on a disk, or skip the test where pytest's is in RAM."""
    try:
        check_on_disk(path)
    except SpillError as error:
        pytest.skip(f"spilling needs a folder on a disk: {error}")
    return path


def rgba(number: int, size: tuple[int, int] = (32, 16), *, bottom_up: bool = False) -> Frame:
    """Return a frame with noise that depends on its number, at its time at 60 frames per second."""
    width, height = size
    pixels = np.random.default_rng(number).integers(0, 256, (height, width, 4), dtype=np.uint8)
    pixels[: height // 2] = number % 256  # so that packing has something to do
    planes = (pixels[::-1].copy()[::-1],) if bottom_up else (pixels,)
    return Frame(FrameSpec(Size(*size), PixelFormat.RGBA), planes, number * STEP_NS)


def barcode_frame(number: int, pts_ns: int, size: tuple[int, int] = (160, 120)) -> Frame:
    """Return a frame with the barcode picture."""
    pixels = np.full((size[1], size[0], 4), 255, np.uint8)
    pixels[..., :3] = barcode.expected(size, number)
    return Frame(FrameSpec(Size(*size), PixelFormat.RGBA), (pixels,), pts_ns)


def nv12(number: int, size: tuple[int, int] = (32, 16)) -> Frame:
    """Return an NV12 frame whose rows have gaps between them, as GPUs write it."""
    width, height = size
    rows = np.random.default_rng(number).integers(0, 256, (height * 3 // 2, width + 16), dtype=np.uint8)[
        :, :width
    ]
    planes = (rows[:height], rows[height:].reshape(height // 2, width // 2, 2))
    return Frame(FrameSpec(Size(*size), PixelFormat.NV12), planes, number * STEP_NS)


def same(found: tuple[NDArray[np.uint8], ...], expected: tuple[NDArray[np.uint8], ...]) -> bool:
    """Whether planes are equal in every byte."""
    return all(map(np.array_equal, found, expected)) and len(found) == len(expected)
