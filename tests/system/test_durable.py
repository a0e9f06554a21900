"""What is written reaches the disk each second, from a thread of its own, and a disk that fails is told."""

import errno
import gc
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from glrec_core import FileSink, PictureSink, SinkError, SpillError
from glrec_core.config import Config
from glrec_core.sink import growing_file, pictures
from glrec_core.spill import journal
from glrec_core.spill.spill_file import SpillFile
from glrec_core.stages import frames_on_disk
from glrec_core.system import durable
from glrec_core.system.durable import Syncing, sync_folder
from glrec_core.testing.streams import encoded, regular
from glrec_core.values.frame import Packet, StreamInfo
from tests.support import systems, video
from tests.support.spill import disk, rgba

FRAMES = 60
BROKEN = OSError(errno.EIO, os.strerror(errno.EIO))


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    before = threading.enumerate()
    yield
    gc.collect()
    for thread in set(threading.enumerate()) - set(before):
        thread.join(60)
    assert threading.enumerate() == before


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(durable, "INTERVAL_SECONDS", 0.01)
    monkeypatch.setattr(durable, "_LEAST_WAIT_SECONDS", 0.001)


class Counted:
    """Something that is synced; `failing` is what that raises."""

    def __init__(self, failing: OSError | None = None) -> None:
        self.failing = failing
        self.synced = threading.Semaphore(0)

    def sync(self) -> None:
        self.synced.release()
        if self.failing is not None:
            raise self.failing


def stream() -> tuple[StreamInfo, list[Packet]]:
    return encoded(Config(timing="step", fps=30, gop=10), regular(FRAMES, 30))


def test_it_goes_on_until_it_is_ended(quick: None) -> None:
    counted = Counted()
    syncing = Syncing(counted.sync)
    for _ in range(5):
        assert counted.synced.acquire(timeout=60)
    syncing.end()
    syncing.end()
    syncing.check()


def test_it_ends_with_what_is_synced(quick: None) -> None:
    counted = Counted()
    syncing = Syncing(counted.sync)
    assert counted.synced.acquire(timeout=60)
    thread = syncing._thread
    assert thread is not None
    del counted
    thread.join(60)
    assert not thread.is_alive()


def test_an_error_ends_it_and_is_kept(quick: None) -> None:
    counted = Counted(BROKEN)
    syncing = Syncing(counted.sync)
    assert syncing._thread is not None
    syncing._thread.join(60)
    for _ in range(2):
        with pytest.raises(OSError, match="Input/output error"):
            syncing.check()
    assert counted.synced.acquire(blocking=False)
    assert not counted.synced.acquire(blocking=False)


@systems.posix
def test_a_forked_child_has_no_thread_and_can_end(quick: None) -> None:
    counted = Counted()
    syncing = Syncing(counted.sync)
    child = os.fork()
    if child == 0:
        alone = threading.active_count() == 1
        syncing.end()
        os._exit(0 if alone else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    syncing.end()


@systems.posix
def test_a_folder_can_be_synced_or_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sync_folder(tmp_path)
    with pytest.raises(FileNotFoundError):
        sync_folder(tmp_path / "none")
    refused: list[int] = []

    def refuse(descriptor: int) -> None:
        refused.append(descriptor)
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))

    monkeypatch.setattr(os, "fsync", refuse)
    sync_folder(tmp_path)  # not every file system can
    assert len(refused) == 1


