"""Files where systems differ: bytes at positions, locks, and files that another program holds open.

What Windows does there is played where there is no Windows: the error comes from the replacement itself.
"""

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from glrec_core import FileSink
from glrec_core.config import Config
from glrec_core.system import files
from glrec_core.testing.streams import encoded, regular
from tests.support import systems, video

FRAMES = 30
ACCESS_DENIED = OSError(errno.EACCES, "Access denied")

HOLDS_A_LOCK = """
import os, sys
from pathlib import Path
from glrec_core.system import files
descriptor = files.open_file(Path(sys.argv[1]), os.O_RDWR | os.O_CREAT)
print(files.lock(descriptor), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[int]:
    descriptor = files.open_file(tmp_path / "a", os.O_RDWR | os.O_CREAT | os.O_EXCL)
    yield descriptor
    os.close(descriptor)


def hold(monkeypatch: pytest.MonkeyPatch, times: int) -> list[str]:
    """Let the next replacements fail as where somebody has the file open; returns the names of those that came."""
    tried: list[str] = []
    replace = Path.replace

    def refuse(source: Path, target: Path) -> Path:
        tried.append(target.name)
        if len(tried) <= times:
            raise ACCESS_DENIED
        return replace(source, target)

    monkeypatch.setattr(Path, "replace", refuse)
    monkeypatch.setattr(files, "_is_held", lambda error: error is ACCESS_DENIED)
    monkeypatch.setattr(files, "HELD_SECONDS", 0.5)
    return tried


def test_bytes_are_bytes_at_their_positions(opened: int) -> None:
    data = bytes(range(256)) * 3 + b"\r\n\x1a\n"
    assert files.write_at(opened, data, 5) == len(data)
    assert files.read_at(opened, len(data), 5) == data
    assert files.read_at(opened, 1000, 5 + len(data) - 4) == b"\r\n\x1a\n"
    target = bytearray(10)
    assert files.read_into(opened, memoryview(target), 0) == 10
    assert target == bytes(5) + data[:5]
    assert files.read_into(opened, memoryview(target), 5 + len(data)) == 0
    assert files.read_at(opened, 0, 0) == b""
    assert files.is_regular(opened)


def test_a_position_beyond_four_gigabytes_is_one(opened: int) -> None:
    files.write_at(opened, b"far", 5 << 30)
    assert files.read_at(opened, 3, 5 << 30) == b"far"
    assert os.fstat(opened).st_size == (5 << 30) + 3


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"x")
    systems.link(tmp_path / "link", tmp_path / "real")
    with pytest.raises(OSError, match="symbolic links"):
        files.open_file(tmp_path / "link", os.O_RDONLY)


def test_a_lock_goes_with_its_process_however_that_ends(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    command = [sys.executable, "-c", HOLDS_A_LOCK, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline().strip() == b"True"
        descriptor = files.open_file(path, os.O_RDWR)
        try:
            files.write_at(descriptor, b"7", 0)  # the lock is on no byte that is read or written
            assert files.read_at(descriptor, 5, 0) == b"7"
            assert not files.lock(descriptor)
            holder.kill()
            holder.wait()
            assert files.lock(descriptor)
        finally:
            os.close(descriptor)


def test_a_descriptor_knows_its_file(opened: int, tmp_path: Path) -> None:
    if (found := files.path_of(opened)) is not None:
        assert found.samefile(tmp_path / "a")
    else:
        assert sys.platform == "win32", "where nobody moves a file that is open"


def test_who_holds_a_film_for_a_moment_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tried = hold(monkeypatch, 3)
    path, notes = finished(tmp_path / "a.mp4")
    assert tried == ["a.mp4"] * 4
    assert notes == ()
    assert video.read_barcodes(path) == list(range(FRAMES))
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("suffix", [".mp4", ".mov"])
def test_who_holds_a_film_for_long_leaves_it_as_it_plays_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    hold(monkeypatch, 10_000)
    path, notes = finished(tmp_path / f"a{suffix}")
    (note,) = notes
    assert note == (
        f"a{suffix} stays as it was recorded, since another program holds it open (Access denied): it is complete and "
        "plays, but its index is not in front"
    )
    assert video.read_barcodes(path) == list(range(FRAMES))
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_film_goes_without_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hold(monkeypatch, 10_000)
    path, notes = finished(tmp_path / "a.mkv", mark=True)
    assert [note.endswith("plays, but without sound and chapters") for note in notes] == [True]
    assert video.read_barcodes(path) == list(range(FRAMES))


def finished(path: Path, *, mark: bool = False) -> tuple[Path, tuple[str, ...]]:
    info, packets = encoded(Config(timing="step", fps=30, gop=10), regular(FRAMES, 30))
    sink = FileSink(path)
    sink.open(info)
    for packet in packets:
        sink.write(packet)
    if mark:
        sink.mark(packets[5].pts, "a moment")
    sink.close()
    assert sink.paths == (path,)
    return path, sink.notes
