"""`glrec loopback`: its three sources, its account, and its exit codes."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from glrec_core.cli.arguments import read_bits, share
from tests.cli.command import assert_refused, environment, glrec, glrec_json
from tests.support import systems, video
from tests.support.film import write_film

pytest.importorskip("zfec", reason="zfec is not installed")

SMALL = ("--size", "320x240", "--fps", "30", "--seconds", "1")

# A program that knows nothing of glrec but `mark_frame`, and talks.
PROGRAM = """
import itertools
import moderngl
from tests.support.contexts import standalone_context
import glrec_core
from glrec_core.testing import barcode

context = standalone_context()
framebuffer = context.simple_framebuffer((320, 240))

def fill(x, y, width, height, rgb):
    framebuffer.clear(*rgb, 1.0, viewport=(x, y, width, height))

for number in itertools.count():
    print("frame", number)
    barcode.draw(fill, (320, 240), number)
    glrec_core.mark_frame(framebuffer)
"""

# The command with a receiver that spoils, or forgets, the third access unit.
SPOILED = """
import sys
from dataclasses import replace
from glrec_core.cli.main import main
from glrec_core.wire import Reassembler

take, how = Reassembler.take, sys.argv.pop(1)

def spoiled(self, datagram, now_ns):
    for each in take(self, datagram, now_ns):
        if each.frame != 2:
            yield each
        elif how == "spoil":
            yield each._replace(packet=replace(each.packet, data=each.packet.data[:-1] + b"?"))

