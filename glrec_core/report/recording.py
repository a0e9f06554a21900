"""What `close()` gives: the finished recording and how it came about."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from glrec_core.errors import ConfigError
from glrec_core.report.stats import Stats
from glrec_core.report.thumbnail import thumbnail
from glrec_core.values.frame import Packet, Size, StreamInfo

if TYPE_CHECKING:
    from glrec_core.report.notebook import Bundle


@dataclass(frozen=True, slots=True)
class Recording:
    """A finished recording.

        recording = recorder.close()
        print(recording.path, recording.frames, recording.reason)

    Attributes:
        paths: the files, in order; more than one when the recording was split into parts.
        frames: number of frames in them.
        duration_seconds: from the first frame to the end of the last.
        size: (width, height) of the (last part's) video in pixels.
        codec: codec name, such as "h264".
        route: name of the backend that was used.
        reason: why that backend, in a sentence.
        notes: what was done without being asked for, such as padding of odd sizes, as sentences.
        stats: the account of all frames.
        lossless: whether the files hold every pixel's RGB exactly.
        spill: directory with the stored frames, if they were kept.

    """

    paths: tuple[Path, ...]
    frames: int
    duration_seconds: Fraction
    size: Size | None
    codec: str
    route: str
    reason: str
    notes: tuple[str, ...]
    stats: Stats
    lossless: bool = False
    spill: Path | None = None

    @property
    def path(self) -> Path | None:
        """The (first) file; None if no file was written."""
        return self.paths[0] if self.paths else None

    @property
    def fps(self) -> float:
        """Mean frames per second."""
        return float(self.frames / self.duration_seconds) if self.duration_seconds else 0.0

    def frames_as_arrays(self) -> Iterator[NDArray[np.uint8]]:
        """Yield every frame exactly as it was drawn, (height, width, 4) uint8 RGBA, row 0 the top.

            for pixels in recording.frames_as_arrays():
                print(pixels.shape, pixels.mean())

        From the kept spill (`backend="spill"`, `keep_spill=True`), else from lossless files, where alpha is 255
        unless it was recorded. Sides may have been padded, as `notes` tell.

        Raises:
            ConfigError: the recording is lossy and its frames were not kept.
            SpillError: they cannot be read.

        """
        from glrec_core.report.raw_frames import decoded_pixels, stored_pixels

        if self.spill is not None:
            return stored_pixels(self.spill)
        if not self.lossless:
            raise ConfigError(
                "only a lossless recording gives its frames back exactly: record with lossless=True or codec='ffv1', "
                "or with backend='spill' and keep_spill=True"
            )
        return chain.from_iterable(map(decoded_pixels, self.paths))

    def _repr_mimebundle_(self, **_: object) -> Bundle:
        """Show the files in a notebook: inline up to `notebook.EMBED_BYTES` where a browser plays them, else as links."""
        from glrec_core.report.notebook import films  # HTML and Base64 are for notebooks

        return films(self.paths, self.codec, str(self))

    def __str__(self) -> str:
        where = ", ".join(map(str, self.paths)) or "no file"
        if not self.frames:
            return f"{where}: no frame was recorded{self.stats.left_out or ', since none was drawn'}"
        limited = self.stats.rate_limited
        left_out = f", {limited} drawn frames left out by the limit of the frame rate" if limited else ""
        length = float(self.duration_seconds)
        return f"{where}: {self.frames} frames, {self.size}, {length:.3f} s, {self.codec} by {self.route}{left_out}"


def while_it_runs(recording: Recording, state: str, keyframe: tuple[StreamInfo, Packet] | None) -> Bundle:
    """Return how a notebook shows a recording that is not closed: its figures, and its last keyframe if there is one."""
    stats = recording.stats
    rows = {
        "state": state,
        "frames": stats.recorded,
        "length": f"{float(recording.duration_seconds):.1f} s",
        "size": recording.size,
        "dropped": stats.dropped,
        "left out by the limit": stats.rate_limited,
        "waiting": stats.queued,
        "cost": f"{stats.render_cost_ms:.2f} ms a frame",
        "route": stats.backend,
    }
    from glrec_core.report.notebook import figures

    picture = None if keyframe is None else thumbnail(*keyframe)
    return figures(rows, picture, f"<recorder: {state}, {stats.recorded} frames>")
