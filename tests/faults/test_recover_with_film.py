"""A film that was cut off and the frames that were spilled become one film, whatever the container, codec and clock."""

import random
import shutil
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import pytest

from glrec_core import ConfigError, SpillError
from glrec_core.backends.host import open_on_cpu
from glrec_core.config import Config
from glrec_core.pipeline.chain import EncodeChain
from glrec_core.pipeline.outputs import Outputs
from glrec_core.recover import recover
from glrec_core.recover.film import FilmSoFar, _decode_times
from glrec_core.report.stats import Stats
from glrec_core.sink.file import FileSink
from glrec_core.spill.header import header_of
from glrec_core.spill.spill_file import SpillFile
from glrec_core.testing import barcode
from glrec_core.values.clock import NANOSECONDS
from tests.support import video
from tests.support.spill import barcode_frame, disk

FRAMES = 60
STEP: dict[str, Any] = {"timing": "step", "fps": 60}
WALL: dict[str, Any] = {"timing": "wall"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return disk(tmp_path)


def step_times() -> list[int]:
    return [round(Fraction(number * NANOSECONDS, 60)) for number in range(FRAMES)]


def wall_times() -> list[int]:
    """Return times as a program that draws at its own pace has them."""
    choose, times = random.Random(7), [0]
    while len(times) < FRAMES:
        times.append(times[-1] + choose.randint(9_000_000, 41_000_000))
    return times


def cut_film(path: Path, config: Config, times: Sequence[int], size: tuple[int, int] = (160, 120)) -> int:
    """Leave the file of a recording that is killed after so many frames, and return how many were complete in it."""
    whole = path.with_stem("whole")
    sink, clock = FileSink(whole), config.make_clock()
    outputs = Outputs((sink,), _fail, print)
    chain = EncodeChain((open_on_cpu(config, clock),), Stats(), print)
    for number, time_ns in enumerate(times):
        for batch in chain.encode(barcode_frame(number, time_ns, size)):
            outputs.write(batch)
    shutil.copy(whole, path)
    complete = sink.frames
    outputs.close_part()
    return complete


def _fail(error: Exception) -> None:
    raise error


def spilled(folder: Path, config: Config, times: Sequence[int], first: int, **options: Any) -> Path:
    """Leave the spill of a recording that is killed: all frames from one on."""
    file = SpillFile(folder / "spill", header_of(config), keep_all=True)
    for number in range(first, len(times)):
        file.append(barcode_frame(number, times[number], **options), follows=number > first)
    file.close(keep=True)
    return file.directory


def shown_ns(path: Path) -> list[int]:
    return [round(time * NANOSECONDS) for time in video.timestamps(path)]


def assert_times(path: Path, times: Sequence[int]) -> None:
    """Check that frames are shown when they were drawn, to the half of Matroska's millisecond."""
    assert all(abs(found - time) < 510_000 for found, time in zip(shown_ns(path), times, strict=True))


CASES: list[tuple[str, dict[str, Any]]] = [
    ("a.mp4", {**STEP, "codec": "h264"}),
    ("a.mp4", {**WALL, "codec": "h264"}),
    ("a.mp4", {**STEP, "codec": "h264", "b_frames": 3}),
    ("a.mkv", {**WALL, "codec": "h264", "b_frames": 3}),
    ("a.mkv", {**STEP, "codec": "hevc"}),
    ("a.mp4", {**WALL, "codec": "hevc", "b_frames": 2}),
    ("a.mp4", {**STEP, "codec": "av1"}),
    ("a.webm", {**WALL, "codec": "av1"}),
    ("a.webm", {**STEP, "codec": "vp9"}),
    ("a.webm", {**WALL, "codec": "vp9"}),
    ("a.mkv", {**STEP, "codec": "ffv1"}),
    ("a.mov", {**STEP, "codec": "prores", "chroma": "444"}),
    ("a.mov", {**WALL, "codec": "mjpeg"}),
    ("a.mp4", {**STEP, "codec": "h264", "lossless": True}),
]


@pytest.mark.parametrize(("name", "options"), CASES)
def test_a_film_and_its_spill_are_one_film(folder: Path, name: str, options: dict[str, Any]) -> None:
    config = Config(**options)
    times = step_times() if config.timing == "step" else wall_times()
    complete = cut_film(folder / name, config, times)
    assert 0 < complete < FRAMES
    spill = spilled(folder, config, times, complete // 2)
    told = list[tuple[int, int]]()
    joined = folder / f"joined{Path(name).suffix}"
    recording = recover(spill, joined, with_film=folder / name, progress=lambda *step: told.append(step))
    assert video.read_barcodes(joined) == list(range(FRAMES))
    assert_times(joined, times)
    assert (recording.frames, recording.stats.recorded) == (FRAMES, FRAMES)
    assert told == [(done, FRAMES) for done in range(1, FRAMES + 1)]
    assert len(recording.notes) == 1  # nothing is missing, nothing was encoded anew
    copied = int(recording.notes[0].split()[0])
    assert complete - 16 <= copied <= complete
    assert [path.name for path in folder.iterdir() if path.name.startswith(".")] == []
    assert not spill.exists()
    assert (
        joined.stat().st_mode & 0o777 == (folder / "whole").with_suffix(joined.suffix).stat().st_mode & 0o777
    )


def test_alpha_is_copied_with_the_film(folder: Path) -> None:
    config = Config(**STEP, codec="vp9", alpha="straight")
    cut_film(folder / "a.webm", config, step_times())
    recording = recover(
        spilled(folder, config, step_times(), 5), folder / "b.webm", with_film=folder / "a.webm"
    )
    film = FilmSoFar(folder / "b.webm")
    assert len(film) == recording.frames == FRAMES
    assert all(packet.alpha for packet in film.packets(Fraction(1, 60), 1))


def test_frames_that_neither_has_are_told_of(folder: Path) -> None:
    config = Config(**STEP, codec="h264")
    complete = cut_film(folder / "a.mp4", config, step_times())
    spill = spilled(folder, config, step_times(), complete + 3)
    recording = recover(spill, folder / "b.mp4", with_film=folder / "a.mp4")
    expected = [*range(complete), *range(complete + 3, FRAMES)]
    assert video.read_barcodes(folder / "b.mp4") == expected
    assert_times(folder / "b.mp4", [step_times()[number] for number in expected])
    begin, end = Fraction(complete - 1, 60), Fraction(complete + 3, 60)
    assert recording.notes[-1] == (
        f"3 frames are missing between {float(begin):.3f} s and {float(end):.3f} s of the recording"
    )


def test_where_frames_may_be_missing_is_told_under_the_wall_clock(folder: Path) -> None:
    """Times cannot tell; but where storing began after the film's end, something may have been in the encoder."""
    config, times = Config(**WALL, codec="h264"), wall_times()
    complete = cut_film(folder / "a.mp4", config, times)
    file = SpillFile(folder / "spill", header_of(config), keep_all=True)
    for number in (*range(complete - 5, complete + 3), *range(complete + 6, FRAMES)):
        file.append(barcode_frame(number, times[number]), follows=number not in {complete - 5, complete + 6})
    file.close(keep=True)
    recording = recover(file.directory, folder / "b.mp4", with_film=folder / "a.mp4")
    begin, end = times[complete + 2] / NANOSECONDS, times[complete + 6] / NANOSECONDS
    assert recording.notes[1:] == (
        f"frames may be missing between {begin:.3f} s and {end:.3f} s of the recording",
    )


def test_a_film_of_another_encoder_is_encoded_anew(folder: Path) -> None:
    """Its parameter sets differ: packets of both in one stream would not decode everywhere."""
    cut_film(folder / "a.mp4", Config(**STEP, codec="h264", lossless=True), step_times())
    spill = spilled(folder, Config(**STEP, codec="h264"), step_times(), 10)
    recording = recover(spill, folder / "b.mp4", with_film=folder / "a.mp4")
    video.assert_recording(folder / "b.mp4", FRAMES, (160, 120), fps=60)
    assert any("decoded and encoded anew" in note for note in recording.notes)


def test_a_film_that_has_everything_is_copied(folder: Path) -> None:
    config = Config(**STEP, codec="h264")
    cut_film(folder / "a.mp4", config, step_times())
    spill = spilled(folder, config, step_times(), 50)
    recover(spill, folder / "b.mp4", with_film=folder / "whole.mp4")
    assert video.read_barcodes(folder / "b.mp4") == list(range(FRAMES))


def test_a_film_may_be_overtaken_by_its_own_b_frames(folder: Path) -> None:
    """What is decoded early is given up for what is missing before it, if the spill has both."""
    config = Config(**STEP, codec="h264", b_frames=3, gop=30)
    cut_film(folder / "a.mkv", config, step_times())
    order = [stored.ticks for stored in FilmSoFar(folder / "a.mkv")._index]
    assert order != sorted(order)
    recording = recover(
        spilled(folder, config, step_times(), 0), folder / "b.mkv", with_film=folder / "a.mkv"
    )
    assert video.read_barcodes(folder / "b.mkv") == list(range(FRAMES))
    assert len(recording.notes) == 1


@pytest.mark.parametrize(("name", "codec"), [("a.mp4", "h264"), ("a.mkv", "h264"), ("a.webm", "vp9")])
def test_a_film_that_ends_anywhere_gives_its_complete_pictures(folder: Path, name: str, codec: str) -> None:
    """Every packet that is believed is that of the whole film, byte by byte, wherever the file was cut."""
    config = Config(**STEP, codec=codec)
    cut_film(folder / name, config, step_times())
    whole = list(FilmSoFar(folder / name).packets(Fraction(1, 60), 1))
    content = (folder / name).read_bytes()
    cut, most, choose = folder / f"cut{Path(name).suffix}", 0, random.Random(name)
    for length in sorted({*choose.sample(range(len(content)), 150), *range(len(content) - 20, len(content))}):
        cut.write_bytes(content[:length])
        try:
            film = FilmSoFar(cut)
        except ConfigError:
            # FFmpeg opens no MP4 file that ends in the midst of a fragment's index, which is written in one go.
            assert most == 0 or name == "a.mp4"
            continue
        found = list(film.packets(Fraction(1, 60), 1))
        assert found == whole[: len(found)]
        assert len(found) >= most
        most = len(found)
    assert most >= len(whole) - 16


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("gone", "cannot be read"),
        ("empty", "recover without it"),
        ("text", "recover without it"),
        ("other times", "is not .* the film of this recording"),
        ("other size", "a part of its own"),
        ("itself", "is the film that is to be completed"),
        ("animation", "a film of gif cannot be completed"),
    ],
)
def test_a_film_that_does_not_belong_to_the_spill_is_refused(folder: Path, what: str, message: str) -> None:
    config = Config(**WALL, codec="h264")
    film, target = folder / "a.mp4", folder / "b.mp4"
    if what in {"empty", "text"}:
        film.write_bytes(b"" if what == "empty" else b"no film" * 100)
    elif what == "other times":
        cut_film(film, config, [time_ns + 4_000_000 * (time_ns > 0) for time_ns in wall_times()])
    elif what == "animation":
        film = film.with_suffix(".gif")
        cut_film(film, Config(timing="step", fps=50, codec="gif"), step_times()[::3])
    elif what != "gone":
        cut_film(film, config, wall_times(), (320, 240) if what == "other size" else (160, 120))
    spill = spilled(folder, config, wall_times(), 5)
    with pytest.raises(ConfigError, match=message):
        recover(spill, film if what == "itself" else target, with_film=film, overwrite=True)
    assert (spill.exists(), target.exists()) == (True, False)
    assert recover(spill, target).frames == FRAMES - 5


