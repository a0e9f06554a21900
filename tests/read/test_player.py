"""The player against PyAV's planes, an independent reckoning of their colours, and FFmpeg's times; at every kind of film."""

import subprocess
import threading
import tracemalloc
import warnings
from collections.abc import Callable, Iterator
from datetime import timedelta
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import imageio_ffmpeg
import numpy as np
import pytest
from numpy.typing import NDArray

from glrec_core.errors import BackendUnavailable, ConfigError
from glrec_core.read import ColorGuess, Player, decoding
from glrec_core.testing import barcode
from tests.read.clips import CLIPS, FRAMES, SIZE, decoded_planes, picture_of
from tests.support.decode import timestamps
from tests.support.leftovers import children, descriptors, native_threads

Make = Callable[[str], Path]
UNTAGGED = "h264-untagged"
TURNED = "h264-turned"
PLAIN = "h264-b-frames"
HALF_MICROSECOND = Fraction(1, 2_000_000)


def player(path: Path, **options: Any) -> Player:
    """Open a film on the CPU; what it warns of is another test's matter."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ColorGuess)
        return Player(path, device="cpu", **options)


def number(frame: NDArray[Any], name: str) -> int:
    upright = np.rot90(frame, -1) if name == TURNED else frame
    return barcode.read(upright.astype(np.float64) * (255 / limit(frame)))


def limit(frame: NDArray[Any]) -> float:
    return 1.0 if frame.dtype == np.float32 else float(np.iinfo(frame.dtype).max)


def expected(path: Path, name: str) -> list[NDArray[np.float64]]:
    """Return the exact frames, from 0 to 1."""
    frames = [picture_of(frame, CLIPS[name]) for frame in decoded_planes(path)]
    return [np.rot90(frame) for frame in frames] if name == TURNED else frames


def seconds(time: timedelta) -> Fraction:
    return Fraction(time // timedelta(microseconds=1), 1_000_000)


@pytest.mark.parametrize("name", CLIPS)
def test_every_frame_is_there_at_its_time_in_its_colours(film: Make, name: str) -> None:
    path = film(name)
    opened = player(path)
    found = list(opened.frames())
    assert [number(frame, name) for _, frame in found] == list(range(FRAMES))
    for (_, frame), exact in zip(found, expected(path, name), strict=True):
        assert frame.dtype == np.uint8
        assert np.abs(frame - 255 * exact).max() <= 1
    own = timestamps(path)
    assert abs(seconds(opened.start) - own[0]) <= HALF_MICROSECOND
    for (time, _), wanted in zip(found, own, strict=True):
        assert abs(seconds(time) - (wanted - own[0])) <= HALF_MICROSECOND


@pytest.mark.parametrize("name", CLIPS)
def test_what_the_player_says_of_the_film(film: Make, name: str) -> None:
    opened, own = player(film(name)), timestamps(film(name))
    width, height = CLIPS[name].size
    assert opened.size == ((height, width) if name == TURNED else (width, height))
    assert len(opened) == FRAMES
    last = min(later - earlier for earlier, later in pairwise(own))
    assert seconds(opened.duration) >= own[-1] - own[0] + last - Fraction(1, 500)
    if CLIPS[name].ticks == tuple(range(FRAMES)):
        assert abs(opened.fps - CLIPS[name].rate) < Fraction(1, 100)
        assert abs(seconds(opened.duration) - FRAMES / CLIPS[name].rate) < Fraction(1, 500)


@pytest.mark.parametrize("name", CLIPS)
def test_an_accurate_screenshot_is_what_is_shown_at_that_time(film: Make, name: str) -> None:
    opened = player(film(name))
    times = [time for time, _ in opened.frames()]
    for index in (0, 1, 6, 9, 10, 23, FRAMES - 2):
        between = times[index] + (times[index + 1] - times[index]) / 2
        for at in (times[index], between):
            assert number(opened.screenshot(at, accurate=True), name) == index
    assert number(opened.screenshot(times[-1], accurate=True), name) == FRAMES - 1


@pytest.mark.parametrize("name", CLIPS)
def test_a_part_of_the_film_begins_and_ends_where_it_is_told(film: Make, name: str) -> None:
    opened = player(film(name))
    times = [time for time, _ in opened.frames()]
    for first, last in ((0, 3), (5, 6), (8, 21), (17, FRAMES)):
        stop = times[last] if last < FRAMES else None
        part = list(opened.frames(times[first], stop))
        assert [time for time, _ in part] == times[first:last]
        assert [number(frame, name) for _, frame in part] == list(range(first, last))
    assert list(opened.frames(times[4] + timedelta(microseconds=1), times[5])) == []


@pytest.mark.parametrize("name", CLIPS)
def test_a_fast_screenshot_is_the_nearest_keyframe(film: Make, name: str) -> None:
    path = film(name)
    opened = player(path)
    times = [time for time, _ in opened.frames()]
    keys = [index for index, frame in enumerate(decoded_planes(path)) if is_key(path, frame)]
    for index in (0, 2, 5, 8, 13, 30, FRAMES - 1):
        distances = [abs(times[key] - times[index]) for key in keys]
        rounding = timedelta(microseconds=1)
        nearest = {
            key for key, away in zip(keys, distances, strict=True) if away <= min(distances) + rounding
        }
        assert number(opened.screenshot(times[index]), name) in nearest


def test_a_fast_screenshot_reads_no_more_than_it_needs(film: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """It searches from near the wanted time on, not from the film's begin."""
    path, read = film("h264-422-10"), 0
    packets = decoding._packets

    def counted(*arguments: Any) -> Iterator[Any]:
        nonlocal read
        for packet in packets(*arguments):
            read += 1
            yield packet

    opened = player(path)
    monkeypatch.setattr(decoding, "_packets", counted)
    opened.screenshot(timedelta(seconds=(FRAMES - 2) / 30))
    assert 0 < read < FRAMES // 2


