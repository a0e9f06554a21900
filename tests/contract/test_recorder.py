"""The recorder as a user sees it, in a loop of one's own: pictures, times, the account, and clear errors."""

import itertools
import json
import threading
from fractions import Fraction
from pathlib import Path
from typing import Any

import moderngl
import pytest

from glrec_core import (
    AdapterNotFound,
    CaptureError,
    ClosedError,
    ConfigError,
    Framebuffer,
    Recorder,
    SinkError,
    Size,
    WrongThreadError,
    record,
)
from glrec_core.gl.functions import GL
from glrec_core.testing import MemorySink
from glrec_core.testing.barcode import Region
from tests.support import video
from tests.support.contexts import standalone_context
from tests.support.recording import BarcodeLoop


def assert_account_adds_up(recorder: Recorder) -> None:
    assert recorder.stats.drawn == recorder.stats.accounted, recorder.stats


@pytest.mark.parametrize("fps", [60, Fraction(30000, 1001), "24000/1001", 12.5])
def test_step_timing_is_exact(context: moderngl.Context, tmp_path: Path, fps: Any) -> None:
    recorder = record(None, tmp_path / "a.mp4", timing="step", fps=fps)
    BarcodeLoop(context).record(recorder, range(50))
    recording = recorder.close()
    rate = Fraction(fps)
    assert (recording.frames, recording.size) == (50, (320, 240))
    assert recording.duration_seconds == 50 / rate
    assert recording.path is not None
    video.assert_recording(recording.path, 50, (320, 240), fps=rate)
    assert_account_adds_up(recorder)


@pytest.mark.parametrize(
    ("name", "codec", "tag"),
    [
        ("a.mp4", "h264", "avc1"),
        ("a.mov", "h264", "avc1"),
        ("a.mp4", "hevc", "hvc1"),
        ("a.mp4", "av1", "av01"),
    ],
)
def test_files_are_tagged_and_start_fast(
    context: moderngl.Context, tmp_path: Path, name: str, codec: str, tag: str
) -> None:
    recorder = record(None, tmp_path / name, timing="step", codec=codec)
    BarcodeLoop(context).record(recorder, range(20))
    path = recorder.close().path
    assert path is not None
    video.assert_recording(path, 20, (320, 240), fps=60)
    info = video.probe(path)
    assert (info.codec, info.codec_tag, info.pixel_format) == (codec, tag, "yuv420p")
    assert video.bitstream_colour(path) == video.BT709_LIMITED
    if path.suffix == ".mov":  # QuickTime's form of the box has no range flag
        assert b"colrnclc\x00\x01\x00\x01\x00\x01" in path.read_bytes()
    else:
        assert video.container_colour(path) == video.BT709_LIMITED
    assert video.is_fast_start(path)
    if codec == "h264":
        assert info.profile == "High"


@pytest.mark.parametrize(
    ("name", "codec"), [("a.mkv", "h264"), ("a.webm", "vp9"), ("a.mkv", "ffv1"), ("a.webm", "av1")]
)
def test_other_containers(context: moderngl.Context, tmp_path: Path, name: str, codec: str) -> None:
    recorder = record(None, tmp_path / name, timing="step", codec=codec, fps=50)
    BarcodeLoop(context).record(recorder, range(20))
    path = recorder.close().path
    assert path is not None
    video.assert_recording(path, 20, (320, 240), fps=50, tick=Fraction(1, 1000))


def test_several_sinks_get_the_same_stream(context: moderngl.Context, tmp_path: Path) -> None:
    recorder = record(None, tmp_path / "a.mp4", tmp_path / "b.mkv", timing="step", fps=50)
    BarcodeLoop(context).record(recorder, range(20))
    paths = recorder.close().paths
    assert [path.name for path in paths] == ["a.mp4", "b.mkv"]
    for path in paths:
        video.assert_recording(path, 20, (320, 240), fps=50, tick=Fraction(1, 1000))


