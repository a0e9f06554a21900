"""A sender that is started anew, and numbers that are lies: the receiver comes back to who really sends, and says what it does."""

import logging
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glrec_core.errors import ConfigError
from glrec_core.values.frame import Packet
from glrec_core.wire import Packetizer, Reassembler, Received, UdpChannel, UdpReceiver, WireSink
from glrec_core.wire.header import FrameHead, ShardHead, pack, parse
from tests.wire.streams import STREAM, access_units, cut, steadily

pytest.importorskip("zfec", reason="zfec is not installed")

SECOND = 1_000_000_000
INTERVAL_NS = SECOND // 60
OWN, STRANGE = 11, 22


class At(NamedTuple):
    """A datagram, and when it arrives."""

    ns: int
    datagram: bytes


def sent(packets: Iterable[Packet], session: int, start_ns: int = 0, first: int = 0) -> list[At]:
    """Return the datagrams of a sender of 60 pictures a second."""
    packetizer = Packetizer(session=session)
    packetizer.frames = first
    return [
        At(start_ns + number * INTERVAL_NS, datagram)
        for number, packet in enumerate(packets)
        for datagram in packetizer.cut(packet, 0)
    ]


def forged(frame: int, session: int, ns: int = 0) -> At:
    """Return a datagram with a right checksum that holds a whole access unit of one byte."""
    head = FrameHead(
        keyframe=True,
        part=0,
        frame=frame,
        pts=0,
        dts=0,
        duration=0,
        size_bytes=1,
        alpha_bytes=0,
        checksum=0,
        blocks=1,
        session=session,
    )
    return At(ns, pack(head, ShardHead(0, 0, 1, 1), b"x"))


def received(arrivals: Iterable[At], reassembler: Reassembler | None = None) -> Iterator[Received]:
    """Yield what comes out, the rest at the end included."""
    reassembler = reassembler or Reassembler()
    for ns, datagram in sorted(arrivals, key=lambda each: each.ns):
        yield from reassembler.take(datagram, ns)
    yield from reassembler.drain()


def test_a_sender_that_is_started_anew_is_received_from_its_beginning() -> None:
    before, after = access_units([900] * 200), access_units([900] * 100, seed=1)
    arrivals = [*sent(before, OWN), *sent(after, STRANGE, start_ns=201 * INTERVAL_NS)]
    reassembler = Reassembler()
    out = list(received(arrivals, reassembler))
    assert [each.packet for each in out if each.session == OWN] == before
    assert [each.packet for each in out if each.session == STRANGE] == after
    assert [each.frame for each in out] == [*range(200), *range(100)]
    assert (reassembler.counts.lost, reassembler.counts.malformed) == (0, 0)
    assert reassembler.counts.other_session > 0


def test_senders_choose_sessions_by_chance() -> None:
    assert len({Packetizer().session for _ in range(100)}) == 100
    (datagrams,) = cut(access_units([5000]), Packetizer(session=OWN))
    assert {parse(each).frame.session for each in datagrams} == {OWN}


def test_another_sender_is_not_mixed_in_while_the_first_one_sends() -> None:
    one, other = access_units([900] * 120), access_units([900] * 120, seed=1)
    out = list(received([*sent(one, OWN), *sent(other, STRANGE, start_ns=1)]))
    assert [each.packet for each in out] == one


def test_the_first_sender_may_come_back_where_it_left_off() -> None:
    packets, other = access_units([900] * 200), access_units([900] * 60, seed=1)
    late_ns = 4 * SECOND
    arrivals = [
        *sent(packets[:100], OWN),
        *sent(other, STRANGE, start_ns=100 * INTERVAL_NS),
        *sent(packets[100:], OWN, start_ns=late_ns, first=100),
    ]
    out = list(received(arrivals))
    assert [each.packet for each in out] == [*packets[:100], *other, *packets[100:]]


@pytest.mark.parametrize("numbers", [(1 << 63, (1 << 63) + 1), ((1 << 64) - 2, (1 << 64) - 1), (3000, 3001)])
@pytest.mark.parametrize("at", [0, 100])
def test_forged_numbers_silence_nobody_for_long(numbers: tuple[int, int], at: int) -> None:
    packets = access_units([900] * 300)
    lies = [forged(number, OWN, at * INTERVAL_NS) for number in numbers]
    reassembler = Reassembler()
    out = [each.packet for each in received([*sent(packets, OWN), *lies], reassembler)]
    genuine = [each for each in out if each in packets]
    assert genuine == sorted(genuine, key=packets.index)
    assert genuine[-150:] == packets[-150:]  # half a second of silence, and some to believe it
    assert len(genuine) > 300 - 60
    assert reassembler.counts.lost < 100


