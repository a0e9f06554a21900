"""Holds a finished file against what was drawn: every frame's barcode, and the pictures of some.

It runs in a process of its own, after the measured one has ended, and draws the frames to compare with once more.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from glrec_bench.job import Finding, Job
from glrec_core.media.source import opened_video
from glrec_core.verify import pattern

if TYPE_CHECKING:
    from av import VideoFrame

Picture = NDArray[np.uint8]
"""(height, width, 3) RGB, row 0 at the top."""

_COMPARED = 8
"""Pictures that are compared, evenly spread over the frames that were drawn."""
_EXACTLY = "flags=bilinear+accurate_rnd+full_chroma_int+full_chroma_inp"
"""FFmpeg's conversion as exact as it goes: by default, chroma is not interpolated. What a file does not say of its colours
is taken as FFmpeg takes it, which is how the recorders that do not say it have written it.
"""
_BEST_PSNR_DB = 100.0
"""Stands for the infinity of equal pictures, which JSON does not have."""


def examine(path: Path, frames: int, draw: Callable[[int], Picture]) -> Finding:
    """Decode all of a file.

    Args:
        path: the file.
        frames: how many were drawn.
        draw: gives a drawn picture by its number, (height, width, 3) RGB, row 0 at the top.

    Raises:
        VideoError: it is no video.

    """
    numbers: list[int | None] = []
    faults, comparison = [], Comparison()
    wanted = set(range(0, frames, max(1, frames // _COMPARED)))
    for picture in _pictures(path):
        reading = pattern.read(cast("Picture", picture.to_ndarray(format="rgb24")))
        numbers.append(reading.number)
        faults += [reading.fault] if reading.number is not None and reading.fault else []
        if reading.number in wanted:
            wanted.remove(reading.number)
            comparison.add(draw(reading.number), picture)
    return Finding(
        decoded=len(numbers),
        **account(numbers, frames),
        fault=faults[0] if faults else "",
        file_bytes=path.stat().st_size,
        psnr_db=_mean(comparison.psnr_db),
        ssim=_mean(comparison.ssim),
    )


def account(numbers: Sequence[int | None], frames: int) -> dict[str, int]:
    """Return how many of the frames are lost, doubled and out of order; None is a picture without a number."""
    read = [number for number in numbers if number is not None]
    backwards = sum(after < before for before, after in pairwise(read))
    return {
        "lost": len(set(range(frames)) - set(read)),
        "doubled": len(read) - len(set(read)),
        "disordered": backwards + len(numbers) - len(read),
    }


class Comparison:
    """PSNR and SSIM of drawn pictures and decoded ones, in R'G'B', by FFmpeg's filters."""

    def __init__(self) -> None:
        self.psnr_db: list[float] = []
        self.ssim: list[float] = []

    def add(self, drawn: Picture, decoded: VideoFrame) -> None:
        """Compare two pictures; a decoded one of another size is scaled, as a viewer would."""
        psnr_db = float(_compare("psnr", drawn, decoded)["lavfi.psnr.psnr_avg"])
        self.psnr_db.append(min(psnr_db, _BEST_PSNR_DB))
        self.ssim.append(float(_compare("ssim", drawn, decoded)["lavfi.ssim.All"]))


def _compare(name: str, drawn: Picture, decoded: VideoFrame) -> dict[str, str]:
    """Return what one of FFmpeg's filters says about two pictures."""
    from av import VideoFrame
    from av.filter import Graph

    height, width = drawn.shape[:2]
    graph = Graph()  # the filters do not keep it alive
    compare, output = graph.add(name), graph.add("buffersink")
    reference = VideoFrame.from_ndarray(np.ascontiguousarray(drawn), format="rgb24")
    inputs = []
    for index, picture in enumerate((reference, decoded)):
        source = graph.add_buffer(
            width=picture.width, height=picture.height, format=picture.format, time_base=Fraction(1, 60)
        )
        scale, layout = graph.add("scale", f"{width}:{height}:{_EXACTLY}"), graph.add("format", "gbrp")
        inputs.append(source)
        source.link_to(scale)
        scale.link_to(layout)
        layout.link_to(compare, 0, index)
    compare.link_to(output)
    graph.configure()
    for source, picture in zip(inputs, (reference, decoded), strict=True):
        picture.pts = 0
        source.push(picture)
    pulled = output.pull()
    assert isinstance(pulled, VideoFrame)
    return dict(pulled.metadata)


def _pictures(path: Path) -> Iterator[VideoFrame]:
    with opened_video(path) as (container, stream):
        yield from container.decode(stream)


def _mean(values: list[float]) -> float | None:
    return statistics.fmean(values) if values else None


def serve(job: Job) -> dict[str, Any]:
    """Examine a job's file; runs in the environment of the recorders."""
    from glrec_bench.scene import drawn, scene_of

    scene, (width, height) = scene_of(job.size), job.size

    def draw(number: int) -> Picture:
        return np.frombuffer(drawn(scene, number), np.uint8).reshape(height, width, 3)[::-1]

    return asdict(examine(Path(job.path), job.frames, draw))
