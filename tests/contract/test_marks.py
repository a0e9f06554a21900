"""Marks become chapters at the exact time of the next recorded frame, in every container that has them."""

import threading
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import av
import moderngl
import pytest

from glrec_core import ClosedError, ConfigError, FileSink, ReplaySink, SinkError, record
from glrec_core.config import Config
from glrec_core.testing.streams import SIZE, encoded, regular
from glrec_core.verify.checks import Expected
from glrec_core.verify.report import verify
from tests.support import video
from tests.support.recording import BarcodeLoop
from tests.support.sound import hear, make_sound


class Found(NamedTuple):
    """A chapter as it is in a file; times in seconds."""

    begin: Fraction
    end: Fraction
    name: str


def chapters(path: Path) -> list[Found]:
    with av.open(path) as container:
        return [_found(chapter) for chapter in container.chapters()]


def _found(chapter: Any) -> Found:
    base = chapter["time_base"]
    return Found(chapter["start"] * base, chapter["end"] * base, chapter["metadata"]["title"])


@pytest.mark.parametrize(
    ("name", "fps", "options"),
    [
        ("a.mp4", 60, {}),
        ("b.mp4", 60, {"b_frames": 2}),
        ("a.m4v", Fraction(24000, 1001), {}),
        ("a.mov", Fraction(30000, 1001), {"b_frames": 2}),
        ("c.mp4", 7, {"codec": "hevc"}),
        ("a.mkv", 60, {}),
        ("b.mkv", 60, {"b_frames": 2}),
        ("a.webm", 50, {}),
        ("c.mkv", 25, {"codec": "ffv1"}),
    ],
)
def test_chapters_begin_at_the_next_recorded_frame(
    context: moderngl.Context, tmp_path: Path, name: str, fps: Fraction | int, options: dict[str, Any]
) -> None:
    recorder = record(None, tmp_path / name, timing="step", fps=fps, **options)
    loop = BarcodeLoop(context, SIZE)
    loop.record(recorder, range(10))
    recorder.mark("first")
    loop.record(recorder, range(10, 25))
    recorder.mark("the second ✓")
    loop.record(recorder, range(25, 40))
    recorder.mark("after the last frame")  # none comes any more
    path = recorder.close().path
    assert path is not None
    in_matroska = path.suffix in {".mkv", ".webm"}
    allowed = Fraction(1, 10**9) if in_matroska else 0  # it counts nanoseconds
    due = [(0, 10, "start"), (10, 25, "first"), (25, 40, "the second ✓")]
    for found, (begin, end, title) in zip(chapters(path), due, strict=True):
        assert found.name == title
        assert abs(found.begin - Fraction(begin) / Fraction(fps)) <= allowed
        assert abs(found.end - Fraction(end) / Fraction(fps)) <= allowed
    tick = Fraction(1, 1000) if in_matroska else Fraction(0)
    video.assert_recording(path, 40, SIZE, fps, tick=tick)
    if not in_matroska:
        assert video.is_fast_start(path)


def test_a_mark_at_the_first_frame_needs_no_other_before_it(
    context: moderngl.Context, tmp_path: Path
) -> None:
    recorder = record(None, tmp_path / "a.mp4", timing="step")
    recorder.mark("intro")
    BarcodeLoop(context).record(recorder, range(30))
    recorder.close()
    assert chapters(tmp_path / "a.mp4") == [Found(Fraction(0), Fraction(1, 2), "intro")]


def test_names_of_one_frame_share_a_chapter(context: moderngl.Context, tmp_path: Path) -> None:
    recorder, loop = record(None, tmp_path / "a.mkv", timing="step"), BarcodeLoop(context)
    loop.record(recorder, range(6))
    recorder.mark("a")
    recorder.pause()
    loop.record(recorder, range(50, 53))
    recorder.mark("b")  # the next frame that is recorded is the same
    recorder.resume()
    loop.record(recorder, range(6, 12))
    recorder.close()
    assert [(found.name, found.begin) for found in chapters(tmp_path / "a.mkv")] == [
        ("start", 0),
        ("a / b", Fraction(1, 10)),
    ]


