"""Sound beside the pictures: in time with them, as long as they are, copied where that can be."""

import subprocess
import sys
import wave
from fractions import Fraction
from pathlib import Path

import moderngl
import pytest

from glrec_core import ConfigError, FileSink, ReplaySink, record
from glrec_core.config import Config
from glrec_core.testing.streams import SIZE, barcode_frames, irregular, regular
from glrec_core.values.frame import Size
from glrec_core.verify.checks import Expected
from glrec_core.verify.report import verify
from tests.host_pipeline import film
from tests.host_pipeline import record as record_part
from tests.support import systems, video
from tests.support.leftovers import threads_end_by_themselves
from tests.support.recording import BarcodeLoop
from tests.support.sound import hear, make_sound

FPS = 60
FRAMES = 105  # 1.75 s
TONES = [0.5, 1.0, 1.5, 2.0]
SOURCES = {
    "a.wav": "pcm_s16le",
    "a.mp3": "libmp3lame",
    "a.flac": "flac",
    "a.m4a": "aac",
    "a.ogg": "libopus",
    "b.m4a": "alac",
}
COPIED = {
    ".mp4": {"aac", "mp3"},
    ".mov": {"aac", "mp3", "alac", "pcm_s16le"},
    ".mkv": {"aac", "mp3", "flac", "opus", "pcm_s16le"},
    ".webm": {"opus"},
}
ENCODED = {".mp4": "aac", ".mov": "aac", ".mkv": "opus", ".webm": "opus"}
_SYNC_SECONDS = 0.002


@pytest.fixture(scope="module")
def sounds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sounds")
    for name, codec in SOURCES.items():
        make_sound(folder / name, codec, TONES, rate=48_000 if codec == "libopus" else 44_100)
    return folder


def step(codec: str = "h264", **options: object) -> Config:
    return Config(timing="step", fps=FPS, codec=codec, **options)  # type: ignore[arg-type]


def assert_pictures(path: Path, frames: int = FRAMES) -> None:
    tick = Fraction(1, 1000) if path.suffix in {".mkv", ".webm"} else Fraction(0)
    video.assert_recording(path, frames, SIZE, FPS, tick=tick)


def test_a_film_with_sound_leaves_no_thread_running(tmp_path: Path, sounds: Path) -> None:
    with threads_end_by_themselves():
        sink = FileSink(tmp_path / "film.mp4", audio=sounds / "a.wav")
        record_part(sink, step(), barcode_frames(regular(FRAMES, FPS)))
    assert hear(tmp_path / "film.mp4").codec == "aac"


PAIRS = [
    *((suffix, source) for suffix in (".mp4", ".mkv") for source in SOURCES),
    *((".mov", source) for source in ("a.wav", "b.m4a")),
    *((".webm", source) for source in ("a.mp3", "a.ogg")),
]


@pytest.mark.parametrize(("suffix", "source"), PAIRS)
def test_tones_are_heard_when_they_are_due(tmp_path: Path, sounds: Path, suffix: str, source: str) -> None:
    sink = FileSink(tmp_path / f"film{suffix}", audio=sounds / source)
    record_part(sink, step(sink.default_codec()), barcode_frames(regular(FRAMES, FPS)))
    assert_pictures(path := sink.paths[0])
    heard = hear(path)
    assert heard.tones == pytest.approx(TONES[:3], abs=_SYNC_SECONDS)
    assert 1.6 < heard.end <= 1.75 + 1024 / 44_100  # a packet of the encoder's, which may be filled up
    stored = hear(sounds / source).codec
    assert heard.codec == (stored if stored in COPIED[suffix] else ENCODED[suffix])
    if suffix in {".mp4", ".mov"}:
        assert video.is_fast_start(path)