def test_wall_timing_keeps_the_time_of_each_frame(
    context: moderngl.Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now_ns = [10**9]
    recorder = record(None, tmp_path / "a.mp4", timing="wall", overflow="block")
    monkeypatch.setattr(recorder._clock, "_now_ns", lambda: now_ns[0])
    steps_ns = [16_000_000, 250_000_000, 1_000_000, 33_333_333]

    def advance(number: int) -> None:
        now_ns[0] += steps_ns[number % 4]

    BarcodeLoop(context).record(recorder, range(20), advance)
    path = recorder.close().path
    assert path is not None
    assert video.read_barcodes(path) == list(range(20))
    expected_ns = [sum(steps_ns[index % 4] for index in range(number)) for number in range(20)]
    half_tick = Fraction(1, 180_000)
    for found, expected in zip(video.timestamps(path), expected_ns, strict=True):
        assert abs(found - Fraction(expected, 10**9)) <= half_tick


def test_pause_leaves_no_gap(context: moderngl.Context, tmp_path: Path) -> None:
    recorder = record(None, tmp_path / "a.mp4", timing="step")
    loop = BarcodeLoop(context)
    loop.record(recorder, range(10))
    recorder.pause()
    loop.record(recorder, range(10, 20))
    recorder.resume()
    loop.record(recorder, range(20, 30))
    path = recorder.close().path
    assert path is not None
    video.assert_recording(path, [*range(10), *range(20, 30)], (320, 240), fps=60)
    assert (recorder.stats.recorded, recorder.stats.paused) == (20, 10)
    assert_account_adds_up(recorder)


def test_the_frame_limit_ends_the_recording_but_not_the_loop(
    context: moderngl.Context, tmp_path: Path
) -> None:
    recorder = record(None, tmp_path / "a.mp4", timing="step", frames=10)
    finished = list[bool]()
    BarcodeLoop(context).record(recorder, range(15), lambda _: finished.append(recorder.finished))
    path = recorder.close().path
    assert path is not None
    assert finished == [False] * 9 + [True] * 6
    video.assert_recording(path, 10, (320, 240), fps=60)
    assert recorder.stats.after_end == 5
    assert_account_adds_up(recorder)


@pytest.mark.parametrize(("drawn", "coded"), [((321, 241), (322, 242)), ((320, 241), (320, 242))])
def test_odd_sizes_are_padded_and_say_so(
    context: moderngl.Context,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    drawn: tuple[int, int],
    coded: tuple[int, int],
) -> None:
    recorder = record(None, tmp_path / "a.mp4", timing="step")
    BarcodeLoop(context, drawn).record(recorder, range(5))
    recording = recorder.close()
    assert recording.size == coded
    assert any(str(Size(*drawn)) in note for note in recording.notes)
    assert recording.notes[0] in caplog.messages
    assert recording.path is not None
    video.assert_recording(recording.path, 5, drawn, fps=60)


def test_odd_sizes_stay_odd_where_the_codec_allows(context: moderngl.Context, tmp_path: Path) -> None:
    recorder = record(None, tmp_path / "a.mkv", timing="step", codec="ffv1", fps=50)
    BarcodeLoop(context, (321, 241)).record(recorder, range(5))
    recording = recorder.close()
    assert (recording.size, recording.notes) == ((321, 241), ())


def test_a_smaller_size_is_recorded_when_asked(context: moderngl.Context, tmp_path: Path) -> None:
    recorder = record(None, tmp_path / "a.mp4", timing="step", size=(480, 240))
    BarcodeLoop(context, (960, 720)).record(recorder, range(5))
    path = recorder.close().path
    assert path is not None
    video.assert_recording(path, 5, (480, 240), fps=60, region=Region(80, 0, 320, 240))


def test_a_resize_starts_a_new_part_when_asked(context: moderngl.Context, tmp_path: Path) -> None:
    recorder = record(None, tmp_path / "a.mp4", timing="step", on_resize="segment")
    BarcodeLoop(context, (320, 240)).record(recorder, range(10))
    BarcodeLoop(context, (400, 200)).record(recorder, range(10, 25))
    recording = recorder.close()
    assert [path.name for path in recording.paths] == ["a.mp4", "a-2.mp4"]
    assert video.read_barcodes(recording.paths[0]) == list(range(10))
    assert video.read_barcodes(recording.paths[1]) == list(range(10, 25))
    assert video.timestamps(recording.paths[1])[0] == 0
    assert video.probe(recording.paths[1]).size == (400, 200)


def test_two_recorders_share_a_context(context: moderngl.Context, tmp_path: Path) -> None:
    first, second = (record(None, tmp_path / name, timing="step") for name in ("a.mp4", "b.mp4"))
    loop, other = BarcodeLoop(context), BarcodeLoop(context, (200, 100))
    for number in range(20):
        loop.record(first, range(number, number + 1))
        other.record(second, range(2 * number, 2 * number + 1))
    paths = [recorder.close().path for recorder in (first, second)]
    assert paths[0] is not None
    assert paths[1] is not None
    video.assert_recording(paths[0], 20, (320, 240), fps=60)
    video.assert_recording(paths[1], range(0, 40, 2), (200, 100), fps=60)


@pytest.mark.parametrize(
    "options",
    [
        {"codec": "h265x"},
        {"codec": "vp9"},
        {"preset": "warp"},
        {"quality": 99},
        {"fps": 0},
        {"fps": float("nan")},
        {"size": (0, 10)},
        {"size": (20000, 10)},
        {"backend": "abacus"},
        {"speed": 3},
        {"codec": "hevc", "lossless": True},
    ],
)
def test_bad_options_are_refused_before_a_file_is_touched(tmp_path: Path, options: dict[str, Any]) -> None:
    name = "a.mov" if options.get("codec") == "vp9" else "a.mp4"
    with pytest.raises(ConfigError) as caught:
        record(None, tmp_path / name, **options)
    assert next(iter(options)) in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_bad_paths_are_refused_before_a_file_is_touched(tmp_path: Path) -> None:
    (tmp_path / "there.mp4").write_bytes(b"precious")
    for name in ("there.mp4", "a.xyz", "a", "missing/a.mp4", "there.mp4/a.mp4"):
        with pytest.raises(ConfigError):
            record(None, tmp_path / name)
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("there.mp4", b"precious")]


