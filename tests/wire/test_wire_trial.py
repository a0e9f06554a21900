"""The whole wire, from a sink's packets back to packets: exact outcomes by seed, and faults that are seen as such."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from glrec_core.errors import ConfigError
from glrec_core.running.loopback import LoopbackReport
from glrec_core.values.frame import Packet
from glrec_core.wire import Impairment, Packetizer, Reassembler, WireReport, WireTrial
from glrec_core.wire.header import parse
from glrec_core.wire.reassembler import Received
from tests.wire.streams import STREAM, access_units

pytest.importorskip("zfec", reason="zfec is not installed")

# As a video's: large keyframes, small others.
PACKETS = access_units([40_000 if index % 10 == 0 else 500 + 37 * index for index in range(100)])
LOSSES = [0.0, 0.01, 0.05, 0.1, 0.2]


def run(trial: WireTrial, packets: list[Packet] = PACKETS) -> WireReport:
    with trial:
        trial.open(STREAM)
        for packet in packets:
            trial.write(packet)
        trial.close()
        return trial.finish()


@pytest.mark.parametrize("udp", [False, True], ids=["memory", "udp"])
@pytest.mark.parametrize("loss", LOSSES)
def test_everything_within_the_codes_strength_comes_back(loss: float, *, udp: bool) -> None:
    report = run(WireTrial(Impairment(loss=loss, reorder=0.05, duplicate=0.05, seed=7), udp=udp))
    verdict = report.verdict
    assert report.passed
    assert (report.encoded, report.keyframes) == (100, 10)
    assert report.encoded_bytes == sum(len(packet.data) for packet in PACKETS)
    assert report.lost == pytest.approx(loss * report.packets, rel=0.5)
    assert (verdict.missing, verdict.mismatches, verdict.first_mismatch) == (0, 0, "")
    assert verdict.intact + verdict.beyond_code == 100
    assert verdict.latency.count == verdict.intact
    # At 5 % and below, a block of these sizes is lost once in a thousand; the seed makes it an exact statement.
    assert verdict.beyond_code == {0.0: 0, 0.01: 0, 0.05: 0}.get(loss, verdict.beyond_code)
    assert verdict.intact >= 85
    if loss:
        assert verdict.repaired > 0


def test_a_seed_loses_the_same_in_memory_and_over_udp() -> None:
    def outcome(*, udp: bool, seed: int) -> tuple[int, ...]:
        report = run(WireTrial(Impairment(loss=0.15, reorder=0.1, duplicate=0.1, seed=seed), udp=udp))
        verdict = report.verdict
        return (report.packets, report.lost, verdict.intact, verdict.beyond_code)

    assert outcome(udp=False, seed=3) == outcome(udp=False, seed=3) == outcome(udp=True, seed=3)
    assert outcome(udp=False, seed=3) != outcome(udp=False, seed=4)


def test_more_redundancy_brings_back_more() -> None:
    beyond = [
        run(WireTrial(Impairment(loss=0.2, seed=1), redundancy=redundancy)).verdict.beyond_code
        for redundancy in (0, 0.5, 1.0, 2.0)
    ]
    assert beyond == sorted(beyond, reverse=True)
    assert beyond[0] > 30
    assert beyond[-1] == 0


def test_the_codes_strength_is_exactly_its_parity(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lose as many datagrams of each block as there is parity, then one more."""

    def drop(most: int) -> WireReport:
        lost: dict[tuple[int, int], int] = {}

        def carry(trial: WireTrial, datagram: bytes) -> None:
            head, place, _ = parse(datagram)
            block = (head.frame, place.block)
            if lost.setdefault(block, 0) < place.shards - place.data_shards + most:
                lost[block] += 1
            else:
                trial._arrive(datagram)

        monkeypatch.setattr(WireTrial, "_carry", carry)
        return run(WireTrial())

    report = drop(0)
    assert report.passed
    assert (report.verdict.intact, report.verdict.repaired, report.verdict.beyond_code) == (100, 100, 0)
    report = drop(1)
    assert report.passed
    assert (report.verdict.intact, report.verdict.beyond_code) == (0, 100)


