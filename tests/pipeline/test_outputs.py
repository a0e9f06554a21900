"""What is complete in the files, which is what a spill may forget."""

import random
from fractions import Fraction
from pathlib import Path

import pytest

from glrec_core.errors import SinkError
from glrec_core.pipeline.chain import Batch
from glrec_core.pipeline.outputs import Outputs
from glrec_core.sink.replay import ReplaySink
from glrec_core.values.clock import latest_ns, ticks
from glrec_core.values.frame import Packet, Size, StreamInfo

BASE = Fraction(1, 60)
STREAM = StreamInfo("h264", Size(64, 48), BASE, Fraction(60))


class Stored:
    """A file that is as complete as the test says."""

    paths: tuple[Path, ...] = ()

    def __init__(self, lag: int = 0) -> None:
        self.lag = lag
        self.taken = 0
        self.broken = False
        self.frames = 0

    def default_codec(self, *, alpha: bool = False) -> str:
        return f"h264{alpha}"

    def check(self, codec: str, *, alpha: bool = False) -> None:
        """Take everything."""

    def open(self, stream: StreamInfo) -> None:
        """Begin a part."""

    def write(self, packet: Packet) -> None:
        if self.broken:
            raise SinkError(28, f"no room for {packet}", "a.mp4")
        self.taken += 1
        self.frames = max(self.frames, self.taken - self.lag)

    def close(self) -> None:
        if not self.broken:
            self.frames = self.taken


def packets(order: list[int]) -> list[Packet]:
    """Return packets that are shown at these ticks, decoded as early as they must be."""
    delay = max(number - rank for number, rank in enumerate(map(sorted(order).index, order)))
    decoded = [*range(-delay, 0), *sorted(order)]
    return [Packet(b"", pts, decoded[number], keyframe=number == 0) for number, pts in enumerate(order)]


def outputs(*sinks: Stored | ReplaySink) -> Outputs:
    return Outputs(sinks, lambda _: None, lambda _: None)


def complete(found: Outputs, base: Fraction = BASE) -> int:
    """Return up to which tick frames are complete."""
    return -1 if found.written_ns < 0 else ticks(found.written_ns, base)


def test_frames_are_complete_when_every_file_has_them() -> None:
    found = outputs(Stored(2), Stored(5), ReplaySink(10))
    for number, packet in enumerate(packets(list(range(20)))):
        found.write(Batch(STREAM, [packet]))
        assert complete(found) == max(-1, number - 5)
    found.close_part()
    assert complete(found) == 19


def test_without_a_file_what_was_given_is_gone() -> None:
    found = outputs(ReplaySink(10))
    for number, packet in enumerate(packets(list(range(5)))):
        found.write(Batch(STREAM, [packet]))
        assert complete(found) == number


@pytest.mark.parametrize("seed", range(10))
def test_with_b_frames_nothing_is_complete_before_what_is_shown_earlier(seed: int) -> None:
    choose = random.Random(seed)
    order = sorted(range(60), key=lambda number: number + choose.randint(0, 4))
    sink = Stored(choose.randint(0, 9))
    found = outputs(sink)
    for packet in packets(order):
        found.write(Batch(STREAM, [packet]))
        in_file = set(order[: sink.frames])
        assert {*range(complete(found) + 1)} <= in_file
    found.close_part()
    assert complete(found) == 59


def test_a_part_that_is_closed_is_complete_and_the_next_goes_on() -> None:
    sink = Stored(3)
    found = outputs(sink)
    found.write(Batch(STREAM, packets(list(range(10)))))
    other = StreamInfo("h264", Size(32, 32), BASE, Fraction(60))
    for number in range(10, 20):
        found.write(Batch(other, [Packet(b"", number, number, keyframe=True)]))
        assert complete(found) >= min(9, number - 3)
    assert complete(found) == 16


def test_a_file_that_failed_counts_as_long_as_no_other_one_goes_on() -> None:
    broken, whole, alone = Stored(), Stored(), Stored()
    both, lonely = outputs(broken, whole), outputs(alone, ReplaySink(10))
    for number, packet in enumerate(packets(list(range(20)))):
        broken.broken = alone.broken = number >= 7
        both.write(Batch(STREAM, [packet]))
        lonely.write(Batch(STREAM, [packet]))
    both.close_part()
    lonely.close_part()
    assert (complete(both), complete(lonely)) == (19, 6)


@pytest.mark.parametrize(
    "base", [Fraction(1, 60), Fraction(1, 90_000), Fraction(1001, 30_000), Fraction(1, 7)]
)
def test_the_latest_time_of_a_tick_is_the_last_that_rounds_to_it(base: Fraction) -> None:
    for tick in (0, 1, 2, 59, 1000, 123_457):
        last = latest_ns(tick, base)
        assert (ticks(last, base), ticks(last + 1, base)) == (tick, tick + 1)
