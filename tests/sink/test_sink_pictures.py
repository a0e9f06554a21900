"""Numbered pictures: which paths stand for them, what is replaced, and what is there after a failure."""

import errno
import os
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from glrec_core.config import Config
from glrec_core.errors import ConfigError, SinkError
from glrec_core.sink import pictures
from glrec_core.sink.file import FileSink
from glrec_core.sink.growing_file import write_all
from glrec_core.sink.pictures import PICTURE_CODECS, PictureSink
from glrec_core.sink.stored import open_stored
from glrec_core.stages import StoredSink
from glrec_core.testing import barcode
from glrec_core.testing.streams import SIZE, barcode_frames, encoded, regular, rgba_frame
from glrec_core.values.frame import Size
from tests.host_pipeline import record
from tests.support.alpha import decode_rgba, still_rgba


def folder(path: Path) -> list[str]:
    return sorted(each.name for each in path.iterdir())


def noise(number: int, size: Size = SIZE) -> NDArray[np.uint8]:
    return np.random.default_rng(number).integers(0, 256, (size.height, size.width, 3), np.uint8)


# Paths


@pytest.mark.parametrize(
    ("path", "first"),
    [
        ("shot-%d.png", "shot-0.png"),
        ("%06d.png", "000000.png"),
        ("%03d.JPG", "000.JPG"),
        ("%d.webp", "0.webp"),
        ("", "000000.png"),
        ("shots/", "shots/000000.png"),
        ("shots", "shots/000000.png"),
        ("v1.2/", "v1.2/000000.png"),
    ],
)
def test_these_stand_for_pictures(tmp_path: Path, path: str, first: str) -> None:
    (tmp_path / "shots").mkdir()
    (tmp_path / "v1.2").mkdir()
    sink = open_stored(f"{tmp_path}/{path}", overwrite=False)
    assert isinstance(sink, PictureSink)
    record(sink, Config(codec=sink.default_codec()), barcode_frames(regular(2, 30)))
    assert (tmp_path / first).is_file()


@pytest.mark.parametrize("path", ["film.mp4", "100%d.mp4", "film.webp", "%d.gif", "shots.mp4"])
def test_these_stand_for_files(tmp_path: Path, path: str) -> None:
    assert isinstance(open_stored(tmp_path / path, overwrite=False), FileSink)


@pytest.mark.parametrize("sink", [PictureSink, FileSink])
def test_both_are_stored_sinks(tmp_path: Path, sink: type[PictureSink] | type[FileSink]) -> None:
    assert isinstance(sink(tmp_path / "%d.webp"), StoredSink)


def test_a_single_picture_is_refused_with_the_name_to_use(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"numbered pictures such as %06d\.png"):
        open_stored(tmp_path / "film.png", overwrite=False)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("%d.tiff", "cannot be '.tiff'; choose one of: .png, .jpg, .jpeg, .webp"),
        ("%d-%d.png", "must hold one number"),
        ("100%-%d.png", "must hold one number"),
        ("file/%d.png", "file is not a folder"),
        ("file/deeper/%d.png", "file is not a folder"),
    ],
)
def test_other_patterns_are_refused(tmp_path: Path, name: str, reason: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError) as caught:
        PictureSink(tmp_path / name)
    assert reason in str(caught.value)
    assert folder(tmp_path) == ["file"]


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != tmp_path or not mode & os.W_OK)
    with pytest.raises(ConfigError, match="not writable"):
        PictureSink(tmp_path / "%d.png")


@pytest.mark.parametrize("existing", ["000000.png", "000017.png", "1234567.png"])
def test_an_existing_sequence_is_refused_and_left_as_it_is(tmp_path: Path, existing: str) -> None:
    (tmp_path / existing).write_text("precious")
    with pytest.raises(ConfigError, match="overwrite=True"):
        PictureSink(tmp_path / "%06d.png")
    assert (tmp_path / existing).read_text() == "precious"


def test_other_files_in_the_folder_do_not_matter(tmp_path: Path) -> None:
    others = ["00017.png", "a000017.png", "000017.png~", "000017.jpg", "notes.txt"]
    for name in others:
        (tmp_path / name).write_text("precious")
    sink = PictureSink(tmp_path / "%06d.png", overwrite=True)
    record(sink, Config(codec="png"), barcode_frames(regular(2, 30)))
    assert folder(tmp_path) == sorted([*others, "000000.png", "000001.png"])
    assert all((tmp_path / name).read_text() == "precious" for name in others)


def test_a_longer_sequence_is_replaced_as_a_whole_with_the_first_packet(tmp_path: Path) -> None:
    for number in range(5):
        (tmp_path / f"{number}.png").write_text("old")
    sink = PictureSink(tmp_path / "%d.png", overwrite=True)
    sink.check("png")
    sink.close()
    assert len(folder(tmp_path)) == 5
    record(sink, Config(codec="png"), barcode_frames(regular(3, 30)))
    assert folder(tmp_path) == ["0.png", "1.png", "2.png"]


