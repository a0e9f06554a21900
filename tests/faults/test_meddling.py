"""Others move, delete, replace or cut the file while it is recorded: the film is kept, theirs is untouched, all is told.

What is true is asked of the disk: `paths` names files that exist, as many frames play in them as `frames` says.
"""

import errno
import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import moderngl
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from glrec_core import (
    ConfigError,
    FileSink,
    PictureSink,
    ReplaySink,
    Sink,
    SinkError,
    record,
)
from glrec_core.config import Config
from glrec_core.sink import finishing
from glrec_core.sink.claims import release, reserve
from glrec_core.sink.containers import CONTAINERS
from glrec_core.sink.stored import open_dated, open_stored
from glrec_core.stages import notes_of
from glrec_core.testing import barcode
from glrec_core.testing.streams import encoded, regular
from glrec_core.values.frame import Packet, StreamInfo
from tests.support import video
from tests.support.alpha import still_rgba
from tests.support.recording import BarcodeLoop
from tests.support.sound import hear, make_sound

FPS = 30
FRAMES = 60
FOREIGN = b"somebody else's, and precious"


class Film(NamedTuple):
    """A film that is being recorded: 60 frames, at the half of which somebody meddles with its file."""

    sink: FileSink
    packets: list[Packet]
    path: Path

    def write(self, part: slice) -> None:
        for packet in self.packets[part]:
            self.sink.write(packet)

    def finish(self) -> None:
        self.write(slice(FRAMES // 2, None))
        self.sink.close()


def begun(path: Path, **options: str | os.PathLike[str]) -> Film:
    sink = FileSink(path, **options)  # type: ignore[arg-type]
    stream, packets = stream_of(sink)
    film = Film(sink, packets, path)
    sink.open(stream)
    film.write(slice(FRAMES // 2))
    return film


def stream_of(sink: FileSink) -> tuple[StreamInfo, list[Packet]]:
    codec = sink.default_codec()
    gop = None if codec in {"gif", "webp"} else 10
    return encoded(Config(codec=codec, timing="step", fps=FPS, gop=gop), regular(FRAMES, FPS))


def numbers(path: Path) -> list[int]:
    if path.suffix in {".gif", ".webp"}:
        return [barcode.read(picture) for picture in still_rgba(path)]
    return video.read_barcodes(path)


def numbers_of(path: Path, frames: int) -> list[int]:
    """Return those of the first frames; what comes after them may be damaged."""
    if path.suffix != ".gif":
        return video.read_barcodes(path)[:frames]
    with Image.open(path) as image:
        return [barcode.read(picture(image, number)) for number in range(frames)]


def picture(image: Image.Image, number: int) -> NDArray[np.uint8]:
    image.seek(number)
    return np.asarray(image.convert("RGB"))


def assert_told(sink: FileSink) -> None:
    """What the sink says is what is there."""
    assert [path for path in sink.paths if not path.is_file()] == []
    assert sum(len(numbers(path)) for path in sink.paths) == sink.frames


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


KINDS = [*CONTAINERS]


@pytest.mark.parametrize("suffix", KINDS)
def test_a_file_that_was_deleted_is_written_anew(tmp_path: Path, suffix: str) -> None:
    film = begun(tmp_path / f"film{suffix}")
    film.path.unlink()
    film.finish()
    assert film.sink.paths == (film.path,)
    assert numbers(film.path) == list(range(FRAMES))
    assert film.sink.notes == (f"{film.path} was deleted while it was recorded, and was written anew",)
    assert_told(film.sink)


@pytest.mark.parametrize("suffix", KINDS)
def test_a_file_that_was_moved_is_finished_where_it_is(tmp_path: Path, suffix: str) -> None:
    film = begun(tmp_path / f"film{suffix}")
    (tmp_path / "kept").mkdir()
    moved = film.path.rename(tmp_path / "kept" / f"other{suffix}")
    film.finish()
    assert film.sink.paths == (moved,)
    assert (names(tmp_path), names(tmp_path / "kept")) == (["kept"], [moved.name])
    assert numbers(moved) == list(range(FRAMES))
    assert film.sink.notes == (f"{film.path} was moved while it was recorded: the film is {moved}",)
    if CONTAINERS[suffix].fast_start:
        assert video.is_fast_start(moved)


def test_a_folder_that_was_moved_takes_its_film_along(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    film = begun(tmp_path / "a" / "film.mp4")
    (tmp_path / "a").rename(tmp_path / "b")
    film.finish()
    assert film.sink.paths == (tmp_path / "b" / "film.mp4",)
    assert names(tmp_path / "b") == ["film.mp4"]
    assert_told(film.sink)


def by_a_file(path: Path, other: Path) -> None:
    other.replace(path)


def by_a_link(path: Path, other: Path) -> None:
    path.unlink()
    path.symlink_to(other)


def by_a_folder(path: Path, other: Path) -> None:
    path.unlink()
    path.mkdir()
    other.rename(path / other.name)


@pytest.mark.parametrize("replace", [by_a_file, by_a_link, by_a_folder])
@pytest.mark.parametrize("suffix", KINDS)
def test_what_took_the_files_place_is_left_as_it_is(
    tmp_path: Path, suffix: str, replace: Callable[[Path, Path], None]
) -> None:
    film, other = begun(tmp_path / f"film{suffix}"), tmp_path / "other"
    other.write_bytes(FOREIGN)
    replace(film.path, other)
    kept = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert set(kept.values()) == {FOREIGN}
    film.finish()
    place = film.path.with_stem("film-2")
    assert film.sink.paths == (place,)
    assert numbers(place) == list(range(FRAMES))
    assert {path: path.read_bytes() for path in kept} == kept
    assert f"the film is {place}" in film.sink.notes[0]


def test_another_films_sound_is_not_taken_through_a_link(tmp_path: Path) -> None:
    """A link in the file's place led to another film, which was rewritten without its sound."""
    sound = make_sound(tmp_path / "a.wav", "pcm_s16le", [0.25])
    other = begun(tmp_path / "other.mp4", audio=sound)
    other.finish()
    before = other.path.read_bytes()
    film = begun(tmp_path / "film.mp4")
    film.path.unlink()
    film.path.symlink_to(other.path)
    film.finish()
    assert other.path.read_bytes() == before
    assert hear(other.path).tones == pytest.approx([0.25], abs=0.01)
    assert film.sink.paths == (tmp_path / "film-2.mp4",)


def test_sound_and_chapters_are_added_wherever_the_film_is(tmp_path: Path) -> None:
    sound = make_sound(tmp_path / "a.wav", "pcm_s16le", [0.25])
    for suffix in (".mp4", ".mkv"):
        film = begun(tmp_path / f"film{suffix}", audio=sound)
        film.path.unlink()
        film.finish()
        assert hear(film.path).tones == pytest.approx([0.25], abs=0.01)
        assert_told(film.sink)


def test_a_free_name_is_none_that_another_recording_waits_for(tmp_path: Path) -> None:
    film, waiting = begun(tmp_path / "film.mp4"), FileSink(tmp_path / "film-2.mp4")
    reserve([waiting])
    film.path.unlink()
    film.path.write_bytes(FOREIGN)
    film.finish()
    assert film.sink.paths == (tmp_path / "film-3.mp4",)
    release([waiting])


@pytest.mark.parametrize("suffix", KINDS)
@pytest.mark.parametrize("share", [0, 0.1, 0.5, 0.99])
def test_a_file_that_was_cut_says_what_still_plays(tmp_path: Path, suffix: str, share: float) -> None:
    film = begun(tmp_path / f"film{suffix}")
    os.truncate(film.path, round(film.path.stat().st_size * share))
    left = film.path.read_bytes()
    with pytest.raises(SinkError, match=r"another program cut the file to \d+ bytes") as caught:
        film.finish()
    film.sink.close()
    assert caught.value.frames_kept == film.sink.frames < FRAMES // 2
    assert film.path.read_bytes() == left
    assert film.sink.paths == ((film.path,) if film.sink.frames else ())
    if film.sink.frames and suffix != ".webp":  # which nothing plays that is not finished
        assert numbers_of(film.path, film.sink.frames) == list(range(film.sink.frames))


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
def test_a_file_that_was_cut_after_its_last_frame_says_so(tmp_path: Path, suffix: str) -> None:
    film = begun(tmp_path / f"film{suffix}")
    film.write(slice(FRAMES // 2, None))
    os.truncate(film.path, film.path.stat().st_size // 2)
    with pytest.raises(SinkError, match="another program cut the file") as caught:
        film.sink.close()
    assert 0 < (caught.value.frames_kept or 0) < FRAMES


def test_a_file_that_was_written_over_is_not_called_complete(tmp_path: Path) -> None:
    """`cp other.mp4 film.mp4` while it is recorded: the same file, with other contents."""
    film = begun(tmp_path / "film.mp4")
    film.write(slice(FRAMES // 2, None))
    with film.path.open("r+b") as file:
        file.write(os.urandom(film.path.stat().st_size + 1000))
    with pytest.raises(SinkError, match=f"another program changed the file .* of its {FRAMES} frames"):
        film.sink.close()
    assert film.sink.frames < FRAMES
    assert names(tmp_path) == ["film.mp4"]


def test_a_folder_that_was_deleted_loses_the_film_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    film = begun(tmp_path / "a" / "film.mp4")
    shutil.rmtree(tmp_path / "a")
    with pytest.raises(
        SinkError, match="was deleted while it was recorded, and could not be written anew"
    ) as caught:
        film.finish()
    assert (caught.value.frames_kept, film.sink.frames, film.sink.paths) == (0, 0, ())


def test_what_an_error_left_of_a_deleted_file_is_kept(tmp_path: Path) -> None:
    film = begun(tmp_path / "film.mp4")
    film.path.unlink()
    film.write(slice(FRAMES // 2, FRAMES - 5))
    with pytest.raises(SinkError, match="cannot write"):
        film.sink.write(film.packets[3])  # its time has passed
    film.sink.close()
    assert film.sink.frames >= FRAMES // 2
    assert_told(film.sink)


def test_a_failed_rewrite_of_a_file_that_has_moved_names_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    film = begun(tmp_path / "film.mp4")
    moved = film.path.rename(tmp_path / "moved.mp4")
    monkeypatch.setattr(finishing, "_remux", full)
    with pytest.raises(SinkError, match="complete and plays, but could not be rewritten"):
        film.finish()
    assert film.sink.paths == (moved,)
    assert_told(film.sink)


@pytest.mark.parametrize(
    "meddle", [Path.unlink, lambda path: os.truncate(path, 9), lambda path: path.write_bytes(FOREIGN)]
)
def test_pictures_that_are_gone_are_counted(tmp_path: Path, meddle: Callable[[Path], object]) -> None:
    sink = PictureSink(tmp_path / "%03d.png")
    stream, packets = encoded(Config(codec="png"), regular(8, FPS))
    sink.open(stream)
    for packet in packets:
        sink.write(packet)
    for number in (2, 5, 7):
        meddle(tmp_path / f"{number:03}.png")
    with pytest.raises(SinkError, match="others deleted or changed 3 of 8 pictures") as caught:
        sink.close()
    assert (caught.value.frames_kept, sink.frames, sink.paths) == (5, 5, (tmp_path / "%03d.png",))


def test_a_finished_film_replaces_nothing_that_appeared_at_its_new_place(tmp_path: Path) -> None:
    film = begun(tmp_path / "film.mp4")
    place = film.sink.new_place(tmp_path / "other.mp4", overwrite=False)
    film.finish()
    place.write_bytes(FOREIGN)
    with pytest.raises(SinkError, match="cannot move"):
        film.sink.move(place)
    assert place.read_bytes() == FOREIGN
    assert_told(film.sink)


# One path for one recording


def ways_to(folder: Path) -> dict[str, tuple[Path, Path]]:
    """Return pairs of paths that are one file, or would be."""
    (folder / "real").mkdir()
    (folder / "link").symlink_to(folder / "real")
    there = folder / "there.mp4"
    there.touch()
    (folder / "hard.mp4").hardlink_to(there)
    (folder / "soft.mp4").symlink_to(there)
    return {
        "the same": (folder / "a.mp4", folder / "a.mp4"),
        "by a detour": (folder / "a.mp4", folder / "real" / ".." / "a.mp4"),
        "a linked folder": (folder / "real" / "a.mp4", folder / "link" / "a.mp4"),
        "a hard link": (there, folder / "hard.mp4"),
        "a soft link": (folder / "soft.mp4", there),
        "pictures": (folder / "%d.png", folder / "%06d.png"),
    }


def open_sink(path: Path) -> Sink:
    return open_stored(path, overwrite=True)


@pytest.mark.parametrize(
    "way", ["the same", "by a detour", "a linked folder", "a hard link", "a soft link", "pictures"]
)
def test_one_path_cannot_be_given_twice(tmp_path: Path, way: str) -> None:
    one, other = ways_to(tmp_path)[way]
    before = sorted(tmp_path.rglob("*"))
    for given in (
        (one, other),
        (open_sink(one), other),
        (one, open_sink(other)),
        (open_sink(one), open_sink(other)),
    ):
        with pytest.raises(ConfigError, match="records to that file already"):
            record(None, *given, overwrite=isinstance(given[0], Path) or isinstance(given[1], Path))
    recorder = record(None, one, overwrite=True)  # nothing of the refused ones is left
    with pytest.raises(ConfigError, match="records to that file already"):
        record(None, other, overwrite=True)
    with pytest.raises(ConfigError, match="records to that file already"):
        open_sink(other)
    assert sorted(tmp_path.rglob("*")) == before
    recorder.discard()
    record(None, other, overwrite=True).discard()


def test_one_sink_cannot_be_given_twice(tmp_path: Path) -> None:
    for sink in (FileSink(tmp_path / "a.mp4"), PictureSink(tmp_path / "%d.png")):
        with pytest.raises(ConfigError, match="given to another recording already"):
            record(None, sink, sink)
        recorder = record(None, sink)
        with pytest.raises(ConfigError, match="given to another recording already"):
            record(None, sink)
        recorder.close()
        record(None, sink).close()


def test_a_refused_recording_gives_its_paths_back_at_once(tmp_path: Path) -> None:
    sink = FileSink(tmp_path / "b.mkv")
    try:
        record(None, tmp_path / "a.mp4", sink, codec="ffv1")
    except ConfigError:  # which holds what the call had made, as long as it lives
        recorder = record(None, tmp_path / "a.mp4", sink)
        assert not recorder.finished
        recorder.discard()
    else:
        pytest.fail("MP4 takes no FFV1")


def test_a_path_comes_back_with_the_end_of_its_recording(context: moderngl.Context, tmp_path: Path) -> None:
    path, loop = tmp_path / "a.mp4", BarcodeLoop(context)
    for frames in (0, 5, 7):
        recorder = record(None, path, timing="step", overwrite=True)
        loop.record(recorder, range(frames))
        recorder.close()
    assert video.read_barcodes(path) == list(range(7))


def test_a_recorder_that_is_forgotten_takes_its_claim_with_it(tmp_path: Path) -> None:
    sink = FileSink(tmp_path / "a.mp4")
    reserve([sink])
    with pytest.raises(ConfigError, match="records to that file already"):
        record(None, tmp_path / "a.mp4")
    del sink
    recorder = record(None, tmp_path / "a.mp4")
    assert not recorder.finished
    recorder.discard()


def test_what_is_recorded_to_is_written_by_nobody_else(context: moderngl.Context, tmp_path: Path) -> None:
    """A replay, a screenshot and a finished film that is to be moved; all in the middle of a recording."""
    replay, loop = ReplaySink(), BarcodeLoop(context)
    recorder = record(None, tmp_path / "a.mkv", replay, timing="step", gop=5)
    stills = record(None, tmp_path / "%03d.png", timing="step")
    for number in range(30):
        loop.record(recorder, range(number, number + 1))
        stills.frame_drawn(loop.framebuffer)
    while replay.held_bytes == 0 or stills.stats.packets == 0:
        pass
    busy = "records to that file already"
    with pytest.raises(ConfigError, match=busy):
        replay.save(tmp_path / "a.mkv", overwrite=True)
    with pytest.raises(ConfigError, match=busy):
        recorder.screenshot(tmp_path / "003.png", overwrite=True)
    third = record(None, tmp_path / "c.mkv", timing="step", overwrite=True)
    third.frame_drawn(loop.framebuffer)
    with pytest.raises(ConfigError, match=busy):
        third.finalize(tmp_path / "a.mkv")
    for each in (recorder, stills, third):
        each.close()
    assert video.read_barcodes(tmp_path / "a.mkv") == list(range(30))
    assert replay.save(tmp_path / "a.mkv", overwrite=True) == tmp_path / "a.mkv"


def test_a_film_that_grows_has_no_second_name_to_record_to(tmp_path: Path) -> None:
    film = begun(tmp_path / "film.mkv")
    (tmp_path / "hard.mkv").hardlink_to(film.path)
    with pytest.raises(ConfigError, match="records to that file already"):
        record(None, tmp_path / "hard.mkv", overwrite=True)
    film.finish()
    assert_told(film.sink)


def test_a_part_takes_no_path_of_another_sink(context: moderngl.Context, tmp_path: Path) -> None:
    other = record(None, tmp_path / "a-2.mp4", timing="step", overwrite=True)
    recorder = record(None, tmp_path / "a.mp4", timing="step", overwrite=True, on_resize="segment")
    small, large = BarcodeLoop(context), BarcodeLoop(context, (400, 300))
    small.record(other, range(20))
    small.record(recorder, range(20))
    large.record(recorder, range(20))
    with pytest.raises(SinkError, match="records to that file already"):
        recorder.close()
    other.close()
    assert video.read_barcodes(tmp_path / "a-2.mp4") == list(range(20))
    assert video.read_barcodes(tmp_path / "a.mp4") == list(range(20))


# Names that nobody asked for


@pytest.fixture
def one_second(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Let all default names be those of one second, in a folder of their own."""
    from glrec_core.sink import stored

    class Stopped(stored.datetime):  # type: ignore[misc,name-defined]
        @classmethod
        def now(cls, tz: object = None) -> "Stopped":
            return cls(2026, 11, 21, 14, 30)

    monkeypatch.setattr(stored, "datetime", Stopped)
    monkeypatch.chdir(tmp_path)
    return tmp_path


STEM = "glrec-20261121-143000"


def test_recorders_of_one_second_have_films_of_their_own(context: moderngl.Context, one_second: Path) -> None:
    loop = BarcodeLoop(context)
    recorders = [record(None, timing="step") for _ in range(3)]
    assert names(one_second) == []
    for number, recorder in reversed(list(enumerate(recorders))):
        loop.record(recorder, range(number, number + 5))
    films = [recorder.close().path for recorder in recorders]
    assert films == [one_second / f"{STEM}{number}.mp4" for number in ("", "-2", "-3")]
    for number, film in enumerate(films):
        assert film is not None
        assert video.read_barcodes(film) == list(range(number, number + 5))


@pytest.mark.parametrize("overwrite", [False, True])
def test_two_processes_may_choose_one_name(
    context: moderngl.Context,
    one_second: Path,
    overwrite: bool,  # noqa: FBT001
) -> None:
    """The other one has made its file since this one chose."""
    recorder = record(None, timing="step", overwrite=overwrite)
    (one_second / f"{STEM}.mp4").write_bytes(FOREIGN)
    BarcodeLoop(context).record(recorder, range(9))
    film = recorder.close().path
    assert film == one_second / f"{STEM}-2.mp4"
    assert video.read_barcodes(film) == list(range(9))
    assert (one_second / f"{STEM}.mp4").read_bytes() == FOREIGN


def test_parts_and_other_recorders_share_the_numbers(context: moderngl.Context, one_second: Path) -> None:
    small, large = BarcodeLoop(context), BarcodeLoop(context, (400, 300))
    first = record(None, timing="step", on_resize="segment")
    second = record(None, timing="step")
    small.record(second, range(5))
    second.close()
    small.record(first, range(5))
    large.record(first, range(6))
    assert [path.name for path in first.close().paths] == [f"{STEM}.mp4", f"{STEM}-3.mp4"]
    assert second.recording.path == one_second / f"{STEM}-2.mp4"


def test_many_threads_choose_names_at_once(one_second: Path) -> None:
    sinks, errors = list[Sink](), list[BaseException]()

    def choose() -> None:
        try:
            sink = open_dated()
            reserve([sink])
            sinks.append(sink)
        except BaseException as error:  # noqa: BLE001 - a thread's own would only be printed
            errors.append(error)

    threads = [threading.Thread(target=choose) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    stream, packets = encoded(Config(), regular(2, FPS))
    for sink in sinks:
        sink.open(stream)
        sink.write(packets[0])
        sink.close()
    assert len(names(one_second)) == 16
    assert notes_of(sinks) == ()
