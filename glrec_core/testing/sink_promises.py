"""What every sink promises, wherever it sends the stream."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from glrec_core.config import Config
from glrec_core.errors import ConfigError, SinkError
from glrec_core.stages import Sink
from glrec_core.testing.promises import (
    Promise,
    check_promises,
    expect,
    expect_refusal,
    expect_true,
)
from glrec_core.testing.sinks import feed
from glrec_core.testing.streams import SIZE, encoded, regular
from glrec_core.values.frame import Packet, Size, StreamInfo

Played = Callable[[Sink], Sequence[Sequence[int]]]
"""Returns the numbers of the frames that came out of a sink, for each part; it may be asked twice."""

_FRAMES, _FEWER_FRAMES, _FPS = 10, 6, 30
_OTHER_SIZE = Size(192, 128)


def _nothing() -> None:
    """Traces of a sink that leaves none."""


@dataclass(frozen=True, slots=True)
class SinkCase:
    """A kind of sink, and what is known of it.

    Attributes:
        make: makes a new sink; it is called once for each promise.
        codec: one that the sink takes, by FFmpeg's name.
        refused_codec: one that its `check` refuses, if there is one.
        played: tells which frames came out of the sink; without it, only what it raises is looked at. What it is fed with
            are barcode pictures: `barcode.read` gives the number of one, `barcode.read_film` those of a file.
        keeps_all_parts: whether what came out before a new part stays; a replay buffer has only the last.
        traces: what a sink leaves in the world, in any form, such as the names in a folder: `check` must change nothing.

    Examples:
        >>> SinkCase(MemorySink).codec
        'h264'

    """

    make: Callable[[], Sink]
    codec: str = "h264"
    refused_codec: str | None = None
    played: Played | None = None
    keeps_all_parts: bool = True
    traces: Callable[[], object] = _nothing

    def stream(self) -> tuple[StreamInfo, list[Packet]]:
        """Return ten frames for it."""
        return _stream(self.codec, SIZE, _FRAMES)

    def other_stream(self) -> tuple[StreamInfo, list[Packet]]:
        """Return six frames of another size."""
        return _stream(self.codec, _OTHER_SIZE, _FEWER_FRAMES)

    def expect_played(self, sink: Sink, *frames: int) -> None:
        """Check that so many frames came out of each part, in order."""
        if self.played is not None:
            found = [list(part) for part in self.played(sink)]
            kept = frames if self.keeps_all_parts else frames[-1:]
            expect(found, [list(range(count)) for count in kept], "the frames of each part that came out")


@cache
def _stream(codec: str, size: Size, frames: int) -> tuple[StreamInfo, list[Packet]]:
    return encoded(Config(codec=codec), regular(frames, _FPS), size)


def it_is_a_sink(case: SinkCase) -> None:
    """It has the four methods of `Sink`."""
    sink = case.make()
    expect_true(
        isinstance(sink, Sink), f"{type(sink).__name__} lacks one of check(), open(), write(), close()"
    )


def everything_comes_out_in_order(case: SinkCase) -> None:
    """One part."""
    sink = case.make()
    feed(sink, *case.stream())
    case.expect_played(sink, _FRAMES)


def each_round_is_a_part_of_its_own(case: SinkCase) -> None:
    """Two parts, the second of another size."""
    sink = case.make()
    feed(sink, *case.stream())
    feed(sink, *case.other_stream())
    case.expect_played(sink, _FRAMES, _FEWER_FRAMES)


def a_check_touches_nothing(case: SinkCase) -> None:
    """It takes or refuses a codec; a sink that was only checked leaves nothing."""
    before = case.traces()
    sink = case.make()
    sink.check(case.codec)
    if (refused := case.refused_codec) is not None:
        error = expect_refusal(ConfigError, lambda: sink.check(refused), f"check({refused!r})")
        expect_true(refused in str(error), f"the error does not name {refused!r}: {error}")
    sink.close()
    expect(case.traces(), before, "what a sink leaves that was only checked")


def a_packet_without_a_part_is_refused(case: SinkCase) -> None:
    """Before the first `open` and after a `close`."""
    sink = case.make()
    stream, packets = case.stream()
    expect_refusal(SinkError, lambda: sink.write(packets[0]), "write() before open()")
    feed(sink, stream, packets)
    expect_refusal(SinkError, lambda: sink.write(packets[0]), "write() after close()")


def a_part_within_a_part_is_refused(case: SinkCase) -> None:
    """The part that is open goes on."""
    sink = case.make()
    stream, packets = case.stream()
    sink.open(stream)
    expect_refusal(SinkError, lambda: sink.open(stream), "open() in an open part")
    for packet in packets:
        sink.write(packet)
    sink.close()
    case.expect_played(sink, _FRAMES)


def closing_twice_is_closing_once(case: SinkCase) -> None:
    """Before a part as well."""
    sink = case.make()
    sink.close()
    feed(sink, *case.stream())
    sink.close()
    case.expect_played(sink, _FRAMES)


SINK_PROMISES: tuple[Promise[SinkCase], ...] = (
    it_is_a_sink,
    everything_comes_out_in_order,
    each_round_is_a_part_of_its_own,
    a_check_touches_nothing,
    a_packet_without_a_part_is_refused,
    a_part_within_a_part_is_refused,
    closing_twice_is_closing_once,
)
"""Each takes a `SinkCase`: for test runners that ask for one after the other."""


def check_sink(
    make: Callable[[], Sink],
    *,
    codec: str = "h264",
    refused_codec: str | None = None,
    played: Played | None = None,
    keeps_all_parts: bool = True,
    traces: Callable[[], object] = _nothing,
) -> None:
    """Hold a sink to all that every sink promises; the arguments are those of `SinkCase`.

    Raises:
        AssertionError: a promise is broken; the message says which and how.

    Examples:
        >>> check_sink(MemorySink)
        >>> check_sink(lambda: FailingSink(OSError("gone"), at="open", nth=2))
        Traceback (most recent call last):
        AssertionError: a promise is broken: each round is a part of its own: OSError('gone')

    """
    check_promises(SINK_PROMISES, SinkCase(make, codec, refused_codec, played, keeps_all_parts, traces))
