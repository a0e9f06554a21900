"""After a crash: what was recorded plays, what was stored is finished, and nothing that is found can do harm."""

import dataclasses
import json
import os
import random
import signal
from bisect import bisect
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import IO, Any

import av
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glrec_core import ConfigError, GlrecError, SpillError
from glrec_core.config import Config, not_stored
from glrec_core.recover import recover
from glrec_core.spill.header import KEPT, config_of, header_of
from glrec_core.spill.journal import RECORD_BYTES
from glrec_core.spill.lock import DirectoryLock
from glrec_core.spill.spill_file import SpillFile
from glrec_core.spill.stored_frames import StoredFrames, unfinished
from tests.cli.command import environment
from tests.support import video, warm
from tests.support.decode import NoFramesError
from tests.support.spill import STEP_NS, disk, rgba

STEP: dict[str, object] = {"timing": "step", "fps": [60, 1], "codec": "h264"}

_PROGRAM = """
import json, sys, time
import moderngl
from tests.support.contexts import standalone_context
from glrec_core import record
from glrec_core.encode.pyav import PyAVEncoder
from tests.support.recording import BarcodeLoop

path, options, slow_seconds = sys.argv[1], json.loads(sys.argv[2]), float(sys.argv[3])
encode = PyAVEncoder.encode

def slowly(encoder, frame):
    time.sleep(slow_seconds)
    return encode(encoder, frame)

PyAVEncoder.encode = slowly
context = standalone_context()
recorder = record(None, path, timing="step", fps=60, **options)

def tell(_):
    time.sleep(0.002)
    stats = recorder.stats
    print(stats.drawn, stats.packets, stats.spilled, flush=True)

BarcodeLoop(context).record(recorder, range(100_000), tell)
"""

MOMENTS = int(os.environ.get("GLREC_KILLS", "3"))
"""How often each policy is killed; `GLREC_KILLS=50` is the long run of docs/reliability.md."""

SLOTS = 8

