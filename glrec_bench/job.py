"""What a process is asked to measure, and what it answers: plain values that JSON can hold."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

PRESET, CRF = "ultrafast", 20
"""x264's settings wherever recorders are compared at the same ones."""


class PixelSize(NamedTuple):
    """Width and height in pixels."""

    width: int
    height: int

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One measurement: `frames` frames of the scene through one recorder into one file.

    Attributes:
        recorder: its name in the table of recorders.
        path: the file; further copies of the recorder write beside it.
        size: of the scene, in pixels.
        frames: how many are drawn.
        fps: frame rate of the file, and of a paced loop.
        paced: draw at that rate, as a program with a window does; else as fast as it goes.
        same_settings: encode with `PRESET` and `CRF`; else as the recorder does unasked.
        copies: how many recorders run at the same time, on the same scene.
        heaviness: nanoseconds that each pixel of the scene takes the GPU on top, for a loop that the GPU bounds.
        imports: record nothing; measure what importing the package costs.

    """

    recorder: str
    path: str
    size: PixelSize
    frames: int
    fps: int = 60
    paced: bool = False
    same_settings: bool = True
    copies: int = 1
    heaviness: float = 0.0
    imports: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return all values for JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Job:
        """Read them again."""
        return cls(**{**values, "size": PixelSize(*values["size"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a recording took, as the process that made it sees it.

    Attributes:
        total_seconds: from opening the recorder to the finished file.
        cpu_seconds: of the process and of the programs it started, over the same time.
        own_peak_bytes: peak resident memory of the process alone.
        written_bytes: what the process and its programs gave to the file system of a disk.
        late_frames: ticks of a paced loop at which no new frame was ready.
        render_ms: for each frame, the time that recording took from the render thread, drawing excluded.
        first_ms: the same for the first frame of the process, before all others.

    """

    total_seconds: float
    cpu_seconds: float
    own_peak_bytes: int
    written_bytes: int
    late_frames: int
    render_ms: list[float] = field(default_factory=list)
    first_ms: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What is in a finished file, held against what was drawn.

    Attributes:
        decoded: how many frames it has.
        lost: drawn frames that are not in it.
        doubled: frames of which it has more than one.
        disordered: frames that come before an earlier one, or whose number cannot be read.
        fault: the first thing wrong with a picture whose number was read; "" for none.
        file_bytes: size of the file.
        psnr_db: peak signal-to-noise ratio in R'G'B', mean of some frames; None if none could be compared.
        ssim: structural similarity in R'G'B', likewise.

    """

    decoded: int
    lost: int
    doubled: int
    disordered: int
    fault: str
    file_bytes: int
    psnr_db: float | None
    ssim: float | None
