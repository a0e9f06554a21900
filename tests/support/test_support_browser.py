"""Chromium plays a right film in its colours, shows the frame that was asked for, and says why it can't play."""

import json
import threading
import urllib.error
import urllib.request
from fractions import Fraction
from pathlib import Path

import numpy as np
import psutil
import pytest

from glrec_core.testing import barcode
from tests.support import browser
from tests.support.browser import BrowserError
from tests.support.decode import Colour
from tests.support.film import write_film

SIZE = (160, 120)
FPS = Fraction(30000, 1001)
QUADRANT_POINTS = barcode.quadrant_points(SIZE)

needs_browser = pytest.mark.skipif(
    browser.find_browser() is None, reason="no Chromium or Chrome is installed"
)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_film(tmp_path_factory.mktemp("film") / "right.mp4", range(60), SIZE, FPS)


@pytest.mark.browser
@needs_browser
def test_frames_and_colours_are_shown(film: Path) -> None:
    numbers = [0, 1, 31, 58, 7]
    points = [(x, y) for y in range(SIZE[1]) for x in range(SIZE[0])]
    result = browser.play(film, [(n + Fraction(1, 2)) / FPS for n in numbers], points)
    assert result.error is None
    assert (result.video_width, result.video_height) == SIZE
    assert result.duration_seconds == pytest.approx(60 * 1001 / 30000, abs=0.001)
    pictures = np.array(result.colours, np.uint8).reshape(len(numbers), SIZE[1], SIZE[0], 3)
    assert [barcode.read(picture) for picture in pictures] == numbers
    for picture in pictures:
        barcode.check_orientation(picture)
        error = np.abs(barcode.quadrant_colours(picture) - barcode.QUADRANTS)
        assert error.max() <= browser.COLOUR_ERROR


@pytest.mark.browser
@needs_browser
@pytest.mark.parametrize("tags", [Colour(6, 6, 6, full_range=False), Colour(1, 1, 1, full_range=True)])
def test_wrong_tags_show_beyond_the_allowed_error(tmp_path: Path, tags: Colour) -> None:
    path = write_film(tmp_path / "a.mp4", range(3), SIZE, tags=tags)
    colours = browser.play(path, [0.01], QUADRANT_POINTS).colours[0]
    error = np.abs(np.array(colours) - barcode.QUADRANTS.reshape(4, 3).astype(int))
    assert error.max() > browser.COLOUR_ERROR


@pytest.mark.browser
@needs_browser
def test_file_that_is_no_video_gives_the_elements_error(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"no video at all")
    result = browser.play(path, [0.0], [(0, 0)])
    assert result.error is not None
    assert "media error 4" in result.error
    assert result.colours == ()


@pytest.mark.browser
@needs_browser
def test_browser_and_server_end_with_a_time_out(film: Path) -> None:
    before = set(psutil.Process().children(recursive=True))  # a virtual display may serve other tests
    with pytest.raises(BrowserError, match=r"no result for .*right\.mp4 within 0 s"):
        browser.play(film, timeout_seconds=0)
    assert set(psutil.Process().children(recursive=True)) <= before
    assert [thread.name for thread in threading.enumerate() if "browser" in thread.name] == []


def test_missing_browser_is_named(film: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(BrowserError, match="none of chromium, chromium-browser, google-chrome"):
        browser.play(film)


@pytest.mark.parametrize(
    ("asked", "status", "part", "where"),
    [
        (None, 200, slice(0, 1000), None),
        ("bytes=0-", 206, slice(0, 1000), "bytes 0-999/1000"),
        ("bytes=990-", 206, slice(990, 1000), "bytes 990-999/1000"),
        ("bytes=10-19", 206, slice(10, 20), "bytes 10-19/1000"),
        ("bytes=990-5000", 206, slice(990, 1000), "bytes 990-999/1000"),
        ("bytes=-5", 206, slice(995, 1000), "bytes 995-999/1000"),
    ],
)
def test_server_gives_byte_ranges(
    tmp_path: Path, asked: str | None, status: int, part: slice, where: str | None
) -> None:
    data = bytes(range(250)) * 4
    path = tmp_path / "a.mp4"
    path.write_bytes(data)
    with browser.serve(b"page", path) as (address, _):
        request = urllib.request.Request(f"{address}video.mp4", headers={"Range": asked} if asked else {})
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert (answer.status, answer.read()) == (status, data[part])
            assert answer.headers["Content-Range"] == where
            assert answer.headers["Content-Type"] == "video/mp4"


def test_server_gives_the_page_takes_the_result_and_refuses_the_rest(tmp_path: Path) -> None:
    with browser.serve(b"page", tmp_path / "a.mp4") as (address, results):
        with urllib.request.urlopen(address, timeout=10) as answer:
            assert answer.read() == b"page"
        body = json.dumps({"a": 1}).encode()
        with urllib.request.urlopen(f"{address}result", body, timeout=10) as answer:
            assert answer.status == 200
        assert results.get(timeout=10) == {"a": 1}
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"{address}else", timeout=10)
        refused.value.close()
        assert refused.value.code == 404
