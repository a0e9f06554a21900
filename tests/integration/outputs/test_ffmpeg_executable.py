"""Encoding by FFmpeg's executable, with its software encoder: every frame at its time, and what happens when it dies."""

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from itertools import chain, count
from pathlib import Path
from typing import Any

import moderngl
import numpy as np
import psutil
import pytest

from glrec_core import BackendUnavailable, ConfigError, EncodeError, record
from glrec_core.backends import executable, table
from glrec_core.config import Config
from glrec_core.encode import encoder_process, ffmpeg_options, patience
from glrec_core.encode.ffmpeg_encoder import FFmpegEncoder
from glrec_core.ffmpeg.executable import any_ffmpeg, bundled_ffmpeg
from glrec_core.gl.functions import current_gl
from glrec_core.sink.file import FileSink
from glrec_core.testing.streams import irregular
from glrec_core.values.frame import Frame, Packet, Size
from tests.contract.test_recorder import assert_account_adds_up
from tests.host_pipeline import open_by_executable
from tests.support import video
from tests.support.leftovers import children, open_files
from tests.support.recording import BarcodeLoop

ROOT = Path(__file__).resolve().parents[3]
SIZE = Size(320, 240)
BY_EXECUTABLE: dict[str, Any] = {"timing": "step", "fps": 30, "backend": "ffmpeg"}


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Iterator[None]:
    before = children(), open_files()
    yield
    assert children() <= before[0]
    assert open_files() <= before[1]