def test_an_unknown_target_names_the_adapters(tmp_path: Path) -> None:
    with pytest.raises(AdapterNotFound, match=r"(?s)builtins.dict.*moderngl.*pyglet.*vispy"):
        record({}, tmp_path / "a.mp4")


def test_use_after_close_is_refused(context: moderngl.Context, tmp_path: Path) -> None:
    recorder = record(None, tmp_path / "a.mp4", timing="step")
    loop = BarcodeLoop(context)
    loop.record(recorder, range(3))
    first = recorder.close()
    assert recorder.close() == first
    with pytest.raises(ClosedError):
        loop.record(recorder, range(1))


def test_another_context_ends_the_recording_and_not_the_loop(
    context: moderngl.Context, tmp_path: Path
) -> None:
    recorder = record(None, tmp_path / "a.mp4", timing="step")
    loop = BarcodeLoop(context)
    loop.record(recorder, range(5))
    with standalone_context():
        recorder.frame_drawn(loop.framebuffer)
        recorder.frame_drawn(loop.framebuffer)
    context.__enter__()  # type: ignore[no-untyped-call]
    with pytest.raises(CaptureError, match="another OpenGL context"):
        recorder.close()
    assert_account_adds_up(recorder)
    assert (recorder.stats.recorded, recorder.stats.failed) == (5, 2)
    video.assert_recording(tmp_path / "a.mp4", 5, (320, 240), fps=60)


