"""Finishes a recording whose process did not: encodes the frames that it left in its spill directory, after its film."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np

from glrec_core.backends.host import HOST, open_on_cpu
from glrec_core.backends.table import agree
from glrec_core.config import Config
from glrec_core.errors import ConfigError, GlrecError, SpillError
from glrec_core.pipeline.chain import Batch, EncodeChain
from glrec_core.pipeline.outputs import Outputs, StreamWriter
from glrec_core.recover.film import FilmSoFar
from glrec_core.recover.fit import fit, gaps
from glrec_core.recover.staging import staged
from glrec_core.recover.watched import run_watched
from glrec_core.report.recording import Recording
from glrec_core.report.stats import Stats
from glrec_core.spill.header import config_of
from glrec_core.spill.stored_frames import StoredFrames
from glrec_core.stages import OpenEncodeStages, StoredSink
from glrec_core.values.checks import absolute_path, flag, positive_number, shown
from glrec_core.values.clock import Span
from glrec_core.values.frame import Frame, Packet, Size
from glrec_core.values.progress import Progress, silent

PATIENCE_SECONDS = 600.0
"""How long an encoder may take for one frame before it is given up."""

_ONLY_NVENC = ("tuning", "rate_control", "max_bitrate")
"""Options of the recording that encoders on the CPU do not have."""


def recover(
    directory: str | os.PathLike[str],
    path: str | os.PathLike[str],
    *,
    with_film: str | os.PathLike[str] | None = None,
    overwrite: bool = False,
    keep: bool = False,
    progress: Progress | None = None,
    patience_seconds: float = PATIENCE_SECONDS,
) -> Recording:
    """Encode the whole frames of a spill directory to a file, with the options and at the times of their recording.

        recover(directory, "whole.mp4", with_film="film.mp4")

    With `with_film`, the file that the recording left, the result is one film: that file's complete pictures, and then the
    frames that come after them. Pictures are copied if the frames can be encoded to the same stream, else decoded and
    encoded anew. Without it, the first frame found is at time 0. `notes` tell what came from where, and what is missing.

    Nothing has the file's name until the file is whole; pictures (`%06d.png`) are written in place. The directory is
    deleted afterwards, unless `keep` says not to or a frame in it was damaged. An exception that is raised meanwhile, be it
    Ctrl-C or one of `progress`, leaves the directory as it was. A directory in which no frame was ever stored is deleted.

    Args:
        directory: the spill directory.
        path: the file to write.
        with_film: the file of the recording; its first part, if it has several.
        overwrite: replace an existing file.
        keep: do not delete the directory.
        progress: told after each frame how many are done and how many there are, in the thread of the caller.
        patience_seconds: how long the encoder may take for a frame before it is given up.

    Raises:
        ConfigError: the file cannot be written, exists, or cannot hold the recording's codec; or the film is not the
            recording's.
        SpillError: this is no spill directory, its recording still lives, or it holds no whole frame.
        GlrecError: the frames could not be encoded or written; the directory is kept.

    """
    for name, value in {"overwrite": overwrite, "keep": keep}.items():
        flag(name, value)
    if not (progress is None or callable(progress)):
        raise ConfigError(f"progress={shown(progress)} must be a function (done, total)")
    patience_seconds = positive_number("patience_seconds", patience_seconds, "seconds")
    with StoredFrames(absolute_path("directory", directory)) as frames:
        frames.refuse_empty(keep=keep)
        film = None if with_film is None else FilmSoFar(with_film)
        if film is not None and _is_same_file(film.path, absolute_path("path", path)):
            raise ConfigError(
                f"{path} is the film that is to be completed; choose another name for the new one"
            )
        with staged(path, overwrite=overwrite) as stage:
            recovery = _Recovery(frames, film, stage.sink)
            run_watched(recovery.run, progress or silent, patience_seconds)
            paths = stage.publish()
        recording = recovery.recording(paths)
        if not keep and not frames.damaged:
            frames.remove()
    return recording


class _Recovery:
    """One run. `run` is called on a thread of its own, the rest before and after it."""

    def __init__(self, frames: StoredFrames, film: FilmSoFar | None, sink: StoredSink) -> None:
        self._frames = frames
        self._film = film
        self._sink = sink
        self._notes: list[str] = []
        self._config = self._options()
        self._clock = self._config.make_clock()
        self._stats = Stats()
        self._span = Span()
        self._size: Size | None = None
        self._film_ns = np.empty(0, np.int64)
        after_ns = -1
        if film is not None:
            after_ns = fit(film, frames.times_ns)
            self._film_ns = film.times_ns
        self._after_ns = after_ns
        self._new_ns = frames.times_ns[frames.times_ns > after_ns]
        self._begin_ns = 0 if film is not None or not len(self._new_ns) else int(self._new_ns[0])
        self._total = len(self._film_ns) + len(self._new_ns)
        self._last_dts: int | None = None

    def run(self, progress: Progress) -> None:
        """Encode everything."""
        open_stages = self._open_stages()
        chain = EncodeChain((open_stages,), self._stats, self._notes.append)
        writer = StreamWriter(Outputs((self._sink,), _raise, self._notes.append), self._stats)
        try:
            if self._film is not None:
                self._write_film(self._film, open_stages, chain, writer, progress)
            for frame in self._frames.after(self._after_ns):
                self._encode(frame, chain, writer, progress)
            self._write(writer, chain.drain())
            writer.finish()
        except BaseException:
            chain.rescue()  # gives the encoder back; what it holds is still in the directory
            with suppress(GlrecError):
                writer.finish()
            raise
        if self._size is None:
            raise SpillError(errno.ENODATA, "no whole frame is stored here", str(self._frames.directory))

    def recording(self, paths: tuple[Path, ...]) -> Recording:
        """Return what became of it, once it is done."""
        damaged = self._frames.damaged
        times_ns = np.concatenate([self._film_ns, self._new_ns])
        begins_ns = self._frames.begins_ns
        missing = gaps(times_ns, begins_ns[begins_ns > self._after_ns], self._clock)
        notes = [self._origin(), *self._notes, *self._left_out(), *missing]
        if damaged:
            notes.append(f"{damaged} frames were damaged; {self._frames.directory} is kept")
        return Recording(
            paths=paths,
            frames=self._stats.packets,
            duration_seconds=self._span.duration_seconds(self._clock),
            size=self._size,
            codec=self._config.codec or "",
            route="recover",
            reason=f"{len(self._frames)} frames were found in {self._frames.directory}",
            notes=tuple(notes),
            stats=self._stats,
        )

    def _options(self) -> Config:
        """Return the recording's options as far as an encoder on the CPU has them."""
        config = config_of(self._frames.header)
        gone = [name for name in _ONLY_NVENC if getattr(config, name) is not None]
        if gone:
            self._notes.append(
                f"{' and '.join(f'{name}=' for name in gone)} of the recording do not apply on the CPU"
            )
        config = replace(config, tuning=None, rate_control=None, max_bitrate=None, backend=HOST.name)
        return config.with_codec(self._sink.default_codec(alpha=config.alpha is not None))

    def _open_stages(self) -> OpenEncodeStages:
        try:
            HOST.check(self._config)
        except ConfigError as error:  # the recording asked for what nobody can do: that is the header's fault
            raise SpillError(errno.EINVAL, f"the spill's options cannot be used: {error}") from error
        return open_on_cpu(agree(self._config, (self._sink,)).config, self._clock)

    def _write_film(
        self,
        film: FilmSoFar,
        open_stages: OpenEncodeStages,
        chain: EncodeChain,
        writer: StreamWriter,
        progress: Progress,
    ) -> None:
        """Write the film's pictures, as they are if what follows can be encoded to the same stream."""
        probe = self._probe(film, open_stages)
        why_not = film.other_stream(probe.stream)
        if why_not is not None and self._config.alpha is not None:
            raise ConfigError(
                f"{film.path} cannot be completed: {why_not}, and its alpha would be lost; recover without it"
            )
        if why_not is not None:
            self._notes.append(f"the film's pictures were decoded and encoded anew: {why_not}")
            for frame in film.frames():
                self._encode(frame, chain, writer, progress)
            return
        times_ns = iter(self._film_ns.tolist())
        for packet in film.packets(probe.stream.time_base, probe.packets[0].duration):
            self._count(next(times_ns), film.size)
            self._write(writer, [Batch(probe.stream, [packet])])
            self._tell(progress)

    def _probe(self, film: FilmSoFar, open_stages: OpenEncodeStages) -> Batch:
        """Encode one frame for nothing but to see the stream that comes of it."""
        for start_ns in (self._after_ns, -1):
            for frame in self._frames.after(start_ns):
                if frame.spec.size != film.size:
                    raise ConfigError(
                        f"{film.path} is {film.size} and the frames after it {frame.spec.size}, a part of its own; recover them without it"
                    )
                return _encode_alone(open_stages, frame)
        raise SpillError(errno.ENODATA, "no whole frame is stored here", str(self._frames.directory))

    def _encode(self, frame: Frame, chain: EncodeChain, writer: StreamWriter, progress: Progress) -> None:
        frame.pts_ns -= self._begin_ns
        self._count(frame.pts_ns, frame.spec.size)
        with frame:
            self._write(writer, chain.encode(frame))
        self._tell(progress)

    def _count(self, time_ns: int, size: Size) -> None:
        self._size = size
        self._span.add(time_ns)
        self._stats.drawn += 1
        self._stats.recorded += 1

    def _tell(self, progress: Progress) -> None:
        progress(self._stats.recorded, self._total)

    def _write(self, writer: StreamWriter, batches: Iterable[Batch]) -> None:
        for stream, given in batches:
            writer.write([Batch(stream, list(self._in_order(given)))])

    def _in_order(self, packets: Iterable[Packet]) -> Iterator[Packet]:
        """Let decode times go on where one stream follows another: with B-frames, an encoder begins before its first frame."""
        for packet in packets:
            earliest = packet.dts if self._last_dts is None else self._last_dts + 1
            self._last_dts = max(packet.dts, earliest)
            yield packet if packet.dts == self._last_dts else replace(packet, dts=self._last_dts)

    def _origin(self) -> str:
        if self._film is None:
            return f"the first frame found was at {self._begin_ns / 1e9:.3f} s of the recording"
        found = self._stats.recorded - len(self._film_ns)
        return (
            f"{len(self._film_ns)} frames are from {self._film.path}, {found} from {self._frames.directory}"
        )

    def _left_out(self) -> Iterator[str]:
        header = self._frames.header
        if operations := header.get("operations"):
            yield f"the {operations} operations of process= were the program's own and are not applied"
        if header.get("audio"):
            yield "the sound of audio= is not added"


def _encode_alone(open_stages: OpenEncodeStages, frame: Frame) -> Batch:
    stages = open_stages(frame.spec)
    try:
        with frame, stages.converter.convert(frame) as converted:
            packets = stages.encoder.encode(converted)
        packets += stages.encoder.drain()
        return Batch(stages.encoder.stream, packets)
    finally:
        stages.close()


def _is_same_file(film: Path, path: Path) -> bool:
    return path.exists() and film.samefile(path)


def _raise(error: Exception) -> None:
    raise error