def program(folder: Path, text: str) -> Path:
    """Write a program that stands in for FFmpeg's; `$FFMPEG` is the true one."""
    path = folder / "ffmpeg"
    path.write_text(f"#!/bin/sh\nFFMPEG='{any_ffmpeg()}'\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def grey(encoder: FFmpegEncoder, number: int) -> Frame:
    width, height = encoder.accepts.size
    chroma = np.full((height // 2, width // 2), 128, np.uint8)
    luma = np.full((height, width), 16 + number % 200, np.uint8)
    return Frame(encoder.accepts, (luma, chroma, chroma), 20_000_000 * number)


def feed(encoder: FFmpegEncoder, numbers: range) -> int:
    return sum(len(encoder.encode(grey(encoder, number))) for number in numbers)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The numbers of the processes that are started."""
    numbers: list[int] = []
    start = encoder_process.EncoderProcess.__init__

    def remember(process: encoder_process.EncoderProcess, *arguments: Any) -> None:
        start(process, *arguments)
        numbers.append(process.process_id)

    monkeypatch.setattr(encoder_process.EncoderProcess, "__init__", remember)
    return numbers


# Recordings


@pytest.mark.parametrize("codec", ["h264", "hevc"])
@pytest.mark.parametrize(("name", "tick"), [("a.mp4", 0), ("a.mkv", Fraction(1, 1000))])
def test_every_frame_is_in_the_file_at_its_time(
    context: moderngl.Context, tmp_path: Path, codec: str, name: str, tick: Fraction
) -> None:
    recorder = record(None, tmp_path / name, codec=codec, **BY_EXECUTABLE)
    BarcodeLoop(context, (322, 242)).record(recorder, range(70))
    recording = recorder.close()
    assert (recording.route, recording.frames) == ("ffmpeg", 70)
    assert f"piped to libx26{'4' if codec == 'h264' else '5'} of {any_ffmpeg()}" in recording.reason
    video.assert_recording(tmp_path / name, 70, (322, 242), 30, tick=Fraction(tick))
    assert video.bitstream_colour(tmp_path / name) == video.BT709_LIMITED
    assert video.probe(tmp_path / name).pixel_format == "yuv420p"


@pytest.mark.parametrize("color", ["bt709-full", "bt601"])
def test_the_colours_are_those_asked_for(context: moderngl.Context, tmp_path: Path, color: str) -> None:
    recorder = record(None, tmp_path / "a.mp4", color=color, **BY_EXECUTABLE)
    BarcodeLoop(context).record(recorder, range(5))
    recorder.close()
    video.assert_recording(tmp_path / "a.mp4", 5, SIZE, 30)


def test_another_size_begins_another_part(context: moderngl.Context, tmp_path: Path) -> None:
    recorder = record(None, tmp_path / "a.mp4", on_resize="segment", **BY_EXECUTABLE)
    BarcodeLoop(context).record(recorder, range(5))
    BarcodeLoop(context, (160, 120)).record(recorder, range(5, 10))
    paths = recorder.close().paths
    assert [video.read_barcodes(path) for path in paths] == [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]]


def test_times_of_the_wall_clock_are_kept_to_the_tick() -> None:
    encoder = open_by_executable(Config(), SIZE)
    times_ns, packets = irregular(40), []
    for number, pts_ns in enumerate(times_ns):
        frame = grey(encoder, number)
        frame.pts_ns = pts_ns
        packets += encoder.encode(frame)
    packets += encoder.drain()
    assert [packet.pts for packet in packets] == [
        round(Fraction(ns * 90_000, 1_000_000_000)) for ns in times_ns
    ]
    assert [packet.dts for packet in packets] == [packet.pts for packet in packets]
    encoder.close()


def test_keyframes_are_two_seconds_apart_or_as_asked() -> None:
    def keyframes(config: Config, asked: int | None = None) -> list[int]:
        encoder, packets = open_by_executable(config, Size(64, 64)), []
        for number in range(260):  # of 20 ms
            frame = grey(encoder, 0)
            frame.pts_ns, frame.keyframe = 20_000_000 * number, number == asked
            packets += encoder.encode(frame)
        packets += encoder.drain()
        encoder.close()
        assert len(packets) == 260
        return [index for index, packet in enumerate(packets) if packet.keyframe]

    assert keyframes(Config()) == [0, 100, 200]
    assert max(np.diff(keyframes(Config(gop=50)))) <= 50
    assert 77 in keyframes(Config(), asked=77)


# What can be asked for


@pytest.mark.parametrize("backend", ["ffmpeg", "vaapi", "vulkan"])
@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({"codec": "av1"}, "makes h264 and hevc"),
        ({"lossless": True}, "lossless=True.* does not take it"),
        ({"chroma": "444"}, "chroma='444'.* does not take it"),
        ({"b_frames": 1}, "takes at most 0"),
        ({"quality": 52}, "to 51"),
        ({"tuning": "low_latency"}, "only NVENC does"),
    ],
)
def test_what_cannot_be_done_is_refused(
    tmp_path: Path, backend: str, asked: dict[str, Any], reason: str
) -> None:
    with pytest.raises(ConfigError, match=reason):
        record(None, tmp_path / "a.mkv", backend=backend, **asked)
    assert list(tmp_path.iterdir()) == []


def test_they_are_never_taken_unasked() -> None:
    names = {backend.name for backend in table.agree(Config(codec="h264"), ()).able}
    assert names & {"ffmpeg", "vaapi", "vulkan"} == set()


def test_without_an_executable_the_reason_says_what_to_install(
    context: moderngl.Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(executable, "any_ffmpeg", lambda: None)
    recorder = record(None, tmp_path / "a.mp4", **BY_EXECUTABLE)
    BarcodeLoop(context).record(recorder, range(1))
    with pytest.raises(BackendUnavailable, match=r"no FFmpeg executable; pip install 'glrec\[imageio\]'"):
        recorder.close()


@pytest.mark.parametrize("backend", ["vaapi", "vulkan"])
def test_a_device_that_is_not_there_is_told_in_ffmpegs_words(
    context: moderngl.Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, backend: str
) -> None:
    stand_in = program(tmp_path, "echo 'Device creation failed: -22.' >&2; exit 234")
    monkeypatch.setattr(executable, "any_ffmpeg", lambda: str(stand_in))
    with pytest.raises(
        BackendUnavailable, match=rf"{backend}: h264_{backend} of .*: Device creation failed: -22"
    ):
        table.choose(table.agree(Config(codec="h264", backend=backend), ()), current_gl())


def test_an_executable_that_hangs_when_it_is_tried_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ffmpeg_options, "_TRIAL_SECONDS", 0.2)
    stand_in = program(tmp_path, "exec sleep 600")
    assert "timed out" in str(ffmpeg_options.problem(str(stand_in), "libx264", (), ()))


def test_the_executable_is_imageios_or_the_systems(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(tmp_path / "mine"))
    assert any_ffmpeg() == str(tmp_path / "mine")
    monkeypatch.setattr("glrec_core.ffmpeg.executable.bundled_ffmpeg", lambda: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert any_ffmpeg() is None
    stand_in = program(tmp_path, "exit 0")
    assert any_ffmpeg() == str(stand_in)


@pytest.mark.parametrize("kind", ["vaapi", "vulkan"])
@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_the_pictures_that_gpus_take(kind: str, codec: str) -> None:
    taken = ffmpeg_options.choose_process_codec(kind, Config(codec=codec)).codec
    for size in (Size(128, 128), Size(8192, 8192)):
        taken.check_size(size)
    for size in (Size(126, 128), Size(128, 126), Size(8194, 128), Size(128, 8194)):
        with pytest.raises(ConfigError, match="from 128x128 to 8192x8192"):
            taken.check_size(size)


def test_the_commands_for_gpus_bring_pictures_there() -> None:
    """Never run here: the encoders need a GPU. The executable knows all of their options."""
    executable = bundled_ffmpeg()
    assert executable is not None
    for kind, asked in (("vaapi", "qp"), ("vulkan", "qp")):
        encoder = open_by_executable(Config(backend="ffmpeg"), Size(256, 256))
        how = ffmpeg_options.choose_process_codec(kind, Config(codec="h264", quality=30))
        command = ffmpeg_options.command_line(
            executable, how, Config(codec="h264", quality=30), encoder.stream
        )
        assert command[command.index("-vf") + 1].endswith("format=nv12,hwupload")
        assert command[command.index(f"-{asked}") + 1] == "30"
        listed = subprocess.run(
            [executable, "-hide_banner", "-h", f"encoder=h264_{kind}"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        own = [word for word in command[command.index("-c:v") :] if word in {"-rc_mode", "-qp"}]
        assert all(f"  {word} " in listed for word in own)


# Failures


def test_a_process_that_cannot_be_started_is_told(tmp_path: Path) -> None:
    encoder = open_by_executable(Config(), SIZE, tmp_path / "none")
    with pytest.raises(EncodeError, match=r"none \(libx264\) cannot be started"):
        encoder.encode(grey(encoder, 0))
    encoder.close()


def test_a_process_that_fails_is_quoted(tmp_path: Path) -> None:
    encoder = open_by_executable(
        Config(), SIZE, program(tmp_path, "echo '[enc @ 0x55f77] no such luck' >&2; exit 3")
    )
    with pytest.raises(EncodeError, match="ended with exit code 3: enc: no such luck"):
        feed(encoder, range(1000))
    assert encoder.drain() == []
    encoder.close()


def test_a_process_that_fails_at_the_end_is_quoted(tmp_path: Path) -> None:
    stand_in = program(tmp_path, '"$FFMPEG" "$@"; echo "it was the disk" >&2; exit 5')
    encoder = open_by_executable(Config(), SIZE, stand_in)
    feed(encoder, range(5))
    with pytest.raises(EncodeError, match="ended with exit code 5: it was the disk"):
        encoder.drain()
    encoder.close()


def test_a_process_that_is_killed_gives_what_it_had_given_out() -> None:
    encoder = open_by_executable(Config(), SIZE)
    packets, numbers = list[Packet](), count()
    while len(packets) < 3:  # the first ones come when FFmpeg has started
        packets += encoder.encode(grey(encoder, next(numbers)))
    assert encoder.process_id is not None
    os.kill(encoder.process_id, signal.SIGKILL)
    rest = (encoder.encode(grey(encoder, number)) for number in numbers)
    with pytest.raises(EncodeError, match="was killed by signal 9"):
        packets.extend(chain.from_iterable(rest))
    packets += encoder.drain()
    assert [packet.pts for packet in packets] == [1800 * number for number in range(len(packets))]
    encoder.close()


def test_a_slow_process_loses_nothing(tmp_path: Path) -> None:
    stand_in = program(tmp_path, 'sleep 0.5; exec "$FFMPEG" "$@"')
    encoder = open_by_executable(Config(), SIZE, stand_in)
    assert feed(encoder, range(40)) + len(encoder.drain()) == 40
    encoder.close()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give a process less time than the product does, and still enough to start."""
    monkeypatch.setattr(patience, "SILENT_SECONDS", 3.0)
    monkeypatch.setattr(patience, "STOPPED_SECONDS", 0.5)


HANGS: dict[str, tuple[str, dict[str, float], str]] = {
    "sleeps": ("exec sleep 600", {"SILENT_SECONDS": 0.3}, r"it has done nothing for 0\.3 s"),
    "computes": (
        f"exec {sys.executable} -c 'while True: pass'",
        {"BUSY_SECONDS": 1.5},
        r"it computes, and has taken and given nothing for 1\.5 s",
    ),
    "is stopped": ("kill -STOP $$", {"STOPPED_SECONDS": 0.3}, r"it has been stopped for 0\.3 s"),
    "closes its input": (
        "exec <&-; exec sleep 600",
        {"SILENT_SECONDS": 0.3},
        r"it has done nothing for 0\.3 s",
    ),
    "has a child": ("sleep 600", {"SILENT_SECONDS": 0.3}, r"it has done nothing for 0\.3 s"),
}


@pytest.mark.parametrize("at", ["encode", "drain"])
@pytest.mark.parametrize("how", HANGS)
def test_a_process_that_hangs_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str, at: str
) -> None:
    text, limits, said = HANGS[how]
    for name, seconds in limits.items():
        monkeypatch.setattr(patience, name, seconds)
    size, frames = (SIZE, 1000) if at == "encode" else (Size(64, 64), 1)
    encoder = open_by_executable(Config(), size, program(tmp_path, text))

    def work() -> None:
        feed(encoder, range(frames))
        encoder.drain()

    with pytest.raises(EncodeError, match=rf"^ffmpeg \(libx264\) hangs: {said}$"):
        work()
    assert encoder.drain() == []
    encoder.close()


def test_a_process_that_shows_signs_of_life_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes a little now and then, far longer in all than it may do nothing."""
    monkeypatch.setattr(patience, "SILENT_SECONDS", 4.0)
    slow = (
        "import os, subprocess, sys, time\n"
        "true = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE)\n"
        "while data := os.read(0, 60_000):\n"
        "    time.sleep(0.25)\n"
        "    true.stdin.write(data)\n"
        "true.stdin.close()\n"
        "sys.exit(true.wait())\n"
    )
    (tmp_path / "slow.py").write_text(slow)
    stand_in = program(tmp_path, f'exec {sys.executable} {tmp_path / "slow.py"} "$FFMPEG" "$@"')
    encoder = open_by_executable(Config(), SIZE, stand_in)
    assert feed(encoder, range(24)) + len(encoder.drain()) == 24
    encoder.close()


def test_a_program_that_was_stopped_itself_is_not_impatient(tmp_path: Path) -> None:
    """What counts is the time in which it ran: a laptop's lid, or Ctrl-Z in its terminal, is nobody's fault."""
    text = """
import sys
from glrec_core.config import Config
from glrec_core.encode import patience
from tests.integration.outputs.test_ffmpeg_executable import SIZE, feed
from tests.host_pipeline import open_by_executable

patience.SILENT_SECONDS = 3.0
encoder = open_by_executable(Config(), SIZE, sys.argv[1])
print("feeding", flush=True)
print(feed(encoder, range(5)) + len(encoder.drain()), flush=True)
encoder.close()
"""
    stand_in = program(tmp_path, 'sleep 1; exec "$FFMPEG" "$@"')
    with subprocess.Popen(
        [sys.executable, "-c", text, str(stand_in)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "feeding\n"
        running.send_signal(signal.SIGSTOP)
        time.sleep(4)
        running.send_signal(signal.SIGCONT)
        assert running.stdout.readline() == "5\n"
        assert running.wait(60) == 0


@pytest.mark.parametrize("stopped", [False, True])
@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGINT])
def test_a_program_that_is_killed_takes_the_process_with_it(by: signal.Signals, *, stopped: bool) -> None:
    text = """
import os, signal, sys
from glrec_core.config import Config
from tests.integration.outputs.test_ffmpeg_executable import SIZE, feed
from tests.host_pipeline import open_by_executable

encoder = open_by_executable(Config(), SIZE)
feed(encoder, range(3))
print(encoder.process_id, flush=True)
if sys.argv[2] == "stopped":
    os.kill(encoder.process_id, signal.SIGSTOP)
os.kill(os.getpid(), int(sys.argv[1]))
feed(encoder, range(3, 3000))
"""
    killed = subprocess.run(
        [sys.executable, "-c", text, str(int(by)), "stopped" if stopped else "runs"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert killed.returncode == -by, killed.stderr
    with suppress(psutil.NoSuchProcess):  # it has ended already
        psutil.Process(int(killed.stdout)).wait(60)


def test_the_process_is_out_of_reach_of_ctrl_c() -> None:
    encoder = open_by_executable(Config(), SIZE)
    feed(encoder, range(1))
    assert encoder.process_id is not None
    assert os.getpgid(encoder.process_id) == encoder.process_id != os.getpgrp()
    encoder.close()


@pytest.mark.parametrize("frames", [0, 1, 30])
def test_closing_ends_the_process_wherever_it_is(frames: int) -> None:
    encoder = open_by_executable(Config(), SIZE)
    feed(encoder, range(frames))
    process_id = encoder.process_id
    encoder.close()
    encoder.close()
    assert (process_id is None) is (frames == 0)
    if process_id is not None:
        with pytest.raises(ProcessLookupError):
            os.kill(process_id, 0)


@pytest.mark.parametrize("when", ["recording", "close"])
@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGSTOP])
@pytest.mark.usefixtures("impatient")
def test_another_process_takes_over_and_nothing_is_lost(
    context: moderngl.Context, tmp_path: Path, started: list[int], blow: signal.Signals, when: str
) -> None:
    recorder = record(None, FileSink(tmp_path / "a.mp4"), slots=2, **BY_EXECUTABLE)
    loop = BarcodeLoop(context)
    loop.record(recorder, range(60))
    os.kill(started[0], blow)
    if when == "recording":
        loop.record(recorder, range(60, 120))
    recording = recorder.close()
    assert len(started) == 2
    [note] = recording.notes
    assert "the encoder failed and its successor went on, and encoded" in note
    assert "frames again that it held: ffmpeg-" in note
    assert (
        "was killed by signal 9" in note if blow is signal.SIGKILL else "hangs: it has been stopped" in note
    )
    assert "pipe:0" not in note, "the command line is nobody's concern"
    count = 120 if when == "recording" else 60
    assert (recording.frames, recording.stats.lost) == (count, 0)
    video.assert_recording(tmp_path / "a.mp4", count, SIZE, 30)
    assert_account_adds_up(recorder)


def counted_waits(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """Return what grows with each short wait for a process."""
    look, looks = patience.Patience._look, list[None]()

    def counted(waiting: patience.Patience) -> None:
        looks.append(None)
        look(waiting)

    monkeypatch.setattr(patience.Patience, "_look", counted)
    return looks


@pytest.mark.usefixtures("impatient")
def test_when_the_successor_hangs_as_well_the_end_comes_in_bounded_time(
    context: moderngl.Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, started: list[int]
) -> None:
    """Each process is given up once; what had come out is in the file, and the rest is accounted for."""
    recorder = record(None, FileSink(tmp_path / "a.mp4"), slots=2, **BY_EXECUTABLE)
    BarcodeLoop(context).record(recorder, range(60))
    start = encoder_process.EncoderProcess.__init__

    def stopped(process: encoder_process.EncoderProcess, *arguments: Any) -> None:
        start(process, *arguments)
        os.kill(process.process_id, signal.SIGSTOP)

    monkeypatch.setattr(encoder_process.EncoderProcess, "__init__", stopped)
    os.kill(started[0], signal.SIGSTOP)
    looks = counted_waits(monkeypatch)
    with pytest.raises(EncodeError, match=r"hangs: it has been stopped for 0\.5 s"):
        recorder.close()
    assert len(looks) * patience._SLICE_SECONDS < 30, "60 and 120 s before"
    assert len(started) == 2
    numbers = video.read_barcodes(tmp_path / "a.mp4") if recorder.recording.frames else []
    assert numbers == list(range(len(numbers)))
    assert recorder.recording.frames == len(numbers)
    assert_account_adds_up(recorder)
