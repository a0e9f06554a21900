"""The one call that holds a recording to its promise, and the door to the tools that it is made of.

`assert_recording` is for films of the barcode picture: every frame there, once, in order, upright, in the colours
that were drawn, at the exact time. The single tools are re-exported for tests that need only one of them.
"""

from collections.abc import Sequence
from contextlib import closing
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from glrec_core.testing import barcode
from glrec_core.testing.barcode import Region
from tests.support import reference
from tests.support.decode import (
    BT709_LIMITED,
    Colour,
    DecodeError,
    Timeline,
    VideoInfo,
    bitstream_colour,
    decode_rgb,
    decode_yuv,
    frame_count,
    probe,
    pyav_timestamps,
    timeline,
    timestamps,
)
from tests.support.mp4 import BoxError, container_colour, is_fast_start, mp4_boxes

__all__ = [
    "BT709_LIMITED",
    "BoxError",
    "Colour",
    "DecodeError",
    "Region",
    "VideoInfo",
    "assert_recording",
    "assert_timestamps",
    "bitstream_colour",
    "container_colour",
    "decode_rgb",
    "decode_yuv",
    "frame_count",
    "is_fast_start",
    "mp4_boxes",
    "probe",
    "read_barcodes",
    "timestamps",
]


def assert_recording(
    path: Path,
    frames: int | Sequence[int],
    size: tuple[int, int],
    fps: Fraction | int | None = None,
    *,
    region: Region | None = None,
    tick: Fraction = Fraction(0),
    start: Fraction = Fraction(0),
    colour_error: float = 6.0,
) -> None:
    """Check count, order, orientation, colour and time of a film of the barcode picture; AssertionError says why.

    `frames` is how many were drawn, numbered from 0, or their numbers. `size` is the size of the film; an odd
    one may have grown by a repeated row or column, as 4:2:0 needs. `region` is where the picture lies in the
    film when it was letterboxed. The first frame must be at `start` and, with `fps`, the next ones 1 / fps
    apart: exactly or, where the container cannot hold that, within half its `tick` in seconds (1/1000 in
    Matroska). `colour_error` is what the codec may change, of 255: in the middle of each quadrant, and as a
    mean over the whole picture where there is no `region`.
    """
    numbers = list(range(frames)) if isinstance(frames, int) else list(frames)
    even = (size[0] + size[0] % 2, size[1] + size[1] % 2)
    info = probe(path)
    assert info.size in (size, even), f"{path} is {info.size}, expected {even}"
    found, lines = [], list[Timeline]()
    with closing(decode_rgb(path, lines.append)) as pictures:
        for picture in pictures:
            barcode.check_orientation(picture, region)
            found.append(barcode.read(picture, region))
            _assert_colours(picture, found[-1], size, region, colour_error)
    assert found == numbers, f"{path} holds frames {found}, expected {numbers}"
    _assert_times(path, lines[0], len(numbers), fps, tick=tick, start=start)


def assert_timestamps(
    path: Path,
    frames: int,
    fps: Fraction | int | None = None,
    *,
    tick: Fraction = Fraction(0),
    start: Fraction = Fraction(0),
) -> None:
    """Check that two decoders agree, without complaint, on `frames` rising times; see `assert_recording`."""
    _assert_times(path, timeline(path), frames, fps, tick=tick, start=start)


def _assert_times(
    path: Path, line: Timeline, frames: int, fps: Fraction | int | None, *, tick: Fraction, start: Fraction
) -> None:
    assert not line.complaints, f"FFmpeg minds {path}:\n{line.complaints}"
    times = line.timestamps
    assert times == pyav_timestamps(path), f"FFmpeg and PyAV disagree about {path}"
    assert len(times) == frames, f"{path} has {len(times)} frames, expected {frames}"
    assert times[:1] in ([], [start]), f"{path} starts at {times[0]} s, expected {start}"
    assert all(early < late for early, late in pairwise(times)), f"not rising: {times}"
    if fps is not None:
        due = [start + index / Fraction(fps) for index in range(frames)]
        wrong = [index for index in range(frames) if abs(times[index] - due[index]) > tick / 2]
        assert not wrong, f"{path}: frames {wrong} are at {[str(times[i]) for i in wrong]}, not n / {fps} s"


def read_barcodes(path: Path, region: Region | None = None) -> list[int]:
    """Return the number of every decoded frame, in order of display."""
    return [barcode.read(picture, region) for picture in decode_rgb(path)]


def _assert_colours(
    picture: NDArray[np.uint8], number: int, size: tuple[int, int], region: Region | None, allowed: float
) -> None:
    error = np.abs(barcode.quadrant_colours(picture, region) - barcode.QUADRANTS).max()
    assert error <= allowed, (
        f"frame {number}: a quadrant's colour is off by {error:.1f}, allowed is {allowed}"
    )
    if region is None:
        drawn = reference.pad_to_even(barcode.expected(size, number))
        mean = np.abs(picture.astype(np.int16) - drawn[: picture.shape[0], : picture.shape[1]]).mean()
        assert mean <= allowed, f"frame {number} differs by {mean:.2f} in the mean, allowed is {allowed}"
