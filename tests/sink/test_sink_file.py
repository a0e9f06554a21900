"""Files: what is checked before one is touched, what is in it whatever happens, and what is left beside it."""

import errno
import gc
import io
import os
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from itertools import pairwise
from pathlib import Path

import av
import pytest

from glrec_core.config import Config
from glrec_core.errors import ConfigError, SinkError
from glrec_core.sink.containers import CONTAINERS
from glrec_core.sink.file import FileSink
from glrec_core.system.names import windows_too_long
from glrec_core.testing.streams import SIZE, barcode_frames, encoded, irregular, regular
from glrec_core.values.frame import Packet, Size, StreamInfo
from tests.host_pipeline import film, record
from tests.support import systems
from tests.support.decode import timeline
from tests.support.leftovers import descriptors
from tests.support.mp4 import container_colour, is_fast_start, mp4_boxes
from tests.support.video import BT709_LIMITED, assert_recording, probe, read_barcodes, timestamps

ROOT = Path(__file__).resolve().parents[2]
MILLISECOND = Fraction(1, 1000)
TICK = {"mkv": MILLISECOND, "webm": MILLISECOND}
NTSC = Fraction(30000, 1001)
REORDERING = [(kind, codec) for kind in ("mp4", "mov", "mkv") for codec in ("h264", "hevc")]
FILMS = {extension: each for extension, each in CONTAINERS.items() if extension not in {".gif", ".webp"}}
"""Animated pictures have their own tests, in test_animations.py."""
ALL = [(extension[1:], codec) for extension, container in FILMS.items() for codec in container.codecs]
Encoded = tuple[StreamInfo, list[Packet]]
STREAMS = [(*each, 0) for each in ALL] + [(*each, 2) for each in REORDERING]


@pytest.fixture(autouse=True)
def _nothing_is_left_open() -> Iterator[None]:
    before = descriptors()
    yield
    gc.collect()
    assert descriptors() <= before


@cache
def stream_of(codec: str, b_frames: int, frames: int, fps: Fraction | int | None) -> Encoded:
    """Return barcode pictures encoded once for all containers: evenly at `fps`, or at uneven times without it."""
    if fps is None:
        return encoded(Config(codec=codec, b_frames=b_frames), irregular(frames))
    config = Config(codec=codec, b_frames=b_frames, timing="step", fps=fps)
    return encoded(config, regular(frames, fps))


def written(path: Path, stream: Encoded) -> Path:
    sink = FileSink(path)
    sink.open(stream[0])
    for packet in stream[1]:
        sink.write(packet)
    sink.close()
    return path


def folder(path: Path) -> list[str]:
    return sorted(each.name for each in path.iterdir())


# What is checked first


def test_the_table_takes_what_ffmpegs_muxers_take() -> None:
    for container in CONTAINERS.values():
        with av.open(io.BytesIO(), "w", format=container.format) as output:
            for codec in container.codecs:
                # ValueError where the muxer does not know the codec
                assert output.add_stream(codec).type == "video"


@pytest.mark.parametrize("name", ["film", "film.avi", "film.", ".mp4"])
def test_an_unknown_extension_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(
        ConfigError, match=r"choose one of: \.mp4, \.m4v, \.mov, \.mkv, \.webm|Windows forgets"
    ):
        FileSink(tmp_path / name)


def test_extensions_may_be_in_capitals(tmp_path: Path) -> None:
    assert probe(film(tmp_path / "FILM.MP4", Config(), regular(3, 30))).codec == "h264"


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="none does not exist"):
        FileSink(tmp_path / "none" / "film.mp4")
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="file is not a folder"):
        FileSink(tmp_path / "file" / "film.mp4")


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != tmp_path or not mode & os.W_OK)
    with pytest.raises(ConfigError, match="not writable"):
        FileSink(tmp_path / "film.mp4")


def test_a_file_that_cannot_be_written_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "film.mp4"
    path.touch()
    monkeypatch.setattr(os, "access", lambda asked, mode: Path(asked) != path or not mode & os.W_OK)
    with pytest.raises(ConfigError, match="not writable"):
        FileSink(path, overwrite=True)


