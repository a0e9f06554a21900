"""A chain from a file to a file, and the example program, decoded."""

from datetime import timedelta
from fractions import Fraction
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from glrec_core import ConfigError
from glrec_core.arrays import write_video
from glrec_core.process import frames_at, read
from glrec_core.testing import barcode
from tests.process.catalogue import SCRIPT, box, has_libass
from tests.support import video
from tests.support.displays import run_program
from tests.support.film import write_film
from tests.support.sound import hear, make_sound

ROOT = Path(__file__).resolve().parents[2]
LOGO = np.zeros((20, 30, 3), np.uint8) + np.array([250, 240, 20], np.uint8)


def film(folder: Path, frames: int = 20) -> Path:
    return write_film(folder / "in.mp4", range(frames), (320, 240), crf=12)


def test_a_file_is_read_worked_on_and_written(tmp_path: Path) -> None:
    chain = (
        read(film(tmp_path), device="cpu").crop((40, 30), 240, 180).scale(320, 240).overlay(LOGO, at=(20, 10))
    )
    assert chain.fps == 30
    write_video(tmp_path / "out.mp4", chain)
    video.assert_timestamps(tmp_path / "out.mp4", 20, Fraction(30))
    for number, picture in enumerate(video.decode_rgb(tmp_path / "out.mp4")):
        assert picture.shape == (240, 320, 3)
        assert np.abs(picture[13:27, 24:46].astype(int) - LOGO[0, 0]).mean() < 4
        drawn = barcode.expected((320, 240), number)[30:210, 40:280]
        enlarged = drawn[np.arange(240) * 180 // 240][:, np.arange(320) * 240 // 320]
        assert np.abs(picture[60:].astype(int) - enlarged[60:]).mean() < 6


@pytest.mark.skipif(not has_libass(), reason="the system library libass is not installed")
def test_sound_and_captions_come_along(tmp_path: Path) -> None:
    sound = make_sound(tmp_path / "talk.wav", "pcm_s16le", [0.2], seconds=1)
    pictures = (barcode.expected((320, 240), number) for number in range(20))
    write_video(tmp_path / "in.mp4", frames_at(pictures, 30), audio=sound)
    script = tmp_path / "talk.ass"
    script.write_text(SCRIPT + box("0:00:00.00", "0:00:00.30", r"\pos(10,40)\1c&H000000&", 20, 10))
    chain = (
        read(tmp_path / "in.mp4", device="cpu").scale(640, 480).overlay(LOGO, at=(20, 20)).captions(script)
    )
    write_video(tmp_path / "out.mp4", chain, audio=tmp_path / "in.mp4")
    assert hear(tmp_path / "out.mp4").tones == pytest.approx([0.2], abs=0.03)
    shown = [picture[330:390, 90:230].max() < 30 for picture in video.decode_rgb(tmp_path / "out.mp4")]
    assert shown == [True] * 9 + [False] * 11
    assert video.read_barcodes(tmp_path / "out.mp4") == list(range(20))


def test_a_chain_over_a_file_keeps_its_times_and_may_be_told_again(tmp_path: Path) -> None:
    chain = read(film(tmp_path), device="cpu").overlay(LOGO)
    for _ in range(2):
        times = [time for time, _ in chain]
        assert times == [timedelta(microseconds=round(n * 1_000_000 / 30)) for n in range(20)]
    assert len(list(islice(chain, 3))) == 3  # and what is not read is not decoded
    for number, (_, frame) in enumerate(chain):
        assert barcode.read(frame) == number


def test_a_part_of_a_file_is_read_at_its_times(tmp_path: Path) -> None:
    part = read(
        film(tmp_path), start=timedelta(seconds=0.2), stop=timedelta(seconds=0.4), device="cpu"
    ).timestamp()
    assert [round(time.total_seconds() * 30) for time, _ in part] == [6, 7, 8, 9, 10, 11]


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"missing\.mp4"):
        read(tmp_path / "missing.mp4")


def test_the_example_shows_what_it_says(tmp_path: Path) -> None:
    run_program(ROOT / "examples" / "overlay.py", str(tmp_path / "a.mp4"))
    video.assert_timestamps(tmp_path / "a.mp4", 60, Fraction(30))
    pictures = list(video.decode_rgb(tmp_path / "a.mp4"))
    assert pictures[0].max() <= 6, "it fades in from black"
    below = pictures[20][200].astype(int), pictures[59][200].astype(int)
    for row, number in zip(below, (20, 59), strict=True):
        assert np.abs(row - np.array([0.1, 0.2 + number / 120, 0.4]) * 255).mean() < 4
    logo = pictures[59][34:66, 34:140].astype(int)
    assert np.abs(logo - (240, 190, 60)).mean() < 4
    assert pictures[59][310:345, 200:440].max() > 240, "a title"
    assert pictures[59][10:35, 490:630].max() > 240, "the time"
    lefts = [np.nonzero(pictures[n][50, :, 0] > 200)[0] for n in (12, 18, 24, 59)]
    assert [int(left.max()) for left in lefts] == sorted(int(left.max()) for left in lefts), (
        "the logo glides in"
    )
    assert len((ROOT / "examples" / "overlay.py").read_text().splitlines()) < 40
