"""`glrec verify` on files that are right, wrong in one chosen way, damaged, or made to do harm."""

import os
import pty
import random
import struct
import subprocess
import sys
import time
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import IO, Any

import av
import moderngl
import numpy as np
import pytest
from numpy.typing import NDArray

from glrec_core import record
from glrec_core.verify.decoding import _checksum
from glrec_core.verify.report import verify
from tests.cli.command import assert_refused, environment, glrec, glrec_json
from tests.support.decode import Colour
from tests.support.displays import run_program
from tests.support.film import write_film
from tests.support.recording import BarcodeLoop

NOBODY = 65534


def statuses(report: Any) -> dict[str, str]:
    return {check["name"]: check["status"] for check in report["checks"]}


def failures(report: Any) -> dict[str, str]:
    return {check["name"]: check["text"] for check in report["checks"] if check["status"] == "fail"}


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_right_film_passes(tmp_path: Path, suffix: str) -> None:
    film = write_film(tmp_path / f"a{suffix}", range(20))
    report = glrec_json("verify", film, "--barcode", "--frames", "20", "--size", "160x120")
    assert report["passed"] is True
    assert statuses(report) == {
        "structure": "pass",
        "decoding": "pass",
        "second decoder": "pass",
        "timestamps": "pass",
        "duplicates": "pass",
        "gaps": "pass",
        "stream colour": "pass",
        "container colour": "pass",
        "fast start": "pass" if suffix == ".mp4" else "skip",
        "frames": "pass",
        "size": "pass",
        "barcode": "pass",
    }
    assert report["film"] == glrec_json("info", film)
    (barcode,) = (check for check in report["checks"] if check["name"] == "barcode")
    assert barcode["text"] == "frames 0 to 19, in order, upright, in their colours"


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("a.mp4", "h264"),
        ("a.mov", "hevc"),
        ("a.mp4", "av1"),
        ("a.webm", "vp9"),
        ("a.mkv", "av1"),
        ("a.mkv", "ffv1"),
        ("a.mov", "mjpeg"),
    ],
)
def test_recordings_pass(context: moderngl.Context, tmp_path: Path, name: str, codec: str) -> None:
    recorder = record(None, tmp_path / name, timing="step", codec=codec, fps=Fraction(24000, 1001))
    BarcodeLoop(context).record(recorder, range(30))
    recorder.close()
    exact = ("--fps", "24000/1001") if Path(name).suffix in {".mp4", ".mov"} else ()
    report = glrec_json("verify", tmp_path / name, "--barcode", "--frames", "30", *exact)
    assert statuses(report)["stream colour"] == ("skip" if codec in {"ffv1", "mjpeg"} else "pass")


@pytest.mark.parametrize("size", [(1, 1), (65, 63), (65, 65), (64, 63), (161, 97)])
@pytest.mark.parametrize(
    ("suffix", "encoder", "pixel_format"),
    [
        ("webm", "libvpx-vp9", "yuv420p"),
        ("webm", "libvpx-vp9", "yuva420p"),
        ("mkv", "libsvtav1", "yuv420p10le"),
        ("mkv", "ffv1", "yuv422p10le"),
        ("mkv", "ffv1", "bgr0"),
    ],
)
def test_right_films_of_odd_sizes_pass(
    tmp_path: Path, size: tuple[int, int], suffix: str, encoder: str, pixel_format: str
) -> None:
    if encoder == "libsvtav1" and min(size) < 16:
        pytest.skip("the encoder takes no less than 16 pixels")
    path = tmp_path / f"a.{suffix}"
    with av.open(path, "w") as container:
        stream = container.add_stream(encoder, rate=30)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = *size, pixel_format
        codec = stream.codec_context
        codec.color_primaries, codec.color_trc, codec.colorspace, codec.color_range = 1, 1, 1, 1
        for number in range(4):
            picture = np.full((size[1], size[0], 3), 60 * number, np.uint8)
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format=pixel_format)
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    report = verify(path)
    assert report.passed, report
    assert {check.name: check.status.value for check in report.checks}["duplicates"] == "pass"