def test_a_frame_of_another_thread_is_refused_and_the_right_one_may_go_on(
    context: moderngl.Context, tmp_path: Path
) -> None:
    recorder = record(None, tmp_path / "a.mp4", timing="step")
    loop = BarcodeLoop(context)
    loop.record(recorder, range(5))
    errors = list[Exception]()

    def misuse() -> None:
        try:
            recorder.frame_drawn(loop.framebuffer)
        except WrongThreadError as error:
            errors.append(error)

    thread = threading.Thread(target=misuse)
    thread.start()
    thread.join()
    assert len(errors) == 1
    assert "frame_drawn()" in str(errors[0])
    path = recorder.close().path
    assert path is not None
    video.assert_recording(path, 5, (320, 240), fps=60)


def test_a_loop_without_a_context_is_told_so(tmp_path: Path) -> None:
    errors = list[BaseException]()

    def draw() -> None:  # in a thread of its own, where no context of another test can be current
        recorder = record(None, tmp_path / "a.mp4")
        for call in (lambda: recorder.frame_drawn(Framebuffer(0, Size(10, 10))), recorder.close):
            try:
                call()
            except CaptureError as error:
                errors.append(error)

    thread = threading.Thread(target=draw)
    thread.start()
    thread.join()
    assert ["no OpenGL context is current" in str(error) for error in errors] == [True, True]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("version", ["2.1 Mesa 22.3.6", "OpenGL ES 2.0 Mesa 22.3.6"])