def test_damaged_frames_alone_cannot_complete_a_film(folder: Path) -> None:
    config = Config(**STEP, codec="h264")
    cut_film(folder / "a.mp4", config, step_times())
    spill = spilled(folder, config, step_times(), 58)
    segment = spill / "000000.segment"
    segment.write_bytes(b"\x55" * segment.stat().st_size)
    with pytest.raises(SpillError, match="no whole frame"):
        recover(spill, folder / "b.mp4", with_film=folder / "a.mp4")
    assert (spill.exists(), (folder / "b.mp4").exists()) == (True, False)


def test_decode_times_rise_and_are_never_after_the_time_of_showing() -> None:
    for seed in range(50):
        choose = random.Random(seed)
        times = sorted(choose.sample(range(1000), 40))
        order = sorted(range(40), key=lambda number: number + choose.randint(0, 5))
        shown = [times[number] for number in order]
        decoded = _decode_times(shown)
        assert all(early < late for early, late in pairwise(decoded))
        assert all(dts <= pts for dts, pts in zip(decoded, shown, strict=True))


def test_the_joined_film_begins_with_a_keyframe_where_it_was_joined(folder: Path) -> None:
    config = Config(**STEP, codec="h264")
    complete = cut_film(folder / "a.mp4", config, step_times())
    recover(spilled(folder, config, step_times(), 5), folder / "b.mp4", with_film=folder / "a.mp4")
    with av.open(folder / "b.mp4") as container:
        keys = [index for index, packet in enumerate(container.demux(video=0)) if packet.is_keyframe]
    assert keys == [0, complete]
    assert barcode.NUMBERS > FRAMES
