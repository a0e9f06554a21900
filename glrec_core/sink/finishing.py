"""Rewrites a finished recording as players like it best: its index in front, with chapters and sound where it has them.

The new file is written beside the old one and takes its place in one step: there is a playable file at every moment. A
process that is killed meanwhile leaves the unfinished one behind, named `.glrec-…`.
"""

from __future__ import annotations

import heapq
import os
import shutil
import tempfile
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import av

from glrec_core.sink.chapters import Chapter, chapter_entries
from glrec_core.sink.containers import Container
from glrec_core.sink.errors import sink_errors
from glrec_core.sink.sound import Sound

_AS_STORED = {"fflags": "+nofillin+noparse"}  # FFmpeg's parser for VP9 would forget how long packets last
_MAX_TIMESCALE = (1 << 31) - 1  # a 32-bit field that players read as signed


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


def finish_file(path: Path, container: Container, finish: Finish) -> None:
    """Rewrite a complete file in place, its packets and timestamps unchanged.

    Raises:
        SinkError: it could not be rewritten; the file is as it was, and playable.

    """
    target = path.resolve()  # a link stays a link
    with sink_errors(
        path, "the recording is complete and plays, but could not be rewritten for its last form"
    ):
        descriptor, name = tempfile.mkstemp(prefix=".glrec-", suffix=path.suffix, dir=target.parent)
        temporary = Path(name)
        try:
            _remux(target, temporary, container, finish)
            shutil.copymode(target, temporary)
            os.fsync(descriptor)
            temporary.replace(target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        finally:
            os.close(descriptor)


def _remux(source: Path, target: Path, container: Container, finish: Finish) -> None:
    with (
        av.open(source, options=_AS_STORED if container.fast_start else {}) as recorded,
        av.open(target, "w", format=container.format, options=_options(container, finish)) as plain,
    ):
        video = recorded.streams.video[0]
        copy = plain.add_stream_from_template(video, opaque=True)
        copy.codec_context.codec_tag = (
            video.codec_context.codec_tag
        )  # PyAV leaves it to the muxer, which would choose anew
        if finish.chapters:
            plain.set_chapters(chapter_entries(finish.chapters, finish.end_tick, finish.time_base))
        pictures = _pictures(recorded, copy)
        tracks = [pictures if container.fast_start else _dated(pictures)]
        if finish.sound is not None:
            begin = finish.sound_begin_seconds
            tracks.append(finish.sound.packets(plain, container, begin, finish.duration_seconds))
        for packet in heapq.merge(*tracks, key=_time):
            plain.mux(packet)


def _options(container: Container, finish: Finish) -> dict[str, str]:
    if not container.fast_start:
        return dict(container.options)
    options = {"movflags": "faststart"}
    timescale = finish.time_base.denominator
    if finish.chapters and timescale <= _MAX_TIMESCALE:
        options["movie_timescale"] = str(timescale)  # in which the chapters' times are written
    return options


def _pictures(recorded: av.container.InputContainer, copy: Any) -> Iterator[av.Packet[Any]]:
    for packet in recorded.demux(recorded.streams.video[0]):
        if packet.size:  # the last one is empty and means the end
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