def test_sound_that_is_shorter_ends_first(tmp_path: Path) -> None:
    short = make_sound(tmp_path / "short.wav", "pcm_s16le", [0.2], seconds=0.5)
    path = film_with(tmp_path / "film.mp4", short)
    assert_pictures(path)
    assert hear(path).tones == pytest.approx([0.2], abs=_SYNC_SECONDS)
    assert hear(path).end < 0.6


@pytest.mark.parametrize("source", ["a.wav", "a.m4a"])
@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_further_part_goes_on_where_the_one_before_it_ended(
    tmp_path: Path, sounds: Path, suffix: str, source: str
) -> None:
    sink = FileSink(tmp_path / f"film{suffix}", audio=sounds / source)
    record_part(sink, step(), barcode_frames(regular(45, FPS)))  # 0.75 s
    record_part(sink, step(), barcode_frames(regular(60, FPS), Size(96, 64)), Size(96, 64))
    first, second = sink.paths
    assert hear(first).tones == pytest.approx([0.5], abs=_SYNC_SECONDS)
    assert hear(second).tones == pytest.approx([0.25, 0.75], abs=_SYNC_SECONDS)
    assert video.timestamps(second)[0] == 0


@pytest.mark.parametrize(
    ("suffix", "codec"),
    [(".mp4", "pcm_s16le"), (".mkv", "pcm_s16le"), (".mov", "libmp3lame"), (".webm", "libmp3lame")],
)
def test_a_part_after_the_end_of_the_sound_plays_without(tmp_path: Path, suffix: str, codec: str) -> None:
    source = make_sound(tmp_path / f"a.{'wav' if codec == 'pcm_s16le' else 'mp3'}", codec, [0.1], seconds=0.5)
    sink = FileSink(tmp_path / f"film{suffix}", audio=source)
    config = step(sink.default_codec())
    record_part(sink, config, barcode_frames(regular(60, FPS)))
    record_part(sink, config, barcode_frames(regular(30, FPS), Size(96, 64)), Size(96, 64))
    assert hear(sink.paths[0]).tones == pytest.approx([0.1], abs=_SYNC_SECONDS)
    assert verify(sink.paths[1], Expected(frames=30)).passed


@pytest.mark.parametrize("layout", ["mono", "5.1"])
def test_what_is_encoded_is_mono_or_stereo(tmp_path: Path, layout: str) -> None:
    source = make_sound(tmp_path / "a.wav", "pcm_s16le", [0.5], layout=layout)
    heard = hear(film_with(tmp_path / "film.mp4", source))
    assert (heard.codec, heard.channels) == ("aac", 1 if layout == "mono" else 2)
    assert heard.tones == pytest.approx([0.5], abs=_SYNC_SECONDS)


def test_irregular_pictures_and_b_frames_keep_their_times(tmp_path: Path, sounds: Path) -> None:
    times_ns = irregular(60)
    for suffix in (".mp4", ".mkv"):
        sinks = [
            FileSink(tmp_path / f"with{suffix}", audio=sounds / "a.mp3"),
            FileSink(tmp_path / f"no{suffix}"),
        ]
        for sink in sinks:
            record_part(sink, Config(b_frames=2), barcode_frames(times_ns))
        with_sound, without = (sink.paths[0] for sink in sinks)
        assert video.timestamps(with_sound) == video.timestamps(without)
        assert video.read_barcodes(with_sound) == list(range(60))
        assert hear(with_sound).tones[0] == pytest.approx(0.5, abs=_SYNC_SECONDS)


def test_other_codecs_of_pictures(tmp_path: Path, sounds: Path) -> None:
    for name, codec in (("a.mp4", "hevc"), ("b.mkv", "ffv1"), ("c.webm", "av1"), ("d.mov", "mjpeg")):
        sink = FileSink(tmp_path / name, audio=sounds / "a.wav")
        record_part(sink, step(codec), barcode_frames(regular(60, FPS)))
        tick = Fraction(1, 1000) if name.endswith(("mkv", "webm")) else Fraction(0)
        video.assert_timestamps(sink.paths[0], 60, FPS, tick=tick)
        assert hear(sink.paths[0]).tones == pytest.approx([0.5], abs=_SYNC_SECONDS)