@pytest.mark.parametrize(
    "pixel_format",
    [
        "yuv420p",
        "yuv422p10le",
        "yuva420p",
        "nv12",
        "p010le",
        "yuyv422",
        "gbrp",
        "bgr0",
        "rgb48le",
        "gray",
        "pal8",
    ],
)
@pytest.mark.parametrize("size", [(64, 48), (65, 47), (1, 1)])
def test_a_checksum_is_that_of_the_picture_alone(pixel_format: str, size: tuple[int, int]) -> None:
    """Each plane counts to its last line, and what lies behind the lines does not."""

    def checksum(last: int, rest: int, changed: int) -> int:
        picture = av.VideoFrame(*size, pixel_format)
        for index, plane in enumerate(picture.planes):
            content = np.full(plane.buffer_size, rest, np.uint8)
            if plane.line_size:
                lines = content.reshape(-1, plane.line_size)
                lines[:, : plane.width] = 7
                lines[-1, 0] = last if index == changed else 7
            plane.update(content.tobytes())
        return _checksum(picture)

    planes = len(av.VideoFrame(*size, pixel_format).planes)
    assert len({checksum(1, 0, changed) for changed in range(planes)}) == planes
    if pixel_format in {"gray", "yuv420p", "yuva420p", "gbrp"}:  # a byte is a sample
        assert checksum(1, 0, 0) == checksum(1, 255, 0)


def test_a_recording_in_real_time_has_no_gaps(context: moderngl.Context, tmp_path: Path) -> None:
    recorder = record(None, tmp_path / "a.mp4", timing="wall", overflow="block")
    BarcodeLoop(context).record(recorder, range(40), after=lambda number: time.sleep(number % 4 / 200))
    recorder.close()
    report = glrec_json("verify", tmp_path / "a.mp4")
    assert statuses(report)["gaps"] == "note"


def test_people_get_lines_and_a_verdict(tmp_path: Path) -> None:
    film = write_film(tmp_path / "a.mp4", range(5))
    right, wrong = glrec("verify", film), glrec("verify", film, "--frames", "6")
    assert (right.returncode, right.stderr, wrong.returncode, wrong.stderr) == (0, "", 1, "")
    assert right.stdout.splitlines()[-1] == "a.mp4: right"
    assert wrong.stdout.splitlines()[-1] == "a.mp4: WRONG"
    assert "FAIL  frames            5 frames, expected 6" in wrong.stdout.splitlines()