@pytest.mark.parametrize("overwrite", [False, True])
def test_what_is_no_file_is_refused(tmp_path: Path, overwrite: bool) -> None:  # noqa: FBT001
    (tmp_path / "film.mp4").mkdir()
    names = ["film.mp4"]
    if not systems.on_windows:
        os.mkfifo(tmp_path / "pipe.mp4")
        names.append("pipe.mp4")
    for name in names:
        with pytest.raises(ConfigError, match="not a regular file"):
            FileSink(tmp_path / name, overwrite=overwrite)


def test_an_existing_file_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    path.write_text("precious")
    with pytest.raises(ConfigError, match="overwrite=True"):
        FileSink(path)
    assert path.read_text() == "precious"


def test_an_existing_file_stays_as_it_is_until_the_first_packet(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    path.write_text("old")
    sink = FileSink(path, overwrite=True)
    sink.check("h264")
    sink.close()
    assert path.read_text() == "old"
    record(sink, Config(), barcode_frames(regular(3, 30)))
    assert_recording(path, 3, SIZE, 30)


def test_a_file_that_appeared_meanwhile_is_left_as_it_is(tmp_path: Path) -> None:
    sink = FileSink(tmp_path / "film.mp4")
    (tmp_path / "film.mp4").write_text("somebody else's")
    with pytest.raises(SinkError) as caught:
        sink.open(encoded(Config(), [0])[0])
    sink.close()
    assert caught.value.errno == errno.EEXIST
    assert "cannot create the file" in str(caught.value)
    assert (tmp_path / "film.mp4").read_text() == "somebody else's"
    assert sink.paths == ()


def test_a_codec_that_the_container_does_not_take_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"\.webm files take vp9, av1, not codec='h264'"):
        FileSink(tmp_path / "film.webm").check("h264")


def test_default_codecs(tmp_path: Path) -> None:
    found = {extension: FileSink(tmp_path / f"a{extension}").default_codec() for extension in CONTAINERS}
    assert found == {
        ".mp4": "h264",
        ".m4v": "h264",
        ".mov": "h264",
        ".mkv": "h264",
        ".webm": "vp9",
        ".gif": "gif",
        ".webp": "webp",
    }


# What is in the file


@pytest.mark.parametrize(("kind", "codec", "b_frames"), STREAMS)
def test_rational_rates_are_exact(tmp_path: Path, kind: str, codec: str, b_frames: int) -> None:
    path = written(tmp_path / f"film.{kind}", stream_of(codec, b_frames, 40, NTSC))
    assert_recording(path, 40, SIZE, NTSC, tick=TICK.get(kind, Fraction(0)))
    assert abs(_duration(path) - 40 / NTSC) <= TICK.get(kind, 0)


@pytest.mark.parametrize(("kind", "codec", "b_frames"), STREAMS)
def test_irregular_times_are_exact(tmp_path: Path, kind: str, codec: str, b_frames: int) -> None:
    times_ns = irregular(40)
    path = written(tmp_path / f"film.{kind}", stream_of(codec, b_frames, 40, None))
    due = [Fraction(round(Fraction(pts_ns * 90_000, 10**9)), 90_000) for pts_ns in times_ns]
    found = timestamps(path)
    assert read_barcodes(path) == list(range(40))
    assert (
        max(abs(one - other) for one, other in zip(found, due, strict=True))
        <= TICK.get(kind, Fraction(0)) / 2
    )


@pytest.mark.parametrize(("kind", "codec"), ALL)
def test_the_last_frame_is_shown_as_long_as_the_one_before(tmp_path: Path, kind: str, codec: str) -> None:
    path = film(tmp_path / f"film.{kind}", Config(codec=codec), [0, 100_000_000, 300_000_000])
    assert abs(_duration(path) - Fraction(1, 2)) <= MILLISECOND


def test_a_single_frame_is_shown_for_one_interval(tmp_path: Path) -> None:
    path = film(tmp_path / "film.mp4", Config(fps=25), [0])
    assert _duration(path) == Fraction(1, 25)


@pytest.mark.parametrize("kind", ["mp4", "mkv"])
def test_frames_closer_than_the_containers_tick_are_all_kept(tmp_path: Path, kind: str) -> None:
    path = film(tmp_path / f"film.{kind}", Config(), [number * 100_000 for number in range(20)])
    assert read_barcodes(path) == list(range(20))


