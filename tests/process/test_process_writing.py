"""Text by Pillow and captions by libass: in their place, in their colour, at their time."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from glrec_core import ConfigError
from glrec_core.process import captions, libass, text, timestamp
from glrec_core.process.writing import clock
from tests.process.catalogue import SCRIPT, applied, box, has_libass, noise

needs_libass = pytest.mark.skipif(not has_libass(), reason="the system library libass is not installed")

BLACK = np.zeros((60, 80, 3), np.uint8)
EDGE = 5
"""Of 255, by which libass misses full coverage at the edges of a box."""


def written_box(picture: Any) -> tuple[int, int, int, int]:
    """Return left, top, right and bottom of what is not black."""
    rows, columns = np.nonzero(picture.any(axis=2))
    return columns.min(), rows.min(), columns.max() + 1, rows.max() + 1


def test_text_is_written_where_it_is_asked_for() -> None:
    left, top, right, bottom = written_box(applied(text("Hg", at=(10, 20), size=20, outline=None), BLACK))
    assert 10 <= left < 14
    assert 20 <= top < 28
    assert right < 45
    assert bottom < 48
    aligned = applied(text("Hg", at=(-5, -4), size=20, align=(1, 1), outline=None), BLACK)
    assert 80 - 5 - 3 <= written_box(aligned)[2] <= 80 - 5
    assert 60 - 4 - 3 <= written_box(aligned)[3] <= 60 - 4


def test_letters_have_their_colour_and_an_outline_around() -> None:
    plain = applied(text("I", at=(30, 10), size=40, color=(250, 120, 0), outline=None), BLACK)
    assert (plain.reshape(-1, 3) == (250, 120, 0)).all(axis=1).any()
    grey = np.full((60, 80, 3), 128, np.uint8)
    edged = applied(text("I", at=(30, 10), size=40, color=(255, 255, 255), outline=(255, 0, 0)), grey)
    row = edged[35]
    white, red = (np.nonzero((row == color).all(axis=1))[0] for color in ((255, 255, 255), (255, 0, 0)))
    assert red.min() < white.min() <= white.max() < red.max()


def test_edges_are_mixed_with_the_frame_and_not_with_black() -> None:
    white = np.full((60, 80, 3), 255, np.uint8)
    assert (applied(text("Og&", size=30, outline=None), white) == 255).all()


def test_lines_do_not_move_with_the_letters_they_hold() -> None:
    low = applied(text("xx", size=24, outline=None), BLACK)
    high = applied(text("xb", size=24, outline=None), BLACK)
    width = written_box(low)[2] // 2
    assert np.array_equal(low[:, :width], high[:, :width])


def test_a_line_feed_begins_a_line() -> None:
    one, two = (written_box(applied(text(content, size=14), BLACK)) for content in ("ab", "ab\nab"))
    assert two[3] > one[3] + 10
    assert two[:3] == one[:3]


def test_text_may_follow_the_time_and_may_be_empty() -> None:
    counting = text(lambda seconds: "" if seconds < 1 else f"{seconds:.0f}", size=30)
    assert np.array_equal(applied(counting, BLACK, 0.5), BLACK)
    assert not np.array_equal(applied(counting, BLACK, 1), applied(counting, BLACK, 2))
    assert np.array_equal(applied(counting, BLACK, 2), applied(text("2", size=30), BLACK))


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0, "0:00:00.000"), (62.345, "0:01:02.345"), (3599.9996, "0:59:59.999"), (7325.5, "2:02:05.500")],
)
def test_the_time_is_told_in_milliseconds(seconds: float, told: str) -> None:
    assert clock(seconds) == told
    expected = applied(text(told, at=(10, 10)), noise())
    assert np.array_equal(applied(timestamp(), noise(), seconds), expected)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: text(5), "5 is no text"),  # type: ignore[arg-type]
        (lambda: text("a", size=0), "size=0"),
        (lambda: text("a", font="missing.ttf"), r"font='missing\.ttf' cannot be read"),
        (lambda: text("a", font=__file__), "cannot be read"),
        (lambda: text("a", outline=(1, 2)), "outline="),  # type: ignore[arg-type]
        (lambda: applied(text(lambda _: None), BLACK), "None is no text"),  # type: ignore[arg-type, return-value]
        (lambda: captions("missing.ass"), r"captions: 'missing\.ass' cannot be read"),
        (lambda: captions(None), "captions: None"),  # type: ignore[arg-type]
    ],
)
def test_bad_arguments_are_refused(make: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        make()


def script(folder: Path, *events: str) -> Path:
    path = folder / "a.ass"
    path.write_text(SCRIPT + "".join(events))
    return path


@needs_libass
def test_a_caption_is_shown_at_its_time_in_its_place_and_colour(tmp_path: Path) -> None:
    shown = captions(script(tmp_path, box("0:00:01.00", "0:00:02.50", r"\pos(10,20)\1c&H1E78FA&", 30, 12)))
    frame = noise()
    expected = frame.copy()
    expected[20:32, 10:40] = (0xFA, 0x78, 0x1E)  # ASS writes blue first
    for seconds in (0, 0.99, 2.5, 9):
        assert np.array_equal(applied(shown, frame, seconds), frame)
    for seconds in (1, 1.7, 2.49):
        found = applied(shown, frame, seconds)
        assert np.array_equal(found[21:31, 11:39], expected[21:31, 11:39])
        assert np.abs(found.astype(int) - expected).max() <= EDGE


@needs_libass
def test_captions_fit_the_frames_size_and_lie_over_each_other(tmp_path: Path) -> None:
    events = [
        box("0:00:00.00", "0:00:09.00", r"\pos(10,20)\1c&H0000FF&", 30, 12),
        box("0:00:00.00", "0:00:09.00", r"\pos(25,26)\1c&HFF0000&\1a&H80&", 30, 12),
    ]
    found = applied(captions(script(tmp_path, *events)), np.zeros((120, 160, 3), np.uint8))
    expected = np.zeros((120, 160, 3), int)
    expected[40:64, 20:80] = (255, 0, 0)
    covered = expected[52:76, 50:110]
    covered[...] = np.rint(covered * (0x80 / 255) + np.array([0, 0, 255]) * (0x7F / 255))
    assert np.abs(found - expected).max() <= EDGE
    assert np.abs(found - expected).mean() < 0.1


@needs_libass
def test_captions_move_between_frames(tmp_path: Path) -> None:
    moving = captions(script(tmp_path, box("0:00:00.00", "0:00:09.00", r"\move(0,0,40,20,0,1000)", 20, 10)))
    for seconds in (0, 0.25, 0.5, 1.0):
        left, top, _, _ = written_box(applied(moving, BLACK, seconds))
        assert (left, top) == (int(40 * seconds), int(20 * seconds))


@needs_libass
def test_captions_keep_alpha(tmp_path: Path) -> None:
    shown = captions(script(tmp_path, box("0:00:00.00", "0:00:09.00", r"\pos(10,20)", 30, 12)))
    found = applied(shown, np.zeros((60, 80, 4), np.uint8))
    assert (found[21:31, 11:39] == 255).all()
    outside = np.ones((60, 80), bool)
    outside[20:32, 10:40] = False
    assert found[outside][:, 3].max() <= EDGE


@needs_libass
def test_what_libass_minds_is_in_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    event = box("0:00:00.00", "0:00:09.00", "", 5, 5).replace(",Box,", ",Nobody,")
    applied(captions(script(tmp_path, event)), BLACK)
    assert any("libass: " in told and "'Nobody'" in told for told in caplog.messages)


@needs_libass
def test_a_file_that_is_no_script_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.ass").write_bytes(b"\x00\xff" * 50)
    with pytest.raises(ConfigError, match="it is no ASS or SSA script"):
        captions(tmp_path / "a.ass")


def test_without_libass_captions_are_refused_with_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(libass, "_library", libass._library.__wrapped__)
    monkeypatch.setattr(libass, "_NAMES", ("missing.so", "missing.dylib", "missing"))
    with pytest.raises(ConfigError, match=r"libass, which was not found.*apt-get install libass9"):
        captions(script(tmp_path))
