"""`glrec loopback`: sends a clip, a program's recording or a file through the wire and back, and compares.

What is drawn is recorded to a file as ever; each access unit goes through the wire besides.
"""

from __future__ import annotations

import json
import math
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, redirect_stdout
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

from glrec_core import FileSink, record
from glrec_core.errors import ConfigError, ProgramFailed
from glrec_core.gl.offscreen import own_context
from glrec_core.running import RunOptions, load_script, run_program
from glrec_core.running.options import exact_seconds
from glrec_core.values.frame import Packet, Size, StreamInfo
from glrec_core.values.progress import Progress, silent
from glrec_core.verify.clip import Clip
from glrec_core.verify.pattern import LEAST_SIZE, NUMBERS
from glrec_core.wire.stored import stored_stream
from glrec_core.wire.trial import WireReport, WireTrial

SYNTHETIC = "synthetic"
"""The source that glrec draws itself."""

_SIZE, _FPS, _SECONDS = Size(1280, 720), Fraction(30), 5.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """What is sent, and where it is recorded.

    Attributes:
        name: `synthetic`, a Python program (`*.py`), or else a video file.
        out: the file to record to; a copy of the video, if it is one.
        size: of the pictures; by default 1280x720 of the clip, and a program's own.
        fps: frames per second; 30 of the clip, 60 of a program.
        seconds: how much; 5 of the clip, all of the rest.
        headless: show no window of the program.
        overwrite: replace `out` if it exists.
        encoding: `codec` and `bitrate` of `Config`, where they are given.

    """

    name: str
    out: Path
    size: Size | None = None
    fps: Fraction | None = None
    seconds: float | None = None
    headless: bool = False
    overwrite: bool = False
    encoding: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LoopbackReport:
    """What came of it: frames that the encoder was given, seconds that all of it took, and the wire's account."""

    submitted: int
    seconds: float
    wire: WireReport

    @property
    def frames_per_second(self) -> float:
        """Rate of the whole: drawing, encoding, writing, sending, receiving and comparing."""
        return self.wire.encoded / self.seconds

    @property
    def passed(self) -> bool:
        """Whether every frame came out of the encoder, and through the wire as far as the code can bring it."""
        return self.wire.passed and self.wire.encoded == self.submitted

    def as_json(self) -> dict[str, Any]:
        """Return everything under its name."""
        wire, verdict = self.wire, self.wire.verdict
        return {
            "passed": self.passed,
            "submitted": self.submitted,
            "encoded": wire.encoded,
            "keyframes": wire.keyframes,
            "bytes": wire.encoded_bytes,
            "frames_per_second": self.frames_per_second,
            "packets": wire.packets,
            "packet_bytes": wire.packet_bytes,
            "lost": wire.lost,
            "intact": verdict.intact,
            "recovered": verdict.repaired,
            "beyond_code": verdict.beyond_code,
            "missing": verdict.missing,
            "mismatches": verdict.mismatches,
            "first_mismatch": verdict.first_mismatch or None,
            "latency_p50_ms": verdict.latency.p50_ms,
            "latency_p95_ms": verdict.latency.p95_ms,
        }


def loopback(source: Source, trial: WireTrial, progress: Progress = silent) -> LoopbackReport:
    """Record the source to its file and send it through the trial's wire.

    Raises:
        ConfigError: something cannot be done as asked; no file was touched.
        GlrecError: the recording failed.

    """
    with trial:
        began = perf_counter()
        if source.name == SYNTHETIC:
            submitted = _submit_clip(source, trial, progress)
        elif source.name.endswith(".py"):
            submitted = _submit_program(source, trial)
        else:
            submitted = _submit_file(source, trial, progress)
        wire = trial.finish()
        return LoopbackReport(submitted, perf_counter() - began, wire)


def _submit_clip(source: Source, trial: WireTrial, progress: Progress) -> int:
    """Draw and record the clip; returns the number of its frames."""
    size, fps = source.size or _SIZE, source.fps or _FPS
    frames = math.ceil(exact_seconds(source.seconds or _SECONDS) * fps)
    if size.width < LEAST_SIZE.width or size.height < LEAST_SIZE.height:
        raise ConfigError(f"{size} is too small for the test picture; the least is {LEAST_SIZE}")
    if frames > NUMBERS:
        raise ConfigError(f"{frames} frames are more than the test picture can count: {NUMBERS}")
    file = FileSink(source.out, overwrite=source.overwrite)
    start = partial(record, None, file, trial, timing="step", fps=fps, **source.encoding)
    start().discard()  # the options are judged before OpenGL is asked for
    with own_context(window=False), Clip(size) as clip, start() as recorder:
        for number in range(frames):
            recorder.frame_drawn(clip.draw(number))
            progress(number + 1, frames)
    return _submitted(recorder.stats.as_dict())


def _submit_program(source: Source, trial: WireTrial) -> int:
    """Run and record a program in steps of 1/fps; what it prints goes to standard error."""
    with tempfile.TemporaryDirectory(prefix="glrec-loopback-") as folder:
        account = Path(folder) / "account.json"
        recording = {**source.encoding, "overwrite": source.overwrite, "stats_json": account}
        if source.size is not None:
            recording["size"] = source.size
        options = RunOptions(
            output=source.out,
            seconds=source.seconds,
            headless=source.headless,
            step=True,
            fps=source.fps,
            recording=recording,
            sinks=(trial,),
        )
        with redirect_stdout(sys.stderr):
            code = run_program(partial(load_script, source.name), [], options)
        if code:
            raise ProgramFailed(f"{source.name} ended with exit code {code}, or was not recorded")
        first_line, *_others = account.read_text(encoding="utf-8").splitlines()
    return _submitted(json.loads(first_line))


def _submitted(stats: dict[str, Any]) -> int:
    return int(stats["recorded"]) + int(stats["lost"])


def _submit_file(source: Source, trial: WireTrial, progress: Progress) -> int:
    """Copy a file's access units; returns how many there are."""
    path = Path(source.name)
    if source.size or source.fps or source.encoding or source.headless:
        raise ConfigError(
            f"{path}: the access units of a file are sent as they are; leave size, rate, codec and so on out"
        )
    if path.exists() and source.out.exists() and path.samefile(source.out):
        raise ConfigError(f"{source.out} is the source itself; choose another name")
    file = FileSink(source.out, overwrite=source.overwrite)
    with stored_stream(path) as (stream, packets):
        file.check(stream.codec, alpha=stream.alpha)
        with closing(file), closing(trial):
            file.open(stream)
            trial.open(stream)
            count = 0
            for count, packet in enumerate(_first(packets, stream, source.seconds), 1):
                file.write(packet)
                trial.write(packet)
                progress(count, 0)
            return count


def _first(packets: Iterator[Packet], stream: StreamInfo, seconds: float | None) -> Iterator[Packet]:
    """Yield the packets of the first seconds; all, if None."""
    first_dts: int | None = None
    end = None if seconds is None else exact_seconds(seconds)
    for packet in packets:
        first_dts = packet.dts if first_dts is None else first_dts
        if end is not None and (packet.dts - first_dts) * stream.time_base >= end:
            return
        yield packet
