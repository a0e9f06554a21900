"""`write_video`: every picture in the file, in order, upright, at its time; and what stays after an error."""

import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from glrec_core.arrays import write_video, writer
from glrec_core.cuda.library import missing_package
from glrec_core.encode.nvenc_probe import driver_problem
from glrec_core.errors import ArrayError, BackendUnavailable, ConfigError, EncodeError, SinkError
from glrec_core.sink.growing_file import GrowingFile
from glrec_core.testing import barcode
from glrec_core.testing.streams import irregular
from tests.arrays.kinds import KINDS
from tests.support.video import (
    assert_recording,
    assert_timestamps,
    decode_rgb,
    probe,
    read_barcodes,
    timestamps,
)

SIZE = (160, 120)


def pictures(count: int, size: tuple[int, int] = SIZE) -> Iterator[NDArray[np.uint8]]:
    return (barcode.expected(size, number) for number in range(count))


@pytest.mark.parametrize(
    ("name", "codec", "tick"),
    [
        ("film.mp4", None, Fraction(0)),
        ("film.mov", "hevc", Fraction(0)),
        ("film.mkv", "h264", Fraction(1, 1000)),
        ("film.mkv", "ffv1", Fraction(1, 1000)),
        ("film.webm", None, Fraction(1, 1000)),
        ("film.mp4", "av1", Fraction(0)),
    ],
)
def test_every_picture_is_in_the_file(tmp_path: Path, name: str, codec: str | None, tick: Fraction) -> None:
    recording = write_video(tmp_path / name, pictures(24), "24000/1001", codec=codec)
    assert recording.path == tmp_path / name
    assert (recording.frames, recording.size, recording.route) == (24, SIZE, "host")
    assert recording.duration_seconds == Fraction(24 * 1001, 24000)
    assert (recording.stats.drawn, recording.stats.recorded, recording.stats.packets) == (24, 24, 24)
    assert_recording(tmp_path / name, 24, SIZE, Fraction(24000, 1001), tick=tick)


