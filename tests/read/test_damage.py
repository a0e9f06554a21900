"""Files that are cut short, damaged or no video: an error that names the file, after the frames before it; never a hang."""

import random
import struct
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from glrec_core.errors import ConfigError, GlrecError
from glrec_core.media.film import read_film
from glrec_core.read import ColorGuess, Player, VideoError
from glrec_core.testing import barcode
from tests.read.clips import CLIPS, FRAMES, Clip
from tests.support.film import write_film

Make = Callable[[str], Path]
KINDS = ["h264-b-frames", "h264-ts-open-gop", "hevc-10-bt2020", "vp9-odd-size", "av1", "mjpeg", "ffv1-gray"]
NO_END = {".ts"}
"""Containers that can stop anywhere: the frames that are there are all that a reader knows of."""

REORDERED = 3
"""How many B pictures the films here have in a row."""


def read(path: Path) -> tuple[list[int], GlrecError | None]:
    """Return the numbers of the frames that a player gives, and the error that it ends with."""
    numbers: list[int] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ColorGuess)
        try:
            numbers.extend(barcode.read(frame) for _, frame in Player(path, device="cpu").frames())
        except GlrecError as error:
            return numbers, error
    return numbers, None


@pytest.mark.parametrize("name", KINDS)
def test_a_file_that_is_cut_short_is_an_error_after_its_good_frames(
    film: Make, name: str, tmp_path: Path
) -> None:
    whole = film(name).read_bytes()
    cut = tmp_path / f"cut{CLIPS[name].suffix}"
    generator = random.Random(name)
    for share in sorted(generator.uniform(0.02, 0.999) for _ in range(12)):
        cut.write_bytes(whole[: int(len(whole) * share)])
        numbers, error = read(cut)
        assert numbers == sorted(set(numbers))
        # Of the last pictures, those that are stored behind a later one may be cut off.
        assert numbers[:-REORDERED] == list(range(len(numbers)))[:-REORDERED]
        if cut.suffix not in NO_END:
            assert isinstance(error, VideoError)
            assert cut.name in str(error)


