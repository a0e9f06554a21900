"""The bad network: what it does, how often, and that equal seeds do the same."""

from collections import Counter

import pytest

from glrec_core.errors import ConfigError
from glrec_core.wire import ImpairedChannel, Impairment
from glrec_core.wire.channel import REORDER_DEPTH, MemoryChannel

COUNT = 4000
DATAGRAMS = [number.to_bytes(4, "big") for number in range(COUNT)]


def through(impairment: Impairment) -> tuple[list[int], ImpairedChannel]:
    arrived: list[bytes] = []
    channel = ImpairedChannel(MemoryChannel(arrived.append), impairment)
    for datagram in DATAGRAMS:
        channel.send(datagram)
    channel.close()
    return [int.from_bytes(each, "big") for each in arrived], channel


def test_without_impairment_everything_arrives_at_once() -> None:
    arrived, channel = through(Impairment())
    assert arrived == list(range(COUNT))
    assert (channel.sent, channel.sent_bytes, channel.lost) == (COUNT, 4 * COUNT, 0)


@pytest.mark.parametrize("loss", [0.01, 0.05, 0.2, 1.0])
def test_loss(loss: float) -> None:
    arrived, channel = through(Impairment(loss=loss, seed=1))
    assert arrived == sorted(set(arrived))
    assert len(arrived) + channel.lost == COUNT
    assert channel.lost == pytest.approx(loss * COUNT, abs=4 * (loss * (1 - loss) * COUNT) ** 0.5)


def test_duplicates() -> None:
    arrived, channel = through(Impairment(duplicate=0.1, seed=1))
    copies = Counter(arrived)
    assert sorted(copies) == list(range(COUNT))
    assert set(copies.values()) == {1, 2}
    assert 320 < len(arrived) - COUNT < 480
    assert channel.lost == 0


def test_reordering_is_bounded() -> None:
    arrived, _ = through(Impairment(reorder=0.1, seed=1))
    assert sorted(arrived) == list(range(COUNT))
    late = [max(arrived[: place + 1]) - number for place, number in enumerate(arrived)]
    assert max(late) == REORDER_DEPTH
    assert 300 < sum(each > 0 for each in late) < 500


def test_equal_seeds_do_the_same() -> None:
    def run(seed: int) -> list[int]:
        return through(Impairment(loss=0.1, reorder=0.1, duplicate=0.1, seed=seed))[0]

    assert run(5) == run(5) != run(6)


@pytest.mark.parametrize("share", [{"loss": -0.1}, {"reorder": 1.1}, {"duplicate": float("nan")}])
def test_shares_out_of_range_are_refused(share: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match=next(iter(share))):
        Impairment(**share)  # type: ignore[arg-type]