Reassembler.take = spoiled
sys.exit(main())
"""


def check_account(report: dict[str, Any], frames: int) -> None:
    """Check that the numbers fit together."""
    assert report["passed"] is True
    assert report["submitted"] == report["encoded"] == frames
    assert 1 <= report["keyframes"] <= frames
    assert report["bytes"] < report["packet_bytes"]
    assert report["frames_per_second"] > 0
    assert report["intact"] + report["beyond_code"] == frames
    assert (report["missing"], report["mismatches"], report["first_mismatch"]) == (0, 0, None)
    assert report["recovered"] <= report["intact"]
    assert 0 <= report["lost"] < report["packets"]
    assert 0 < report["latency_p50_ms"] <= report["latency_p95_ms"]


@pytest.mark.parametrize("way", [(), ("--udp",)], ids=["memory", "udp"])
@pytest.mark.parametrize("loss", ["0", "5%", "20%"])
def test_the_clip(loss: str, way: tuple[str, ...], tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    bad = ("--loss", loss, "--reorder", "--duplicate", "--seed", "3")
    report = glrec_json("loopback", "-o", film, *SMALL, *bad, *way)
    check_account(report, 30)
    assert report["file"] == str(film)
    assert (report["lost"] > 0) is (loss != "0")
    if loss == "0":
        assert (report["intact"], report["beyond_code"]) == (30, 0)
    video.assert_timestamps(film, 30, 30)
    assert video.read_barcodes(film) == list(range(30))


def test_the_clip_is_what_glrec_verify_knows(tmp_path: Path) -> None:
    film = tmp_path / "film.mkv"
    codec = "h264" if systems.on_windows else "hevc"  # whose encoder complains of wine, see docs/platforms.md
    report = glrec_json("loopback", "-o", film, *SMALL, "--codec", codec, "--bitrate", "500k")
    check_account(report, 30)
    verified = glrec("verify", film, "--barcode", "--frames", "30", "--size", "320x240")
    assert verified.returncode == 0, verified.stdout
    assert glrec_json("info", film)["codec"] == codec


def test_a_program(tmp_path: Path) -> None:
    script, film = tmp_path / "program.py", tmp_path / "film.mp4"
    script.write_text(PROGRAM, encoding="utf-8")
    wire = ("--loss", "5%", "--udp", "--json")
    options = ("--headless", "--fps", "25", "--seconds", "0.8")
    done = glrec("loopback", "--source", script, "-o", film, *options, *wire)
    assert done.returncode == 0, done.stderr
    check_account(json.loads(done.stdout), 20)
    assert "frame 19" in done.stderr  # what it prints does not get into the report
    video.assert_recording(film, 20, (320, 240), 25)


@pytest.mark.parametrize(
    ("text", "word"),
    [("raise ZeroDivisionError('its own mistake')", "its own mistake"), ("", "drew no frame")],
)
def test_a_program_that_fails_is_told(text: str, word: str, tmp_path: Path) -> None:
    script = tmp_path / "program.py"
    script.write_text(text, encoding="utf-8")
    done = glrec("loopback", "--source", script, "-o", tmp_path / "film.mp4")
    assert (done.returncode, done.stdout) == (1, "")
    assert word in done.stderr
    assert done.stderr.splitlines()[-1].startswith("glrec loopback: ")


@pytest.mark.parametrize("name", ["copy.mp4", "copy.mkv"])
def test_a_file(name: str, tmp_path: Path) -> None:
    film, copy = write_film(tmp_path / "a.mp4", range(40)), tmp_path / name
    report = glrec_json("loopback", "--source", film, "-o", copy, "--loss", "10%", "--reorder", "20%")
    check_account(report, 40)
    assert video.read_barcodes(copy) == list(range(40))
    first = glrec_json("loopback", "--source", film, "-o", copy, "--overwrite", "--seconds", "0.4")
    check_account(first, 12)
    assert video.read_barcodes(copy) == list(range(12))


def test_people_get_lines(tmp_path: Path) -> None:
    done = glrec("loopback", "-o", tmp_path / "a.mp4", *SMALL, "--redundancy", "0", "--datagram-bytes", "300")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["submitted", "30", "frames"]
    assert [line.split()[0] for line in lines[1:-1]] == [
        "encoded", "rate", "packets", "intact", "beyond", "missing", "mismatches", "latency"
    ]  # fmt: skip
    assert lines[-1] == "right"


@pytest.mark.parametrize(
    ("how", "fault"),
    [("spoil", "access unit 2 has other bytes"), ("forget", None)],
    ids=["mismatch", "missing"],
)
def test_the_exit_code_says_that_something_is_wrong(how: str, fault: str | None, tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-c",
        SPOILED,
        how,
        "loopback",
        "-o",
        str(tmp_path / "a.mp4"),
        *SMALL,
        "--json",
    ]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1, done.stderr
    report = json.loads(done.stdout)
    assert (report["passed"], report["first_mismatch"]) == (False, fault)
    assert (report["mismatches"], report["missing"]) == ((1, 0) if fault else (0, 1))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--size", "100x90"], ["too small for the test picture", "160x96"]),
        (["--seconds", "3000"], ["90000 frames", "65536"]),
        (["--redundancy", "9"], ["redundancy"]),
        (["--datagram-bytes", "10"], ["datagram_bytes"]),
        (["--codec", "vp9", "--bitrate", "0"], ["--bitrate", "from 1000"]),
        (["--bitrate", "8X"], ["not a bit rate"]),
        (["--loss", "105%"], ["not a share"]),
        (["--codec", "mjpeg"], [".mp4 files take"]),
        (["--source", "nowhere.mp4"], ["nowhere.mp4 cannot be read"]),
        (["--source", "nowhere.py"], ["can't open", "nowhere.py"]),
        (["--source", "nowhere.mp4", "--codec", "h264"], ["sent as they are"]),
    ],
    ids=lambda value: " ".join(value[:2]),
)
def test_what_cannot_be_done_is_told_before_a_file_is_touched(
    arguments: list[str], words: list[str], tmp_path: Path
) -> None:
    done = glrec("loopback", "-o", "film.mp4", *arguments, cwd=tmp_path)
    assert_refused(done, 2, *words)
    assert list(tmp_path.iterdir()) == []


def test_out_is_what_the_output_was_once_called(tmp_path: Path) -> None:
    assert glrec_json("loopback", "--out", tmp_path / "a.mp4", *SMALL)["passed"] is True
    assert (tmp_path / "a.mp4").exists()


def test_an_output_that_is_missing_is_asked_for() -> None:
    assert_refused(glrec("loopback"), 2, "-o FILE is missing")


def test_an_existing_file_is_kept(tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    film.write_bytes(b"precious")
    assert_refused(glrec("loopback", "-o", film), 2, "exists")
    assert film.read_bytes() == b"precious"


def test_a_file_is_not_written_over_itself(tmp_path: Path) -> None:
    film = write_film(tmp_path / "a.mp4", range(5))
    content = film.read_bytes()
    done = glrec("loopback", "--source", film, "-o", film, "--overwrite")
    assert_refused(done, 2, "the source itself")
    assert film.read_bytes() == content


@pytest.mark.parametrize(
    ("text", "value"), [("8M", 8_000_000), ("1.5M", 1_500_000), ("500k", 500_000), ("9", 9)]
)
def test_bit_rates(text: str, value: int) -> None:
    assert read_bits(text) == value


@pytest.mark.parametrize(
    ("text", "value"), [("5%", 0.05), ("0.05", 0.05), (".5", 0.5), ("100%", 1.0), ("0", 0.0)]
)
def test_shares(text: str, value: float) -> None:
    assert share(text) == value
