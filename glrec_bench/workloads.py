"""What is measured: which recorders record which frames, and how. Sizes and counts are chosen so that a default run takes
less than a quarter of an hour on two cores; `--quick` takes about two minutes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from glrec_bench.job import Job, PixelSize
from glrec_bench.recorders import RECORDERS

P180, P360, P720, P1080, P2160 = (
    PixelSize(320, 180),
    PixelSize(640, 360),
    PixelSize(1280, 720),
    PixelSize(1920, 1080),
    PixelSize(3840, 2160),
)

_CHIEF = ("glrec", "imageio", "turbopipe", "pipe")
_OF_FRAMEWORKS = ("moderngl-window", "vispy", "pyglet")
_OWN_DEFAULTS = (*_CHIEF, "pyav", "moderngl-window", "vispy", "pyglet")
_NVIDIA = ("pynvvideocodec", "torchcodec")


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """A table row's worth of work, the same for all of its recorders.

    Attributes:
        name: by which targets and files call it.
        title: what it is, for people.
        recorders: names in the table of recorders, in the order of their turns.
        job: what each does; its recorder and path are filled in.

    """

    name: str
    title: str
    recorders: tuple[str, ...]
    job: Job

    def only(self, names: Iterable[str]) -> Workload:
        """Return the workload with those of its recorders that are named."""
        chosen = set(names)
        return replace(self, recorders=tuple(name for name in self.recorders if name in chosen))


def _workload(
    name: str,
    title: str,
    recorders: Sequence[str],
    size: PixelSize,
    frames: int,
    *,
    fps: int = 60,
    paced: bool = False,
    same_settings: bool = True,
    copies: int = 1,
    heaviness: float = 0.0,
    imports: bool = False,
) -> Workload:
    job = Job(
        recorder="",
        path="",
        size=size,
        frames=frames,
        fps=fps,
        paced=paced,
        same_settings=same_settings,
        copies=copies,
        heaviness=heaviness,
        imports=imports,
    )
    return Workload(name=name, title=title, recorders=tuple(recorders), job=job)


def _growth(frames: int, large: PixelSize) -> tuple[Workload, ...]:
    """What glrec alone does while the work grows: more frames, more pixels, more recorders."""
    own = ("glrec",)
    pixels = large.width * large.height
    return (
        _workload("frames-few", "100 frames, 320x180", own, P180, 100),
        _workload("frames-many", f"{frames} frames, 320x180", own, P180, frames),
        _workload("size-small", "640x360", own, P360, 20 * pixels // (640 * 360)),
        _workload("size-large", str(large), own, large, 20),
        _workload("recorders-one", "one recorder, 640x360", own, P360, 150),
        _workload("recorders-four", "four recorders at once, 640x360", own, P360, 150, copies=4),
    )


_IMPORT = _workload(
    "import",
    "import glrec_core beyond NumPy, import numpy beyond Python",
    ("glrec", "numpy"),
    P180,
    0,
    imports=True,
)
_EVERY_PEER = (*_CHIEF, "pyav", "pyglrec", *_OF_FRAMEWORKS)

SOFTWARE = (
    _workload("paced-720p", "paced at 60 frames/s, 1280x720", (*_EVERY_PEER, "copy"), P720, 120, paced=True),
    # At 30 frames/s no recorder is short of time on two cores: what is measured is recording, not waiting for x264.
    _workload(
        "paced-1080p", "paced at 30 frames/s, 1920x1080", (*_CHIEF, "copy"), P1080, 60, fps=30, paced=True
    ),
    _workload(
        "unpaced-1080p",
        "as fast as it goes, 1920x1080",
        (*_EVERY_PEER, "pyglrec-npz", "floor", "nothing"),
        P1080,
        120,
    ),
    _workload(
        "defaults-1080p",
        "as fast as it goes, 1920x1080, each with its own defaults",
        _OWN_DEFAULTS,
        P1080,
        60,
        same_settings=False,
    ),
    *_growth(10_000, P2160),
    _IMPORT,
)
"""For a renderer that runs on the CPU."""

HARDWARE = (
    _workload(
        "bound-4k",
        "a scene that bounds the GPU, 3840x2160",
        ("nothing", "glrec", "glrec-mjpeg", "pipe-into", "turbopipe"),
        P2160,
        200,
        heaviness=0.45,
    ),
    _workload(
        "unpaced-1080p",
        "as fast as it goes, 1920x1080",
        (*_EVERY_PEER, *_NVIDIA, "pyglrec-npz", "floor", "nothing"),
        P1080,
        600,
    ),
    _workload(
        "unpaced-4k",
        "as fast as it goes, 3840x2160, to any file",
        ("glrec", "glrec-mjpeg", "imageio", "pipe-into", "turbopipe", *_NVIDIA),
        P2160,
        200,
    ),
    _workload("paced-1080p", "paced at 60 frames/s, 1920x1080", _EVERY_PEER, P1080, 180, paced=True),
    *_growth(10_000, P2160),
    _IMPORT,
)
"""For a GPU."""

_GUARDED = ("glrec", "imageio", "pipe", "pyav")

GUARD = (
    _workload("paced-360p", "paced at 60 frames/s, 640x360", _GUARDED, P360, 60, paced=True),
    _workload("unpaced-360p", "as fast as it goes, 640x360", (*_GUARDED, "floor"), P360, 120),
    _IMPORT,
)
"""What is compared with a stored baseline: small, and made of recorders that the tests' own environment has."""


def quick(workloads: Sequence[Workload]) -> tuple[Workload, ...]:
    """Return the same workloads with few frames and the chief recorders: for a first look, not for figures to quote."""
    kept = {*_CHIEF, *(name for name, entry in RECORDERS.items() if entry.is_bound), "glrec-mjpeg"}
    return tuple(
        replace(each.only(kept), job=replace(each.job, frames=min(each.job.frames, 60)))
        for each in workloads
        if each.name not in {"frames-few", "frames-many", "size-small", "size-large"}
    )