@pytest.mark.parametrize("kind", ["mp4", "m4v", "mov"])
@pytest.mark.parametrize(("codec", "tag"), [("h264", "avc1"), ("hevc", "hvc1")])
def test_a_finished_file_is_plain_with_its_index_in_front(
    tmp_path: Path, kind: str, codec: str, tag: str
) -> None:
    path = film(tmp_path / f"film.{kind}", Config(codec=codec), regular(90, 30))
    assert is_fast_start(path)
    assert set(mp4_boxes(path)) <= {"ftyp", "moov", "free", "wide", "mdat"}
    assert probe(path).codec_tag == tag


@pytest.mark.parametrize("codec", CONTAINERS[".mp4"].codecs)
def test_the_container_carries_the_colour_tags(tmp_path: Path, codec: str) -> None:
    assert container_colour(film(tmp_path / "film.mp4", Config(codec=codec), regular(3, 30))) == BT709_LIMITED


@pytest.mark.parametrize(
    ("codec", "box"), [("h264", b"avcC"), ("hevc", b"hvcC"), ("av1", b"av1C"), ("vp9", b"vpcC")]
)
def test_the_decoder_configuration_is_there(tmp_path: Path, codec: str, box: bytes) -> None:
    data = film(tmp_path / "film.mp4", Config(codec=codec), regular(3, 30)).read_bytes()
    start = data.index(box)
    length = int.from_bytes(data[start - 4 : start], "big")
    first = {b"avcC": b"\x01\x64", b"hvcC": b"\x01\x01", b"av1C": b"\x81", b"vpcC": b"\x01\0\0\0\0"}[box]
    assert length > 8 + len(first)
    assert data[start + 4 :].startswith(first)  # version, and the profile: High, Main, Main, 0


@pytest.mark.parametrize("kind", ["mp4", "mkv"])
def test_lossless_h264_goes_into_the_usual_containers(tmp_path: Path, kind: str) -> None:
    path = film(tmp_path / f"film.{kind}", Config(codec="h264", lossless=True), regular(5, 30))
    assert_recording(path, 5, SIZE, 30, tick=MILLISECOND, colour_error=0)


# Parts


def test_parts_are_numbered_and_each_is_a_file_of_its_own(tmp_path: Path) -> None:
    sink = FileSink(tmp_path / "film.mp4")
    sizes = [Size(160, 120), Size(192, 128), Size(160, 160)]
    for size in sizes:
        record(sink, Config(), barcode_frames(regular(4, 30), size), size)
    assert [path.name for path in sink.paths] == ["film.mp4", "film-2.mp4", "film-3.mp4"]
    assert folder(tmp_path) == sorted(path.name for path in sink.paths)
    for path, size in zip(sink.paths, sizes, strict=True):
        assert_recording(path, 4, size, 30)


def test_a_part_does_not_replace_a_file(tmp_path: Path) -> None:
    sink = FileSink(tmp_path / "film.mp4")
    record(sink, Config(), barcode_frames(regular(2, 30)))
    (tmp_path / "film-2.mp4").write_text("precious")
    with pytest.raises(SinkError, match=r"film-2\.mp4"):
        record(sink, Config(), barcode_frames(regular(2, 30)))
    assert (tmp_path / "film-2.mp4").read_text() == "precious"
    assert [path.name for path in sink.paths] == ["film.mp4"]


def test_a_part_without_packets_leaves_no_file(tmp_path: Path) -> None:
    sink = FileSink(tmp_path / "film.mp4")
    sink.open(encoded(Config(), [0])[0])
    sink.close()
    assert folder(tmp_path) == []
    assert sink.paths == ()


# Names and places


@pytest.mark.parametrize(
    "name", ["a: b.mp4", "100%d.mp4", "ünï 日本.mp4", "-y.mp4", "file:x.mp4", "x" * 250 + ".mp4"]
)
def test_any_name_will_do(tmp_path: Path, name: str) -> None:
    if ":" in name or windows_too_long(str(tmp_path / name)):
        systems.not_on_windows()
    film(tmp_path / name, Config(), regular(3, 30))
    assert folder(tmp_path) == [name]
    assert is_fast_start(tmp_path / name)