def test_an_old_context_is_refused_by_its_version(
    context: moderngl.Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    monkeypatch.setattr(GL, "driver_text", lambda _: version)
    recorder = record(None, tmp_path / "a.mp4")
    with pytest.raises(CaptureError, match=rf"needs OpenGL 3.0 or OpenGL ES 3.0.*'{version}' on 'llvmpipe"):
        recorder.frame_drawn(BarcodeLoop(context).framebuffer)
    with pytest.raises(CaptureError):
        recorder.close()
    assert list(tmp_path.iterdir()) == []


def test_a_loop_of_ones_own_records_each_frame_that_it_is_told_of(
    context: moderngl.Context, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """As everybody means who calls for each frame; that the film then plays at another speed is told."""
    recorder = record(None, tmp_path / "a.mp4", fps=30)
    draw_by_a_clock(recorder, BarcodeLoop(context, (64, 48)), 90, step_ns=1_000_000)
    recording = recorder.close()
    video.assert_recording(tmp_path / "a.mp4", 90, (64, 48), fps=30)
    (told,) = [note for note in recording.notes if "timing='wall'" in note]
    assert told.startswith("the film shows in 2.97 s what the loop drew in 0.09 s")
    assert told in caplog.messages


def test_a_film_that_plays_as_it_was_drawn_needs_no_word(context: moderngl.Context, tmp_path: Path) -> None:
    recorder = record(None, tmp_path / "a.mp4", fps=30)
    draw_by_a_clock(recorder, BarcodeLoop(context, (64, 48)), 20, step_ns=34_000_000)
    assert recorder.close().notes == ()


def draw_by_a_clock(recorder: Recorder, loop: BarcodeLoop, frames: int, *, step_ns: int) -> None:
    """Draw frames for which the loop takes so long, as the recorder sees it."""
    now = itertools.count(0, step_ns)
    loop.record(recorder, range(1))
    recorder._job.span._now_ns = lambda: next(now)
    recorder._job.span._began_ns = next(now)
    loop.record(recorder, range(1, frames))


def test_asking_for_a_clock_asks_for_no_comment(context: moderngl.Context, tmp_path: Path) -> None:
    recorder = record(None, tmp_path / "a.mp4", fps=30, timing="step")
    BarcodeLoop(context, (64, 48)).record(recorder, range(30))
    assert recorder.close().notes == ()


def test_a_film_that_lacks_most_of_its_frames_says_so(context: moderngl.Context, tmp_path: Path) -> None:
    recorder = record(None, tmp_path / "a.mp4", fps=Fraction(1, 100), timing="wall")
    BarcodeLoop(context, (64, 48)).record(recorder, range(30))
    recording = recorder.close()
    limited = recording.stats.rate_limited
    assert limited > 15
    assert [note for note in recording.notes if f"{limited} of 30 drawn frames were left out" in note]
    assert f", {limited} drawn frames left out by the limit of the frame rate" in str(recording)


def test_a_recorder_that_never_saw_a_frame_leaves_no_file(tmp_path: Path) -> None:
    recording = record(None, tmp_path / "a.mp4").close()
    assert (recording.frames, recording.path) == (0, None)
    assert str(recording) == "no file: no frame was recorded, since none was drawn"
    assert list(tmp_path.iterdir()) == []


def test_a_recording_that_was_paused_all_the_time_says_so(context: moderngl.Context, tmp_path: Path) -> None:
    recorder = record(None, tmp_path / "a.mp4", paused=True)
    BarcodeLoop(context, (64, 48)).record(recorder, range(7))
    text = str(recorder.close())
    assert text == "no file: no frame was recorded; of 7 drawn frames 7 came while it was paused"


@pytest.mark.parametrize("sink", [7, None, b"a.mp4", [Path("a.mp4")]])
def test_what_is_no_path_and_no_sink_is_refused(sink: Any) -> None:
    with pytest.raises(ConfigError, match="neither a path nor a sink"):
        record(None, sink)


def test_the_stages_are_timed_and_the_account_can_be_written(
    context: moderngl.Context, tmp_path: Path
) -> None:
    account = tmp_path / "account.jsonl"
    recorder = record(None, tmp_path / "a.mp4", timing="step", stats_json=account)
    assert recorder.stats.reason == "no frame was drawn"
    BarcodeLoop(context).record(recorder, range(30))
    assert not account.exists()
    stats = recorder.close().stats
    for durations in (stats.grab_time, stats.convert_time, stats.encode_time, stats.write_time):
        assert 0 < durations.p50_ms <= durations.p95_ms <= durations.max_ms
    assert [stats.grab_time.count, stats.convert_time.count, stats.encode_time.count] == [30, 30, 30]
    assert (stats.queued, stats.encoded, stats.packets) == (0, 30, 30)
    assert 1 <= stats.max_queued <= 8
    assert (stats.backend, stats.reason) == ("host", recorder.recording.reason)
    assert json.loads(account.read_text()) == stats.as_dict()


@pytest.mark.parametrize("place", ["missing/a.jsonl", ".", "~nobody-at-all/a.jsonl", "a" * 300])
def test_a_place_where_no_account_can_be_written_is_refused_at_once(tmp_path: Path, place: str) -> None:
    with pytest.raises(ConfigError, match="stats_json="):
        record(None, tmp_path / "a.mp4", stats_json=place if place[0] == "~" else tmp_path / place)


def test_an_account_that_cannot_be_written_is_told_and_costs_no_frame(
    context: moderngl.Context, tmp_path: Path
) -> None:
    folder = tmp_path / "accounts"
    folder.mkdir()
    recorder = record(None, tmp_path / "a.mp4", timing="step", stats_json=folder / "a.jsonl")
    BarcodeLoop(context).record(recorder, range(5))
    folder.rmdir()  # it could be written when the recording began
    with pytest.raises(SinkError, match="stats_json"):
        recorder.close()
    video.assert_recording(tmp_path / "a.mp4", 5, (320, 240), fps=60)


def test_a_keyframe_is_made_of_the_next_recorded_frame(context: moderngl.Context) -> None:
    """One that is asked for before the first frame, or while paused, is no other."""
    sink = MemorySink()
    recorder, loop = record(None, sink, timing="step", fps=60), BarcodeLoop(context, (64, 48))
    recorder.force_idr()
    for number in range(12):
        if number in {4, 9}:
            recorder.force_idr()
        if number == 9:
            recorder.pause()
            loop.record(recorder, range(1))
            recorder.resume()
        loop.record(recorder, range(number, number + 1))
    recorder.close()
    packets = sorted(sink.packets, key=lambda packet: packet.pts)
    assert [number for number, packet in enumerate(packets) if packet.keyframe] == [0, 4, 9]