def test_a_codec_that_the_extension_does_not_take_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"\.png pictures take png, not codec='h264'"):
        PictureSink(tmp_path / "%d.png").check("h264")
    with pytest.raises(ConfigError, match=r"\.jpg pictures hold no alpha; choose \.png"):
        PictureSink(tmp_path / "%d.jpg").check("mjpeg", alpha=True)


# Pictures


@pytest.mark.parametrize("size", [SIZE, Size(63, 41), Size(1, 1)], ids=str)
@pytest.mark.parametrize("preset", ["0", "9", None])
def test_png_keeps_every_bit(tmp_path: Path, size: Size, preset: str | None) -> None:
    drawn = [noise(number, size) for number in range(3)]
    frames = [rgba_frame(picture, 20_000_000 * number) for number, picture in enumerate(drawn)]
    sink = PictureSink(tmp_path / "%d.png")
    record(sink, Config(codec="png", preset=preset), frames, size)
    found = [picture[..., :3] for picture in decode_rgba(tmp_path / "%d.png")]
    assert all(np.array_equal(*pair) for pair in zip(found, drawn, strict=True))


def test_png_means_srgb_and_square_pixels(tmp_path: Path) -> None:
    record(PictureSink(tmp_path / "%d.png"), Config(codec="png"), barcode_frames([0]))
    data = (tmp_path / "0.png").read_bytes()
    assert not any(chunk in data for chunk in (b"gAMA", b"cHRM", b"cICP"))
    assert data[data.index(b"pHYs") + 4 :][:8] == b"\0\0\0\1\0\0\0\1"


@pytest.mark.parametrize("extension", PICTURE_CODECS)
def test_every_picture_is_a_file_that_others_read(tmp_path: Path, extension: str) -> None:
    sink = PictureSink(tmp_path / f"%d{extension}")
    record(sink, Config(codec=sink.default_codec()), barcode_frames(regular(12, 30)))
    assert (sink.frames, sink.paths) == (12, (tmp_path / f"%d{extension}",))
    for number in range(12):
        (found,) = still_rgba(tmp_path / f"{number}{extension}")
        assert barcode.read(found) == number
        barcode.check_orientation(found)


# Parts and failures


def test_parts_have_names_of_their_own(tmp_path: Path) -> None:
    sink = PictureSink(tmp_path / "%d.png")
    for size in (SIZE, Size(192, 128)):
        record(sink, Config(codec="png"), barcode_frames(regular(2, 30), size), size)
    assert folder(tmp_path) == ["0-2.png", "0.png", "1-2.png", "1.png"]
    assert [path.name for path in sink.paths] == ["%d.png", "%d-2.png"]
    assert sink.frames == 4


def test_a_part_without_packets_leaves_nothing(tmp_path: Path) -> None:
    sink = PictureSink(tmp_path / "%d.png")
    sink.open(encoded(Config(codec="png"), [0])[0])
    sink.close()
    assert (folder(tmp_path), sink.paths) == ([], ())


def test_a_picture_that_appeared_meanwhile_is_left_as_it_is(tmp_path: Path) -> None:
    sink = PictureSink(tmp_path / "%d.png")
    (tmp_path / "1.png").write_text("somebody else's")
    with pytest.raises(SinkError, match=r"1\.png") as caught:
        record(sink, Config(codec="png"), barcode_frames(regular(3, 30)))
    sink.close()
    assert (caught.value.errno, caught.value.frames_kept) == (errno.EEXIST, 1)
    assert (tmp_path / "1.png").read_text() == "somebody else's"


def test_a_full_disk_leaves_whole_pictures_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stream, packets = encoded(Config(codec="png"), regular(3, 30))
    sink = PictureSink(tmp_path / "%d.png")
    sink.open(stream)
    sink.write(packets[0])

    def fill(file: object, data: bytes) -> None:
        write_all(file, data[:50])  # type: ignore[arg-type]
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(pictures, "write_all", fill)
    with pytest.raises(SinkError, match="No space left") as caught:
        sink.write(packets[1])
    sink.close()
    assert caught.value.frames_kept == sink.frames == 1
    assert folder(tmp_path) == ["0.png"]


def test_the_folder_is_made_with_the_first_picture(tmp_path: Path) -> None:
    place = tmp_path / "frames" / "take 1"
    sink = PictureSink(place / "%06d.png")
    assert folder(tmp_path) == []
    record(sink, Config(codec="png"), barcode_frames(regular(3, 30)))
    assert folder(place) == ["000000.png", "000001.png", "000002.png"]
