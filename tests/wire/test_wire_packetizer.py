"""Cutting and the code: sizes, redundancy, and that any k of n shards are enough."""

from itertools import combinations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glrec_core.errors import ConfigError, SinkError
from glrec_core.values.frame import Packet
from glrec_core.wire import DEFAULT_DATAGRAM_BYTES, Packetizer, Reassembler, fec
from glrec_core.wire.header import parse
from glrec_core.wire.layout import MAX_FRAME_BYTES, block_count, block_span, is_tight, shard_bytes
from tests.wire.streams import access_units, cut, steadily, take_all

pytest.importorskip("zfec", reason="zfec is not installed")


@pytest.mark.parametrize(("data_shards", "shards"), [(1, 3), (2, 4), (3, 5), (4, 6), (5, 8)])
def test_any_k_of_n_shards_give_the_data_back(data_shards: int, shards: int) -> None:
    data = [Random(number).randbytes(40) for number in range(data_shards)]
    everything = dict(enumerate([*data, *fec.parity(data, shards)]))
    for chosen in combinations(range(shards), data_shards):
        assert fec.restore({number: everything[number] for number in chosen}, data_shards, shards) == data


@pytest.mark.parametrize("redundancy", [0.1, 0.25, 0.5, 1.0, 6.9])
@pytest.mark.parametrize("data_shards", [1, 2, 8, 31, 32])
def test_the_same_for_every_size_of_block_that_is_sent(data_shards: int, redundancy: float) -> None:
    shards = Packetizer(redundancy=redundancy).shards_for(data_shards)
    assert data_shards + 2 <= shards <= 255
    data = [Random(number).randbytes(30) for number in range(data_shards)]
    everything = dict(enumerate([*data, *fec.parity(data, shards)]))
    for trial in range(20):
        chosen = Random(trial).sample(range(shards), data_shards)
        assert fec.restore({number: everything[number] for number in chosen}, data_shards, shards) == data


def test_the_redundancy_is_rounded_up_and_at_least_two_shards() -> None:
    shards = Packetizer(redundancy=0.25).shards_for
    assert [shards(count) for count in (1, 4, 8, 9, 32)] == [3, 6, 10, 12, 40]
    assert Packetizer(redundancy=0).shards_for(7) == 7


def test_nothing_is_computed_when_no_data_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The code is asked for nothing as long as the data itself is there."""
    datagrams = [each for unit in cut(access_units([5000, 80_000])) for each in unit]
    monkeypatch.setattr(fec, "_decoder", None)
    reassembler = Reassembler()
    assert [each.repaired for each in take_all(reassembler, datagrams)] == [False, False]


@steadily
@given(st.integers(0, 90_000), st.sampled_from([256, 600, 1200, 1472, 8972]), st.sampled_from([0, 0.1, 0.5]))
def test_every_datagram_fits_and_the_whole_comes_back(size: int, most: int, redundancy: float) -> None:
    (packet,) = access_units([size])
    (datagrams,) = cut([packet], Packetizer(redundancy=redundancy, datagram_bytes=most))
    assert max(map(len, datagrams)) <= most
    (received,) = take_all(Reassembler(), datagrams)
    assert (received.packet, received.repaired) == (packet, False)


@steadily
@given(st.integers(0, 1 << 22), st.integers(100, 9000))
def test_blocks_cover_the_access_unit_without_waste(size: int, limit: int) -> None:
    blocks, end = block_count(size, limit), 0
    for block in range(blocks):
        start, stop = block_span(size, blocks, block)
        assert start == end
        end = stop
        data_shards = max(1, -(-(stop - start) // limit))
        assert data_shards <= 32
        assert shard_bytes(stop - start, data_shards) <= limit
        assert is_tight(stop - start, data_shards)
    assert end == size


def test_any_k_datagrams_of_each_block_are_enough_for_an_access_unit() -> None:
    (packet,) = access_units([150_000])
    (datagrams,) = cut([packet])
    blocks: dict[int, list[bytes]] = {}
    for datagram in datagrams:
        blocks.setdefault(parse(datagram).place.block, []).append(datagram)
    assert len(blocks) == 5
    for seed in range(10):
        random = Random(seed)
        chosen = []
        for shards in blocks.values():
            chosen += random.sample(shards, parse(shards[0]).place.data_shards)
        random.shuffle(chosen)
        (received,) = take_all(Reassembler(), chosen)
        assert (received.packet, received.repaired) == (packet, True)
        assert take_all(Reassembler(), chosen[1:]) == []


def test_an_alpha_channel_travels_along() -> None:
    packet = Packet(b"colour" * 500, 3, 2, keyframe=False, duration=1, alpha=b"alpha" * 300)
    (received,) = take_all(Reassembler(), cut([packet])[0])
    assert received.packet == packet


def test_the_numbers_go_on_through_parts() -> None:
    packetizer = Packetizer()
    for part in range(2):
        cut(access_units([10, 10]), packetizer, part)
    (datagram, *_) = cut(access_units([10]), packetizer, 2)[0]
    assert (parse(datagram).frame.frame, parse(datagram).frame.part, packetizer.frames) == (4, 2, 5)


@pytest.mark.parametrize(
    "options",
    [
        {"redundancy": -0.1},
        {"redundancy": 7.0},
        {"redundancy": float("nan")},
        {"datagram_bytes": 255},
        {"datagram_bytes": 65_001},
    ],
)
def test_options_out_of_range_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match=next(iter(options))):
        Packetizer(**options)  # type: ignore[arg-type]


def test_the_default_fits_every_path() -> None:
    assert DEFAULT_DATAGRAM_BYTES + 40 + 8 <= 1280  # IPv6, UDP; RFC 8200


def test_a_monstrous_access_unit_is_refused() -> None:
    class Monstrous(bytes):
        def __len__(self) -> int:
            return MAX_FRAME_BYTES + 1

        def __add__(self, other: bytes) -> "Monstrous":  # type: ignore[override]
            return self

    with pytest.raises(SinkError, match=r"268435457 bytes is more than"):
        Packetizer().cut(Packet(Monstrous(), 0, 0, keyframe=True), 0)
