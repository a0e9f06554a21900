"""Proof: records the test picture through a route, decodes the file again and holds it against what was drawn."""

from __future__ import annotations

import ctypes
import tempfile
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from glrec_core import FileSink, Framebuffer, Size, record
from glrec_core.errors import GlrecError
from glrec_core.gl import functions as g
from glrec_core.gl.functions import GL, current_gl
from glrec_core.gl.headless import first_context, headless_displays, window_displays
from glrec_core.gl.objects import ColorTarget
from glrec_core.isolation import Progress, call
from glrec_core.verify import pattern
from glrec_core.verify.checks import Expected, Status
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
    with first_context(window_displays if window else headless_displays):
        gl = current_gl()
        target = ColorTarget(gl, _SIZE)
        recorder = record(None, FileSink(path), timing="step", fps=_FPS, backend=backend, codec=codec)
        began = perf_counter()
        for number in range(_FRAMES):
            _draw(gl, target, number)
            recorder.frame_drawn(Framebuffer(target.framebuffer, _SIZE))
            progress(number + 1, _FRAMES)
        recording = recorder.close()
        seconds = perf_counter() - began
        target.delete()
    return {"frames": recording.frames, "seconds": seconds, "render_cost_ms": recording.stats.render_cost_ms}


def _draw(gl: GL, target: ColorTarget, number: int) -> None:
    """Upload a picture; OpenGL's first row is the lowest."""
    opaque = np.full((_SIZE.height, _SIZE.width, 4), 255, np.uint8)
    opaque[..., :3] = pattern.draw(_SIZE, number)[::-1]
    data = opaque.ctypes.data_as(ctypes.c_void_p)
    gl.BindTexture(g.TEXTURE_2D, target.texture)
    gl.TexImage2D(g.TEXTURE_2D, 0, g.RGBA8, *_SIZE, 0, g.RGBA, g.UNSIGNED_BYTE, data)
