"""A file system that remembers what of it would be on a disk: what was synced, and nothing else.

It keeps its files in memory and writes down each operation with its time. From these `Disk` makes what is left when the
power fails at a moment of one's choice. It is as forgetful as the rules allow: data, lengths and names that were not synced
are gone, or, by lot, some of them are there in any order, as zeros, too.
"""

import errno
import os
import pickle
import random
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

ROOT = 1
_BLOCK_BYTES = 4096
_BLOCKS = 1 << 22  # 16 GiB
_PATIENCE_SECONDS = 60.0


class Operation(NamedTuple):
    """One thing that was done; `what` says what the numbers of nodes, names and bytes in `of` mean."""

    moment: float
    what: str
    of: tuple[Any, ...]


@contextmanager
def forgetful_folder(folder: Path) -> Iterator[Path]:
    """Give a folder in a new file system of this kind; `operations(folder)` tells what was done, after the block.

    Raises:
        OSError: file systems in user space are refused here.

    """
    mount, log = folder / "mount", _log(folder)
    mount.mkdir(parents=True)
    program = [sys.executable, "-m", "tests.support.forgetful", str(mount), str(log)]
    with subprocess.Popen(program, cwd=Path(__file__).resolve().parents[2], stderr=subprocess.PIPE) as server:
        try:
            _wait_until_mounted(mount, server)
            yield mount
        finally:
            try:
                if mount.is_mount():
                    _unmount(mount)
                server.wait(_PATIENCE_SECONDS)
            finally:
                server.kill()


def operations(folder: Path) -> list[Operation]:
    """Return what was done in a file system that is unmounted."""
    return [Operation(*each) for each in pickle.loads(_log(folder).read_bytes())]


def _log(folder: Path) -> Path:
    return folder / "operations"


