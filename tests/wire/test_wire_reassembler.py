"""The receiver: order, and the limits by access units, time and memory."""

import itertools
from collections.abc import Sequence
from random import Random

import pytest

from glrec_core.errors import ConfigError
from glrec_core.wire import Counts, Packetizer, Reassembler, Received
from glrec_core.wire.assembly import BOOKKEEPING_BYTES
from glrec_core.wire.header import pack, parse
from glrec_core.wire.session import MAX_JUMP
from tests.wire.streams import access_units, cut, take_all

pytest.importorskip("zfec", reason="zfec is not installed")

SECOND = 1_000_000_000


def frames(received: Sequence[Received]) -> list[int]:
    return [each.frame for each in received]


def bare(count: int, size: int = 100) -> list[list[bytes]]:
    """Return access units without parity; of up to 1129 bytes, each is a single datagram."""
    return cut(access_units([size] * count), Packetizer(redundancy=0))


def test_everything_comes_out_as_it_was() -> None:
    packets = access_units([0, 1, 1129, 1130, 40_000, 150_000])
    reassembler = Reassembler()
    out = [reassembler.take(each, 0) for unit in cut(packets, part=3) for each in unit]
    received = list(itertools.chain.from_iterable(out))
    assert [each.packet for each in received] == packets
    assert {each.part for each in received} == {3}
    assert reassembler.held_bytes == 0


def test_an_access_unit_comes_out_with_its_last_needed_datagram() -> None:
    (datagrams,) = cut(access_units([5000]))
    reassembler = Reassembler()
    assert [len(reassembler.take(each, 0)) for each in datagrams] == [0, 0, 0, 0, 1, 0, 0, 0]
    assert reassembler.counts == Counts(datagrams=8, unneeded=3, delivered=1)


@pytest.mark.parametrize("seed", range(5))
def test_any_order_within_the_window_gives_the_right_one(seed: int) -> None:
    packets = access_units([3000] * 60)
    datagrams = [each for unit in cut(packets) for each in unit]
    Random(seed).shuffle(datagrams)
    received = take_all(Reassembler(), datagrams)
    assert [each.packet for each in received] == packets


def test_duplicates_change_nothing() -> None:
    packets = access_units([3000] * 10)
    datagrams = [each for unit in cut(packets) for each in unit]
    reassembler = Reassembler()
    assert [each.packet for each in take_all(reassembler, [*datagrams, *datagrams])] == packets
    assert reassembler.counts.malformed == 0
    twice = Reassembler()
    assert [
        each.packet for each in take_all(twice, [each for each in datagrams for _ in range(2)])
    ] == packets


def test_a_gap_is_given_up_when_the_window_has_passed() -> None:
    datagrams = bare(10)
    reassembler = Reassembler(window=4)
    out = [frames(reassembler.take(each, 0)) for (each,) in [*datagrams[:2], *datagrams[3:]]]
    assert out == [[0], [1], [], [], [], [3, 4, 5, 6], [7], [8], [9]]
    assert (reassembler.counts.lost, reassembler.counts.delivered) == (1, 9)


def test_what_comes_after_it_was_given_up_is_not_needed() -> None:
    datagrams = bare(6)
    reassembler = Reassembler(window=2)
    for number in (0, 2, 3):
        reassembler.take(datagrams[number][0], 0)
    assert reassembler.take(datagrams[1][0], 0) == []
    assert (reassembler.counts.unneeded, reassembler.counts.lost) == (1, 1)


def test_nothing_waits_longer_than_it_may() -> None:
    datagrams = bare(5)
    reassembler = Reassembler(wait_seconds=2)
    assert frames(reassembler.take(datagrams[0][0], 0)) == [0]
    assert reassembler.deadline_ns is None
    assert reassembler.take(datagrams[2][0], 1 * SECOND) == []
    assert reassembler.take(datagrams[4][0], 2 * SECOND) == []
    assert reassembler.deadline_ns == 3 * SECOND
    assert reassembler.expire(3 * SECOND - 1) == []
    assert frames(reassembler.expire(3 * SECOND)) == [2]
    assert reassembler.deadline_ns == 4 * SECOND
    assert frames(reassembler.take(datagrams[3][0], 3 * SECOND)) == [3, 4]
    assert (reassembler.counts.lost, reassembler.deadline_ns) == (1, None)