def test_a_relative_path_stays_where_it_was_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    sink = FileSink("film.mp4")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    record(sink, Config(), barcode_frames(regular(3, 30)))
    assert sink.paths == (tmp_path / "film.mp4",)
    assert (tmp_path / "film.mp4").exists()


@systems.posix
def test_links_and_modes_survive(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    real, link = tmp_path / "store" / "real.mp4", tmp_path / "film.mp4"
    real.touch(mode=0o640)
    real.chmod(0o640)
    link.symlink_to(real)
    record(FileSink(link, overwrite=True), Config(), barcode_frames(regular(3, 30)))
    assert link.is_symlink()
    assert is_fast_start(real)
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert folder(tmp_path / "store") == ["real.mp4"]


def test_a_new_file_has_the_users_own_mode(tmp_path: Path) -> None:
    (tmp_path / "plain").touch()
    path = film(tmp_path / "film.mp4", Config(), regular(3, 30))
    assert path.stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_finished_file_can_be_moved(tmp_path: Path) -> None:
    sink = FileSink(tmp_path / "film.mp4")
    sink.move(tmp_path / "nothing.mp4")
    record(sink, Config(), barcode_frames(regular(3, 30)))
    with pytest.raises(ConfigError, match=r"cannot become other\.mkv"):
        sink.new_place(tmp_path / "other.mkv", overwrite=False)
    sink.move(sink.new_place(tmp_path / "other.mp4", overwrite=False))
    assert folder(tmp_path) == ["other.mp4"]
    assert sink.paths == (tmp_path / "other.mp4",)
    (tmp_path / "other.mp4").unlink()
    with pytest.raises(SinkError, match="cannot move"):
        sink.move(tmp_path / "film.mp4")


# Failures


class FullDisk(io.FileIO):
    """A file on a disk with `room` bytes left, which writes what fits, as the system does."""

    room = 0

    def write(self, data: memoryview) -> int:  # type: ignore[override]
        left = self.room - self.tell()
        if left <= 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super().write(data[:left])


def fill_disk_at(monkeypatch: pytest.MonkeyPatch, room: int) -> None:
    monkeypatch.setattr(FullDisk, "room", room)
    monkeypatch.setattr(Path, "open", lambda path, mode, **_: FullDisk(path, mode.replace("b", "")))


@pytest.mark.parametrize("share", [0, 0.01, 0.2, 0.5, 0.8, 0.95, 0.999])
@pytest.mark.parametrize(
    ("kind", "codec"), [("mp4", "h264"), ("mov", "hevc"), ("mkv", "h264"), ("webm", "vp9")]
)
def test_a_full_disk_leaves_what_was_written_before_and_one_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, codec: str, share: float
) -> None:
    stream, packets = stream_of(codec, 0, 120, 60)
    path = tmp_path / f"film.{kind}"
    fill_disk_at(monkeypatch, round(share * sum(len(packet.data) for packet in packets)))
    sink, written, error = FileSink(path), 0, None
    sink.open(stream)
    for packet in packets:
        try:
            sink.write(packet)
        except SinkError as caught:
            error = caught
            break
        written += 1
    if error is None:
        with pytest.raises(SinkError) as caught_at_the_end:
            sink.close()
        error = caught_at_the_end.value
    sink.close()
    assert error.errno == errno.ENOSPC
    assert "No space left on device" in str(error)
    played = _plays(path)
    assert (
        written - 17 <= played <= written
    )  # a fragment or cluster holds 15 frames, and waits for the next one
    assert sink.frames == error.frames_kept == played
    assert sink.paths == ((path,) if played else ())
    assert folder(tmp_path) == ([path.name] if played else [])


@systems.posix
def test_a_real_limit_of_the_system_is_told_with_its_number(tmp_path: Path) -> None:
    program = """
import resource, sys
from pathlib import Path
from glrec_core.config import Config
from glrec_core.errors import SinkError
from glrec_core.testing.streams import regular
from tests.host_pipeline import film
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
try:
    film(Path(sys.argv[1]), Config(timing="step"), regular(120, 60))
except SinkError as error:
    print(error.errno, error.filename, error)
"""
    path = tmp_path / "film.mp4"
    done = _python(program, str(path))
    assert done.stdout.startswith(f"{errno.EFBIG} {path} [Errno {errno.EFBIG}] cannot write: File too large")
    assert done.stderr == ""
    assert path.stat().st_size <= 10_000
    assert 0 < _plays(path) < 120