def _wait_until_mounted(mount: Path, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not mount.is_mount():
        if server.poll() is not None or time.monotonic() > deadline:
            server.kill()
            assert server.stderr is not None
            raise OSError(
                errno.ENODEV, f"no file system in user space: {server.stderr.read().decode().strip()}"
            )
        time.sleep(0.01)


def _unmount(mount: Path) -> None:
    """Unmount it, at once, whatever of it is still open."""
    by_user = shutil.which("fusermount3") or "fusermount"
    command = ["umount", "--lazy"] if os.geteuid() == 0 else [by_user, "-u", "-z"]
    subprocess.run([*command, str(mount)], check=True, timeout=_PATIENCE_SECONDS)


# What is left


@dataclass
class _File:
    """What a disk holds of a file, and what was done to it since."""

    data: bytes = b""
    now: bytearray = field(default_factory=bytearray)
    unsynced: list[tuple[str, int, bytes]] = field(default_factory=list)

    def do(self, what: str, offset: int, data: bytes) -> None:
        _apply(self.now, what, offset, data)
        self.unsynced.append((what, offset, data))

    def sync(self) -> None:
        self.data = bytes(self.now)
        self.unsynced.clear()

    def left(self, lot: random.Random | None) -> bytes:
        """Return what is left of it; with a lot, with some of what was not synced."""
        if lot is None:
            return self.data
        left = bytearray(self.data)
        for what, offset, data in self.unsynced:
            match lot.randrange(4):
                case 0 | 1:
                    _apply(left, what, offset, data)
                case 2:  # the length alone reached the disk
                    _apply(left, "grow", offset + len(data), b"")
        return bytes(left)


def _apply(content: bytearray, what: str, offset: int, data: bytes) -> None:
    if what == "truncate":
        del content[offset:]
    content.extend(bytes(max(0, offset - len(content))))
    if what == "write":
        content[offset : offset + len(data)] = data


Entry = tuple[str, tuple[Any, ...]]


class Disk:
    """What a disk holds while operations are done. They must come in order."""

    def __init__(self) -> None:
        self._files: dict[int, _File] = {}
        self._folders: dict[int, dict[str, int]] = {ROOT: {}}
        self._unsynced: list[Entry] = []

    def do(self, operation: Operation) -> None:
        """Take one operation."""
        what, of = operation.what, operation.of
        match what:
            case "create":
                self._files[of[2]] = _File()
                self._unsynced.append((what, of))
            case "mkdir":
                self._folders[of[2]] = {}
                self._unsynced.append((what, of))
            case "unlink" | "rename":
                self._unsynced.append((what, of))
            case "write" | "truncate" | "grow":
                self._files[of[0]].do(what, of[1], of[2] if what == "write" else b"")
            case "sync":
                self._files[of[0]].sync()
            case "sync folder":
                for entry in [each for each in self._unsynced if of[0] in _folders_of(each)]:
                    _enter(self._folders, entry)
                    self._unsynced.remove(entry)

    def restore(self, folder: Path, lot: random.Random | None = None) -> Path:
        """Make a folder hold what is left after a power cut now; with a lot, some of what was not synced is there, too."""
        folders = {number: dict(entries) for number, entries in self._folders.items()}
        if lot is not None:
            for entry in self._unsynced:
                if lot.random() < 0.5:
                    _enter(folders, entry)
        shutil.rmtree(folder, ignore_errors=True)
        self._restore(folders, ROOT, folder, lot)
        return folder

    def _restore(
        self, folders: dict[int, dict[str, int]], number: int, folder: Path, lot: random.Random | None
    ) -> None:
        folder.mkdir()
        for name, node in folders[number].items():
            if node in folders:
                self._restore(folders, node, folder / name, lot)
            else:
                (folder / name).write_bytes(self._files[node].left(lot))


def _folders_of(entry: Entry) -> set[int]:
    what, of = entry
    return {of[0], of[2]} if what == "rename" else {of[0]}


def _enter(folders: dict[int, dict[str, int]], entry: Entry) -> None:
    what, of = entry
    match what:
        case "create" | "mkdir":
            folders[of[0]][of[1]] = of[2]
        case "unlink":
            folders[of[0]].pop(of[1], None)
        case "rename":
            folders[of[0]].pop(of[1], None)
            folders[of[2]][of[3]] = of[4]


# The file system itself, in a process of its own


@dataclass
class _Node:
    mode: int
    data: bytearray = field(default_factory=bytearray)
    entries: dict[str, int] = field(default_factory=dict)


def _serve(mount: str, log: str) -> None:
    import mfusepy

    class Forgetful(mfusepy.Operations):  # type: ignore[misc]
        """Keeps all in memory and writes down what was done."""

        use_ns = True

        def __init__(self) -> None:
            self._nodes = {ROOT: _Node(stat.S_IFDIR | 0o755)}
            self._done: list[tuple[float, str, tuple[Any, ...]]] = []
            self._next = ROOT + 1

        def destroy(self, path: str) -> None:
            Path(log).write_bytes(pickle.dumps(self._done))

        def getattr(self, path: str, fh: int | None = None) -> dict[str, Any]:
            number = self._find(path) if fh is None else fh
            node = self._nodes[number]
            times = dict.fromkeys(("st_atime", "st_mtime", "st_ctime"), 0)
            size = len(node.data)
            return {"st_mode": node.mode, "st_ino": number, "st_size": size, "st_nlink": 1, **times}

        def readdir(self, path: str, fh: int) -> Sequence[str]:
            return [".", "..", *self._nodes[self._find(path)].entries]

        def create(self, path: str, mode: int, fi: Any = None) -> int:
            return self._make("create", path, stat.S_IFREG | stat.S_IMODE(mode))

        def mkdir(self, path: str, mode: int) -> int:
            self._make("mkdir", path, stat.S_IFDIR | stat.S_IMODE(mode))
            return 0

        def open(self, path: str, flags: int) -> int:
            return self._find(path)

        def opendir(self, path: str) -> int:
            return self._find(path)

        def read(self, path: str, size: int, offset: int, fh: int) -> bytes:
            return bytes(self._nodes[fh].data[offset : offset + size])

        def write(self, path: str, data: bytes, offset: int, fh: int) -> int:
            self._change(fh, "write", offset, bytes(data))
            return len(data)

        def truncate(self, path: str, length: int, fh: int | None = None) -> int:
            self._change(self._find(path) if fh is None else fh, "truncate", length)
            return 0

        def fallocate(self, path: str, mode: int, offset: int, size: int, fh: int) -> int:
            self._change(fh, "grow", offset + size)
            return 0

        def fsync(self, path: str, datasync: int, fh: int) -> int:
            self._tell("sync", fh)
            return 0

        def fsyncdir(self, path: str, datasync: int, fh: int) -> int:
            self._tell("sync folder", fh)
            return 0

        def unlink(self, path: str) -> int:
            parent, name = self._split(path)
            self._tell("unlink", parent, name)
            del self._nodes[parent].entries[name]
            return 0

        rmdir = unlink

        def rename(self, old: str, new: str) -> int:
            (parent, name), (new_parent, new_name) = self._split(old), self._split(new)
            number = self._find(old)
            self._tell("rename", parent, name, new_parent, new_name, number)
            del self._nodes[parent].entries[name]
            self._nodes[new_parent].entries[new_name] = number
            return 0

        def chmod(self, path: str, mode: int) -> int:
            node = self._nodes[self._find(path)]
            node.mode = stat.S_IFMT(node.mode) | stat.S_IMODE(mode)
            return 0

        def utimens(self, path: str, times: Any = None) -> int:
            return 0

        def statfs(self, path: str) -> dict[str, int]:
            return {
                "f_bsize": _BLOCK_BYTES,
                "f_frsize": _BLOCK_BYTES,
                "f_blocks": _BLOCKS,
                "f_bfree": _BLOCKS,
                "f_bavail": _BLOCKS,
                "f_namemax": 255,
            }

        def _make(self, what: str, path: str, mode: int) -> int:
            parent, name = self._split(path)
            number, self._next = self._next, self._next + 1
            self._nodes[number] = _Node(mode)
            self._nodes[parent].entries[name] = number
            self._tell(what, parent, name, number)
            return number

        def _change(self, number: int, what: str, offset: int, data: bytes = b"") -> None:
            _apply(self._nodes[number].data, what, offset, data)
            self._tell(what, number, offset, data)

        def _tell(self, what: str, *of: Any) -> None:
            self._done.append((time.monotonic(), what, of))

        def _find(self, path: str) -> int:
            number = ROOT
            for name in path.split("/"):
                if name:
                    try:
                        number = self._nodes[number].entries[name]
                    except KeyError:
                        raise mfusepy.FuseOSError(errno.ENOENT) from None
            return number

        def _split(self, path: str) -> tuple[int, str]:
            folder, _, name = path.rpartition("/")
            return self._find(folder), name

    options = {"big_writes": True} if mfusepy.fuse_version_major == 2 else {}
    mfusepy.FUSE(Forgetful(), mount, foreground=True, nothreads=True, use_ino=True, **options)


if __name__ == "__main__":
    _serve(*sys.argv[1:])
