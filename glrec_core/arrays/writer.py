"""Arrays become a file: picture by picture as a program has them, or all that an iterable gives.

A `VideoWriter` that nobody closes finishes its file when it is collected, or when the program ends. The part that does so,
`_Film`, therefore knows nothing of it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from itertools import chain
from operator import length_hint
from typing import Self, TypedDict, Unpack
from weakref import finalize

from glrec_core.arrays.backends import agree
from glrec_core.arrays.encoder import ArrayWork
from glrec_core.arrays.given import device_of
from glrec_core.arrays.layouts import size_of
from glrec_core.arrays.request import Request, array_config, make_request
from glrec_core.arrays.stages import ArrayBackend
from glrec_core.backends.agreement import Agreement
from glrec_core.config import Alpha
from glrec_core.errors import ClosedError, ConfigError, GlrecError
from glrec_core.pipeline.chain import Batch
from glrec_core.pipeline.outputs import Outputs, StreamWriter
from glrec_core.report.recording import Recording
from glrec_core.report.stats import Stats
from glrec_core.sink.stored import open_stored
from glrec_core.stages import StoredSink
from glrec_core.system.forks import Maker, keep_in_children
from glrec_core.system.interrupts import HeldBack
from glrec_core.values.checks import shown
from glrec_core.values.clock import Span
from glrec_core.values.frame import Packet, Size
from glrec_core.values.measures import Rate, parse_size
from glrec_core.values.progress import progress_bar

_Timed = tuple[timedelta | None, object]

_ANY_SIZE = (64, 64)
"""Stands for the pictures' size until the first one comes, so that all other options are checked before it."""


class Encoding(TypedDict, total=False):
    """How pictures are encoded to a file, by the names that `VideoWriter` describes.

    For example:

        encoding: Encoding = {"codec": "hevc", "quality": 24}
        write_video("film.mp4", pictures, fps=30, **encoding)
    """

    codec: str | None
    preset: str | None
    quality: int | None
    bitrate: int | None
    gop: int | None
    color: str | None
    backend: str | None
    device: int


class VideoOptions(Encoding, total=False):
    """All options of `VideoWriter` and `write_video`.

    For example:

        options: VideoOptions = {"codec": "hevc", "overwrite": True}
        write_video("film.mp4", pictures, fps=30, **options)
    """

    alpha: Alpha | None
    audio: str | os.PathLike[str] | None
    overwrite: bool


class VideoWriter:
    """A file that pictures are written to one by one, in constant memory.

        with VideoWriter("film.mp4", fps=30) as film:
            film.write(np.zeros((360, 640, 3), np.uint8))

    The file plays while it grows. It is finished by `close`, by the end of the `with` block, when the writer is collected and
    at the end of the program, whichever comes first; after an error it keeps what was complete by then. Any thread may call,
    one at a time. Ctrl-C waits for the end of a picture. A forked child has no part in it.

    Args:
        path: where to write; the extension decides the container, and a `%d` makes a sequence of pictures.
        fps: frames per second; None where each picture is given with its time.
        codec: as in `Config`; None takes the container's default.
        preset, quality, bitrate, gop, color, backend, device: as for `ArrayEncoder`.
        alpha: keep the alpha of RGBA pictures, "straight" or "premultiplied", as in `Config`.
        audio: a file with sound, which starts with the film.
        overwrite: replace an existing file.

    Raises:
        ConfigError: an option or the path cannot be honoured; no file has been touched.

    """

    def __init__(
        self,
        path: str | os.PathLike[str],
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
    ) -> None:
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
        self._sink = sink
        self._agreed = agree(config, (sink,))
        self._request = make_request(_ANY_SIZE, fps, self._agreed.config, device=device)
        self._film: _Film | None = None
        self._maker = Maker()
        self._closed = False
        self._held_back = HeldBack()
        self._forget = _nothing

    @property
    def frames(self) -> int:
        """How many pictures have been written."""
        return 0 if self._film is None else self._film.frames

    @property
    def size(self) -> Size | None:
        """The pictures' size, None before the first."""
        return None if self._film is None else self._film.size

    def write(self, picture: object, *, at: timedelta | None = None) -> None:
        """Add a picture, which has been read when this returns and may be changed.

            film.write(np.zeros((360, 640, 3), np.uint8))

        Args:
            picture: any array that `ArrayEncoder` takes, of the first one's size.
            at: when it is shown, later than the picture before; required without `fps=`, and only then.

        Raises:
            ArrayError: it is not a picture, or not of the first one's size; it is not in the film.
            ConfigError: the codec does not take pictures of this size; there is no file.
            BackendUnavailable: no backend can serve here.
            GlrecError: it could not be converted, encoded or written.
            ClosedError: the writer has been closed.

        """
        if self._closed:
            raise ClosedError("this VideoWriter has been closed; make another one")
        if not self._maker.is_here:
            return
        with self._held_back:
            self._film_for(picture).write(picture, at)

    def close(self) -> Recording:
        """Finish the file and return what it holds; again, return the same.

            recording = film.close()
            print(recording.path, recording.frames)

        Raises:
            ConfigError: there was no picture, so there is no file.
            GlrecError: the last pictures could not be encoded, or the file could not be finished.

        """
        self._closed = True
        if self._film is None:
            raise ConfigError("there is no picture to write: the film is empty")
        if self._maker.is_here:
            self._forget()
            self._film.finish()
        return self._film.recording()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._film is None:
            self._closed = True
            return
        with suppress(
            *(() if kind is None else (GlrecError,))
        ):  # the error that is under way is the one to report
            self.close()

    def _film_for(self, picture: object) -> _Film:
        if self._film is None:
            device_of(picture)  # is it an array at all?
            size = parse_size(size_of(getattr(picture, "shape", ())))
            film = _Film(replace(self._request, size=size), self._agreed, self._sink)
            keep_in_children(film)
            self._forget = finalize(self, _finish_at_last, film, self._maker).detach
            self._film = film
        return self._film


