"""The second opinion: the FFmpeg program that imageio-ffmpeg brings, another build than the one inside PyAV."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import IO

from glrec_core.ffmpeg.executable import without_addresses
from glrec_core.isolation import bounded_process
from glrec_core.media.source import DECODER_THREADS, MAX_PIXELS
from glrec_core.values.progress import Progress

# Every frame as it is in the file: neither doubled, dropped nor moved to start at zero.
_UNTOUCHED_TIME = ("-fps_mode", "passthrough", "-enc_time_base", "demux")
_MOST_COMPLAINTS = 5


@dataclass(frozen=True, slots=True)
class SecondOpinion:
    """What the program decoded: the time of each frame in seconds, and the first of its complaints."""

    seconds: tuple[Fraction, ...]
    complaints: tuple[str, ...]


def decode(
    executable: str, path: Path, *, timeout_seconds: float, frames: int, progress: Progress
) -> SecondOpinion:
    """Decode all of a file. A program that fails or takes too long is a complaint, not an error."""
    arguments = ("-v", "error", "-nostdin", "-protocol_whitelist", "file,pipe", "-copyts")
    limits = ("-threads", str(DECODER_THREADS), "-max_pixels", str(MAX_PIXELS))
    output = ("-map", "0:v:0", *_UNTOUCHED_TIME, "-f", "framecrc", "pipe:1")
    command = [executable, *arguments, *limits, "-i", f"file:{path}", *output]
    with (
        tempfile.TemporaryFile() as errors,
        bounded_process(command, timeout_seconds, stdin=subprocess.DEVNULL, stderr=errors) as bounded,
    ):
        lines = _lines(bounded.output, frames, progress)
        code = bounded.process.wait()
        complaints = _said(errors)
    if bounded.timed_out:
        complaints = (f"it did not end within {timeout_seconds:.0f} s", *complaints)
    elif code != 0:
        complaints = (f"it failed with exit code {code}", *complaints)
    return SecondOpinion(_seconds(lines), complaints[:_MOST_COMPLAINTS])


def _lines(output: IO[bytes], frames: int, progress: Progress) -> list[str]:
    lines = []
    for line in output:
        lines.append(line.decode("ascii", "replace"))
        progress(min(len(lines), frames), frames)
    return lines


def _seconds(lines: Sequence[str]) -> tuple[Fraction, ...]:
    """Return the times in a framecrc listing: `stream, dts, pts, duration, size, checksum`, ticks of `#tb 0: n/d`."""
    time_base = next((Fraction(line.split()[-1]) for line in lines if line.startswith("#tb 0:")), Fraction(1))
    fields = [line.split(",") for line in lines if not line.startswith("#")]
    return tuple(int(field[2]) * time_base for field in fields if len(field) > 2)  # noqa: PLR2004 - its third


def _said(errors: IO[bytes]) -> tuple[str, ...]:
    errors.seek(0)
    text = without_addresses(errors.read().decode(errors="replace"))
    return tuple(dict.fromkeys(text.splitlines()))
