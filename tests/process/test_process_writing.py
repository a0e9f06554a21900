"""Text by Pillow and captions by libass: in their place, in their colour, at their time."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glrec_core import ConfigError
from glrec_core.process import captions, libass, text, timestamp
from glrec_core.process.caption_limits import MOST_FRAMES, check_script
from glrec_core.process.writing import clock
from tests.process.catalogue import SCRIPT, applied, box, has_libass, noise
from tests.support.displays import run_program

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
        (lambda: text(5), "5 is not a text"),  # type: ignore[arg-type]
        (lambda: text("a", size=0), "size=0"),
        (lambda: text("a", font="missing.ttf"), r"font='missing\.ttf' cannot be read"),
        (lambda: text("a", font=__file__), "cannot be read"),
        (lambda: text("a", outline=(1, 2)), "outline="),  # type: ignore[arg-type]
        (lambda: applied(text(lambda _: None), BLACK), "None is not a text"),  # type: ignore[arg-type, return-value]
        (lambda: captions("missing.ass"), r"captions: 'missing\.ass' cannot be read"),
        (lambda: captions(None), "script=None must be a path"),  # type: ignore[arg-type]
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
    with pytest.raises(ConfigError, match="it is not an ASS or SSA script"):
        captions(tmp_path / "a.ass")


def test_without_libass_captions_are_refused_with_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(libass, "_library", libass._library.__wrapped__)
    monkeypatch.setattr(libass, "_names", lambda: ["missing.so", "missing.dll"])
    with pytest.raises(ConfigError, match=r"libass, which was not found.*apt-get install libass9"):
        captions(script(tmp_path))


def fails(folder: Path, text: str, header: str = "PlayResX: 384\nPlayResY: 288", count: int = 1) -> bool:
    """Return whether captions of so many events with that text are refused as too large."""
    start, _, rest = SCRIPT.partition("PlayResX: 80\nPlayResY: 60")
    event = f"Dialogue: 0,0:00:00.00,0:00:09.00,Box,,0,0,0,,{text}\n"
    (folder / "a.ass").write_text(start + header + rest + event * count, encoding="utf-8")
    try:
        captions(folder / "a.ass")
    except ConfigError as error:
        return "times the area of the frame" in str(error)
    return False


@pytest.mark.parametrize(
    "text",
    [
        r"{\blur100}{\fs99999}Hello",
        r"{\fs1e9}Hello",
        r"{\fs1e999}Hello",
        r"{\fs+90}{\fs+90}{\fs+90}Hello",
        r"{\t(0,500,\fs9999)}Hello",
        r"{\fscx1000000\fscy100000}Hello",
        r"{\bord99999}Hello",
        r"{\xbord9999\ybord9999}Hello",
        r"{\fsp99999\frz45}Hello",
        r"{\fax99999\fay99999}Hello",
        r"{\fay1000}Hello, Hello",
        r"{\frx89\org(99999,99999)\fs100}Hello",
        r"{\p1}m 0 0 l 9999 0 9999 9999 0 9999",
        r"{\p1\fscx99999\fscy99999}m 0 0 l 100 0 100 100 0 100",
        r"{\clip(m 0 0 l 9999 0 9999 9999 0 9999)}Hello",
        r"{\iclip(1,m 0 0 l 9999 0 9999 9999 0 9999)}Hello",
        r"{\blur100}{\b1}" * 200 + "Hello",
        "W" * 200_000,
    ],
)
@needs_libass
def test_captions_that_ask_for_too_much_are_refused(text: str, tmp_path: Path) -> None:
    assert fails(tmp_path, text)


@needs_libass
def test_captions_are_measured_by_what_the_script_calls_the_frame(tmp_path: Path) -> None:
    assert fails(tmp_path, r"{\fs20}Hello", "PlayResX: 1\nPlayResY: 1")
    assert fails(tmp_path, r"{\fs1}Hello", "PlayResX: 1e9\nPlayResY: 1e9")
    assert fails(tmp_path, r"{\blur100}Hello", "PlayResX: 384\nPlayResY: 288\nLayoutResX: 1\nLayoutResY: 1")
    assert not fails(tmp_path, r"{\fs500}Hello", "PlayResX: 1920\nPlayResY: 1080")
    assert not fails(tmp_path, r"{\blur40\bord20}Hello", count=10)
    assert fails(tmp_path, r"{\blur40\bord20}Hello", count=1000)


@given(text=st.text(st.sampled_from("{}\\pfscxblurtclip(),.0123456789eE+- mnN"), max_size=200))
def test_whatever_a_script_holds_is_measured(text: str) -> None:
    for script in (
        text,
        SCRIPT + f"Dialogue: 0,{text},{text},Box,,0,0,0,,{text}",
        SCRIPT.replace("60", text),
    ):
        with suppress(ConfigError):  # anything else fails the test
            check_script(script.encode(), "a.ass")


@pytest.mark.parametrize(
    "part", ["{", "}", "{}", "\\", "\\clip(", "\\fs", "{\\p1}m ", "1", "1e9", "\\ ", "a,"]
)
def test_long_scripts_are_measured_in_proportion(part: str) -> None:
    """A quadratic reckoning of these would not end within the time that every test has."""
    with suppress(ConfigError):
        check_script(f"{SCRIPT}Dialogue: 0,0,0,Box,,0,0,0,,{part * 300_000}".encode(), "a.ass")


@pytest.mark.parametrize(
    "text",
    [
        "Two lines of talk\\Nas they are usual, with {\\i1}words{\\i0} set apart, a dozen of them at least",
        r"{\an8\fs60\bord4\shad3\blur2}A title",
        r"{\pos(192,144)\frz-12\frx10\fry20\fscx120\c&H00FF00&}A sign",
        r"{\k20}Ka{\k30}ra{\k25}o{\kf50}ke {\k20}syl{\k20}la{\k20}bles",
        r"{\p1\pos(0,0)\1a&H80&}m 0 0 l 384 0 384 288 0 288",
        r"{\p1\fscx38400\fscy28800}m 0 0 l 1 0 1 1 0 1",
        r"{\clip(m 0 0 l 384 0 384 288 0 288)\fs80}Behind",
        r"{\t(0,500,\fscx300\fscy300\blur10)}Growing",
        r"{\fad(200,200)\move(0,0,384,288)}Moving",
    ],
)
@needs_libass
def test_captions_as_they_are_used_are_taken(text: str, tmp_path: Path) -> None:
    assert not fails(tmp_path, text)
    assert not fails(tmp_path, text, count=4)


@needs_libass
def test_what_is_taken_needs_no_more_memory_than_its_area(tmp_path: Path) -> None:
    """Scripts by chance, of every tag that has to do with sizes: what a process takes at most, counted by the system."""
    before, after, tried = map(int, run_program(CHANCE, str(tmp_path), timeout_seconds=100).stdout.split())
    assert tried >= 60
    assert (after - before) << 10 < 12 * MOST_FRAMES * 640 * 360


@needs_libass
def test_what_was_shown_is_kept_within_bounds(tmp_path: Path) -> None:
    """Each of these pictures is another, of some megabytes."""
    before, after = map(int, run_program(GROWING, str(tmp_path), timeout_seconds=100).stdout.split())
    assert after - before < 80 << 10


GROWING = r"""
import resource, sys
from pathlib import Path