def test_pairs_keep_their_times_from_the_first_on(tmp_path: Path) -> None:
    times = [timedelta(microseconds=ns // 1000) for ns in irregular(20)]
    pairs = zip([timedelta(seconds=7) + at for at in times], pictures(20), strict=True)
    recording = write_video(tmp_path / "film.mp4", pairs)
    found = timestamps(tmp_path / "film.mp4")
    assert found == [
        round(Fraction(at / timedelta(microseconds=1)) * 90_000 / 10**6) * Fraction(1, 90_000) for at in times
    ]
    assert read_barcodes(tmp_path / "film.mp4") == list(range(20))
    assert abs(recording.duration_seconds - (found[-1] + (found[-1] - found[-2]))) <= Fraction(1, 90_000)


@pytest.mark.parametrize("kind", ["nv12", "rgba", "planar", "float32"])
def test_the_size_is_that_of_the_first_picture_whatever_its_kind(tmp_path: Path, kind: str) -> None:
    write_video(tmp_path / "film.mp4", [KINDS[kind](picture) for picture in pictures(3)], fps=30)
    assert_recording(tmp_path / "film.mp4", 3, SIZE, 30)


def test_options_reach_the_encoder(tmp_path: Path) -> None:
    write_video(
        tmp_path / "a.mp4", pictures(10), 30, quality=50, color="bt601-full", preset="ultrafast", gop=3
    )
    write_video(tmp_path / "b.mp4", pictures(10), 30, quality=5)
    assert (tmp_path / "a.mp4").stat().st_size < (tmp_path / "b.mp4").stat().st_size
    assert probe(tmp_path / "a.mp4").colour == (6, 6, 6, True)


def test_an_existing_file_is_replaced_only_on_demand(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(b"precious")
    with pytest.raises(ConfigError, match="exists; choose another name, or pass overwrite=True"):
        write_video(path, pictures(2), 30)
    assert path.read_bytes() == b"precious"
    write_video(path, pictures(2), 30, overwrite=True)
    assert_recording(path, 2, SIZE, 30)


@pytest.mark.parametrize(
    ("arguments", "options", "error", "said"),
    [
        (([], 30), {}, ConfigError, "there is no picture to write"),
        (([np.zeros((120, 160, 3), np.uint8)],), {}, ConfigError, "fps= is needed"),
        (
            ([(timedelta(0), np.zeros((120, 160, 3), np.uint8))], 30),
            {},
            ConfigError,
            "fps=30 contradicts the times",
        ),
        (([np.zeros((121, 160, 3), np.uint8)], 30), {}, ConfigError, "even width and height, not 160x121"),
        (
            ([np.zeros((120, 160, 2), np.uint8)], 30),
            {},
            ArrayError,
            r"shape \(120, 160, 2\) is not a picture",
        ),
        (([np.zeros((121, 160), np.uint8)], 30), {}, ArrayError, r"shape \(121, 160\) is not a picture"),
        (([np.zeros((120, 160, 3), np.int16)], 30), {}, ArrayError, "int16; for 160x120"),
        ((["a.png"], 30), {}, ArrayError, r"builtins\.str is not an array"),
        (([np.zeros((120, 160, 3), np.uint8)], 30), {"codec": "vp9", "bitrate": 4}, ConfigError, "bitrate=4"),
        (([np.zeros((120, 160, 3), np.uint8)], 30), {"codec": "ffv1"}, ConfigError, r"\.mp4 files take"),
        (([np.zeros((120, 160, 3), np.uint8)], 30), {"backend": "amf"}, ConfigError, "backend='amf'"),
    ],
)
def test_what_cannot_be_is_refused_before_there_is_a_file(
    tmp_path: Path, arguments: tuple[Any, ...], options: dict[str, Any], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        write_video(tmp_path / "film.mp4", *arguments, **options)
    assert list(tmp_path.iterdir()) == []


def test_the_path_is_checked_before_the_first_picture_is_made(tmp_path: Path) -> None:
    made = []

    def making() -> Iterator[NDArray[np.uint8]]:
        made.append(1)
        yield np.zeros((120, 160, 3), np.uint8)

    for path in (tmp_path / "film.doc", tmp_path / "no" / "film.mp4"):
        with pytest.raises(ConfigError):
            write_video(path, making(), 30)
    assert made == []


def test_nvenc_that_cannot_serve_is_refused_with_its_reason(tmp_path: Path) -> None:
    if nvenc_problem() is None:
        pytest.skip("this machine has an NVENC engine")
    with pytest.raises(BackendUnavailable, match=r"no backend can encode these arrays\. nvenc: "):
        write_video(tmp_path / "film.mp4", pictures(2), 30, backend="nvenc")
    assert list(tmp_path.iterdir()) == []


def nvenc_problem() -> str | None:
    return missing_package() or driver_problem()


def failing(error: Exception) -> Iterator[NDArray[np.uint8]]:
    yield from pictures(7)
    raise error


@pytest.mark.parametrize("error", [RuntimeError("the simulation blew up"), KeyboardInterrupt()])
def test_what_came_before_an_error_of_the_programs_own_is_kept(tmp_path: Path, error: Exception) -> None:
    with pytest.raises(type(error)):
        write_video(tmp_path / "film.mp4", failing(error), 30)
    assert_recording(tmp_path / "film.mp4", 7, SIZE, 30)


def test_what_came_before_a_picture_of_another_size_is_kept(tmp_path: Path) -> None:
    mixed = [*pictures(5), np.zeros((64, 64, 3), np.uint8), *pictures(2)]
    with pytest.raises(ArrayError, match=r"is \(64, 64, 3\) uint8; for 160x120"):
        write_video(tmp_path / "film.mp4", mixed, 30)
    assert_recording(tmp_path / "film.mp4", 5, SIZE, 30)


def test_pairs_and_pictures_do_not_mix_and_times_must_rise(tmp_path: Path) -> None:
    one, two, three = pictures(3)
    second = timedelta(seconds=1)
    with pytest.raises(ArrayError, match="frame 1 has no time"):
        write_video(tmp_path / "a.mp4", [(second, one), two])
    with pytest.raises(ArrayError, match="frame 1 has a time"):
        write_video(tmp_path / "b.mp4", [one, (second, two)], 30)
    with pytest.raises(EncodeError, match="not after"):
        write_video(tmp_path / "c.mp4", [(second, one), (2 * second, two), (2 * second, three)])
    assert_timestamps(tmp_path / "c.mp4", 2)


def test_a_disk_that_fails_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(GrowingFile, "write", full)
    with pytest.raises(SinkError, match="No space left on device"):
        write_video(tmp_path / "film.mp4", pictures(3), 30)


def test_memory_stays_the_same_however_long_the_film(tmp_path: Path) -> None:
    alive, most = 0, 0

    def gone() -> None:
        nonlocal alive
        alive -= 1

    def counted() -> Iterator[NDArray[np.uint8]]:
        nonlocal alive, most
        for number in range(60):
            picture = barcode.expected(SIZE, number)
            weakref.finalize(picture, gone)
            alive += 1
            most = max(most, alive)
            yield picture
            del picture

    write_video(tmp_path / "film.mp4", counted(), 60)
    assert most <= 3


@pytest.mark.parametrize(("as_list", "total"), [(True, 5), (False, 0)])
def test_progress_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, as_list: bool, total: int) -> None:  # noqa: FBT001 - pytest's
    told: list[tuple[Any, ...]] = []

    @contextmanager
    def bar(label: str) -> Iterator[Any]:
        told.append((label,))
        yield lambda done, of: told.append((done, of))

    monkeypatch.setattr(writer, "progress_bar", bar)
    given = list(pictures(5)) if as_list else pictures(5)
    write_video(tmp_path / "film.mp4", given, 30)
    assert told == [("encoding",), *((done, total) for done in range(1, 6))]


def test_alpha_is_kept_on_demand(tmp_path: Path) -> None:
    noise = np.random.default_rng(8).integers(0, 256, (3, 96, 128, 4), np.uint8)
    given = [
        noise[0],
        np.asfortranarray(noise[1]),
        noise[2, ..., :3],
    ]  # in place, through the buffer, without alpha
    write_video(tmp_path / "film.mkv", given, 30, codec="ffv1", alpha="straight")
    with av.open(tmp_path / "film.mkv") as container:
        found = [frame.to_ndarray(format="rgba") for frame in container.decode(video=0)]
    noise[2, ..., 3] = 255
    assert np.array_equal(found, noise)
    with pytest.raises(ConfigError, match=r"\.mp4 files hold no alpha"):
        write_video(tmp_path / "film.mp4", given, 30, alpha="straight")


def test_a_gif_and_a_sequence_of_pictures(tmp_path: Path) -> None:
    write_video(tmp_path / "film.gif", pictures(4), 25)
    assert read_barcodes(tmp_path / "film.gif") == list(range(4))
    recording = write_video(tmp_path / "film-%03d.png", pictures(4), 25)
    assert recording.frames == 4
    found = [next(decode_rgb(path)) for path in sorted(tmp_path.glob("film-*.png"))]
    assert np.array_equal(found, list(pictures(4)))


def test_a_film_gets_the_sound_of_a_file(tmp_path: Path) -> None:
    with av.open(tmp_path / "sound.wav", "w") as container:
        stream = container.add_stream("pcm_s16le", rate=48_000)
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 48_000), np.int16), format="s16", layout="mono")
        silence.rate = 48_000
        container.mux(stream.encode(silence))
    write_video(tmp_path / "film.mp4", pictures(15), 30, audio=tmp_path / "sound.wav")
    with av.open(tmp_path / "film.mp4") as container:
        assert [stream.type for stream in container.streams] == ["video", "audio"]
    assert_recording(tmp_path / "film.mp4", 15, SIZE, 30)


def test_ffv1_keeps_every_pixel(tmp_path: Path) -> None:
    noise = np.random.default_rng(8).integers(0, 256, (3, 96, 128, 3), np.uint8)
    assert write_video(tmp_path / "film.mkv", noise, 30, codec="ffv1").lossless
    for found, wanted in zip(decode_rgb(tmp_path / "film.mkv"), noise, strict=True):
        assert np.array_equal(found, wanted)