def _nothing() -> object:
    """Stand for a finalizer that is not there yet."""
    return None


def _finish_at_last(film: _Film, maker: Maker) -> None:
    if maker.is_here:
        film.finish()


def write_video(
    path: str | os.PathLike[str],
    arrays: Iterable[object],
    fps: Rate | None = None,
    **options: Unpack[VideoOptions],
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
        options: how it is encoded and where it goes: those of `VideoWriter`.

    Raises:
        ConfigError: an option or the path cannot be honoured, or there is no picture; no file has been touched.
        ArrayError: an array is not a picture, or not of the first one's size.
        BackendUnavailable: no backend can serve here.
        GlrecError: a picture could not be converted, encoded or written.

    """
    film = VideoWriter(path, fps, **options)
    first, pictures = _peeked(arrays)
    _check_times(fps, first)
    total = length_hint(arrays)
    with film, progress_bar("encoding") as progress:
        for at, picture in pictures:
            film.write(picture, at=at)
            progress(film.frames, total)
    return film.close()


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

    def __init__(self, request: Request, agreed: Agreement[ArrayBackend], sink: StoredSink) -> None:
        self._request = request
        self._sink = sink
        self._work = ArrayWork(request, agreed)
        self._stats = Stats(backend=self._work.backend, reason=self._work.reason)
        self._notes: list[str] = []
        # What the only sink fails with is raised, so that nothing is ever reported.
        outputs = Outputs((sink,), lambda _: None, self._notes.append)
        self._writer = StreamWriter(outputs, self._stats)
        self._span = Span()
        self._finished = False
        self._failure: GlrecError | None = None

    @property
    def frames(self) -> int:
        """How many pictures were encoded."""
        return self._stats.encoded

    @property
    def size(self) -> Size:
        """The pictures' size."""
        return self._request.size

    def write(self, picture: object, at: timedelta | None) -> None:
        """Encode a picture and write what is ready."""
        packets = self._work.encode(picture, at)
        self._span.add(self._work.last_ns)
        self._stats.drawn += 1
        self._stats.recorded += 1
        self._stats.encoded += 1
        self._write(packets)

    def _write(self, packets: list[Packet]) -> None:
        self._writer.write([Batch(self._work.stream, packets)])

    def finish(self) -> None:
        """Write what the encoder still holds and close the file, once."""
        if self._failure is not None:
            raise self._failure
        if self._finished:
            return
        self._finished = True
        try:
            self._finish()
        except GlrecError as error:
            self._failure = error
            raise

    def _finish(self) -> None:
        try:
            self._write(self._work.drain())
        finally:
            try:
                self._work.close()
            finally:
                self._writer.finish()

    def recording(self) -> Recording:
        """Return what the file holds."""
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
