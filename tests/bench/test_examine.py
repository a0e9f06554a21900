"""What the benchmark finds in files: frames that are lost, doubled, moved or turned, and how good their pictures are."""

from collections.abc import Sequence
from pathlib import Path

import av
import numpy as np
import pytest

from glrec_bench.examine import Comparison, Picture, account, examine
from glrec_bench.job import PixelSize
from glrec_bench.scene import Scene, code, drawn, scene_of
from glrec_core.errors import VideoError
from glrec_core.values.frame import Size
from glrec_core.verify import pattern

SIZE = PixelSize(320, 192)


def draw(number: int) -> Picture:
    return pattern.draw(Size(*SIZE), number)


def film(path: Path, pictures: Sequence[Picture]) -> Path:
    """Encode pictures as H.264."""
    with av.open(path, "w") as container:
        stream = container.add_stream("libx264", rate=60, options={"preset": "ultrafast", "crf": "10"})
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        for picture in pictures:
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


@pytest.mark.parametrize(
    ("numbers", "lost", "doubled", "disordered"),
    [
        ([0, 1, 2, 3], 0, 0, 0),
        ([0, 1, 3], 1, 0, 0),
        ([0, 1, 1, 2, 3], 0, 1, 0),
        ([0, 2, 1, 3], 0, 0, 1),
        ([0, None, 2, 3], 1, 0, 1),
        ([], 4, 0, 0),
    ],
)
def test_the_account_of_frames(numbers: list[int | None], lost: int, doubled: int, disordered: int) -> None:
    assert account(numbers, 4) == {"lost": lost, "doubled": doubled, "disordered": disordered}


def test_a_right_file_is_whole_and_close_to_what_was_drawn(tmp_path: Path) -> None:
    path = film(tmp_path / "right.mp4", [draw(number) for number in range(12)])
    found = examine(path, 12, draw)
    assert (found.decoded, found.lost, found.doubled, found.disordered, found.fault) == (12, 0, 0, 0, "")
    assert found.file_bytes == path.stat().st_size
    assert found.psnr_db is not None
    assert found.ssim is not None
    assert found.psnr_db > 25
    assert found.ssim > 0.9


def test_lost_and_doubled_frames_are_found_in_the_decoded_file(tmp_path: Path) -> None:
    path = film(tmp_path / "wrong.mp4", [draw(number) for number in (0, 1, 1, 2, 5)])
    found = examine(path, 6, draw)
    assert (found.decoded, found.lost, found.doubled, found.disordered) == (5, 2, 1, 0)


def test_a_picture_upside_down_is_a_fault(tmp_path: Path) -> None:
    path = film(tmp_path / "turned.mp4", [draw(number)[::-1] for number in range(4)])
    found = examine(path, 4, draw)
    assert (found.lost, found.fault) == (0, "the picture is upside down")


def test_a_film_of_another_size_is_compared_all_the_same(tmp_path: Path) -> None:
    taller = [np.concatenate([draw(number), draw(number)[-8:]]) for number in range(4)]
    found = examine(film(tmp_path / "taller.mp4", taller), 4, draw)
    assert found.lost == 0
    assert found.ssim is not None


def test_a_file_that_is_no_video_is_refused(tmp_path: Path) -> None:
    (tmp_path / "no.mp4").write_bytes(b"no video")
    with pytest.raises(VideoError):
        examine(tmp_path / "no.mp4", 4, draw)


def test_equal_pictures_are_as_similar_as_can_be_and_others_less() -> None:
    comparison, other = Comparison(), draw(1).copy()
    other[:40] //= 2
    for picture in (draw(1), other):
        comparison.add(draw(1), av.VideoFrame.from_ndarray(picture, format="rgb24"))
    assert (comparison.psnr_db[0], comparison.ssim[0]) == (100.0, 1.0)
    assert comparison.psnr_db[1] < 20
    assert comparison.ssim[1] < 0.99


@pytest.fixture(scope="module")
def scene() -> Scene:
    return scene_of(SIZE)


@pytest.mark.parametrize("number", [0, 1, 61, 4095, 10_000, 65_535])
def test_the_scene_shows_its_number_upright_and_in_its_colours(scene: Scene, number: int) -> None:
    pixels = np.frombuffer(drawn(scene, number), np.uint8).reshape(SIZE.height, SIZE.width, 3)
    assert pattern.read(pixels[::-1]) == pattern.Reading(number, "")


def test_the_barcode_is_split_in_two_halves_of_thirteen_columns() -> None:
    high, low = code(0b1010101010101010)
    assert (int(high) << 13 | int(low)) >> 8 & 0xFFFF == 0b1010101010101010
