"""The spill on disk: every pixel comes back, any prefix is valid, damage costs what it hit, and nothing else is touched."""

import errno
import json
import os
import shutil
from collections import namedtuple
from pathlib import Path

import numpy as np
import pytest

from glrec_core.errors import SpillError
from glrec_core.spill import journal, location, packing, segments, spill_file
from glrec_core.spill.journal import RECORD_BYTES, read_journal
from glrec_core.spill.lock import DirectoryLock
from glrec_core.spill.packing import Packing, PackingChoice
from glrec_core.spill.spill_file import SpillFile
from glrec_core.spill.stored_frames import StoredFrames, unfinished
from glrec_core.system import files
from glrec_core.values.frame import Frame
from tests.support import systems
from tests.support.spill import STEP_NS, disk, nv12, rgba, same


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return disk(tmp_path) / "spill"


def spill(root: Path, frames: list[Frame]) -> Path:
    """Store frames as a process that is then killed would leave them."""
    file = SpillFile(root, {}, keep_all=True)
    for frame in frames:
        file.append(frame)
    file.close(keep=True)
    return file.directory


@pytest.mark.parametrize("lz4", [True, False])
@pytest.mark.parametrize(
    "frame", [rgba(1), rgba(2, bottom_up=True), rgba(3, (33, 7)), nv12(4), nv12(5, (34, 18))]
)
def test_pixels_come_back_exactly(
    root: Path, frame: Frame, monkeypatch: pytest.MonkeyPatch, *, lz4: bool
) -> None:
    monkeypatch.setattr(spill_file, "has_lz4", lambda: lz4)
    expected = tuple(map(np.array, frame.planes))
    file = SpillFile(root, {}, keep_all=False)
    for _ in range(4):  # both ways of packing
        planes = file.load(file.append(frame))
        assert same(planes, expected)
        assert all(plane.flags.writeable for plane in planes)
        assert planes[0].strides[0] * frame.planes[0].strides[0] > 0
    file.close(keep=False)
    assert list(root.iterdir()) == []


@systems.posix
def test_only_its_user_can_read_it(root: Path) -> None:
    directory = spill(root, [rgba(0)])
    assert directory.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in directory.iterdir()} == {0o600}


def test_frames_are_given_in_order_of_time_whatever_the_order_of_storing(root: Path) -> None:
    order = [5, 1, 4, 0, 3, 2]
    with StoredFrames(spill(root, [rgba(number) for number in order])) as frames:
        found = [(frame.pts_ns, frame.planes) for frame in frames]
    assert [pts_ns for pts_ns, _ in found] == [number * STEP_NS for number in range(6)]
    assert all(same(planes, rgba(number).planes) for number, (_, planes) in enumerate(found))


def test_any_prefix_of_the_journal_is_a_journal(root: Path) -> None:
    directory = spill(root, [rgba(number) for number in range(5)])
    whole = (directory / "journal").read_bytes()
    begin = len(whole) - 5 * RECORD_BYTES
    for length in range(len(whole)):
        (directory / "journal").write_bytes(whole[:length])
        if length < begin:
            with pytest.raises(SpillError, match="journal"):
                read_journal(directory)
        else:
            journal = read_journal(directory)
            assert len(journal) == (length - begin) // RECORD_BYTES
            assert journal.damaged == bool((length - begin) % RECORD_BYTES)


@pytest.mark.parametrize("more", [0, 1])
def test_a_header_is_as_long_as_is_read_again_at_most(
    root: Path, monkeypatch: pytest.MonkeyPatch, more: int
) -> None:
    """64 KiB: neither is more of it written, nor is a longer one believed."""
    header = {"text": "x" * ((1 << 16) + more - len(json.dumps({"text": ""})))}
    if more:
        with pytest.raises(SpillError, match="more than 64 KiB"):
            SpillFile(root, header, keep_all=True)
        assert list(root.iterdir()) == []
        monkeypatch.setattr(journal, "_MAX_HEADER_BYTES", 1 << 17)
    file = SpillFile(root, header, keep_all=True)
    file.append(rgba(0))
    file.close(keep=True)
    monkeypatch.undo()
    if more:
        with pytest.raises(SpillError, match="its beginning is damaged"):
            read_journal(file.directory)
    else:
        assert read_journal(file.directory).header == header


