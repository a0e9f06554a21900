"""Finishes a recording whose process did not: encodes the frames that it left in its spill directory."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from pathlib import Path

from glrec_core.backends import open_on_cpu
from glrec_core.clock import Span
from glrec_core.encode_chain import Batch, EncodeChain
from glrec_core.errors import ConfigError, SpillError
from glrec_core.frame import Frame, Size
from glrec_core.outputs import Outputs
from glrec_core.recording import Recording
from glrec_core.sink.stored import StoredSink, open_stored
from glrec_core.spill.header import config_of
from glrec_core.spill.stored_frames import StoredFrames
from glrec_core.stats import Stats

Progress = Callable[[int, int], None]
"""Told how many frames are done and how many there are."""


def recover(
    directory: str | os.PathLike[str],
    path: str | os.PathLike[str],
    *,
    overwrite: bool = False,
    keep: bool = False,
    progress: Progress | None = None,
) -> Recording:
    """Encode all whole frames of a spill directory to a file, with the options and at the times of their recording.

    The first frame found is at time 0; `notes` tell what time that was in the recording. The directory is deleted
    afterwards, unless `keep` says not to or a frame in it was damaged.

    Raises:
        ConfigError: the file cannot be written, exists, or cannot hold the recording's codec.
        SpillError: this is no spill directory, its recording still lives, or it holds no whole frame.
        GlrecError: the frames could not be encoded or written; the directory is kept.

    """
    with StoredFrames(Path(directory)) as frames:
        recovery = _Recovery(frames, open_stored(path, overwrite=overwrite), progress or _quiet)
        recording = recovery.run()
        if not keep and not frames.damaged:
            frames.remove()
    return recording


class _Recovery:
    """One run; without threads, since nobody draws meanwhile."""

    def __init__(self, frames: StoredFrames, sink: StoredSink, progress: Progress) -> None:
        self._frames = frames
        self._sink = sink
        self._progress = progress
        config = config_of(frames.header)
        self._config = config.with_codec(sink.default_codec(alpha=config.alpha is not None))
        self._clock = self._config.make_clock()
        self._stats = Stats()
        self._notes: list[str] = []
        self._errors: list[Exception] = []
        self._span = Span()
        self._size: Size | None = None
        self._first_ns = 0

    def run(self) -> Recording:
        """Encode everything."""
        try:
            open_stages = open_on_cpu(self._config, self._clock)
        except ConfigError as error:
            raise SpillError(errno.EINVAL, f"the spill's options cannot be used: {error}") from error
        self._sink.check(self._config.codec or "", alpha=self._config.alpha is not None)
        chain = EncodeChain((open_stages,), self._stats, self._notes.append)
        outputs = Outputs((self._sink,), self._errors.append, self._notes.append)
        try:
            for frame in self._timed_frames():
                with frame:
                    self._write(outputs, chain.encode(frame))
            self._write(outputs, chain.drain())
        finally:
            self._write(outputs, chain.rescue())
            outputs.close_part()
        if self._size is None:
            raise SpillError(errno.ENODATA, "no whole frame is stored here", str(self._frames.directory))
        return self._recording(self._size)

    def _timed_frames(self) -> Iterator[Frame]:
        for done, frame in enumerate(self._frames, 1):
            if self._size is None:
                self._first_ns = frame.pts_ns
            self._size = frame.spec.size
            frame.pts_ns -= self._first_ns
            self._span.add(frame.pts_ns)
            self._stats.drawn += 1
            self._stats.recorded += 1
            yield frame
            self._progress(done, len(self._frames))

    def _write(self, outputs: Outputs, batches: Iterable[Batch]) -> None:
        for batch in batches:
            outputs.write(batch)
            self._stats.packets += len(batch.packets)
            self._stats.encoded_bytes += sum(packet.size_bytes for packet in batch.packets)

    def _recording(self, size: Size) -> Recording:
        damaged = self._frames.damaged
        begin_seconds = float(Fraction(self._first_ns, 1_000_000_000))
        notes = [f"the first frame found was at {begin_seconds:.3f} s of the recording", *self._notes]
        if operations := self._frames.header.get("operations"):
            notes.append(
                f"the {operations} operations of process= were the program's own and are not applied"
            )
        if damaged:
            notes.append(f"{damaged} frames were damaged; {self._frames.directory} is kept")
        return Recording(
            paths=self._sink.paths,
            frames=self._stats.packets,
            duration_seconds=self._span.duration_seconds(self._clock),
            size=size,
            codec=self._config.codec or "",
            route="recover",
            reason=f"{self._stats.recorded} frames were found in {self._frames.directory}",
            notes=tuple(notes),
            stats=self._stats,
        )


def _quiet(done: int, total: int) -> None:
    """Tell nobody."""