def test_an_incomplete_access_unit_is_given_up_in_time() -> None:
    first, second = cut(access_units([5000, 100]), Packetizer(redundancy=0))
    reassembler = Reassembler(wait_seconds=1)
    reassembler.take(first[0], 0)
    reassembler.take(second[0], SECOND // 2)
    assert frames(reassembler.expire(SECOND)) == [1]
    assert (reassembler.counts.lost, reassembler.held_bytes) == (1, 0)


def test_an_arrival_makes_the_time_known_too() -> None:
    datagrams = bare(4)
    reassembler = Reassembler(wait_seconds=1)
    reassembler.take(datagrams[1][0], 0)
    assert frames(reassembler.take(datagrams[3][0], 5 * SECOND)) == [1]


def test_without_a_limit_by_time_there_is_no_deadline() -> None:
    reassembler = Reassembler(wait_seconds=None)
    reassembler.take(bare(2)[1][0], 0)
    assert reassembler.deadline_ns is None
    assert reassembler.expire(10**18) == []


def test_memory_is_bounded_by_giving_up_the_oldest() -> None:
    units = cut(access_units([20_000] * 30), Packetizer(redundancy=0))
    limit = 100_000
    reassembler = Reassembler(max_bytes=limit)
    out, most = [], 0
    for unit in units:
        for datagram in unit[1:]:  # none can be complete
            out += reassembler.take(datagram, 0)
            most = max(most, reassembler.held_bytes)
    assert (out, reassembler.counts.delivered) == ([], 0)
    assert limit / 2 < most <= limit
    assert reassembler.counts.lost > 20


def test_what_is_complete_comes_out_when_memory_runs_short() -> None:
    units = cut(access_units([1000] * 8), Packetizer(redundancy=0))
    reassembler = Reassembler(max_bytes=4 * (1000 + BOOKKEEPING_BYTES))
    out = [frames(reassembler.take(unit[0], 0)) for unit in units[1:]]
    assert out == [[], [], [], [], [1, 2, 3, 4, 5], [6], [7]]


def test_an_access_unit_larger_than_the_memory_is_lost_and_the_next_is_not() -> None:
    large, small = cut(access_units([50_000, 100]), Packetizer(redundancy=0))
    reassembler = Reassembler(max_bytes=20_000)
    assert frames(take_all(reassembler, [*large, *small])) == [1]
    assert (reassembler.counts.lost, reassembler.held_bytes) == (1, 0)


def test_the_rest_comes_at_the_end() -> None:
    datagrams = bare(4)
    reassembler = Reassembler()
    for number in (1, 3):
        reassembler.take(datagrams[number][0], 0)
    assert frames(reassembler.drain()) == [1, 3]
    assert (reassembler.drain(), reassembler.counts.lost, reassembler.held_bytes) == ([], 2, 0)


def test_a_stray_number_far_ahead_is_refused_and_a_sender_that_goes_on_is_not() -> None:
    (datagram,) = bare(1)[0]
    head, place, payload = parse(datagram)
    reassembler = Reassembler()

    def at(frame: int) -> list[int]:
        return frames(reassembler.take(pack(head._replace(frame=frame), place, payload), 0))

    assert at(0) == [0]
    assert [at(1 << 60), at(1 << 60), at(MAX_JUMP + 1), at(1), at(10**6)] == [[], [], [], [1], []]
    assert (reassembler.counts.malformed, reassembler.counts.lost) == (4, 0)
    assert at(10**6 + 1) == []
    assert frames(reassembler.drain()) == [10**6 + 1]
    assert reassembler.counts.lost == 10**6 - 1


def test_datagrams_that_contradict_each_other_have_no_effect() -> None:
    packets = access_units([5000])
    (datagrams,) = cut(packets)
    head, place, payload = parse(datagrams[1])
    reassembler = Reassembler()
    reassembler.take(datagrams[0], 0)
    reassembler.take(pack(head._replace(pts=99), place, payload), 0)
    reassembler.take(pack(head, place._replace(shards=place.shards + 1), payload), 0)
    assert reassembler.counts.malformed == 2
    assert [each.packet for each in take_all(reassembler, datagrams[1:])] == packets


def test_what_is_not_what_was_sent_never_comes_out() -> None:
    """A forged shard has a right checksum of its own; that of the access unit tells."""
    packets = access_units([5000, 100])
    first, second = cut(packets)
    head, place, payload = parse(first[0])
    forged = pack(head, place, bytes(len(payload)))
    reassembler = Reassembler()
    assert frames(take_all(reassembler, [forged, *first[1:], *second])) == [1]
    assert reassembler.counts.lost == 1


def test_the_account_adds_up() -> None:
    packets = access_units([2000] * 200)
    random = Random(4)
    datagrams = [each for unit in cut(packets) for each in unit if random.random() > 0.45]
    reassembler = Reassembler(window=8)
    received = take_all(reassembler, datagrams)
    counts = reassembler.counts
    assert counts.delivered == len(received) == 200 - counts.lost
    assert 0 < counts.lost < 100
    assert counts.repaired == sum(each.repaired for each in received) > 0
    assert counts.datagrams == len(datagrams)
    assert [each.packet for each in received] == [packets[each.frame] for each in received]
    assert frames(received) == sorted(set(frames(received)))


@pytest.mark.parametrize("option", [{"window": 0}, {"wait_seconds": 0.0}, {"max_bytes": -1}])
def test_limits_must_be_positive(option: dict[str, int]) -> None:
    with pytest.raises(ConfigError, match=next(iter(option))):
        Reassembler(**option)
