"""Proof: records the test picture through a route, decodes the file again and holds it against what was drawn."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from time import perf_counter
from typing import Any

from glrec_core import FileSink, Size, record
from glrec_core.errors import GlrecError
from glrec_core.gl.offscreen import own_context
from glrec_core.isolation import call
from glrec_core.values.progress import Progress
from glrec_core.verify.checks import Expected, Status
from glrec_core.verify.clip import Clip
from glrec_core.verify.report import verify

_SIZE, _FRAMES, _FPS = Size(1280, 720), 120, 60
_TIMEOUT_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Trial:
    """One route's clip: whether it is right, what is wrong with it, and what it took. Times are 0 where there is none."""

    route: str
    passed: bool
    text: str
    frames: int = 0
    seconds: float = 0.0
    render_cost_ms: float = 0.0
    file_bytes: int = 0


def selftest(route: str, *, codec: str | None, window: bool, progress: Progress) -> Trial:
    """Record a clip through one route into a scratch folder, verify it, and remove it again."""
    with tempfile.TemporaryDirectory(prefix="glrec-selftest-") as folder:
        path = Path(folder) / (f"{route}.mp4" if codec is None else f"{route}.mov")
        try:
            made = call(
                f"{__name__}:record_clip",
                {"path": str(path), "backend": route, "codec": codec, "window": window},
                timeout_seconds=_TIMEOUT_SECONDS,
                progress=progress,
            )
            report = verify(path, Expected(frames=_FRAMES, fps=Fraction(_FPS), size=_SIZE, barcode=True))
        except GlrecError as error:
            return Trial(route, passed=False, text=str(error))
        faults = [f"{check.name}: {check.text}" for check in report.checks if check.status is Status.FAIL]
        text = (
            "; ".join(faults)
            or f"{_FRAMES} frames of {_SIZE}: all there, in order, upright, right in colour and time"
        )
        return Trial(route, report.passed, text, file_bytes=path.stat().st_size, **made)


def record_clip(
    progress: Progress, *, path: str, backend: str, codec: str | None, window: bool
) -> dict[str, Any]:
    """Record the clip; runs in a process of its own."""
    with own_context(window=window):
        recorder = record(None, FileSink(path), timing="step", fps=_FPS, backend=backend, codec=codec)
        began = perf_counter()
        with Clip(_SIZE) as clip:
            for number in range(_FRAMES):
                recorder.frame_drawn(clip.draw(number))
                progress(number + 1, _FRAMES)
            recording = recorder.close()
        seconds = perf_counter() - began
    return {"frames": recording.frames, "seconds": seconds, "render_cost_ms": recording.stats.render_cost_ms}
