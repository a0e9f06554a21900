"""UDP: every datagram of the loop arrives in order, errors surface, and nothing stays behind."""

import socket
import threading
import time
from random import Random

import pytest

from glrec_core.errors import ConfigError, SinkError
from glrec_core.wire import Reassembler, UdpChannel, UdpReceiver, WireSink, udp_loop
from glrec_core.wire.udp import listening_socket
from glrec_core.wire.udp_loop import UdpLoop
from tests.wire.streams import STREAM, access_units, cut

pytest.importorskip("zfec", reason="zfec is not installed")

HERE = ("127.0.0.1", 0)


@pytest.mark.parametrize("size", [1, 1200, 20_000, 65_000])
def test_the_loop_loses_nothing_however_slow_the_reader_is(size: int) -> None:
    """Far more than the system's buffer holds, with a reader that stumbles."""
    random = Random(size)
    sent = [random.randbytes(size) for _ in range(max(60, min(3000, 3_000_000 // size)))]
    arrived: list[bytes] = []

    def deliver(datagram: bytes) -> None:
        arrived.append(datagram)
        if len(arrived) % 50 == 1:
            time.sleep(0.002)

    loop = UdpLoop(deliver)
    for datagram in sent:
        loop.send(datagram)
    loop.close()
    loop.close()
    assert loop.lost == 0
    assert sorted(arrived) == sorted(sent)  # a thread that moves to another core may overtake itself


def test_what_the_system_drops_is_counted_and_does_not_hang(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(udp_loop, "_UNDER_WAY_BYTES", 1 << 30)
    monkeypatch.setattr(udp_loop, "_PATIENCE_SECONDS", 0.1)
    arrived: list[bytes] = []
    all_sent = threading.Event()

    def deliver(datagram: bytes) -> None:
        all_sent.wait()
        arrived.append(datagram)

    loop = UdpLoop(deliver)
    loop._receiving.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    for _ in range(500):
        loop.send(bytes(1000))
    all_sent.set()
    loop.close()
    assert 0 < len(arrived) == 500 - loop.lost < 500


def test_closing_the_loop_ends_its_thread() -> None:
    before = threading.active_count()
    loop = UdpLoop(lambda _: None)
    assert threading.active_count() == before + 1
    loop.close()
    assert threading.active_count() == before


def test_an_error_of_the_reader_is_raised_where_one_sends() -> None:
    def fail(_: bytes) -> None:
        raise ZeroDivisionError("a mistake in the receiver")

    loop = UdpLoop(fail)
    loop.send(b"one")
    with pytest.raises(ZeroDivisionError, match="a mistake"):
        loop.close()
    assert not loop._thread.is_alive()


def test_the_loop_hears_nobody_else() -> None:
    arrived: list[bytes] = []
    loop = UdpLoop(arrived.append)
    with listening_socket(HERE) as stranger:
        stranger.sendto(b"stray", loop._receiving.getsockname())
        loop.send(b"own")
        loop.close()
    assert arrived == [b"own"]


def test_what_is_sent_to_an_address_is_received_there() -> None:
    """Read in step with the sender, so that the system's buffer never fills."""
    packets = access_units([500, 0, 9000, 30_000, 3])
    reassembler = Reassembler()
    out = []
    with UdpReceiver(HERE, reassembler) as receiver, UdpChannel(receiver.address) as channel:
        sink = WireSink(channel)
        sink.open(STREAM)
        for number, packet in enumerate(packets):
            sink.write(packet)
            arriving = receiver.receive(idle_seconds=60)
            received = next(arriving)
            assert received.frame == number
            out.append(received.packet)
        sink.close()
    assert out == packets


def test_receiving_ends_when_nothing_comes_and_gives_out_the_rest() -> None:
    units = cut(access_units([100] * 4))
    with UdpReceiver(HERE, Reassembler(wait_seconds=60)) as receiver, UdpChannel(receiver.address) as channel:
        for unit in (units[0], units[2], units[3]):
            channel.send(unit[0])
        assert [each.frame for each in receiver.receive(idle_seconds=1)] == [0, 2, 3]
    assert receiver.reassembler.counts.lost == 1


def test_a_wait_that_is_over_does_not_need_another_arrival() -> None:
    units = cut(access_units([100] * 4))
    with (
        UdpReceiver(HERE, Reassembler(wait_seconds=0.05)) as receiver,
        UdpChannel(receiver.address) as channel,
    ):
        channel.send(units[2][0])
        arriving = receiver.receive(idle_seconds=60)
        assert next(arriving).frame == 2
        channel.send(units[3][0])
        assert next(arriving).frame == 3


def test_sending_where_nobody_listens_is_no_error() -> None:
    with listening_socket(HERE) as taken:
        address = taken.getsockname()
    with UdpChannel(address) as channel:
        for _ in range(5):
            channel.send(b"hello")


def test_what_the_system_refuses_is_an_error_of_the_sink() -> None:
    with (
        UdpChannel(("127.0.0.1", 9)) as channel,
        pytest.raises(SinkError, match="cannot send: Message too long"),
    ):
        channel.send(bytes(70_000))
    receiver = UdpReceiver(HERE)
    arriving = receiver.receive(idle_seconds=60)
    receiver.close()
    with pytest.raises(SinkError, match="cannot receive: Bad file descriptor"):
        next(arriving)


@pytest.mark.parametrize("address", [("a..b", 5000), ("127.0.0.1", 70_000)])
def test_what_is_no_address_is_refused(address: tuple[str, int]) -> None:
    with pytest.raises(ConfigError, match=r"is not an address|a port is"):
        UdpChannel(address)


def test_a_place_that_is_taken_is_refused() -> None:
    with listening_socket(HERE) as taken, pytest.raises(ConfigError, match="Address already in use"):
        UdpReceiver(taken.getsockname())
