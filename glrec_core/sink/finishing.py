"""Rewrites a finished recording as players like it best: its index in front, with chapters and sound where it has them.

The new file is written beside the old one, brought to the disk and takes its place in one step: there is a playable file
at every moment, of a power cut too. A process that is killed meanwhile leaves the unfinished one behind, named `.glrec-…`.

What is read is the file that was recorded to, which is still open, wherever its name has gone: others may have moved,
deleted or replaced it. What has no name any more is written anew, and nothing that others put there is touched.
"""

from __future__ import annotations

import errno
import heapq
import os
import stat
import tempfile
from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from itertools import chain, count, repeat
from pathlib import Path
from typing import Any, NamedTuple

import av

from glrec_core.errors import SinkError
from glrec_core.sink.chapters import Chapter, chapter_entries
from glrec_core.sink.claims import Claim, is_claimed
from glrec_core.sink.containers import Container
from glrec_core.sink.growing_file import GrowingFile
from glrec_core.sink.paths import numbered
from glrec_core.sink.sound import Sound
from glrec_core.system import files
from glrec_core.system.durable import sync_folder
from glrec_core.values.foreign import STORING, translated

_AS_STORED = {"fflags": "+nofillin+noparse"}  # FFmpeg's parser for VP9 would forget how long packets last
_MAX_TIMESCALE = (1 << 31) - 1  # a 32-bit field that players read as signed
_BUFFER_BYTES = 1 << 18

_COMPLETE_BUT = "the recording is complete and plays, but could not be rewritten for its last form"
_HELD_OPEN = (
    "{} stays as it was recorded, since another program holds it open ({}): it is complete and plays, but {}"
)
_SAFE_BUT = "the recording is complete and plays, but may be lost if the power fails now"
_DELETED_AND = "the file was deleted while it was recorded, and could not be written anew"

_MAX_REORDER = 16
"""By how many pictures one can be decoded before it is shown: the frames that H.264 and HEVC decoders hold at most."""


@dataclass(frozen=True, slots=True)
class Finish:
    """What a finished file is to have besides its pictures.

    Attributes:
        time_base: of the recorded stream, which ticks are counted in.
        end_tick: when the last frame ends.
        chapters: named moments.
        sound: the track to go with the pictures.
        sound_begin_seconds: where in the track the pictures begin.

    """

    time_base: Fraction
    end_tick: int
    chapters: Sequence[Chapter] = ()
    sound: Sound | None = None
    sound_begin_seconds: Fraction = Fraction(0)

    @property
    def adds(self) -> bool:
        """Whether there is anything to add to the pictures."""
        return bool(self.chapters) or self.sound is not None

    @property
    def duration_seconds(self) -> Fraction:
        """How long the pictures last."""
        return self.end_tick * self.time_base


class Finished(NamedTuple):
    """Where a recorded film is in the end, and what is to be told of that."""

    path: Path
    note: str | None = None


def finish_file(
    file: GrowingFile, container: Container, finish: Finish, own: Collection[Claim] = ()
) -> Finished:
    """Rewrite a complete file, its packets and timestamps unchanged.

    Raises:
        SinkError: it could not be rewritten. It is as it was and plays, unless the error says something else.

    """
    with translated(SinkError, "cannot finish the file", STORING, path=file.path):
        file.check()
    try:
        return _put(file, partial(_rewrite, file, container, finish), own)
    except _HeldOpenError as held:
        path, moved = _told(file, held.place, held.place)
        missing = "without sound and chapters" if finish.adds else "its index is not in front"
        note = _HELD_OPEN.format(path.name, held.strerror, missing)
        return Finished(path, f"{moved}; {note}" if moved else note)


class _HeldOpenError(Exception):
    """A film cannot be replaced by its last form, since another program has it open."""

    def __init__(self, place: Path, error: OSError) -> None:
        super().__init__(str(error))
        self.place = place
        self.strerror = error.strerror


def keep_file(file: GrowingFile, own: Collection[Claim] = ()) -> Finished:
    """See to it that a file has a name, as it is; one that was deleted is written anew.

    Raises:
        SinkError: that could not be done.

    """
    place = file.place()
    if place is None:
        return _put(file, partial(_copy, file), own)
    return Finished(*_told(file, place, place))


def name_now(file: GrowingFile) -> Path | None:
    """Return the path by which a file is known now; None where it has none."""
    place = file.place()
    return None if place is None else _told(file, place, place)[0]


def _put(file: GrowingFile, write: Callable[[Path], None], own: Collection[Claim]) -> Finished:
    """Write a file anew and give it the old one's place or, where that is gone, the first name that is free."""
    place = file.place()
    folder = (place or file.path).parent
    with translated(SinkError, _COMPLETE_BUT if place else _DELETED_AND, STORING, path=file.path):
        descriptor, name = tempfile.mkstemp(prefix=".glrec-", suffix=file.path.suffix, dir=folder)
        temporary = Path(name)
        try:
            try:
                write(temporary)
                temporary.chmod(stat.S_IMODE(file.mode))
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            target = _place(file, place, temporary, folder / file.path.name, own)
        except BaseException:
            files.remove(temporary)
            raise
    with translated(SinkError, _SAFE_BUT, STORING, path=file.path):
        sync_folder(folder)
    return Finished(*_told(file, place, target))