from glrec_core.process.libass import Subtitles
from tests.process.catalogue import SCRIPT

words = r"{\fs20\bord2\blur1\t(0,90000,\fs50)}Growing"
script = f"{SCRIPT}Dialogue: 0,0:00:00.00,0:01:30.00,Box,,0,0,0,,{words}\n"
subtitles = Subtitles(script.encode(), "a script")
for number in range(800):
    subtitles.render(number / 10, 1280, 720)
    if number in {20, 799}:
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""

CHANCE = r"""
import resource, sys
from datetime import timedelta
from pathlib import Path
from random import Random

import numpy as np

from glrec_core import ConfigError
from glrec_core.process import captions
from tests.process.catalogue import SCRIPT

chance, path, frame = Random(12), Path(sys.argv[1]) / "a.ass", np.zeros((360, 640, 3), np.uint8)
NAMES = ("fs", "fscx", "fscy", "bord", "xbord", "ybord", "blur", "fsp", "fax", "fay", "frx", "fry", "frz", "be", "shad", "fs+")


def number():
    return round(10 ** chance.uniform(0, 5), 2)


def drawing():
    return f"m 0 0 l {number()} 0 {number()} {number()} 0 {number()}"


def text():
    tags = "".join(f"\\{chance.choice(NAMES)}{number()}" for _ in range(chance.randint(1, 3)))
    if chance.random() < 0.3:
        tags += f"\\clip({drawing()})"
    if chance.random() < 0.3:
        return f"{{{tags}\\p{chance.randint(1, 3)}}}{drawing()}"
    return f"{{{tags}}}" + chance.choice(["Hello", "x" * 50, "W\\NW", "a b " * 100])


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def show(words):
    event = f"Dialogue: 0,0:00:00.00,0:00:09.00,Box,,0,0,0,,{words}\n"
    path.write_text(SCRIPT.replace("80", "640").replace("60", "360") + event, encoding="utf-8")
    captions(path)(timedelta(seconds=1), frame)


show("Hello")
before, tried = peak(), 0
for _ in range(1500):
    try:
        show(text())
        tried += 1
    except ConfigError:
        pass
print(before, peak(), tried)
"""
