"""Recovery can be ended at any moment and notices an encoder that hangs; the spill is as it was then, and there is no film."""

import itertools
import logging
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from glrec_core import EncodeError
from glrec_core.config import Config
from glrec_core.recover import recover, watched
from glrec_core.spill.header import header_of
from glrec_core.spill.spill_file import SpillFile
from glrec_core.spill.stored_frames import unfinished
from glrec_core.testing import SlowEncoder
from tests.cli.command import environment
from tests.support import video
from tests.support.failing import wrap_encoders
from tests.support.spill import STEP_NS, barcode_frame, disk

FRAMES = 30


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return disk(tmp_path)


@pytest.fixture
def spill(folder: Path) -> Path:
    """Return a spill with some barcode pictures."""
    file = SpillFile(folder / "spill", header_of(Config(timing="step", fps=60, codec="h264")), keep_all=True)
    for number in range(FRAMES):
        file.append(barcode_frame(number, number * STEP_NS))
    file.close(keep=True)
    return file.directory


def contents(spill: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in spill.iterdir() if path.name != "lock"}


@pytest.fixture(autouse=True)
def _untouched(monkeypatch: pytest.MonkeyPatch, folder: Path, spill: Path) -> Iterator[None]:
    """Check after each test that what it ended left nothing, and that the frames can still be recovered."""
    before = contents(spill)
    yield
    assert contents(spill) == before
    assert unfinished(str(folder / "spill")) == [spill]
    assert sorted(path.name for path in folder.iterdir()) == ["spill"]
    monkeypatch.undo()
    assert recover(spill, folder / "again.mp4").frames == FRAMES
    assert video.read_barcodes(folder / "again.mp4") == list(range(FRAMES))


class Enough(BaseException):
    """What a user's own progress may raise."""


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, Enough, ValueError])
@pytest.mark.parametrize("frame", [1, 17, FRAMES])
def test_an_exception_of_progress_ends_it(
    folder: Path, spill: Path, error: type[BaseException], frame: int
) -> None:
    def progress(done: int, _: int) -> None:
        if done == frame:
            raise error

    with pytest.raises(error):
        recover(spill, folder / "a.mp4", progress=progress)
    assert watched.THREAD_NAME not in {thread.name for thread in threading.enumerate()}


def hang(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Let the encoder do something else at its fifth frame."""
    count = itertools.count(1)

    def wait() -> None:
        if next(count) == 5:
            act()

    wrap_encoders(monkeypatch, lambda encoder: SlowEncoder(encoder, wait))


def end_of_the_thread() -> None:
    """Wait for what was left behind, so that the test leaves nothing."""
    for thread in threading.enumerate():
        if thread.name == watched.THREAD_NAME:
            thread.join()


def test_an_encoder_that_hangs_is_told_of_and_given_up(
    folder: Path, spill: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The call is stuck in C code, where no exception reaches it."""
    released = threading.Event()
    hang(monkeypatch, released.wait)
    monkeypatch.setattr(watched, "_NOTICE_SECONDS", 0.2)
    monkeypatch.setattr(watched, "_FAREWELL_SECONDS", 0.2)
    with caplog.at_level(logging.WARNING), pytest.raises(EncodeError, match="took no frame for 1 s"):
        recover(spill, folder / "a.mp4", patience_seconds=1.0)
    assert "has taken no frame for" in caplog.text
    released.set()
    end_of_the_thread()


def test_a_slow_encoder_is_not_given_up(folder: Path, spill: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What counts is the time without a frame, not the whole."""
    wrap_encoders(monkeypatch, lambda encoder: SlowEncoder(encoder, wait=0.2))
    assert recover(spill, folder / "a.mp4", keep=True, patience_seconds=5.0).frames == FRAMES
    (folder / "a.mp4").unlink()


_STUCK = """
import ctypes, sys
from glrec_core.cli.main import main
from glrec_core.encode.pyav import PyAVEncoder
from glrec_core.recover import watched

watched._FAREWELL_SECONDS = 0.3
encode, count = PyAVEncoder.encode, [0]

def stuck(encoder, frame):
    count[0] += 1
    if count[0] == 5:
        print("stuck", flush=True)
        ctypes.CDLL(None).sleep(1000)
    return encode(encoder, frame)

PyAVEncoder.encode = stuck
sys.exit(main())
"""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("stuck", [True, False])
def test_the_command_ends_when_it_is_asked_to(
    folder: Path, spill: Path, number: signal.Signals, code: int, *, stuck: bool
) -> None:
    """Also while the encoder is stuck in a library, where Python handles no signal."""
    command = [sys.executable, "-c", _STUCK if stuck else _STUCK.replace("sleep(1000)", "usleep(1000000)")]
    with subprocess.Popen(
        [*command, "recover", str(spill), "-o", str(folder / "a.mp4")],
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "stuck\n"
        process.send_signal(number)
        _, errors = process.communicate(timeout=50)
    assert process.returncode == code
    assert f"{spill} is as it was" in errors
    assert "Traceback" not in errors


def test_progress_is_told_in_lines_where_there_is_no_terminal(folder: Path, spill: Path) -> None:
    program = (
        "import sys; from glrec_core.cli import recover; recover._LINE_SECONDS = 0.0; "
        "from glrec_core.cli.main import main; sys.exit(main())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "recover", str(spill), "-o", str(folder / "a.mp4"), "--keep"],
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr.splitlines() == [
        f"recovering: {number} of {FRAMES} frames" for number in range(1, FRAMES + 1)
    ]
    (folder / "a.mp4").unlink()


def test_a_killed_recovery_leaves_nothing_under_the_name(folder: Path, spill: Path) -> None:
    command = [sys.executable, "-c", _STUCK, "recover", str(spill), "-o", str(folder / "a.mp4")]
    with subprocess.Popen(
        command, env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.kill()
    assert not (folder / "a.mp4").exists()
    (left,) = folder.glob(".glrec-recover-*")
    for path in left.iterdir():
        path.unlink()
    left.rmdir()


def test_a_name_that_is_taken_meanwhile_is_not_replaced(folder: Path, spill: Path) -> None:
    def take(done: int, _: int) -> None:
        if done == 3:
            (folder / "a.mp4").write_text("precious")

    with pytest.raises(OSError, match="File exists"):
        recover(spill, folder / "a.mp4", progress=take)
    assert (folder / "a.mp4").read_text() == "precious"
    (folder / "a.mp4").unlink()