def _place(
    file: GrowingFile, place: Path | None, temporary: Path, wanted: Path, own: Collection[Claim]
) -> Path:
    """Give what was written its name and return it."""
    if place is not None and file.place() == place:
        file.close()  # some systems replace no file that is open
        try:
            files.replace(temporary, place)
        except OSError as error:
            if files.is_held_open(error):
                raise _HeldOpenError(place, error) from error
            raise
        return place
    for target in numbered(wanted):
        if is_claimed(target, own):
            continue
        try:
            os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            continue
        try:
            files.replace(temporary, target)
        except BaseException:
            files.remove(target)
            raise
        return target
    raise AssertionError("numbers do not end")


def _told(file: GrowingFile, place: Path | None, target: Path) -> tuple[Path, str | None]:
    """Return the path to name a file by, and what is to be told of it."""
    if target == place:
        if place == Path(os.path.realpath(file.path)):
            return file.path, None
        return place, f"{file.path} was moved while it was recorded: the film is {place}"
    if target == file.path:
        return target, f"{target} was deleted while it was recorded, and was written anew"
    return target, f"{file.path} is another file now, which is left as it is: the film is {target}"


def _copy(file: GrowingFile, target: Path) -> None:
    file.seek(0)
    with target.open("wb") as copy:
        while data := file.read(_BUFFER_BYTES):
            copy.write(data)


def _rewrite(file: GrowingFile, container: Container, finish: Finish, target: Path) -> None:
    file.seek(0)
    frames = _remux(file, target, container, finish)
    if frames != file.frames:
        raise _changed(file, frames)


def _remux(file: GrowingFile, target: Path, container: Container, finish: Finish) -> int:
    """Write the file anew and return how many frames were found."""
    with (
        _opened(file, container) as recorded,
        av.open(target, "w", format=container.format, options=_options(container, finish)) as plain,
    ):
        video = recorded.streams.video[0]
        copy = plain.add_stream_from_template(video, opaque=True)
        copy.codec_context.codec_tag = (
            video.codec_context.codec_tag
        )  # PyAV leaves it to the muxer, which would choose anew
        if finish.chapters:
            plain.set_chapters(chapter_entries(finish.chapters, finish.end_tick, finish.time_base))
        frames = count()
        pictures = _pictures(file, recorded, copy, frames)
        tracks = [pictures if container.fast_start else _dated(pictures)]
        if finish.sound is not None:
            begin = finish.sound_begin_seconds
            tracks.append(finish.sound.packets(plain, container, begin, finish.duration_seconds))
        for packet in heapq.merge(*tracks, key=_time):
            plain.mux(packet)
        return next(frames)


def _opened(file: GrowingFile, container: Container) -> av.container.InputContainer:
    """Open the recorded film; that it holds one is sure unless another program has changed it."""
    options = _AS_STORED if container.fast_start else {}
    try:
        recorded = av.open(file, "r", format=container.format, options=options, buffer_size=_BUFFER_BYTES)
    except av.InvalidDataError as error:
        raise _changed(file, 0) from error
    if not recorded.streams.video:
        recorded.close()
        raise _changed(file, 0)
    return recorded


def _changed(file: GrowingFile, frames: int) -> SinkError:
    """Take note that another program has changed the file, which holds so many frames now, and return the error."""
    recorded = file.frames
    file.complete(frames)
    found = f"{frames} of its {recorded} frames are found in it"
    return SinkError(errno.EIO, f"another program changed the file while it was recorded: {found}", file.name)


def _options(container: Container, finish: Finish) -> dict[str, str]:
    if not container.fast_start:
        return dict(container.options)
    options = {"movflags": "faststart"}
    timescale = finish.time_base.denominator
    if finish.chapters and timescale <= _MAX_TIMESCALE:
        options["movie_timescale"] = str(timescale)  # in which the chapters' times are written
    return options


def _pictures(
    file: GrowingFile, recorded: av.container.InputContainer, copy: Any, frames: Iterator[int]
) -> Iterator[av.Packet[Any]]:
    """Yield the packets of a recorded film, for another one's stream; `frames` counts on with each."""
    packets = recorded.demux(recorded.streams.video[0])
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except av.InvalidDataError as error:
            raise _changed(file, next(frames)) from error
        if packet.size:  # the last one is empty and means the end
            next(frames)
            packet.stream = copy
            yield packet


def _dated(pictures: Iterator[av.Packet[Any]]) -> Iterator[av.Packet[Any]]:
    """Give packets that come in decode order the decode times that Matroska does not store: the least pts still to come."""
    window: deque[av.Packet[Any]] = deque()
    for packet in chain(pictures, repeat(None, _MAX_REORDER)):
        if packet is not None:
            window.append(packet)
        if window and (packet is None or len(window) > _MAX_REORDER):
            least = min(each.pts for each in window if each.pts is not None)
            window[0].dts = least
            yield window.popleft()


def _time(packet: av.Packet[Any]) -> Fraction:
    """Return when a packet is to be decoded, in seconds; pictures come before the sound of the same time."""
    assert packet.dts is not None
    assert packet.time_base is not None
    return packet.dts * packet.time_base