def test_without_parity_every_loss_shows() -> None:
    report = run(WireTrial(Impairment(loss=0.05, seed=2), redundancy=0))
    assert report.passed
    assert report.verdict.repaired == 0
    assert 0 < report.verdict.beyond_code <= report.lost


def changed(change: Callable[[Received], list[Received]]) -> Callable[..., list[Received]]:
    take = Reassembler.take
    return lambda *arguments: [each for found in take(*arguments) for each in change(found)]


def with_packet(**values: Any) -> Callable[[Received], list[Received]]:
    def change(received: Received) -> list[Received]:
        return (
            [received._replace(packet=replace(received.packet, **values))]
            if received.frame == 5
            else [received]
        )

    return change


@pytest.mark.parametrize(
    ("change", "mismatches", "missing", "words"),
    [
        (with_packet(data=b"other"), 1, 0, "access unit 5 has other bytes"),
        (with_packet(alpha=b"other"), 1, 0, "access unit 5 has other bytes"),
        (with_packet(pts=1), 1, 0, "access unit 5 is Packet(pts=1,"),
        (with_packet(keyframe=True), 1, 0, "keyframe=True"),
        (lambda found: [found._replace(part=1)], 100, 0, "access unit 0 is Packet"),
        (lambda found: [found, found] if found.frame == 5 else [found], 1, 0, "access unit 5 came out twice"),
        (lambda found: [] if found.frame == 5 else [found], 0, 1, ""),
    ],
    ids=["bytes", "alpha", "pts", "keyframe", "part", "twice", "missing"],
)
def test_a_fault_of_the_receiver_is_a_failure(
    change: Callable[[Received], list[Received]],
    mismatches: int,
    missing: int,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Reassembler, "take", changed(change))
    report = run(WireTrial())
    assert not report.passed
    assert (report.verdict.mismatches, report.verdict.missing) == (mismatches, missing)
    assert words in report.verdict.first_mismatch
    assert report.verdict.beyond_code == 0


def test_the_wrong_order_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    held: list[Received] = []

    def swap(found: Received) -> list[Received]:
        if found.frame == 5:
            held.append(found)
            return []
        return [found, *held] if found.frame == 6 else [found]

    monkeypatch.setattr(Reassembler, "take", changed(swap))
    report = run(WireTrial())
    assert not report.passed
    assert (report.verdict.mismatches, report.verdict.first_mismatch) == (1, "access unit 5 came out after 6")


def test_a_frame_that_the_encoder_kept_is_a_failure() -> None:
    report = run(WireTrial())
    assert LoopbackReport(submitted=100, seconds=2.0, wire=report).passed
    assert LoopbackReport(submitted=100, seconds=2.0, wire=report).frames_per_second == 50
    assert not LoopbackReport(submitted=101, seconds=2.0, wire=report).passed


def test_nothing_sent_proves_nothing() -> None:
    with WireTrial() as trial:
        assert not trial.finish().passed


def test_parts_are_compared_as_well() -> None:
    with WireTrial(Impairment(loss=0.1, seed=3)) as trial:
        for _ in range(3):
            trial.open(STREAM)
            for packet in PACKETS[:10]:
                trial.write(packet)
            trial.close()
        report = trial.finish()
    assert report.passed
    assert report.encoded == 30


def test_options_are_checked_before_anything_is_opened() -> None:
    with pytest.raises(ConfigError, match="redundancy"):
        WireTrial(udp=True, redundancy=99)


def test_the_datagrams_are_counted_with_their_headers() -> None:
    report = run(WireTrial(redundancy=0))
    datagrams = [each for packet in PACKETS for each in Packetizer(redundancy=0).cut(packet, 0)]
    assert (report.packets, report.packet_bytes) == (len(datagrams), sum(map(len, datagrams)))