def is_key(path: Path, frame: av.VideoFrame) -> bool:
    """Return whether a picture's packet is marked as a keyframe: not every I picture is one."""
    return frame.pts in keyframe_times(path)


def keyframe_times(path: Path) -> set[int | None]:
    with av.open(path) as container:
        return {packet.pts for packet in container.demux(video=0) if packet.is_keyframe and packet.size}


@pytest.mark.parametrize("name", [PLAIN, "h264-variable-sound", "h264-ts-open-gop", TURNED])
def test_screenshots_at_a_distance_are_what_is_shown_then(film: Make, name: str) -> None:
    opened = player(film(name))
    times = [time for time, _ in opened.frames()]
    found = list(opened.screenshots(0.1))
    assert [time for time, _ in found] == [
        timedelta(milliseconds=100) * step
        for step in range(-(-opened.duration // timedelta(milliseconds=100)))
    ]
    for at, frame in found:
        assert number(frame, name) == max(index for index, time in enumerate(times) if time <= at)


def test_screenshots_far_apart_are_sought(tmp_path: Path) -> None:
    path = long_film(tmp_path)
    found = [
        (time.total_seconds(), barcode.read(frame)) for time, frame in player(path).screenshots(every=11)
    ]
    assert found == [(0, 0), (11, 22), (22, 44), (33, 66)]


def long_film(folder: Path) -> Path:
    from dataclasses import replace

    clip = replace(CLIPS[PLAIN], rate=Fraction(2), ticks=tuple(range(80)))
    return clip.make(folder)


@pytest.mark.parametrize("layout", ["hwc", "chw"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("name", [PLAIN, "hevc-10-bt2020", "vp9-odd-size", "ffv1-gray", TURNED])
def test_every_type_and_layout(film: Make, name: str, dtype: Any, layout: str) -> None:
    path = film(name)
    _, frame = next(player(path).frames(dtype=dtype, layout=layout))
    exact = expected(path, name)[0]
    assert frame.dtype == dtype
    assert frame.flags.c_contiguous
    assert frame.flags.writeable
    packed = frame.transpose(1, 2, 0) if layout == "chw" else frame
    assert packed.shape == exact.shape
    off = np.abs(packed.astype(np.float64) * (65_535 / limit(frame)) - 65_535 * exact).max()
    assert off <= (257 if dtype == np.uint8 else 0.51)


@pytest.mark.parametrize("name", [PLAIN, "h264-444-full", "vp9-odd-size", "h264-turned"])
def test_a_crop_is_that_part_of_the_picture(film: Make, name: str) -> None:
    path = film(name)
    _, whole = next(player(path).frames())
    for left, top, width, height in ((0, 0, 64, 48), (32, 16, 60, 90), (33, 17, 51, 75)):
        cropped = player(path, crop=(left, top, width, height))
        _, frame = next(cropped.frames())
        assert cropped.size == (width, height)
        inside = whole[top : top + height, left : left + width]
        # Chroma beyond the crop's border counts for nothing, so that pixels at it may differ.
        assert np.abs(frame.astype(int) - inside)[2:-2, 2:-2].max() <= 1


@pytest.mark.parametrize("name", [PLAIN, "hevc-10-bt2020", "h264-turned", "ffv1-gray"])
def test_a_size_scales_the_picture(film: Make, name: str) -> None:
    path = film(name)
    for size in ((96, 64), (300, 200), (64, 120)):
        opened = player(path, size=size)
        frames = list(opened.frames())
        assert {frame.shape for _, frame in frames} == {(size[1], size[0], 3)}
        if name != TURNED:
            assert [number(frame, name) for _, frame in frames] == list(range(FRAMES))


def test_a_size_may_be_a_function_of_height_and_width(film: Make) -> None:
    asked = []

    def half(height: int, width: int) -> tuple[int, int]:
        asked.append((height, width))
        return height // 2, width // 2

    opened = player(film(TURNED), crop=(0, 0, 100, 60), size=half)
    assert asked == [(60, 100)]
    assert opened.size == (50, 30)
    assert next(opened.frames())[1].shape == (30, 50, 3)


@pytest.mark.parametrize(("degrees", "turns"), [(90, 1), (180, 2), (-90, 3)])
def test_a_turned_film_stands_upright(tmp_path: Path, degrees: int, turns: int) -> None:
    from dataclasses import replace

    clip = replace(CLIPS[TURNED], turned=degrees, ticks=(0, 1, 2))
    path = clip.make(tmp_path)
    plain = picture_of(decoded_planes(path)[0], clip)
    _, frame = next(player(path).frames())
    assert np.abs(frame - 255 * np.rot90(plain, turns)).max() <= 1
    assert np.abs(frame.astype(int) - turned_by_ffmpeg(path, frame.shape)).mean() < 3
    width, height = frame.shape[1] // 2, frame.shape[0] // 2
    _, corner = next(player(path, crop=(8, 4, width, height)).frames())
    assert np.abs(corner.astype(int) - frame[4 : 4 + height, 8 : 8 + width])[2:-2, 2:-2].max() <= 1


def turned_by_ffmpeg(path: Path, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Return the first picture as FFmpeg's program turns it, which knows what the file means."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", str(path), "-frames:v", "1"]
    command += ["-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:1"]
    done = subprocess.run(command, check=True, capture_output=True, stdin=subprocess.DEVNULL)
    return np.frombuffer(done.stdout, np.uint8).reshape(shape)


def test_frames_belong_to_the_caller(film: Make) -> None:
    frames = [frame for _, frame in player(film(PLAIN)).frames()]
    copies = [frame.copy() for frame in frames]
    frames[0][:] = 0
    for frame, copy in zip(frames[1:], copies[1:], strict=True):
        assert np.array_equal(frame, copy)
    assert not any(np.shares_memory(one, two) for one, two in pairwise(frames))


def test_rgb_is_given_as_it_was_coded(tmp_path: Path) -> None:
    path = tmp_path / "rgb.mkv"
    pixels = np.random.default_rng(1).integers(0, 256, (50, 70, 3), np.uint8)
    with av.open(path, "w") as container:
        stream = container.add_stream("ffv1", rate=30)
        stream.width, stream.height, stream.pix_fmt = 70, 50, "bgr0"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode(None))
    for dtype, factor in ((np.uint8, 1), (np.uint16, 257)):
        [(_, frame)] = Player(path, device="cpu").frames(dtype=dtype)
        assert np.array_equal(frame, pixels.astype(int) * factor)


def test_a_film_without_tags_is_guessed_with_one_warning(film: Make) -> None:
    with pytest.warns(ColorGuess, match=r"read as BT\.601, by its size of 192x128") as told:
        opened = Player(film(UNTAGGED), device="cpu")
    list(opened.frames(0, 0.2))
    list(opened.screenshots(0.5))
    assert len(told) == 1


def test_a_large_film_without_tags_is_read_as_bt709(tmp_path: Path) -> None:
    from dataclasses import replace

    clip = replace(CLIPS[UNTAGGED], size=(1280, 720), matrix=1, ticks=(0,))
    path = clip.make(tmp_path)
    with pytest.warns(ColorGuess, match=r"read as BT\.709"):
        [(_, frame)] = Player(path, device="cpu").frames()
    assert np.abs(frame - 255 * picture_of(decoded_planes(path)[0], clip)).max() <= 1


def test_raw_streams_have_the_times_of_their_rate(film: Make, tmp_path: Path) -> None:
    path = tmp_path / "film.h264"
    with av.open(film(PLAIN)) as source, av.open(path, "w", format="h264") as container:
        stream = container.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = stream
                container.mux(packet)
    opened = player(path)
    found = list(opened.frames())
    assert [number(frame, PLAIN) for _, frame in found] == list(range(FRAMES))
    steps = {later[0] - earlier[0] for earlier, later in pairwise(found)}
    assert max(abs(seconds(step) - 1 / opened.fps) for step in steps) <= Fraction(1, 1_000_000)
    assert len(opened) == FRAMES
    assert number(opened.screenshot(found[20][0], accurate=True), PLAIN) == 20
    assert number(opened.screenshot(found[20][0]), PLAIN) == 20


def open_things() -> tuple[int, set[str], set[str]]:
    """Return how many files and which threads (those of FFmpeg too) and child processes there are."""
    return descriptors(), native_threads(), children()


def test_leaving_leaves_nothing_open_or_running(film: Make) -> None:
    opened = player(film(PLAIN))
    next(opened.frames())  # libraries start threads of their own once
    before, python_threads = open_things(), threading.active_count()
    for _, frame in opened.frames():
        assert number(frame, PLAIN) == 0
        break
    for _ in opened.screenshots(0.1):
        break
    opened.screenshot(0.5)
    opened.screenshot(0.5, accurate=True)
    never_begun = opened.frames()
    held = opened.frames(0.3)
    next(held)
    del never_begun, held
    assert open_things() == before
    assert threading.active_count() == python_threads


def test_iterations_side_by_side_do_not_disturb_each_other(film: Make) -> None:
    opened = player(film(PLAIN))
    pairs = zip(opened.frames(), opened.frames(), strict=True)
    found = [(number(one, PLAIN), number(two, PLAIN)) for (_, one), (_, two) in pairs]
    assert found == [(index, index) for index in range(FRAMES)]


def test_a_long_film_takes_no_more_memory(film: Make, tmp_path: Path) -> None:
    opened = player(long_film(tmp_path))
    peaks = [peak_bytes(opened.frames(0, stop, dtype=np.uint16)) for stop in (10, 40)]
    assert peaks[1] < peaks[0] + 2 * 3 * SIZE[0] * SIZE[1], "more by a frame"


def peak_bytes(frames: Iterator[Any]) -> int:
    tracemalloc.start()
    try:
        for _ in frames:
            pass
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def _height_alone(height: int, _: int) -> tuple[int]:
    return (height,)


@pytest.mark.parametrize(
    "options",
    [
        {"size": (0, 10)},
        {"size": (10, 100_000)},
        {"size": "large"},
        {"size": _height_alone},
        {"crop": (0, 0, SIZE[0] + 1, 10)},
        {"crop": (-1, 0, 10, 10)},
        {"crop": (0, 0, 0, 10)},
        {"crop": (1, 2, 3)},
    ],
    ids=lambda options: str(options).partition(" at ")[0],  # workers of one run must agree on it
)
def test_wrong_arguments_are_refused(film: Make, options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        player(film(PLAIN), **options)


def test_times_far_beyond_the_end(film: Make) -> None:
    opened = player(film(PLAIN))
    for late in (2, 10**6, 10**13):
        assert list(opened.frames(start=late)) == []
        assert number(opened.screenshot(late), PLAIN) == max(
            index for index, frame in enumerate(decoded_planes(opened.path)) if is_key(opened.path, frame)
        )
        with pytest.raises(ConfigError, match="nothing is shown at"):
            opened.screenshot(late, accurate=True)


def test_wrong_arguments_of_calls_are_refused_before_anything_is_read(film: Make) -> None:
    opened = player(film(PLAIN))
    for refused in (
        lambda: opened.frames(-1),
        lambda: opened.frames("soon"),  # type: ignore[arg-type]
        lambda: opened.frames(float("nan")),
        lambda: opened.frames(1e30),
        lambda: opened.frames(dtype=np.int16),
        lambda: opened.frames(dtype="colour"),
        lambda: opened.frames(layout="whc"),
        lambda: opened.screenshots(0),
        lambda: opened.screenshot(10, accurate=True),
    ):
        with pytest.raises(ConfigError):
            refused()


def test_a_device_that_is_not_there(film: Make) -> None:
    with pytest.raises(ConfigError, match="choose 'cpu', 'cuda'"):
        Player(film(PLAIN), device="gpu")
    with pytest.raises(BackendUnavailable, match=r"NVDEC cannot decode film\.mkv: it does not take ffv1"):
        Player(film("ffv1-gray"), device="cuda")