def test_after_an_error_every_packet_gets_the_same_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream, packets = encoded(Config(timing="step", gop=1), regular(60, 60))
    fill_disk_at(monkeypatch, 0)
    sink, errors = FileSink(tmp_path / "film.mkv"), []
    sink.open(stream)
    for packet in packets:
        try:
            sink.write(packet)
        except SinkError as error:
            errors.append(error)
    sink.close()
    assert len(errors) > 1
    assert all(error is errors[0] for error in errors)


def test_a_failed_rewrite_keeps_the_fragmented_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(tempfile, "mkstemp", full)
    sink = FileSink(tmp_path / "film.mp4")
    with pytest.raises(SinkError, match="complete and plays, but could not be rewritten") as caught:
        record(sink, Config(), barcode_frames(regular(30, 30)))
    assert caught.value.errno == errno.ENOSPC
    assert folder(tmp_path) == ["film.mp4"]
    assert not is_fast_start(tmp_path / "film.mp4")
    assert_recording(tmp_path / "film.mp4", 30, SIZE, 30)


def test_packets_out_of_order_are_an_error_and_what_came_before_plays(tmp_path: Path) -> None:
    stream, packets = encoded(Config(timing="step"), regular(60, 60))
    sink = FileSink(tmp_path / "film.mp4")
    sink.open(stream)
    for packet in packets[:40]:
        sink.write(packet)
    with pytest.raises(SinkError, match="cannot write: Invalid argument"):
        sink.write(packets[10])
    sink.close()
    assert 15 <= _plays(tmp_path / "film.mp4") <= 40


@pytest.mark.parametrize(
    ("kind", "codec", "b_frames"),
    [
        ("mp4", "h264", 0),
        ("mp4", "h264", 2),
        ("mp4", "hevc", 2),
        ("mp4", "av1", 0),
        ("mov", "h264", 0),
        ("mkv", "h264", 2),
        ("mkv", "ffv1", 0),
        ("webm", "vp9", 0),
    ],
)
def test_a_killed_process_leaves_all_but_the_last_half_second(
    tmp_path: Path, kind: str, codec: str, b_frames: int
) -> None:
    handed_over = 100
    program = f"""
import sys
from pathlib import Path
import psutil
from glrec_core.config import Config
from glrec_core.testing.streams import barcode_frames, regular
from tests.host_pipeline import film, record
from glrec_core.sink.file import FileSink

def frames():
    yield from barcode_frames(regular({handed_over}, 60))
    psutil.Process().kill()

config = Config(codec={codec!r}, b_frames={b_frames}, timing="step", fps=60)
record(FileSink(Path(sys.argv[1])), config, frames())
"""
    path = tmp_path / f"film.{kind}"
    assert _python(program, str(path)).returncode == systems.KILLED
    assert folder(tmp_path) == [path.name]
    numbers, times = read_barcodes(path), timestamps(path)
    whole = len(numbers) - b_frames  # B-frames are written after the frame that follows them
    assert numbers[:whole] == list(range(whole))
    assert handed_over - 30 <= whole <= handed_over
    times = times[:whole]
    assert times[0] == 0
    assert all(abs(late - early - Fraction(1, 60)) <= TICK.get(kind, 0) for early, late in pairwise(times))


def _duration(path: Path) -> Fraction:
    with av.open(path) as container:
        assert container.duration is not None
        video = container.streams.video[0]
        if video.duration is not None and video.time_base is not None:
            return video.duration * Fraction(video.time_base.numerator, video.time_base.denominator)
        return Fraction(container.duration, av.time_base)


def _plays(path: Path) -> int:
    """Return how many frames decode without a complaint; 0 where there is no file."""
    if not path.exists():
        return 0
    line = timeline(path)
    assert line.complaints == ""
    return len(line.timestamps)


def _python(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