def upside_down(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return picture[::-1]


def plain(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.full_like(picture, 90)


@pytest.mark.parametrize(
    ("film", "failed", "word"),
    [
        ({"numbers": [0, 1, 2, 4, 5]}, "barcode", "frames 3, 4 (they show 4, 5)"),
        ({"numbers": [0, 1, 1, 2, 3]}, "barcode", "frames 2, 3, 4"),
        ({"numbers": [0, 2, 1, 3]}, "barcode", "frames 1, 2"),
        ({"numbers": range(1, 5)}, "barcode", "frames 0, 1, 2, 3"),
        ({"numbers": range(5), "change": upside_down}, "barcode", "frame 0: the picture is upside down"),
        ({"numbers": range(5), "change": plain}, "barcode", "they show none, none"),
        ({"numbers": range(5), "tags": Colour(6, 6, 6, full_range=False)}, "barcode", "a colour is off by"),
        ({"numbers": range(5), "tags": Colour(1, 1, 1, full_range=True)}, "barcode", "a colour is off by"),
        (
            {"numbers": range(5), "tags": Colour(2, 2, 2, full_range=False)},
            "stream colour",
            "players will guess",
        ),
        ({"numbers": range(5), "movflags": "disable_chpl"}, "fast start", "does not stand before the data"),
        ({"numbers": range(5), "movflags": "empty_moov+frag_keyframe"}, "structure", "in fragments"),
        (
            {"numbers": range(12), "times": [Fraction(n + (n > 8), 30) for n in range(12)]},
            "gaps",
            "33.333 ms after",
        ),
    ],
)
def test_what_is_wrong_is_found(tmp_path: Path, film: dict[str, Any], failed: str, word: str) -> None:
    report = glrec_json("verify", write_film(tmp_path / "a.mp4", **film), "--barcode", code=1)
    assert report["passed"] is False
    assert word in failures(report)[failed]
    if failed in {"barcode", "gaps"}:
        assert list(failures(report)) == [failed]


def test_a_film_without_barcode_passes_unless_one_is_asked_for(tmp_path: Path) -> None:
    film = write_film(tmp_path / "a.mp4", range(5), change=plain)
    report = glrec_json("verify", film)
    assert "barcode" not in statuses(report)
    assert statuses(report)["duplicates"] == "note"
    assert list(failures(glrec_json("verify", film, "--barcode", code=1))) == ["barcode"]


@pytest.mark.parametrize(
    ("option", "failed"),
    [(("--frames", "9"), "frames"), (("--fps", "29.97"), "gaps"), (("--size", "120x160"), "size")],
)
def test_what_was_expected_is_held_against_it(tmp_path: Path, option: tuple[str, str], failed: str) -> None:
    film = write_film(tmp_path / "a.mp4", range(10))
    assert list(failures(glrec_json("verify", film, *option, code=1))) == [failed]


def test_two_frames_at_one_time_are_found(tmp_path: Path) -> None:
    """No muxer writes that, so the table of times (`stts`) is changed: the fourth frame lasts no time."""
    film = write_film(tmp_path / "a.mp4", range(6))
    data = bytearray(film.read_bytes())
    at = data.index(b"stts") + 4
    version_flags, entries, count, ticks = struct.unpack_from(">4I", data, at)
    assert (version_flags, entries, count) == (0, 1, 6)
    table = struct.pack(">8I", 0, 3, 3, ticks, 1, 0, 2, ticks)
    grown = len(table) - 16
    data[at : at + 16] = table
    for box in (b"stts", b"stbl", b"minf", b"mdia", b"trak", b"moov"):
        place = data.index(box) - 4
        struct.pack_into(">I", data, place, struct.unpack_from(">I", data, place)[0] + grown)
    chunks = data.index(b"stco") + 4
    version_flags, entries, offset = struct.unpack_from(">3I", data, chunks)
    assert entries == 1
    struct.pack_into(">I", data, chunks + 8, offset + grown)
    film.write_bytes(data)
    assert failures(glrec_json("verify", film, code=1))["duplicates"] != ""


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_truncated_film_fails(tmp_path: Path, suffix: str) -> None:
    film = write_film(tmp_path / f"a{suffix}", range(30), crf=1)
    os.truncate(film, film.stat().st_size * 2 // 3)
    report = glrec_json("verify", film, code=1)
    assert "cut short" in failures(report)["structure"]


def test_a_film_without_its_index_is_no_video(tmp_path: Path) -> None:
    film = write_film(tmp_path / "a.mp4", range(10), movflags="disable_chpl")
    data = film.read_bytes()
    film.write_bytes(data[: data.index(b"moov") - 4])
    assert_refused(glrec("verify", film), 1, "a.mp4 is not a video that can be read")


def test_damaged_pictures_are_found(tmp_path: Path) -> None:
    film = write_film(tmp_path / "a.mp4", range(30))
    data = bytearray(film.read_bytes())
    middle = (data.index(b"mdat") + len(data)) // 2
    data[middle : middle + 40] = bytes(value ^ 0x5A for value in data[middle : middle + 40])
    film.write_bytes(data)
    found = failures(glrec_json("verify", film, code=1))
    assert {"decoding", "second decoder"} <= found.keys()


@pytest.mark.parametrize("seed", range(8))
def test_any_damage_gives_a_verdict(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    film = write_film(tmp_path / ("a.mp4" if seed % 2 else "a.mkv"), range(10))
    data = bytearray(film.read_bytes())
    for _ in range(1 + 5 * seed):
        data[chance.randrange(len(data))] = chance.randrange(256)
    film.write_bytes(data)
    result = glrec("verify", film)
    assert result.returncode in {0, 1}
    assert "Traceback" not in result.stderr
    assert len(result.stderr.splitlines()) == (0 if result.stdout else 1)


@pytest.mark.parametrize(
    "text",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{film}\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile {film}\n",
        "v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n",
    ],
    ids=["playlist", "concat script", "session description"],
)
@pytest.mark.parametrize("command", ["info", "verify"])
def test_no_other_file_and_no_host_is_asked(tmp_path: Path, text: str, command: str) -> None:
    film = write_film(tmp_path / "film.mp4", range(3))
    path = tmp_path / "a.mp4"
    path.write_text(text.format(film=film), encoding="ascii")
    assert_refused(glrec(command, path), 1, "a.mp4 is not a video that can be read")


def test_an_index_that_lies_about_its_length_is_bounded(tmp_path: Path) -> None:
    film = write_film(tmp_path / "a.mp4", range(30))
    data = bytearray(film.read_bytes())
    struct.pack_into(
        ">3I", data, data.index(b"stsz") + 4, 0, 1, 0x7FFFFFFF
    )  # as many frames of one byte each
    film.write_bytes(data)
    assert "0 are there" in failures(glrec_json("verify", film, code=1))["decoding"]


@pytest.mark.parametrize("command", ["info", "verify"])
def test_the_time_is_limited(tmp_path: Path, command: str) -> None:
    film = write_film(tmp_path / "a.mp4", range(3))
    assert_refused(glrec(command, film, "--timeout", "0.01"), 1, "no answer within", "a.mp4")


@pytest.mark.parametrize("command", ["info", "verify"])
@pytest.mark.parametrize("kind", ["missing", "folder", "pipe", "device", "dangling link", "name too long"])
def test_what_is_no_plain_file_is_refused(tmp_path: Path, command: str, kind: str) -> None:
    path, told = tmp_path / "a.mp4", str(tmp_path)
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path, told = Path("/dev/zero"), "/dev/zero"
    elif kind == "dangling link":
        path.symlink_to(tmp_path / "gone")
    elif kind == "name too long":
        path, told = tmp_path / ("a" * 300), "more than 255 bytes"
    assert_refused(glrec(command, path), 2, told)


@pytest.mark.parametrize("command", ["info", "verify"])
def test_an_unreadable_file_is_refused(tmp_path: Path, command: str) -> None:
    """Root may read anything, so the file is then asked for as nobody, through a folder that nobody may enter."""
    film = write_film(tmp_path / "a.mp4", range(3))
    if os.geteuid() != 0:
        film.chmod(0)
        assert_refused(glrec(command, film), 2, "Permission denied")
        return
    program = (
        "import os\nimport glrec_core.cli.info, glrec_core.cli.verify, glrec_core.verify.report\n"
        f"from glrec_core.cli.main import main\nos.setuid({NOBODY})\nprint(int(main({[command, str(film)]})))"
    )
    tmp_path.chmod(0o700)
    result = run_program(program)
    assert result.stdout == "2\n"
    assert result.stderr == f"glrec {command}: {film} cannot be read: Permission denied\n"


@pytest.mark.parametrize(
    "option",
    [
        ("--size", "banana"),
        ("--size", "0x10"),
        ("--size", "20000x10"),
        ("--fps", "0"),
        ("--fps", "nan"),
        ("--fps", "-5"),
        ("--frames", "0"),
        ("--frames", "many"),
        ("--timeout", "0"),
        ("--timeout", "inf"),
        ("--timeout", "soon"),
    ],
)
def test_bad_values_are_refused(tmp_path: Path, option: tuple[str, str]) -> None:
    film = write_film(tmp_path / "a.mp4", range(3))
    assert_refused(glrec("verify", film, "=".join(option)), 2, option[0])


@pytest.mark.parametrize("name", ["-a.mp4", "a b:c.mp4", "ä%03d.mp4", "concat:a.mp4"])
def test_odd_names_are_only_names(tmp_path: Path, name: str) -> None:
    write_film(tmp_path / "a.mp4", range(3)).rename(tmp_path / name)
    result = glrec("verify", "--", name, cwd=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    assert "PASS  second decoder" in result.stdout


def test_without_the_ffmpeg_program_one_decoder_is_enough(tmp_path: Path) -> None:
    film = write_film(tmp_path / "a.mp4", range(3))
    hidden = (
        "import json, sys\nsys.modules['imageio_ffmpeg'] = None\nfrom glrec_core.cli.main import main\n"
        f"print(int(main(['verify', {str(film)!r}])))"
    )
    output = run_program(hidden).stdout.splitlines()
    assert output[-1] == "0"
    assert any(line.startswith("SKIP  second decoder") for line in output)


@pytest.mark.parametrize("rich", [True, False], ids=["with rich", "without rich"])
def test_progress_is_shown_on_a_terminal_that_waits(tmp_path: Path, *, rich: bool) -> None:
    """The terminal is a pseudo terminal; the patience of a second is taken away, so that nothing depends on speed."""
    film = write_film(tmp_path / "a.mp4", range(30))
    program = (
        "import sys\nfrom glrec_core.values import progress\nfrom glrec_core.cli import main\nprogress._PATIENCE_SECONDS = 0\n"
        + ("" if rich else "progress._has_rich = lambda: False\n")
        + f"raise SystemExit(main.main(['verify', {str(film)!r}]))"
    )
    script = tmp_path / "program.py"
    script.write_text(program, encoding="utf-8")
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "wb") as terminal, os.fdopen(ours, "rb", buffering=0) as screen:
        result = subprocess.run(
            [sys.executable, script],
            env=environment({"TERM": "xterm"}),
            stdout=subprocess.PIPE,
            stderr=terminal,
            timeout=60,
            check=False,
        )
        terminal.close()
        shown = b"".join(iter(partial(_read_screen, screen), b""))
    assert result.returncode == 0
    assert result.stdout.splitlines()[-1] == b"a.mp4: right"
    assert (b"decoding" in shown) is rich


def _read_screen(screen: IO[bytes]) -> bytes:
    try:
        return screen.read(65536)
    except OSError:  # Linux says so when the other end is closed
        return b""