def film_with(path: Path, audio: Path) -> Path:
    record_part(FileSink(path, audio=audio), step(), barcode_frames(regular(FRAMES, FPS)))
    return path


def test_the_option_goes_to_all_paths(context: moderngl.Context, tmp_path: Path, sounds: Path) -> None:
    replay = ReplaySink()
    paths = tmp_path / "a.mp4", tmp_path / "b.mkv"
    recorder = record(None, *paths, replay, timing="step", audio=sounds / "a.wav")
    BarcodeLoop(context).record(recorder, range(60))
    recorder.close()
    for path in paths:
        assert hear(path).tones == pytest.approx([0.5], abs=_SYNC_SECONDS)


def test_what_has_no_sound_is_refused_before_a_file_is_touched(tmp_path: Path) -> None:
    (tmp_path / "text.wav").write_text("no sound")
    silent = film(tmp_path / "silent.mp4", step(), regular(3, FPS))
    with wave.open(str(tmp_path / "empty.wav"), "wb") as empty:
        empty.setparams((1, 2, 8000, 0, "NONE", ""))
    before = sorted(tmp_path.iterdir())
    for name, reason in (
        ("missing.wav", "cannot be read: No such file"),
        ("text.wav", "cannot be read: Invalid data"),
        ("empty.wav", "has no sound"),
        (silent.name, "has no sound"),
        ("", "is not a regular file"),
    ):
        with pytest.raises(ConfigError, match=reason):
            record(None, tmp_path / "a.mp4", audio=tmp_path / name)
    good = make_sound(tmp_path / "good.wav", "pcm_s16le", [0.5])
    for path, reason in (("a.gif", r"\.gif files have no sound"), ("%d.png", "pictures have no sound")):
        with pytest.raises(ConfigError, match=reason):
            record(None, tmp_path / path, audio=good)
    with pytest.raises(ConfigError, match="is the file that is to be written"):
        record(None, good.with_suffix(".mkv"), audio=good.rename(good.with_suffix(".mkv")), overwrite=True)
    good = good.with_suffix(".mkv").rename(good)
    with pytest.raises(ConfigError, match="goes with paths of files"):
        record(None, ReplaySink(), audio=good)
    with pytest.raises(ConfigError, match="must be a path"):
        record(None, tmp_path / "a.mp4", audio=7)  # type: ignore[arg-type]
    assert sorted(tmp_path.iterdir()) == [*before[:1], good, *before[1:]]


def test_sound_that_goes_meanwhile_costs_no_picture(tmp_path: Path) -> None:
    source = make_sound(tmp_path / "a.wav", "pcm_s16le", [0.5])
    sink = FileSink(tmp_path / "film.mp4", audio=source)
    source.unlink()
    with pytest.raises(OSError, match="complete and plays, but could not be rewritten"):
        record_part(sink, step(), barcode_frames(regular(FRAMES, FPS)))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["film.mp4"]
    assert_pictures(tmp_path / "film.mp4")


def test_after_kill_9_the_pictures_play(tmp_path: Path) -> None:
    source = make_sound(tmp_path / "a.wav", "pcm_s16le", TONES)
    program = f"""
import psutil
from glrec_core import FileSink
from glrec_core.config import Config
from glrec_core.testing.streams import encode, barcode_frames, regular

sink, opened = FileSink({str(tmp_path / "film.mp4")!r}, audio={str(source)!r}), False
for stream, packets in encode(Config(timing="step", fps=60), barcode_frames(regular(120, 60))):
    if packets and not opened:
        sink.open(stream)
        opened = True
    for packet in packets:
        sink.write(packet)
psutil.Process().kill()
"""
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == systems.KILLED
    numbers = video.read_barcodes(tmp_path / "film.mp4")
    assert numbers == list(range(len(numbers)))
    assert len(numbers) >= 100
