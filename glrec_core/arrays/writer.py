"""The simple case: any iterable of arrays becomes a file."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import timedelta
from itertools import chain
from operator import length_hint

from glrec_core.arrays.backends import agree
from glrec_core.arrays.encoder import ArrayWork
from glrec_core.arrays.given import device_of
from glrec_core.arrays.layouts import size_of
from glrec_core.arrays.request import Request, array_config, make_request
from glrec_core.config import Alpha
from glrec_core.errors import ConfigError, GlrecError
from glrec_core.pipeline.chain import Batch
from glrec_core.pipeline.outputs import Outputs, StreamWriter
from glrec_core.report.recording import Recording
from glrec_core.report.stats import Stats
from glrec_core.sink.stored import open_stored
from glrec_core.stages import StoredSink
from glrec_core.values.checks import shown
from glrec_core.values.clock import Span
from glrec_core.values.frame import Packet
from glrec_core.values.measures import Rate
from glrec_core.values.progress import progress_bar

_Timed = tuple[timedelta | None, object]


def write_video(
    path: str | os.PathLike[str],
    arrays: Iterable[object],
    fps: Rate | None = None,
    *,
    codec: str | None = None,
    preset: str | None = None,
    quality: int | None = None,
    bitrate: int | None = None,
    gop: int | None = None,
    color: str | None = None,
    backend: str | None = None,
    device: int = 0,
    alpha: Alpha | None = None,
    audio: str | os.PathLike[str] | None = None,
    overwrite: bool = False,
) -> Recording:
    """Encode pictures to a file in constant memory, with a progress bar on a terminal.

        pictures = (np.full((360, 640, 3), number, np.uint8) for number in range(90))
        print(write_video("film.mp4", pictures, fps=30))

    If an error ends it, also one of the iterable's own, the file keeps what was complete by then.

    Args:
        path: where to write; the extension decides the container, and a `%d` makes a sequence of pictures.
        arrays: pictures of one size as `ArrayEncoder` takes them, or (time, picture) pairs whose times, as timedelta, rise;
            the first of those is shown at the start of the film.
        fps: frames per second of pictures without times.
        codec: as in `Config`; None takes the container's default.
        preset, quality, bitrate, gop, color, backend, device: as for `ArrayEncoder`.
        alpha: keep the alpha of RGBA pictures, "straight" or "premultiplied", as in `Config`.
        audio: a file with sound, which starts with the film.
        overwrite: replace an existing file.

    Raises:
        ConfigError: an option or the path cannot be honoured, or there is no picture; no file has been touched.
        ArrayError: an array is not a picture, or not of the first one's size.
        BackendUnavailable: no backend can serve here.
        GlrecError: a picture could not be converted, encoded or written.

    """
    sink = open_stored(path, overwrite=overwrite, audio=audio)
    config = array_config(
        fps,
        timing="step",
        codec=codec,
        preset=preset,
        tuning=None,
        gop=gop,
        quality=quality,
        bitrate=bitrate,
        color=color,
        backend=backend,
        alpha=alpha,
    )
    agreed = agree(config, (sink,))
    first, pictures = _peeked(arrays)
    _check_times(fps, first)
    device_of(first[1])  # is it an array at all?
    size = size_of(getattr(first[1], "shape", ()))
    request = make_request(size, fps, agreed.config, device=device)
    return _Film(ArrayWork(request, agreed), request, sink).write(pictures, length_hint(arrays))


def _peeked(arrays: Iterable[object]) -> tuple[_Timed, Iterator[_Timed]]:
    try:
        pictures = map(_timed, arrays)
    except TypeError as error:
        raise ConfigError(
            f"arrays={shown(arrays)} cannot be iterated over; give a list or a generator"
        ) from error
    for first in pictures:
        return first, chain([first], pictures)
    raise ConfigError("there is no picture to write: the iterable is empty")


def _timed(item: object) -> _Timed:
    match item:
        case (timedelta() as at, picture):
            return at, picture
    return None, item


def _check_times(fps: Rate | None, first: _Timed) -> None:
    if first[0] is None and fps is None:
        raise ConfigError(
            "fps= is needed where the pictures have no times; give it, or (time, picture) pairs"
        )
    if first[0] is not None and fps is not None:
        raise ConfigError(f"fps={shown(fps)} contradicts the times that the pictures have; leave it out")


class _Film:
    """One file being made."""

    def __init__(self, work: ArrayWork, request: Request, sink: StoredSink) -> None:
        self._request = request
        self._sink = sink
        self._work = work
        self._stats = Stats(backend=self._work.backend, reason=self._work.reason)
        self._notes: list[str] = []
        # What the only sink fails with is raised, so that nothing is ever reported.
        outputs = Outputs((sink,), lambda _: None, self._notes.append)
        self._writer = StreamWriter(outputs, self._stats)
        self._span = Span()

    def write(self, pictures: Iterator[_Timed], total: int) -> Recording:
        """Encode everything; `total` is how many pictures there are, 0 where that is not known."""
        try:
            with progress_bar("encoding") as progress:
                for at, picture in pictures:
                    self._encode(picture, at)
                    progress(self._stats.encoded, total)
            self._write(self._work.drain())
        finally:
            self._finish()
        return self._recording()

    def _encode(self, picture: object, at: timedelta | None) -> None:
        packets = self._work.encode(picture, at)
        self._span.add(self._work.last_ns)
        self._stats.drawn += 1
        self._stats.recorded += 1
        self._stats.encoded += 1
        self._write(packets)

    def _write(self, packets: list[Packet]) -> None:
        self._writer.write([Batch(self._work.stream, packets)])

    def _finish(self) -> None:
        try:
            with suppress(GlrecError):  # there is nothing left but after an error, which is the one to report
                self._write(self._work.drain())
            self._work.close()
        finally:
            self._writer.finish()

    def _recording(self) -> Recording:
        request, stats = self._request, self._stats
        return Recording(
            paths=self._sink.paths,
            frames=stats.packets,
            duration_seconds=self._span.duration_seconds(request.clock),
            size=request.size,
            codec=request.codec,
            route=stats.backend,
            reason=stats.reason,
            notes=tuple(self._notes),
            stats=stats,
            lossless=request.config.is_lossless,
        )