def test_one_number_by_one_takes_nobody_far() -> None:
    """Each is near enough to be believed by itself."""
    packets = access_units([900] * 300)
    lies = [forged(60 * step, OWN, 10 * INTERVAL_NS) for step in range(1, 200)]
    genuine = [each.packet for each in received([*sent(packets, OWN), *lies]) if each.packet in packets]
    assert genuine[-150:] == packets[-150:]


def test_late_copies_are_not_taken_for_a_sender_that_is_behind() -> None:
    packets = access_units([900] * 200)
    arrivals = sent(packets, OWN)
    copies = [At(each.ns + SECOND // 4, each.datagram) for each in arrivals]
    few = [At(9 * SECOND, each.datagram) for each in arrivals[:20]]
    assert [each.packet for each in received([*arrivals, *copies, *few])] == packets


@st.composite
def hostile(draw: st.DrawFn) -> list[At]:
    """Return datagrams of the first half second that claim anything, in any session."""
    frames = st.one_of(
        st.integers(0, 200), st.integers(0, (1 << 64) - 1), st.sampled_from([1 << 63, (1 << 63) + 1])
    )
    found = draw(
        st.lists(st.tuples(frames, st.sampled_from([OWN, OWN, 1, 2, 3, 4, 5, 6]), st.booleans()), max_size=40)
    )
    times = draw(st.lists(st.integers(0, SECOND // 2), min_size=len(found), max_size=len(found)))
    lies = []
    for (frame, session, followed), ns in zip(found, times, strict=True):
        lies.append(forged(frame, session, ns))
        if followed and frame + 1 < 1 << 64:
            lies.append(forged(frame + 1, session, ns))
    return lies


PACKETS = access_units([900] * 240)


@steadily
@given(lies=hostile(), begin_ns=st.sampled_from([0, SECOND // 4, SECOND]))
def test_whatever_was_claimed_who_goes_on_is_received(lies: list[At], begin_ns: int) -> None:
    reassembler = Reassembler()
    out = list(received([*lies, *sent(PACKETS, OWN, start_ns=begin_ns)], reassembler))
    genuine = [each.packet for each in out if each.session == OWN and each.packet in PACKETS]
    assert genuine[-90:] == PACKETS[-90:]  # all that was sent from some two seconds after the last lie on
    assert genuine == [packet for packet in PACKETS if packet in genuine]  # once, and in order
    assert reassembler.held_bytes == 0


@steadily
@given(lies=hostile())
def test_what_waits_of_others_is_bounded(lies: list[At]) -> None:
    reassembler = Reassembler(max_bytes=20_000)
    for ns, datagram in sorted([*lies, *sent(PACKETS[:20], OWN)], key=lambda each: each.ns):
        reassembler.take(datagram, ns)
        assert 0 <= reassembler.held_bytes <= 20_000


def test_time_passing_lets_another_sender_follow_without_an_arrival() -> None:
    reassembler = Reassembler(wait_seconds=None, quiet_seconds=2)
    one, other = sent(access_units([900]), OWN), sent(access_units([5000], seed=1), STRANGE, start_ns=SECOND)
    for ns, datagram in [*one, *other]:
        reassembler.take(datagram, ns)
    assert reassembler.deadline_ns == 2 * SECOND
    assert reassembler.expire(2 * SECOND - 1) == []
    assert [each.session for each in reassembler.expire(2 * SECOND)] == [STRANGE]
    assert reassembler.deadline_ns is None


def test_over_udp_a_sender_that_is_started_anew_is_received() -> None:
    packets = access_units([500] * 20)
    with UdpReceiver(("127.0.0.1", 0), Reassembler(quiet_seconds=0.2)) as receiver:
        with UdpChannel(receiver.address) as channel:
            for _ in range(2):
                sink = WireSink(channel)
                sink.open(STREAM)
                for packet in packets:
                    sink.write(packet)
                sink.close()
        out = list(receiver.receive(idle_seconds=1))
    assert [each.packet for each in out] == [*packets, *packets]
    assert len({each.session for each in out}) == 2


def test_datagrams_of_the_first_version_are_refused_and_told_of_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    old = b"gW\1" + sent(access_units([900]), OWN)[0].datagram[3:]
    reassembler = Reassembler()
    with caplog.at_level(logging.WARNING, "glrec"):
        for _ in range(3):
            assert reassembler.take(old, 0) == []
    assert reassembler.counts.malformed == 3
    (told,) = caplog.messages
    assert "version 1 of glrec's wire format" in told
    assert "install the same glrec at both ends" in told


@pytest.mark.parametrize("session", [-1, 1 << 64, "a", 1.5, True])
def test_a_session_is_a_number_of_64_bits(session: object) -> None:
    with pytest.raises(
        ConfigError, match=r"session=.* must be a whole number from 0 to 18446744073709551615"
    ):
        Packetizer(session=session)  # type: ignore[arg-type]