def test_a_journal_is_as_long_as_is_read_again_at_most(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = SpillFile(root, {}, keep_all=True)
    file.append(rgba(0))
    length = (file.directory / "journal").stat().st_size
    monkeypatch.setattr(journal, "MAX_JOURNAL_BYTES", length + RECORD_BYTES)
    file.append(rgba(1))
    with pytest.raises(SpillError, match="cannot write the journal: it would be longer"):
        file.append(rgba(2))
    file.close(keep=True)
    assert len(read_journal(file.directory)) == 2
    monkeypatch.setattr(journal, "MAX_JOURNAL_BYTES", length + RECORD_BYTES - 1)
    with pytest.raises(SpillError, match="is not read"):
        read_journal(file.directory)


def test_segments_that_were_deleted_are_not_missed(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their frames are in the recording's file; one that is missing behind them is damage."""
    monkeypatch.setattr(segments, "SEGMENT_BYTES", 3 * 32 * 16 * 4)
    monkeypatch.setattr(spill_file, "has_lz4", lambda: False)
    directory = spill(root, [rgba(number) for number in range(12)])
    (directory / "000000.segment").unlink()
    with StoredFrames(directory) as frames:
        assert len(frames) == len(list(frames)) == 9
        assert frames.times_ns.tolist() == [number * STEP_NS for number in range(3, 12)]
        assert [frame.pts_ns for frame in frames.after(9 * STEP_NS)] == [10 * STEP_NS, 11 * STEP_NS]
        assert frames.damaged == 0
    (directory / "000002.segment").unlink()
    with StoredFrames(directory) as frames:
        assert (len(list(frames)), frames.damaged) == (6, 3)


def test_a_damaged_byte_costs_one_frame_at_most(root: Path) -> None:
    directory = spill(root, [rgba(number) for number in range(4)])
    sizes = {name: (directory / name).stat().st_size for name in ("journal", "000000.segment")}
    header = sizes["journal"] - 4 * RECORD_BYTES
    for name, begin in (("journal", header), ("000000.segment", 0)):
        whole = (directory / name).read_bytes()
        for position in range(begin, sizes[name], 7):
            damaged = bytearray(whole)
            damaged[position] ^= 0x5A
            (directory / name).write_bytes(damaged)
            with StoredFrames(directory) as frames:
                found = [frame.pts_ns for frame in frames]
            assert len(found) >= 3
            assert frames.damaged == 4 - len(found)
        (directory / name).write_bytes(whole)


def test_a_segment_that_lost_its_end_costs_the_frames_that_were_there(root: Path) -> None:
    directory = spill(root, [rgba(number) for number in range(8)])
    segment = directory / "000000.segment"
    os.truncate(segment, segment.stat().st_size // 2)
    with StoredFrames(directory) as frames:
        found = [frame.pts_ns // STEP_NS for frame in frames]
    assert found == list(range(len(found)))
    assert 3 <= len(found) < 8
    assert frames.damaged == 8 - len(found)


@pytest.mark.parametrize("kind", ["link", "pipe", "folder", "missing"])
@pytest.mark.parametrize("name", ["journal", "000000.segment", "lock"])
def test_what_is_no_file_is_not_opened(root: Path, tmp_path: Path, name: str, kind: str) -> None:
    directory = spill(root, [rgba(0)])
    content = (directory / name).read_bytes()
    (directory / name).unlink()
    if kind == "link":
        (tmp_path / "elsewhere").write_bytes(content)
        systems.link(directory / name, tmp_path / "elsewhere")
    elif kind == "pipe":
        systems.pipe(directory / name)
    elif kind == "folder":
        (directory / name).mkdir()
    if name == "000000.segment" or (name, kind) == ("lock", "missing"):
        with StoredFrames(directory) as frames:
            assert len(list(frames)) == (name == "lock")
            return
    with pytest.raises(SpillError):
        StoredFrames(directory)


def test_a_living_recording_is_protected(root: Path) -> None:
    file = SpillFile(root, {}, keep_all=False)
    file.append(rgba(0))
    with pytest.raises(SpillError, match=f"process {os.getpid()} still records") as caught:
        StoredFrames(file.directory)
    assert caught.value.errno == errno.EBUSY
    assert unfinished(str(root)) == []
    file.close(keep=True)
    assert unfinished(str(root)) == [file.directory]
    with StoredFrames(file.directory) as frames:
        assert len(frames) == 1
    DirectoryLock(file.directory).close()


def test_other_peoples_files_are_not_deleted(root: Path) -> None:
    directory = spill(root, [rgba(0)])
    (directory / "thesis.tex").write_text("precious")
    spill_file.remove_directory(directory)
    assert [path.name for path in directory.iterdir()] == ["thesis.tex"]


def test_segments_are_deleted_a_second_after_their_last_frame_got_into_the_file(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spill_file, "KEPT_SECONDS", 0.0)
    monkeypatch.setattr(segments, "SEGMENT_BYTES", 3 * 32 * 16 * 4)
    monkeypatch.setattr(spill_file, "has_lz4", lambda: False)
    file = SpillFile(root, {}, keep_all=False)
    numbers = [file.append(rgba(number)) for number in range(120)]
    counts = []
    for number in range(120):
        file.load(numbers[number])
        file.written(number * STEP_NS)
        counts.append(len(list(file.directory.glob("*.segment"))))
    assert counts[:60] == [40] * 60  # nothing younger than a second goes
    assert counts[-1] == 20  # and the other half is older
    file.close(keep=False)
    assert list(root.iterdir()) == []


def test_segments_stay_until_the_file_is_on_the_disk_too(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three seconds by the wall clock, however much video an encoder got through meanwhile."""
    now = [100.0]
    monkeypatch.setattr(segments, "SEGMENT_BYTES", 3 * 32 * 16 * 4)
    monkeypatch.setattr(spill_file, "has_lz4", lambda: False)
    monkeypatch.setattr(spill_file, "monotonic", lambda: now[0])
    file = SpillFile(root, {}, keep_all=False)
    for number in range(300):
        file.append(rgba(number))
    counts = []
    for second in range(8):
        now[0] = 100.0 + second
        file.written(min(second, 2) * 120 * STEP_NS)
        counts.append(len(list(file.directory.glob("*.segment"))))
    assert counts[:4] == [100] * 4
    assert counts[4:] == [80, 40, 40, 40]
    file.close(keep=False)


def test_a_spill_that_keeps_all_deletes_nothing(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segments, "SEGMENT_BYTES", 3 * 32 * 16 * 4)
    file = SpillFile(root, {}, keep_all=True)
    numbers = [file.append(rgba(number)) for number in range(120)]
    for number in range(120):
        file.load(numbers[number])
        file.written(number * STEP_NS)
    file.close(keep=True)
    with StoredFrames(file.directory) as frames:
        assert len(list(frames)) == 120


def test_frames_in_ram_are_refused(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "file_system", lambda _: "tmpfs")
    with pytest.raises(SpillError, match="in RAM"):
        SpillFile(root, {}, keep_all=False)
    assert list(root.iterdir()) == []


@systems.linux
def test_a_file_system_in_ram_is_recognized() -> None:
    mounts = Path("/proc/mounts")
    if not mounts.exists() or " /dev/shm tmpfs " not in mounts.read_text():
        pytest.skip("there is no tmpfs at /dev/shm")
    with pytest.raises(SpillError, match="tmpfs"):
        location.check_on_disk(Path("/dev/shm"))


def test_some_of_the_disk_is_left_free(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")  # noqa: PYI024 - as shutil's own
    free = [location.RESERVE_BYTES + 2 * segments.SEGMENT_BYTES]
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(0, 0, free[0]))
    file = SpillFile(root, {}, keep_all=False)
    file.append(rgba(0))
    free[0] -= 2 * segments.SEGMENT_BYTES
    file.append(rgba(1))  # has room in the segment
    file._writer._size_bytes = 0
    with pytest.raises(SpillError, match="MiB are free") as caught:
        file.append(rgba(2))
    assert caught.value.errno == errno.ENOSPC
    free[0] += segments.SEGMENT_BYTES
    file.append(rgba(2))
    file.close(keep=True)
    with StoredFrames(file.directory) as frames:
        assert [frame.pts_ns // STEP_NS for frame in frames] == [0, 1, 2]


@pytest.mark.parametrize("number", [errno.EOPNOTSUPP, errno.EINVAL, None])
def test_where_nothing_can_be_preallocated_files_grow(
    root: Path, monkeypatch: pytest.MonkeyPatch, number: int | None
) -> None:
    def refuse(*_: int) -> None:
        assert number is not None
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(segments, "_preallocate", None if number is None else refuse)
    with StoredFrames(spill(root, [rgba(0), rgba(1)])) as frames:
        assert len(list(frames)) == 2


def test_the_faster_way_of_packing_is_learned_and_learned_anew() -> None:
    choice = PackingChoice(lz4=True)
    cost = {Packing.LZ4: 1.0, Packing.RAW: 2.0}
    used = []
    for number in range(400):
        if number == 200:  # the disk's cache is full: from now on it is the disk that costs
            cost = {Packing.LZ4: 4.0, Packing.RAW: 2.0}
        used.append(choice.next())
        choice.measured(used[-1], 1, cost[used[-1]])
    assert set(used[:4]) == {Packing.LZ4, Packing.RAW}
    assert used[4:200].count(Packing.RAW) <= 3
    assert used[300:].count(Packing.LZ4) <= 2
    assert str(choice).startswith("RAW at")


def test_one_slow_frame_does_not_change_the_way() -> None:
    choice = PackingChoice(lz4=True)
    for number in range(60):
        way = choice.next()
        choice.measured(way, 1, 50.0 if number == 30 else {Packing.LZ4: 1.0, Packing.RAW: 2.0}[way])
        assert number < 4 or way is Packing.LZ4


def test_without_lz4_frames_are_stored_raw_and_it_says_so() -> None:
    choice = PackingChoice(lz4=False)
    assert {choice.next() for _ in range(100)} == {Packing.RAW}
    assert "pip install 'glrec[spill]'" in str(choice)


@pytest.mark.parametrize("data", [b"", b"\x00", b"\xff" * 50, bytes(range(256))])
def test_damaged_lz4_is_an_error(data: bytes) -> None:
    with pytest.raises(SpillError):
        packing.unpack(np.frombuffer(data, np.uint8), Packing.LZ4, 2048)