def test_most_of_the_frames_before_the_cut_are_given(tmp_path: Path, film: Make) -> None:
    whole = film("ffv1-gray").read_bytes()
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(whole[: len(whole) * 3 // 4])
    numbers, error = read(cut)
    assert len(numbers) > FRAMES // 2
    assert "its last element lacks" in str(error)


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.filterwarnings("ignore::glrec_core.read.ColorGuess")
def test_random_damage_gives_frames_or_an_error(film: Make, name: str, tmp_path: Path) -> None:
    whole = film(name).read_bytes()
    path = tmp_path / f"damaged{CLIPS[name].suffix}"
    generator = random.Random(name)
    for _ in range(25):
        data = bytearray(whole)
        for _ in range(generator.choice([1, 3, 20])):
            place = generator.randrange(len(data))
            data[place : place + 4] = generator.randbytes(4)
        path.write_bytes(data)
        try:
            player = Player(path, device="cpu", size=(64, 48))
            count = sum(frame.shape == (48, 64, 3) for _, frame in player.frames())
            player.screenshot(0.5)
            player.screenshot(0.5, accurate=True)
            for _ in zip(range(20), player.screenshots(0.3), strict=False):
                pass  # as many as the file's times say: damaged ones may say a million
        except GlrecError:
            continue
        assert count > 0


@pytest.mark.parametrize("accurate", [False, True])
def test_a_screenshot_ahead_of_the_damage_is_given(tmp_path: Path, *, accurate: bool) -> None:
    """The search for the nearest keyframe reads further than the decoding, and must not be what fails."""
    path = Clip(".mp4", "libx264", "yuv420p", options={"g": "600", "bf": "0"}).make(tmp_path)
    data = bytearray(path.read_bytes())
    sizes = (
        data.index(b"stsz") + 16
    )  # behind the version, the size of all, and the count (ISO 14496-12, 8.7.3.2)
    data[sizes + 4 * 9 : sizes + 4 * 10] = b"\x3f\xff\xff\xff"  # more than there is
    path.write_bytes(data)
    player = Player(path, device="cpu")
    assert barcode.read(player.screenshot(5 / 30, accurate=accurate)) == 5
    with pytest.raises(VideoError, match="cannot be read to its end"):
        player.screenshot(15 / 30, accurate=accurate)


def test_damage_is_met_when_it_is_reached(film: Make, tmp_path: Path) -> None:
    whole = film("h264-b-frames").read_bytes()
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(fast_start(whole, tmp_path)[:-400])
    player = Player(cut, device="cpu")
    assert [barcode.read(frame) for _, frame in player.frames(0, 0.5)] == list(range(15))
    assert barcode.read(player.screenshot(0.4, accurate=True)) == 12
    with pytest.raises(VideoError, match="damaged"):
        list(player.frames(0.5))


def fast_start(data: bytes, folder: Path) -> bytes:
    import av

    source, target = folder / "source.mp4", folder / "fast.mp4"
    source.write_bytes(data)
    with av.open(source) as given, av.open(target, "w", options={"movflags": "faststart"}) as taken:
        stream = taken.add_stream_from_template(given.streams.video[0])
        for packet in given.demux(video=0):
            if packet.size:
                packet.stream = stream
                taken.mux(packet)
    return target.read_bytes()


def test_what_is_no_video(tmp_path: Path, film: Make) -> None:
    noise, empty, playlist = (tmp_path / name for name in ("noise.mp4", "empty.mkv", "list.m3u8"))
    noise.write_bytes(np.random.default_rng(1).bytes(10_000))
    empty.touch()
    playlist.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{film('h264-ts-open-gop')}\n")
    for path in (noise, empty, playlist):
        with pytest.raises(VideoError, match="is not a video that can be read"):
            Player(path)


def test_what_cannot_be_opened(tmp_path: Path) -> None:
    for path in (tmp_path / "missing.mp4", tmp_path):
        with pytest.raises(ConfigError, match=str(path)):
            Player(path)


def test_a_film_whose_size_changes_on_the_way(tmp_path: Path, film: Make) -> None:
    from dataclasses import replace

    parts = [film("h264-ts-open-gop")]
    (tmp_path / "second").mkdir()
    parts.append(replace(CLIPS["h264-ts-open-gop"], size=(256, 160)).make(tmp_path / "second"))
    both = tmp_path / "both.ts"
    both.write_bytes(b"".join(part.read_bytes() for part in parts))
    numbers, error = read(both)
    assert numbers == list(range(FRAMES))
    assert "changes from 192x128" in str(error)


def boxes(data: bytes, begin: int, end: int) -> Iterator[int]:
    """Yield where each box of an MP4 file begins, those within others too."""
    while begin + 8 <= end:
        size, kind = int.from_bytes(data[begin : begin + 4], "big"), data[begin + 4 : begin + 8]
        yield begin
        if kind in {b"moov", b"trak", b"mdia", b"minf", b"stbl"}:
            yield from boxes(data, begin + 8, begin + size)
        begin += size


@pytest.mark.parametrize(
    "claim", [0, 15, 16, 1 << 31, 1 << 62, (1 << 63) - 1, 1 << 63, (1 << 64) - 16, (1 << 64) - 1]
)
@pytest.mark.filterwarnings("ignore::glrec_core.read.ColorGuess")
def test_a_box_may_claim_any_size_of_64_bits(claim: int, tmp_path: Path) -> None:
    whole = write_film(tmp_path / "whole.mp4", range(5)).read_bytes()
    path = tmp_path / "damaged.mp4"
    places = list(boxes(whole, 0, len(whole)))
    assert len(places) > 10
    for at in places:
        path.write_bytes(
            whole[:at] + struct.pack(">I4sQ", 1, whole[at + 4 : at + 8], claim) + whole[at + 8 :]
        )
        for look in (read_film, lambda path: list(Player(path, device="cpu").frames())):
            with suppress(VideoError):  # anything else fails the test
                look(path)