def test_under_the_wall_clock_a_chapter_is_at_a_frames_own_time(
    context: moderngl.Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now_ns = [10**9]
    recorder = record(None, tmp_path / "a.mp4", timing="wall", overflow="block")
    monkeypatch.setattr(recorder._clock, "_now_ns", lambda: now_ns[0])

    def advance(number: int) -> None:
        now_ns[0] += 17_345_678
        if number % 7 == 3:
            recorder.mark(f"after {number}")

    BarcodeLoop(context).record(recorder, range(30), advance)
    recorder.close()
    times = video.timestamps(tmp_path / "a.mp4")
    marked = [found for found in chapters(tmp_path / "a.mp4") if found.name != "start"]
    assert [(found.name, found.begin) for found in marked] == [
        (f"after {number}", times[number + 1]) for number in (3, 10, 17, 24)
    ]


def test_each_part_has_its_own_and_every_file_has_them(context: moderngl.Context, tmp_path: Path) -> None:
    recorder = record(None, tmp_path / "a.mp4", tmp_path / "b.mkv", timing="step", on_resize="segment")
    small, large = BarcodeLoop(context), BarcodeLoop(context, (400, 300))
    small.record(recorder, range(12))
    recorder.mark("in the first part")
    small.record(recorder, range(12, 24))
    recorder.mark("its second size")
    large.record(recorder, range(6))
    recorder.mark("in the second part")
    large.record(recorder, range(6, 18))
    recording = recorder.close()
    assert [path.name for path in recording.paths] == ["a.mp4", "a-2.mp4", "b.mkv", "b-2.mkv"]
    for first, second in (recording.paths[:2], recording.paths[2:]):
        assert [(found.name, found.begin) for found in chapters(first)] == [
            ("start", 0),
            ("in the first part", Fraction(1, 5)),
        ]
        assert [(found.name, found.begin) for found in chapters(second)] == [
            ("its second size", 0),
            ("in the second part", Fraction(1, 10)),
        ]


def test_chapters_and_sound_together(context: moderngl.Context, tmp_path: Path) -> None:
    audio = make_sound(tmp_path / "a.wav", "pcm_s16le", [0.25])
    for name in ("a.mp4", "a.mkv"):
        recorder, loop = record(None, tmp_path / name, timing="step", audio=audio), BarcodeLoop(context)
        loop.record(recorder, range(15))
        recorder.mark("beep")
        loop.record(recorder, range(15, 45))
        recorder.close()
        assert [found.name for found in chapters(tmp_path / name)] == ["start", "beep"]
        assert chapters(tmp_path / name)[1].begin == Fraction(1, 4)
        assert hear(tmp_path / name).tones == pytest.approx([0.25], abs=0.002)
        assert verify(tmp_path / name, Expected(frames=45, fps=Fraction(60))).passed


def test_any_thread_may_mark(context: moderngl.Context, tmp_path: Path) -> None:
    recorder, loop = record(None, tmp_path / "a.mp4", timing="step"), BarcodeLoop(context)

    def mark(number: int) -> None:
        thread = threading.Thread(target=recorder.mark, args=(str(number),))
        thread.start()
        thread.join()

    loop.record(recorder, range(30), mark)
    recorder.close()
    assert [found.name for found in chapters(tmp_path / "a.mp4")] == ["start", *map(str, range(29))]


@pytest.mark.parametrize("name", ["", "  ", 7])
def test_a_mark_needs_a_name(tmp_path: Path, name: str) -> None:
    recorder = record(None, tmp_path / "a.mp4")
    with pytest.raises(ConfigError, match="needs a name"):
        recorder.mark(name)
    recorder.close()


def test_marks_that_nothing_keeps_are_refused(tmp_path: Path) -> None:
    recorder = record(None, ReplaySink())
    with pytest.raises(ConfigError, match="keep marks"):
        recorder.mark("a")
    recorder.close()
    with pytest.raises(ClosedError):
        recorder.mark("a")


def test_a_sink_without_marks_beside_one_that_has_them(context: moderngl.Context, tmp_path: Path) -> None:
    replay = ReplaySink()
    recorder, loop = record(None, tmp_path / "a.mp4", replay, timing="step"), BarcodeLoop(context)
    loop.record(recorder, range(10))
    recorder.mark("half")
    loop.record(recorder, range(10, 20))
    recorder.close()
    assert [found.name for found in chapters(tmp_path / "a.mp4")] == ["start", "half"]
    assert video.read_barcodes(tmp_path / "a.mp4") == list(range(20))
    assert video.read_barcodes(replay.save(tmp_path / "replay.mp4")) == list(range(20))


def test_a_part_that_failed_is_left_as_it_is(tmp_path: Path) -> None:
    sink = FileSink(tmp_path / "a.mp4")
    stream, packets = encoded(Config(timing="step"), regular(60, 60))
    sink.open(stream)
    for packet in packets[:40]:
        sink.write(packet)
    sink.mark(3, "in vain")
    with pytest.raises(SinkError, match="cannot write"):
        sink.write(packets[0])  # again: its time has passed
    sink.close()
    assert chapters(tmp_path / "a.mp4") == []
    assert video.read_barcodes(tmp_path / "a.mp4")
