"""The replay buffer: what it keeps and forgets, within which memory, and what a saved file is like."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import moderngl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glrec_core import ReplaySink, record
from glrec_core.config import Config
from glrec_core.errors import ConfigError, SinkError
from glrec_core.testing.streams import SIZE, encoded, irregular, regular
from glrec_core.values.frame import Packet, Size, StreamInfo
from tests.contract.test_recorder import assert_account_adds_up
from tests.support import video
from tests.support.recording import BarcodeLoop

FPS = 30


def filled(replay: ReplaySink, stream: StreamInfo, packets: list[Packet]) -> ReplaySink:
    replay.open(stream)
    for packet in packets:
        replay.write(packet)
    return replay


@pytest.mark.parametrize("b_frames", [0, 2])
@pytest.mark.parametrize("name", ["a.mp4", "a.mov", "a.mkv"])
def test_a_saved_file_has_the_last_seconds_from_a_keyframe_on(
    tmp_path: Path, name: str, b_frames: int
) -> None:
    config = Config(timing="step", fps=FPS, gop=15, b_frames=b_frames)
    stream, packets = encoded(config, regular(200, FPS))
    replay = filled(ReplaySink(2), stream, packets)
    path = replay.save(tmp_path / name)
    begin = max(packet.pts for packet in packets if packet.keyframe and packet.pts <= 200 - 2 * FPS)
    assert begin > 200 - 2 * FPS - 15
    tick = Fraction(1, 1000) if name == "a.mkv" else Fraction(0)
    video.assert_recording(path, range(begin, 200), SIZE, FPS, tick=tick)
    assert replay.held_seconds == Fraction(200 - begin, FPS)
    if name != "a.mkv":
        assert video.is_fast_start(path)


@pytest.mark.parametrize(
    ("name", "codec"), [("a.mp4", "hevc"), ("a.mp4", "av1"), ("a.webm", "vp9"), ("a.mkv", "ffv1")]
)
def test_all_codecs_can_be_replayed(tmp_path: Path, name: str, codec: str) -> None:
    config = Config(codec=codec, timing="step", fps=50, gop=10)
    replay = filled(ReplaySink(0.5), *encoded(config, regular(60, 50)))
    numbers = video.read_barcodes(replay.save(tmp_path / name))
    assert numbers == list(range(numbers[0], 60))
    assert 25 <= len(numbers) <= 35


def test_irregular_times_stay_as_far_apart_as_they_were(tmp_path: Path) -> None:
    times_ns = irregular(100)
    replay = filled(ReplaySink(1), *encoded(Config(gop=8), times_ns))
    path = replay.save(tmp_path / "a.mp4")
    numbers, shown = video.read_barcodes(path), video.timestamps(path)
    for number, time in zip(numbers, shown, strict=True):
        drawn = Fraction(times_ns[number] - times_ns[numbers[0]], 10**9)
        assert abs(time - drawn) <= Fraction(1, 90_000)
    assert times_ns[-1] - times_ns[numbers[0]] >= 10**9


def test_all_is_kept_until_there_is_more_than_asked_for(tmp_path: Path) -> None:
    replay = filled(ReplaySink(30), *encoded(Config(timing="step", fps=FPS), regular(40, FPS)))
    assert video.read_barcodes(replay.save(tmp_path / "a.mp4")) == list(range(40))


def test_it_can_be_saved_again_and_again_and_after_the_end(tmp_path: Path) -> None:
    stream, packets = encoded(Config(timing="step", fps=FPS, gop=5), regular(30, FPS))
    replay = filled(ReplaySink(10), stream, packets[:12])
    first = replay.save(tmp_path / "first.mp4")
    for packet in packets[12:]:
        replay.write(packet)
    replay.close()
    second = replay.save(tmp_path / "second.mp4")
    assert [len(video.read_barcodes(path)) for path in (first, second)] == [12, 30]


def test_an_existing_file_is_replaced_only_when_asked(tmp_path: Path) -> None:
    replay = filled(ReplaySink(), *encoded(Config(), regular(5, FPS)))
    path = replay.save(tmp_path / "a.mp4")
    with pytest.raises(ConfigError, match="exists"):
        replay.save(path)
    assert replay.save(path, overwrite=True) == path


def test_what_cannot_be_saved_is_told_before_a_file_is_touched(tmp_path: Path) -> None:
    with pytest.raises(SinkError, match="no frame is recorded yet"):
        ReplaySink().save(tmp_path / "a.mp4")
    replay = filled(ReplaySink(), *encoded(Config(), regular(5, FPS)))
    with pytest.raises(ConfigError, match=r"\.webm files take vp9, av1, not codec='h264'"):
        replay.save(tmp_path / "a.webm")
    with pytest.raises(ConfigError, match="extension"):
        replay.save(tmp_path / "a.avi")
    assert list(tmp_path.iterdir()) == []


def test_a_new_part_begins_anew(tmp_path: Path) -> None:
    replay = filled(ReplaySink(), *encoded(Config(), regular(10, FPS)))
    replay.close()
    filled(replay, *encoded(Config(), regular(4, FPS), Size(192, 128)))
    path = replay.save(tmp_path / "a.mp4")
    assert video.read_barcodes(path) == list(range(4))
    assert video.probe(path).size == (192, 128)


@pytest.mark.parametrize(
    "arguments", [{"seconds": 0}, {"seconds": -1}, {"seconds": float("nan")}, {"max_bytes": 0}]
)
def test_senseless_limits_are_refused(arguments: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match=next(iter(arguments))):
        ReplaySink(**arguments)  # type: ignore[arg-type]


STREAM = StreamInfo("h264", SIZE, Fraction(1, 10), Fraction(10))
SIZES = st.lists(st.tuples(st.integers(0, 400), st.booleans()), max_size=60)


@given(SIZES, st.floats(0.1, 3), st.integers(1, 2000))
def test_memory_and_time_are_bounded_whatever_comes(
    packets: list[tuple[int, bool]], seconds: float, max_bytes: int
) -> None:
    """Against a model: the shortest tail that begins with a keyframe and is long enough, unless it is too much."""
    replay, sent = ReplaySink(seconds, max_bytes=max_bytes), list[Packet]()
    replay.open(STREAM)
    for number, (length, keyframe) in enumerate(packets):
        sent.append(Packet(bytes(length), number, number, keyframe=keyframe or number == 0, duration=1))
        replay.write(sent[-1])
        assert replay.held_bytes <= max_bytes
        held = [packet for gop in replay._gops for packet in gop.packets]
        assert held == (sent[-len(held) :] if held else [])
        assert replay.held_bytes == sum(len(packet.data) for packet in held)
        if held:
            assert held[0].keyframe
            later_keys = [packet.pts for packet in held[1:] if packet.keyframe]
            assert not later_keys or Fraction(number + 1 - later_keys[0], 10) < Fraction(seconds)


def test_a_keyframe_distance_that_is_too_much_leaves_nothing_until_the_next(tmp_path: Path) -> None:
    stream, packets = encoded(Config(timing="step", fps=FPS), regular(8, FPS))
    again = [replace(packet, pts=packet.pts + 8, dts=packet.dts + 8) for packet in packets]
    assert [packet.keyframe for packet in packets] == [True] + [False] * 7
    total = sum(len(packet.data) for packet in packets)
    replay = filled(ReplaySink(max_bytes=total - 1), stream, packets)
    assert replay.held_bytes == 0
    with pytest.raises(SinkError, match="max_bytes"):
        replay.save(tmp_path / "a.mkv")
    for packet in again[:5]:
        replay.write(packet)
    assert video.read_barcodes(replay.save(tmp_path / "a.mkv")) == list(range(5))


class Slow(Packet):
    """A packet that a sink is in the middle of taking, until it is let go on."""

    taking = threading.Event()
    go_on = threading.Event()

    def __getattribute__(self, name: str) -> object:
        if name == "keyframe":
            Slow.taking.set()
            Slow.go_on.wait(60)
        return super().__getattribute__(name)


@pytest.fixture
def being_written() -> Iterator[tuple[ReplaySink, StreamInfo]]:
    """Give a replay buffer whose first packet is being written by another thread; `Slow.go_on` lets it be done."""
    Slow.taking.clear()
    Slow.go_on.clear()
    stream, packets = encoded(Config(timing="step", fps=FPS), regular(1, FPS))
    slow = Slow(**{name: getattr(packets[0], name) for name in Packet.__dataclass_fields__})
    replay = ReplaySink()
    replay.open(stream)
    writer = threading.Thread(target=replay.write, args=(slow,))
    writer.start()
    assert Slow.taking.wait(60)
    yield replay, stream
    Slow.go_on.set()
    writer.join()


def meanwhile(call: Callable[[], object]) -> object:
    """Call in another thread while the packet is being written, let that be done, and return what the call gave."""
    with ThreadPoolExecutor(1) as threads:
        given = threads.submit(call)
        with suppress(TimeoutError):  # as it should be: it waits for its turn
            given.exception(0.3)
        Slow.go_on.set()
        return given.result(60)


Writing = tuple[ReplaySink, StreamInfo]


def test_a_packet_is_there_as_a_whole_or_not_at_all(being_written: Writing) -> None:
    assert meanwhile(lambda: being_written[0].held_seconds) == Fraction(1, FPS)


def test_a_packet_that_is_being_written_is_saved(being_written: Writing, tmp_path: Path) -> None:
    path = meanwhile(lambda: being_written[0].save(tmp_path / "a.mkv"))
    assert isinstance(path, Path)
    assert video.read_barcodes(path) == [0]


def test_a_packet_of_the_part_before_is_forgotten_with_it(being_written: Writing) -> None:
    replay, stream = being_written
    replay.close()
    meanwhile(lambda: replay.open(stream))
    assert (replay.held_bytes, replay.held_seconds) == (0, Fraction(0))


def test_it_records_beside_a_file_and_alone(context: moderngl.Context, tmp_path: Path) -> None:
    replay, alone = ReplaySink(0.5), ReplaySink(0.5)
    beside = record(None, tmp_path / "all.mp4", replay, timing="step", gop=10)
    only = record(None, alone, timing="step", gop=10)
    loop = BarcodeLoop(context)
    for number in range(90):
        loop.record(beside, range(number, number + 1))
        only.frame_drawn(loop.framebuffer)
    assert only.close().paths == ()
    assert only.recording.frames == 90
    beside.close()
    video.assert_recording(tmp_path / "all.mp4", 90, (320, 240), fps=60)
    for number, each in enumerate((replay, alone)):
        numbers = video.read_barcodes(path := each.save(tmp_path / f"{number}.mp4"))
        assert 50 <= numbers[0] <= 60
        video.assert_recording(path, range(numbers[0], 90), (320, 240), fps=60)
    assert_account_adds_up(only)


def test_saving_does_not_disturb_the_recording(context: moderngl.Context, tmp_path: Path) -> None:
    """A thread saves without a pause while frames are drawn: all files are whole, and the recording has every frame."""
    replay = ReplaySink(0.5)
    recorder = record(None, tmp_path / "all.mp4", replay, timing="step", gop=10)
    loop, ended, paths = BarcodeLoop(context, (160, 120)), threading.Event(), list[Path]()

    def save() -> None:
        while not ended.is_set():
            paths.append(replay.save(tmp_path / f"{len(paths)}.mkv"))

    loop.record(recorder, range(20))
    while replay.held_bytes == 0:
        pass
    thread = threading.Thread(target=save)
    thread.start()
    loop.record(recorder, range(20, 400))
    ended.set()
    thread.join()
    recorder.close()
    video.assert_recording(tmp_path / "all.mp4", 400, (160, 120), fps=60)
    assert paths
    for path in paths[:: max(1, len(paths) // 8)]:
        numbers = video.read_barcodes(path)
        assert numbers == list(range(numbers[0], numbers[-1] + 1))
        assert len(numbers) >= min(numbers[-1], 30)
