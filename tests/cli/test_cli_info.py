"""`glrec info` on files that are known."""

from fractions import Fraction
from pathlib import Path

import pytest

from tests.cli.command import assert_refused, glrec, glrec_json
from tests.support.film import write_film

BT709 = {"primaries": 1, "transfer": 1, "matrix": 1, "range": "limited"}


def test_a_film_is_described(tmp_path: Path) -> None:
    film = write_film(tmp_path / "a.mp4", range(25), (320, 240), fps=Fraction(30000, 1001))
    found = glrec_json("info", film)
    interval = found.pop("interval_seconds")
    assert interval == pytest.approx({"min": 1001 / 30000, "mean": 1001 / 30000, "max": 1001 / 30000})
    assert found.pop("duration_seconds") == pytest.approx(25 * 1001 / 30000)
    assert Fraction(found.pop("time_base")) > 0
    assert found == {
        "file": "a.mp4",
        "file_bytes": film.stat().st_size,
        "container": ["mov", "mp4", "m4a", "3gp", "3g2", "mj2"],
        "codec": "h264",
        "profile": "High",
        "codec_tag": "avc1",
        "pixel_format": "yuv420p",
        "size": [320, 240],
        "frames": 25,
        "start_seconds": 0,
        "keyframes": 1,
        "longest_gop": 25,
        "color": {"stream": BT709, "container": BT709},
        "fast_start": True,
        "faults": [],
    }


def test_irregular_times_are_told(tmp_path: Path) -> None:
    times = [Fraction(n, 100) for n in (0, 1, 3, 13)]
    found = glrec_json("info", write_film(tmp_path / "a.mp4", range(4), times=times))
    assert found["interval_seconds"] == pytest.approx({"min": 0.01, "mean": 0.13 / 3, "max": 0.1})


def test_one_frame_has_no_interval(tmp_path: Path) -> None:
    found = glrec_json("info", write_film(tmp_path / "a.mp4", range(1)))
    assert found["interval_seconds"] == {"min": None, "mean": None, "max": None}
    assert found["duration_seconds"] == pytest.approx(1 / 30)


def test_matroska_needs_no_fast_start(tmp_path: Path) -> None:
    found = glrec_json("info", write_film(tmp_path / "a.mkv", range(10)))
    assert (found["container"], found["fast_start"]) == (["matroska", "webm"], None)
    assert found["color"] == {"stream": BT709, "container": BT709}


@pytest.mark.parametrize(
    ("movflags", "fast"), [("faststart", True), ("disable_chpl", False), ("empty_moov+frag_keyframe", False)]
)
def test_fast_start_is_told(tmp_path: Path, movflags: str, *, fast: bool) -> None:
    film = write_film(tmp_path / "a.mp4", range(10), movflags=movflags)
    assert glrec_json("info", film)["fast_start"] is fast


def test_people_get_a_table(tmp_path: Path) -> None:
    film = write_film(tmp_path / "a.mp4", range(30))
    rest = 2_345_678 - film.stat().st_size
    film.write_bytes(film.read_bytes() + rest.to_bytes(4, "big") + b"free" + bytes(rest - 8))
    result = glrec("info", film)
    assert (result.returncode, result.stderr) == (0, "")
    assert "a.mp4, 2,346 kB, mov" in result.stdout
    names = [line[:12].strip() for line in result.stdout.splitlines()]
    assert names == [
        "file", "codec", "size", "frames", "keyframes", "duration", "interval", "colour", "fast start"
    ]  # fmt: skip
    assert "mean 33.333 ms (30.000 frames per second)" in result.stdout


def test_metadata_that_is_no_text_does_not_matter(tmp_path: Path) -> None:
    film = write_film(tmp_path / "a.mp4", range(3))
    data = film.read_bytes()
    assert data.count(b"Lavf") == 1
    film.write_bytes(data.replace(b"Lavf", b"\xff\xfe\xfd\xfc"))
    assert glrec_json("info", film)["frames"] == 3


@pytest.mark.parametrize("name", ["text", "empty", "sound"])
def test_what_is_no_video_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / f"{name}.mp4"
    content = {"text": b"not a film\n" * 100, "empty": b"", "sound": b"RIFF\x24\0\0\0WAVEfmt "}
    path.write_bytes(content[name])
    assert_refused(glrec("info", path), 1, path.name, "empty" if name == "empty" else "not a video")