def test_the_encode_thread_never_waits_for_the_disk(
    quick: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that does not answer at all: every packet is taken, and only the end waits."""
    answering, synced_by = threading.Event(), list[str]()
    reached = threading.Event()

    def stuck(descriptor: int) -> None:
        synced_by.append(threading.current_thread().name)
        reached.set()
        answering.wait(60)

    monkeypatch.setattr(growing_file, "sync_data", stuck)
    sink, (info, packets) = FileSink(tmp_path / "a.mkv"), stream()
    sink.open(info)
    for packet in packets[:30]:
        sink.write(packet)
    assert reached.wait(60)
    for packet in packets[30:]:
        sink.write(packet)
    assert (sink.frames > 30, frames_on_disk(sink)) == (True, 0)
    assert synced_by == ["glrec-sync"]
    answering.set()
    sink.close()
    assert frames_on_disk(sink) == sink.frames == FRAMES


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".webp"])
def test_a_disk_that_fails_is_told_at_the_next_packet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    monkeypatch.setattr(durable, "INTERVAL_SECONDS", 1.0)  # the first packets are written before
    failed = threading.Event()

    def fail(descriptor: int) -> None:
        failed.set()
        raise BROKEN

    monkeypatch.setattr(growing_file, "sync_data", fail)
    sink = FileSink(tmp_path / f"a{suffix}")
    info, packets = encoded(
        Config(codec=sink.default_codec(), timing="step", fps=30, gop=None if suffix == ".webp" else 10),
        regular(FRAMES, 30),
    )
    sink.open(info)
    for packet in packets[:30]:
        sink.write(packet)
    assert failed.wait(60)
    assert sink._part is not None
    thread = sink._part.file._syncing._thread
    assert thread is not None
    thread.join(60)
    with pytest.raises(SinkError, match="cannot write: Input/output error") as caught:
        sink.write(packets[30])
    sink.close()
    assert caught.value.frames_kept == sink.frames > 0
    if suffix != ".webp":
        assert video.read_barcodes(tmp_path / f"a{suffix}") == list(range(sink.frames))


def test_a_disk_that_fails_at_the_end_is_told_and_the_film_plays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(descriptor: int) -> None:
        raise BROKEN

    sink, (info, packets) = FileSink(tmp_path / "a.mp4"), stream()
    sink.open(info)
    for packet in packets:
        sink.write(packet)
    monkeypatch.setattr(growing_file, "sync_data", fail)
    with pytest.raises(SinkError, match="cannot finish the file: Input/output error") as caught:
        sink.close()
    assert caught.value.frames_kept == FRAMES
    assert video.read_barcodes(tmp_path / "a.mp4") == list(range(FRAMES))


def test_without_a_thread_it_goes_on_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    sink, (info, packets) = FileSink(tmp_path / "a.mp4"), stream()
    sink.open(info)
    for packet in packets:
        sink.write(packet)
    sink.close()
    monkeypatch.undo()
    assert sink.notes == (
        "a.mp4 is not brought to the disk each second, since no thread can be started: can't start new thread",
    )
    assert video.read_barcodes(tmp_path / "a.mp4") == list(range(FRAMES))
    assert frames_on_disk(sink) == FRAMES


def test_pictures_reach_the_disk_too(quick: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    info, packets = encoded(Config(codec="png"), regular(5, 30))
    sink = PictureSink(tmp_path / "%d.png")
    sink.open(info)
    for packet in packets[:3]:
        sink.write(packet)
    while frames_on_disk(sink) < 3:
        pass
    failed = threading.Event()

    def fail(descriptor: int) -> None:
        failed.set()
        raise BROKEN

    monkeypatch.setattr(pictures, "sync_data", fail)
    sink.write(packets[3])
    assert failed.wait(60)
    with pytest.raises(SinkError, match="Input/output error") as caught:
        sink.close()
    assert (caught.value.frames_kept, sink.frames) == (4, 4)


def test_a_spill_whose_disk_fails_says_so(
    quick: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = threading.Event()

    def fail(descriptor: int) -> None:
        failed.set()
        raise BROKEN

    file = SpillFile(disk(tmp_path), {}, keep_all=True)
    monkeypatch.setattr(journal, "sync_data", fail)
    file.append(rgba(0))
    assert failed.wait(60)
    assert file._journal._syncing._thread is not None
    file._journal._syncing._thread.join(60)
    with pytest.raises(SpillError, match="Input/output error"):
        file.append(rgba(1))
    file.close(keep=False)
    assert list(tmp_path.iterdir()) == []