POLICIES: dict[str, dict[str, Any]] = {
    "block": {"overflow": "block"},
    "drop": {"overflow": "drop"},
    "spill": {"overflow": "spill", "spill_memory_bytes": 0},
    "everything": {"backend": "spill"},
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return disk(tmp_path)


@contextmanager
def recording_process(folder: Path, options: dict[str, Any], slow_seconds: float) -> Iterator[IO[str]]:
    """Run a program that draws and records until it is killed, at the end of the block."""
    options = {**options, "spill_dir": str(folder / "spill")}
    arguments = [str(folder / "a.mp4"), json.dumps(options), str(slow_seconds)]
    read_end, write_end = os.pipe()
    with os.fdopen(read_end) as lines, os.fdopen(os.dup(2), "wb") as errors:
        with os.fdopen(write_end, "wb") as output:
            child = warm.start(["-c", _PROGRAM, *arguments], environment(), (output, errors))
        try:
            yield lines
        finally:
            os.kill(child.pid, signal.SIGKILL)
            child.wait()


def account(line: str) -> tuple[int, int, int]:
    """Return what the program told: frames drawn, written and spilled."""
    drawn, packets, spilled = map(int, line.split())
    return drawn, packets, spilled


def step_of(time_ns: int) -> int:
    """Return the number of the frame that is drawn at a time."""
    return round(Fraction(time_ns * 60, 10**9))


def playable(path: Path) -> list[int]:
    """Return the numbers of the frames that play; none where the file is not there yet, or holds no fragment."""
    try:
        return video.read_barcodes(path)
    except (FileNotFoundError, av.error.InvalidDataError, NoFramesError):
        return []


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("moment", range(MOMENTS))
def test_kill_9_at_a_random_moment(folder: Path, policy: str, moment: int) -> None:
    frames = random.Random(f"{policy} {moment}").randint(20, 250)
    stores = policy in {"spill", "everything"}
    slow_seconds = 0.01 if policy in {"spill", "drop"} else 0.0
    with recording_process(folder, POLICIES[policy], slow_seconds) as lines:
        accounts = map(account, lines)
        # On a busy machine the loop is so slow that the encoder keeps up for a while, and nothing is spilled yet.
        told = next(told for told in accounts if told[0] >= frames and (told[2] > 0 or not stores))
    drawn, packets, spilled = told
    played = playable(folder / "a.mp4")
    assert played == sorted(set(played))
    assert len(played) >= packets - 30  # half a second
    found = unfinished(str(folder / "spill"))
    assert len(found) == stores
    if not stores:
        return
    with StoredFrames(found[0]) as stored:
        journalled = [step_of(frame.pts_ns) for frame in stored]
        begins = set(map(step_of, stored.begins_ns.tolist()))
        assert stored.damaged <= 1  # the record that was being written
    recording = recover(found[0], folder / "b.mp4", keep=True)
    recovered = video.read_barcodes(folder / "b.mp4")
    assert recovered == journalled == sorted(set(recovered))
    assert recording.frames == len(journalled)
    if policy == "everything":
        assert recovered == list(range(len(recovered)))
        assert len(recovered) >= spilled
    else:
        assert_only_the_newest_are_missing(drawn, played, recovered, begins)
    if played:
        recover(found[0], folder / "c.mp4", with_film=folder / "a.mp4")
        assert video.read_barcodes(folder / "c.mp4") == sorted({*played, *recovered})
    else:
        recover(found[0], folder / "c.mp4")
    assert unfinished(str(folder / "spill")) == []


def assert_only_the_newest_are_missing(
    drawn: int, played: list[int], recovered: list[int], begins: set[int]
) -> None:
    """Check that film and spill together have no hole, but for what was on its way into the film when storing began."""
    assert played == list(range(len(played)))
    assert len(range(recovered[-1] + 1, drawn)) <= SLOTS
    missing = set(range(recovered[-1])) - set(played) - set(recovered)
    assert all(recovered[bisect(recovered, number)] in begins for number in missing)
    # A quarter of a second in the encoder, another one in the muxer, and the slots.
    assert len(missing) <= 15 + 1 + 15 + SLOTS


def test_a_recording_that_lives_is_not_recovered(folder: Path) -> None:
    with recording_process(folder, POLICIES["everything"], 0.0) as lines:
        next(told for told in map(account, lines) if told[2] > 10)
        directory = next(path.parent for path in (folder / "spill").glob("*/journal"))
        assert unfinished(str(folder / "spill")) == []
        with pytest.raises(SpillError, match=r"process \d+ still records here"):
            recover(directory, folder / "b.mp4")
        assert not (folder / "b.mp4").exists()
        frames = account(next(iter(lines)))[2]
    assert recover(directory, folder / "b.mp4").frames >= frames


def crashed(folder: Path, frames: int, header: dict[str, object] = STEP) -> Path:
    """Return a spill as a process that was killed leaves it."""
    file = SpillFile(folder / "spill", header, keep_all=True)
    for number in range(frames):
        file.append(rgba(number + 7, (64, 48)))
    file.close(keep=True)
    return file.directory


def test_times_and_options_of_the_recording_are_kept(folder: Path) -> None:
    config = Config(timing="step", fps="60000/1001", codec="hevc", quality=30, color="bt601")
    directory = crashed(folder, 20, header_of(config))
    told = list[tuple[int, int]]()
    recording = recover(directory, folder / "a.mp4", progress=lambda done, total: told.append((done, total)))
    info = video.probe(folder / "a.mp4")
    assert (recording.codec, recording.size, recording.frames) == ("hevc", (64, 48), 20)
    assert (info.codec, info.size) == ("hevc", (64, 48))
    assert video.timestamps(folder / "a.mp4")[0] == 0
    assert "0.117 s" in recording.notes[0]
    assert told == [(done, 20) for done in range(1, 21)]
    assert not directory.exists()


def test_a_damaged_frame_costs_itself_and_keeps_the_directory(folder: Path) -> None:
    directory = crashed(folder, 20)
    with (directory / "000000.segment").open("r+b") as file:
        file.seek(100)
        file.write(b"\xff" * 9)
    with (directory / "journal").open("r+b") as file:
        file.truncate(file.seek(0, 2) - RECORD_BYTES // 2)
    recording = recover(directory, folder / "a.mp4")
    assert recording.frames == 18
    assert "2 frames were damaged" in recording.notes[-1]
    assert directory.exists()


def test_what_was_kept_can_be_recovered_again(folder: Path) -> None:
    directory = crashed(folder, 5)
    recover(directory, folder / "a.mp4", keep=True)
    with pytest.raises(ConfigError, match="exists"):
        recover(directory, folder / "a.mp4")
    with pytest.raises(ConfigError, match=r"\.webm files take"):
        recover(directory, folder / "a.webm")
    assert recover(directory, folder / "a.mp4", overwrite=True).frames == 5
    assert not directory.exists()


def test_a_spill_without_a_whole_frame_is_an_error(folder: Path) -> None:
    directory = crashed(folder, 1)
    (directory / "000000.segment").write_bytes(b"")
    with pytest.raises(SpillError, match="no whole frame"):
        recover(directory, folder / "a.mp4")
    assert (directory.exists(), (folder / "a.mp4").exists()) == (True, False)


@pytest.mark.parametrize("cut_bytes", [0, 1, 30])
def test_a_spill_in_which_no_frame_was_stored_goes_away(folder: Path, cut_bytes: int) -> None:
    """A process that was killed before its first frame was stored leaves a header, or a header and a piece of a record."""
    directory = crashed(folder, 1 if cut_bytes else 0)
    if cut_bytes:
        os.truncate(directory / "journal", (directory / "journal").stat().st_size - RECORD_BYTES + cut_bytes)
    assert unfinished(str(folder / "spill")) == []
    with pytest.raises(SpillError, match="no frame was ever stored here:"):
        recover(directory, folder / "a.mp4", keep=True)
    with pytest.raises(SpillError, match="no frame was ever stored here; the empty directory is deleted"):
        recover(directory, folder / "a.mp4")
    assert (directory.exists(), (folder / "a.mp4").exists()) == (False, False)


def abandoned(folder: Path) -> list[Path]:
    """Leave what processes leave that are killed at the very start, as it is after some time."""
    left = [crashed(folder, 0) for _ in range(4)]
    (left[1] / "journal").write_bytes(b"")
    (left[2] / "journal").unlink()
    for path in left[3].iterdir():
        path.unlink()
    for directory in left:
        for path in (*directory.iterdir(), directory):
            os.utime(path, (0, 0))
    return left


def test_what_holds_no_frame_goes_away_by_itself(folder: Path) -> None:
    left = abandoned(folder)
    with_frame = crashed(folder, 1)
    assert unfinished(str(folder / "spill")) == [with_frame]
    assert [directory for directory in left if directory.exists()] == []


def test_what_may_be_somebodys_is_left_alone(folder: Path) -> None:
    left = abandoned(folder)
    (left[0] / "thesis.tex").write_text("precious")
    os.utime(left[0], (0, 0))
    os.utime(left[1])  # has just been made
    left[2] = left[2].rename(left[2].with_name("photos"))
    lock = DirectoryLock(left[3])
    for path in (*left[3].iterdir(), left[3]):
        os.utime(path, (0, 0))
    assert unfinished(str(folder / "spill")) == []
    assert all(directory.exists() for directory in left)
    lock.close()
    assert unfinished(str(folder / "spill")) == []
    assert [directory.exists() for directory in left] == [True, True, True, False]


@pytest.mark.parametrize("name", ["missing", "."])
def test_what_is_no_spill_is_an_error_and_stays_as_it_was(folder: Path, name: str) -> None:
    (folder / "precious").write_bytes(b"precious")
    with pytest.raises(SpillError, match="journal"):
        recover(folder / name, folder / "a.mp4")
    assert [path.name for path in folder.iterdir()] == ["precious"]


@pytest.mark.parametrize(
    "header",
    [
        {"codec": ["h264"]},
        {"codec": "abacus"},
        {"codec": {"a": 1}},
        {"fps": "1e999999999"},
        {"fps": [1, 0]},
        {"fps": [10**30, 1]},
        {"fps": [60]},
        {"fps": [60, True]},
        {"timing": "sundial"},
        {"quality": "best"},
        {"quality": -4},
        {"preset": 7},
        {"preset": "warp"},
        {"lossless": "yes", "quality": 3},
        {"color": "infrared"},
        {"gop": 0},
        {"b_frames": 99},
    ],
)
def test_options_that_cannot_be_are_refused(folder: Path, header: dict[str, object]) -> None:
    directory = crashed(folder, 2, {**STEP, **header})
    with pytest.raises(SpillError, match="options cannot be used"):
        recover(directory, folder / "a.mp4")
    assert not (folder / "a.mp4").exists()


SAMPLES: dict[str, dict[str, Any]] = {
    "fps": {"fps": 59.94},
    "timing": {"timing": "step"},
    "codec": {"codec": "hevc"},
    "preset": {"preset": "slow"},
    "tuning": {"tuning": "low_latency"},
    "rate_control": {"rate_control": "constqp"},
    "quality": {"quality": 31},
    "lossless": {"lossless": True},
    "bitrate": {"bitrate": 4_000_000},
    "max_bitrate": {"max_bitrate": 5_000_000, "bitrate": 4_000_000},
    "chroma": {"chroma": "444"},
    "gop": {"gop": 30},
    "b_frames": {"b_frames": 2},
    "color": {"color": "bt601"},
    "alpha": {"alpha": "premultiplied"},
}
"""For each option that a header keeps, a value that is not the default."""


def test_every_option_is_kept_or_there_is_a_reason() -> None:
    """A new option of `Config` fails here until somebody has tried it, or said why it is not kept."""
    options = {each.name for each in dataclasses.fields(Config)}
    assert SAMPLES.keys() == {*KEPT, "fps"} == options - not_stored().keys()
    assert all(reason.strip() for reason in not_stored().values())


@pytest.mark.parametrize("name", SAMPLES)
def test_an_option_survives_the_header(name: str) -> None:
    config = Config(**SAMPLES[name])
    found = config_of(json.loads(json.dumps(header_of(config))))
    own = "rate" if name == "fps" else name
    assert getattr(found, own) == getattr(config, own) != getattr(Config(), own)


def test_prores_keeps_its_chroma(folder: Path) -> None:
    config = Config(timing="step", codec="prores", chroma="444")
    recover(crashed(folder, 3, header_of(config)), folder / "a.mov")
    with av.open(folder / "a.mov") as film:
        assert (film.streams.video[0].codec_context.pix_fmt or "").startswith("yuv444p")


def test_what_only_nvenc_can_do_is_left_out_and_told(folder: Path) -> None:
    config = Config(
        timing="step",
        codec="h264",
        rate_control="vbr",
        bitrate=900_000,
        max_bitrate=990_000,
        tuning="low_latency",
    )
    recording = recover(crashed(folder, 3, header_of(config)), folder / "a.mp4")
    assert recording.frames == 3
    assert (
        recording.notes[1]
        == "tuning= and rate_control= and max_bitrate= of the recording do not apply on the CPU"
    )


def test_what_a_header_does_not_hold_is_told(folder: Path) -> None:
    header = header_of(Config(timing="step", codec="h264", audio="a.wav", process=[lambda _, frame: frame]))
    notes = " ".join(recover(crashed(folder, 3, header), folder / "a.mp4").notes)
    assert "1 operations of process= were" in notes
    assert "the sound of audio= is not added" in notes


def recover_anything(directory: Path) -> None:
    """Recover what may be anything: a film or one of our errors, nothing else."""
    target = directory.parent / "a.mp4"
    target.unlink(missing_ok=True)
    try:
        recording = recover(directory, target, keep=True)
    except GlrecError:
        return
    assert recording.frames > 0
    assert target.exists()


_HARD = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@_HARD
@given(st.binary(max_size=400), st.binary(max_size=400))
def test_random_bytes_do_no_harm(folder: Path, journal: bytes, segment: bytes) -> None:
    directory = folder / "random"
    directory.mkdir(exist_ok=True)
    (directory / "journal").write_bytes(journal)
    (directory / "000000.segment").write_bytes(segment)
    recover_anything(directory)


@_HARD
@given(st.data())
def test_a_spill_that_was_tampered_with_does_no_harm(folder: Path, data: st.DataObject) -> None:
    """Bytes changed, files cut, and checksums made to fit, as one would who means harm."""
    if not (folder / "spill").exists():
        crashed(folder, 4)
    original = next((folder / "spill").iterdir())
    files = {path.name: bytearray(path.read_bytes()) for path in original.iterdir()}
    journal, begin = files["journal"], len(files["journal"]) - 4 * RECORD_BYTES
    for index in data.draw(st.lists(st.integers(0, 3), max_size=4)):
        record = begin + index * RECORD_BYTES
        position = record + data.draw(st.integers(0, RECORD_BYTES - 5))
        journal[position] = data.draw(st.integers(0, 255))
        _fit_checksum(journal, record)
    name = data.draw(st.sampled_from(["journal", "000000.segment"]))
    for _ in range(data.draw(st.integers(0, 3))):
        files[name][data.draw(st.integers(0, len(files[name]) - 1))] = data.draw(st.integers(0, 255))
    del files[name][
        data.draw(st.integers(0, len(files[name]))) if data.draw(st.booleans()) else len(files[name]) :
    ]
    directory = folder / "tampered"
    directory.mkdir(exist_ok=True)
    for name, content in files.items():
        (directory / name).write_bytes(content)
    recover_anything(directory)


def _fit_checksum(journal: bytearray, record: int) -> None:
    import zlib

    body = journal[record : record + RECORD_BYTES - 4]
    journal[record + RECORD_BYTES - 4 : record + RECORD_BYTES] = zlib.crc32(body).to_bytes(4, "little")


def test_the_last_frame_lasts_as_long_as_its_step(folder: Path) -> None:
    recording = recover(crashed(folder, 6), folder / "a.mp4")
    assert recording.duration_seconds == Fraction(6, 60)
    assert video.timestamps(folder / "a.mp4") == [Fraction(number, 60) for number in range(6)]
    assert round(Fraction(STEP_NS * 60, 10**9)) == 1
