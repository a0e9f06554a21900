"""Replay: the last seconds of a recording, encoded and in memory, to be saved to a file when something has happened."""

from __future__ import annotations

import os
import threading
from collections import deque
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from glrec_core.errors import ConfigError, SinkError
from glrec_core.sink.containers import CONTAINERS
from glrec_core.sink.file import FileSink
from glrec_core.values.checks import positive_number, whole_number
from glrec_core.values.frame import Packet, StreamInfo

DEFAULT_SECONDS = 30.0
DEFAULT_MAX_BYTES = 256 << 20
"""A minute at 30 Mbit/s, which is more than 1080p at 60 frames/s takes by default."""


@dataclass(slots=True)
class _Gop:
    """Packets from a keyframe up to the next: what can be decoded by itself."""

    packets: list[Packet] = field(default_factory=list)
    size_bytes: int = 0

    def add(self, packet: Packet) -> None:
        self.packets.append(packet)
        self.size_bytes += packet.size_bytes


class ReplaySink:
    """Keeps the last seconds of the stream. `save` writes them to a file, as often as you like, from any thread.

        replay = ReplaySink(seconds=20)
        recorder = record(window, replay)

    What is kept begins with a keyframe, so it is up to one keyframe distance (two seconds, or `gop=`) longer than asked
    for. It is of one size: when a new part begins (another size, an encoder that took over with other parameters), what
    came before is forgotten. After the recorder's `close()` the last seconds are still there.

    Args:
        seconds: how much to keep.
        max_bytes: the most memory that packets may take; beyond it the oldest are forgotten, whatever `seconds` says. A
            keyframe distance that alone needs more leaves nothing to save until the next keyframe.

    Raises:
        ConfigError: one of them is not a positive number.

    """

    def __init__(self, seconds: float = DEFAULT_SECONDS, *, max_bytes: int = DEFAULT_MAX_BYTES) -> None:
        self._seconds = Fraction(positive_number("seconds", seconds, "seconds"))
        self._max_bytes = whole_number("max_bytes", max_bytes, 1)
        self._lock = threading.Lock()
        self._stream: StreamInfo | None = None
        self._is_open = False
        self._gops: deque[_Gop] = deque()
        self._size_bytes = 0
        self._end_tick = 0

    @property
    def held_bytes(self) -> int:
        """Memory that the packets take now."""
        return self._size_bytes

    @property
    def held_seconds(self) -> Fraction:
        """Time from the first to the last frame that `save` would write now."""
        with self._lock:
            return self._length_seconds(self._gops[0]) if self._gops else Fraction(0)

    def check(self, codec: str, *, alpha: bool = False) -> None:
        """Check that there is a file format that takes the codec."""
        known = sorted({codec for each in CONTAINERS.values() for codec in each.codecs_for(alpha=alpha)})
        if codec not in known:
            with_alpha = " with alpha" if alpha else ""
            raise ConfigError(f"a replay can be saved as {', '.join(known)}{with_alpha}, not codec={codec!r}")

    def open(self, stream: StreamInfo) -> None:
        """Begin a part and forget the one before."""
        if self._is_open:
            raise SinkError("a part of the replay is still open; close() it before the next part")
        with self._lock:
            self._is_open, self._stream = True, stream
            self._forget_all()

    def write(self, packet: Packet) -> None:
        """Keep one packet, and forget what is too old or too much."""
        if not self._is_open:
            raise SinkError("no part of the replay is open; call open() before write()")
        with self._lock:
            if packet.keyframe:
                self._gops.append(_Gop())
            if self._gops:
                self._gops[-1].add(packet)
                self._size_bytes += packet.size_bytes
                self._end_tick = max(self._end_tick, packet.pts + packet.duration)
            self._trim()

    def close(self) -> None:
        """End the part; it can still be saved."""
        self._is_open = False

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
        """Write what is kept now to a file whose time starts at 0, and return its absolute path.

            path = replay.save("goal.mp4", overwrite=True)
            print(path)

        The recording goes on meanwhile. The extension decides the container, as everywhere; `overwrite` replaces an
        existing file.

        Raises:
            ConfigError: the file cannot be written there, or exists, or its container does not take the codec.
            SinkError: nothing is recorded yet, or the file could not be written.

        """
        file = FileSink(path, overwrite=overwrite)
        with self._lock:
            stream, packets = self._stream, [packet for gop in self._gops for packet in gop.packets]
        if stream is None or not packets:
            raise SinkError(
                f"cannot save {os.fspath(path)}: no frame is recorded yet, or none since max_bytes ran out"
            )
        file.check(stream.codec, alpha=stream.alpha)
        try:
            file.open(stream)
            for packet in packets:
                file.write(packet.earlier(packets[0].pts))
        finally:
            file.close()
        return file.paths[0]

    def _trim(self) -> None:
        while len(self._gops) > 1 and self._length_seconds(self._gops[1]) >= self._seconds:
            self._forget_oldest()
        while self._size_bytes > self._max_bytes:
            self._forget_oldest()

    def _length_seconds(self, first: _Gop) -> Fraction:
        """Return the time from the beginning of a GOP to the end of the newest frame."""
        assert self._stream is not None
        return (self._end_tick - first.packets[0].pts) * self._stream.time_base

    def _forget_oldest(self) -> None:
        self._size_bytes -= self._gops.popleft().size_bytes

    def _forget_all(self) -> None:
        self._gops.clear()
        self._size_bytes = self._end_tick = 0
