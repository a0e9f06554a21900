"""A frame's pixels as one run of bytes, and back."""

from __future__ import annotations

from math import prod

import numpy as np
from numpy.typing import NDArray

from glrec_core.values.frame import Frame, FrameSpec, Memory, PixelFormat

Planes = tuple[NDArray[np.uint8], ...]

FORMATS = (PixelFormat.RGBA, PixelFormat.NV12, PixelFormat.BGRA)
"""What captures read into host memory. The journal stores the position in this tuple."""


def can_spill(spec: FrameSpec) -> bool:
    """Whether such frames can be stored: those in host memory. Frames in CUDA memory stay in their slots."""
    return spec.memory is Memory.HOST and spec.format in FORMATS


def frame_bytes(spec: FrameSpec) -> int:
    """Return how many bytes the pixels of a frame have."""
    return sum(map(prod, _shapes(spec)))


def pixels_of(frame: Frame) -> tuple[NDArray[np.uint8], bool]:
    """Return all bytes of a frame, and whether its rows come bottom first; in place where they lie together."""
    planes = frame.planes
    bottom_up = len(planes) == 1 and planes[0].strides[0] < 0
    if bottom_up:
        planes = (planes[0][::-1],)
    if len(planes) == 1:
        return np.ascontiguousarray(planes[0]).reshape(-1), bottom_up
    return np.concatenate([plane.reshape(-1) for plane in planes]), bottom_up


def planes_of(pixels: NDArray[np.uint8], spec: FrameSpec, *, bottom_up: bool) -> Planes:
    """Return the planes, row 0 at the top, as views of `frame_bytes(spec)` bytes."""
    planes, begin = [], 0
    for shape in _shapes(spec):
        plane = pixels[begin : begin + prod(shape)].reshape(shape)
        planes.append(plane[::-1] if bottom_up else plane)
        begin += prod(shape)
    return tuple(planes)


def _shapes(spec: FrameSpec) -> tuple[tuple[int, ...], ...]:
    width, height = spec.size
    if spec.format.is_rgb:
        return ((height, width, 4),)
    return ((height, width), (height // 2, width // 2, 2))
