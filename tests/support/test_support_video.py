"""`assert_recording` passes a right film and fails one that is wrong in a single way, by the right reason."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from glrec_core.testing import barcode
from glrec_core.testing.barcode import OrientationError, Region
from tests.support import reference, video
from tests.support.decode import NoFramesError
from tests.support.film import Change, write_film
from tests.support.mp4 import boxes
from tests.support.video import BT709_LIMITED, Colour, DecodeError, assert_recording

SIZE = (160, 120)
FRAMES = 12
NTSC = Fraction(30000, 1001)
BT601_LIMITED = Colour(6, 6, 6, full_range=False)
BT709_FULL = Colour(1, 1, 1, full_range=True)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_film(tmp_path_factory.mktemp("film") / "right.mp4", range(FRAMES), fps=NTSC)


@pytest.mark.parametrize("size", [SIZE, (640, 360)])
def test_strongly_compressed_film_passes(tmp_path: Path, size: tuple[int, int]) -> None:
    path = write_film(tmp_path / "a.mp4", range(90), size, 60, crf=30)
    assert_recording(path, 90, size, 60)


def test_rational_rate_is_exact(film: Path) -> None:
    assert_recording(film, FRAMES, SIZE, NTSC)
    assert video.timestamps(film) == [Fraction(1001 * n, 30000) for n in range(FRAMES)]
    assert video.frame_count(film) == FRAMES


def test_irregular_times_are_exact(tmp_path: Path) -> None:
    times = [Fraction(tick, 90_000) for tick in (0, 1, 3000, 3001, 90_000, 200_003)]
    path = write_film(tmp_path / "a.mp4", range(6), times=times)
    assert video.timestamps(path) == times
    assert_recording(path, 6, SIZE)
    with pytest.raises(AssertionError, match="not n / 30 s"):
        assert_recording(path, 6, SIZE, 30)


@pytest.mark.parametrize(
    "numbers", [[0, 1, 3, 4], [0, 1, 1, 2, 3], [0, 2, 1, 3], [1, 2, 3], [0, 1, 2]], ids=str
)
def test_lost_doubled_or_moved_frame_fails(tmp_path: Path, numbers: list[int]) -> None:
    path = write_film(tmp_path / "a.mp4", numbers)
    assert video.read_barcodes(path) == numbers
    assert_recording(path, numbers, SIZE, 30)
    with pytest.raises(AssertionError, match=r"expected \[0, 1, 2, 3\]"):
        assert_recording(path, 4, SIZE, 30)


@pytest.mark.parametrize(
    ("change", "words"),
    [(lambda picture: picture[::-1], "upside down"), (lambda picture: picture[:, ::-1], "mirrored")],
)
def test_flipped_film_fails(tmp_path: Path, change: Change, words: str) -> None:
    path = write_film(tmp_path / "a.mp4", range(3), change=change)
    with pytest.raises(OrientationError, match=words):
        assert_recording(path, 3, SIZE)


@pytest.mark.parametrize("tags", [BT601_LIMITED, BT709_FULL])
def test_wrong_colour_tags_fail(tmp_path: Path, tags: Colour) -> None:
    path = write_film(tmp_path / "a.mp4", range(3), tags=tags)
    with pytest.raises(AssertionError, match="colour is off by"):
        assert_recording(path, 3, SIZE)


def test_damage_outside_the_quadrants_middle_fails(tmp_path: Path) -> None:
    def blacken_the_left(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        picture[:30, :20] = picture[90:, :20] = 0
        return picture

    path = write_film(tmp_path / "a.mp4", range(3), change=blacken_the_left)
    with pytest.raises(AssertionError, match="in the mean"):
        assert_recording(path, 3, SIZE)


def test_wrong_rate_fails(film: Path) -> None:
    with pytest.raises(AssertionError, match="not n / 30 s"):
        assert_recording(film, FRAMES, SIZE, 30)


def test_wrong_size_fails(film: Path) -> None:
    with pytest.raises(AssertionError, match=r"is \(160, 120\), expected \(162, 120\)"):
        assert_recording(film, FRAMES, (161, 120))


def test_odd_size_grown_by_its_edge_passes(tmp_path: Path) -> None:
    def grown(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return reference.pad_to_even(barcode.expected((159, 119), barcode.read(picture)))

    assert_recording(write_film(tmp_path / "a.mp4", range(3), change=grown), 3, (159, 119))


def test_letterboxed_film_passes_with_its_region(tmp_path: Path) -> None:
    region = Region(40, 60, 240, 120)

    def letterboxed(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        canvas = np.zeros_like(picture)
        canvas[60:180, 40:280] = barcode.expected((240, 120), barcode.read(picture))
        return canvas

    path = write_film(tmp_path / "a.mp4", range(3), (320, 240), change=letterboxed)
    assert_recording(path, 3, (320, 240), region=region)
    with pytest.raises(OrientationError, match="quadrants are"):
        assert_recording(path, 3, (320, 240))


def test_coarse_ticks_are_allowed_only_where_said(tmp_path: Path) -> None:
    path = write_film(tmp_path / "a.mkv", range(5), fps=60)
    with pytest.raises(AssertionError, match="not n / 60 s"):
        assert_recording(path, 5, SIZE, 60)
    assert_recording(path, 5, SIZE, 60, tick=Fraction(1, 1000))


def test_late_start_is_allowed_only_where_said(tmp_path: Path) -> None:
    path = write_film(tmp_path / "a.ts", range(5), fps=25)
    start = video.timestamps(path)[0]
    assert start > 0
    with pytest.raises(AssertionError, match="starts at"):
        assert_recording(path, 5, SIZE, 25)
    assert_recording(path, 5, SIZE, 25, start=start)


def test_lossless_planes_are_the_reference(tmp_path: Path) -> None:
    path = write_film(tmp_path / "a.mp4", range(3), crf=0)
    for number, planes in enumerate(video.decode_yuv(path)):
        exact = reference.yuv420p(barcode.expected(SIZE, number))
        assert all(np.array_equal(found, wanted) for found, wanted in zip(planes, exact, strict=True))
    assert number == 2


def test_ffmpeg_shows_the_reference_picture(tmp_path: Path) -> None:
    path = write_film(tmp_path / "a.mp4", range(2), crf=0)
    for number, picture in enumerate(video.decode_rgb(path)):
        exact = reference.rgb(reference.yuv420p(barcode.expected(SIZE, number)))
        difference = np.abs(picture.astype(int) - exact)
        assert difference.mean() < 1.0
        assert np.abs(barcode.quadrant_colours(picture) - barcode.quadrant_colours(exact)).max() <= 1.0
    assert number == 1


def test_probe_describes_the_stream(film: Path) -> None:
    info = video.probe(film)
    assert (info.codec, info.profile, info.codec_tag) == ("h264", "High", "avc1")
    assert (info.pixel_format, info.size, info.average_rate) == ("yuv420p", SIZE, NTSC)
    assert info.colour == BT709_LIMITED


@pytest.mark.parametrize("tags", [BT709_LIMITED, BT601_LIMITED, BT709_FULL])
def test_colour_tags_of_stream_and_container(tmp_path: Path, tags: Colour) -> None:
    path = write_film(tmp_path / "a.mp4", range(2), tags=tags)
    assert video.bitstream_colour(path) == tags
    assert video.container_colour(path) == tags
    assert video.probe(path).colour == tags


def test_bitstream_colour_does_not_look_at_the_container(film: Path, tmp_path: Path) -> None:
    data = bytearray(film.read_bytes())
    data[data.index(b"colrnclx") + 9] = 9
    retagged = tmp_path / "retagged.mp4"
    retagged.write_bytes(data)
    assert video.container_colour(retagged) == Colour(9, 1, 1, full_range=False)
    assert video.bitstream_colour(retagged) == BT709_LIMITED


def test_missing_colr_box_is_named(film: Path, tmp_path: Path) -> None:
    untagged = tmp_path / "untagged.mp4"
    untagged.write_bytes(film.read_bytes().replace(b"colrnclx", b"freenclx"))
    with pytest.raises(video.BoxError, match=r"no colr box .* 'free'"):
        video.container_colour(untagged)


def test_fast_start_is_told_from_the_other_layouts(film: Path, tmp_path: Path) -> None:
    last = write_film(tmp_path / "last.mp4", range(3), movflags="disable_chpl")
    fragmented = write_film(tmp_path / "fragmented.mp4", range(3), movflags="frag_keyframe+empty_moov")
    assert video.is_fast_start(film)
    assert not video.is_fast_start(last)
    assert not video.is_fast_start(fragmented)
    assert video.mp4_boxes(film)[:2] == ["ftyp", "moov"]
    assert "moof" in video.mp4_boxes(fragmented)


def test_boxes_of_every_length_form() -> None:
    data = bytes.fromhex("00000008") + b"free" + bytes.fromhex("00000001") + b"wide"
    data += bytes.fromhex("0000000000000012") + b"xx" + bytes.fromhex("00000000") + b"mdat" + b"rest"
    assert [(box.kind, box.start, box.size, box.header) for box in boxes(data)] == [
        ("free", 0, 8, 8),
        ("wide", 8, 18, 16),
        ("mdat", 26, 12, 8),
    ]
    with pytest.raises(video.BoxError, match="'free' at byte 0 has 9 bytes, 8 are left"):
        list(boxes(bytes.fromhex("00000009") + b"free"))


def test_damaged_stream_is_complained_of(film: Path, tmp_path: Path) -> None:
    data = bytearray(film.read_bytes())
    middle = (data.index(b"mdat") + len(data)) // 2
    data[middle : middle + 200] = bytes(200)
    damaged = tmp_path / "damaged.mp4"
    damaged.write_bytes(data)
    with pytest.raises(AssertionError, match="FFmpeg minds"):
        video.assert_timestamps(damaged, FRAMES)


def test_file_that_is_no_video_says_so(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"no video at all")
    with pytest.raises(DecodeError, match="moov atom not found"):
        video.timestamps(path)


def test_film_that_has_just_begun_holds_no_frame(tmp_path: Path) -> None:
    path = write_film(tmp_path / "a.mp4", range(3), SIZE, movflags="frag_keyframe+empty_moov")
    data = path.read_bytes()
    path.write_bytes(data[: next(box.start for box in boxes(data) if box.kind == "moof")])
    with pytest.raises(NoFramesError, match="without a frame"):
        video.probe(path)


def test_planes_of_another_pixel_format_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "rgb.mkv"
    with av.open(path, "w") as container:
        stream = container.add_stream("ffv1", rate=30)
        stream.width, stream.height, stream.pix_fmt = *SIZE, "bgr0"
        frame = av.VideoFrame.from_ndarray(barcode.expected(SIZE, 0), format="rgb24")
        container.mux([*stream.encode(frame), *stream.encode(None)])
    assert video.read_barcodes(path) == [0]
    with pytest.raises(DecodeError, match="is bgr0, not one of"):
        next(video.decode_yuv(path))
    with pytest.raises(DecodeError, match="is ffv1; colour tags"):
        video.bitstream_colour(path)
