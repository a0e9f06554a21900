"""The software NVENC of `tests/nvenc_standin`: built once for each state of its sources, and switched by the
environment of the program that loads it.

Nothing of it is ever loaded into the process of the tests: a driver library cannot be unloaded.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.gpu_support.errors import StandinUnavailable
from tests.gpu_support.standin_header import API_VERSION, header_folder

_ROOT = Path(__file__).resolve().parents[2]
_SOURCES = _ROOT / "tests" / "nvenc_standin"
_BUILD_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Fault:
    """One call of the driver answers `status` from its `nth` time on.

    Calls: the names in the ENTRY list of `driver/function_table.c`, and "open" and "destroy". Statuses:
    NVENCSTATUS of nvEncodeAPI.h, for example 2 (unsupported device), 8 (invalid parameter), 20 (generic).
    """

    call: str
    status: int
    nth: int = 1

    def __str__(self) -> str:
        return f"{self.call}:{self.status}:{self.nth}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Switches:
    """How the stand-in behaves; `tests/nvenc_standin/README.md` explains each switch."""

    log: Path | None = None
    log_pictures: bool = False
    fail: Fault | None = None
    max_sessions: int | None = None
    late_read: bool = False
    sleep_ms: int | None = None
    api: str | None = None
    instant: bool = False

    def environment(self) -> dict[str, str]:
        """Return the variables that set these switches."""
        values = {
            "NVENC_SW_LOG": self.log,
            "NVENC_SW_LOG_PICS": 1 if self.log_pictures else None,
            "NVENC_SW_FAIL": self.fail,
            "NVENC_SW_MAX_SESSIONS": self.max_sessions,
            "NVENC_SW_LATE_READ": 1 if self.late_read else None,
            "NVENC_SW_SLEEP_MS": self.sleep_ms,
            "NVENC_SW_API": self.api,
            "NVENC_SW_MODE": "instant" if self.instant else None,
        }
        return {name: str(value) for name, value in values.items() if value is not None}


def environment(
    libraries: Path, switches: Switches | None = None, *, cpu_only: bool = True
) -> dict[str, str]:
    """Return the variables with which a program finds the stand-in in `libraries`, as `build` returned it.

    With `cpu_only` it finds the host-memory libcuda too; without it, the machine's own.
    """
    folders = [libraries, libraries / "cpu-only"] if cpu_only else [libraries]
    return {**library_path(*folders), **(switches or Switches()).environment()}


def library_path(*folders: Path) -> dict[str, str]:
    """Return LD_LIBRARY_PATH with `folders` before what it holds now."""
    search = [str(folder) for folder in folders]
    search += filter(None, [os.environ.get("LD_LIBRARY_PATH")])
    return {"LD_LIBRARY_PATH": os.pathsep.join(search)}


def build() -> Path:
    """Build the stand-in, unless these sources were built before; return the folder of libnvidia-encode.so.1.

    Raises StandinUnavailable when gcc, make or NVIDIA's header cannot be had.
    """
    return _built("libraries")


def build_contract_check() -> Path:
    """Build the C program that drives the stand-in under the sanitizers; return its path.

    Raises StandinUnavailable as `build` does.
    """
    return _built("check-program", "SANITIZE=1") / "contract_check"


def cache_folder() -> Path:
    """Return where the header and the builds are kept: GLREC_STANDIN_CACHE, else `build/nvenc-standin`."""
    return Path(os.environ.get("GLREC_STANDIN_CACHE") or _ROOT / "build" / "nvenc-standin").absolute()


def _built(target: str, *options: str) -> Path:
    cache = cache_folder()
    output = cache / f"{target}-{_fingerprint()}"
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(
            lock, fcntl.LOCK_EX
        )  # a test beside this one may want the same: one builds it, the other waits
        if not output.is_dir():
            _make(target, options, header_folder(cache), output)
    return output


def _fingerprint() -> str:
    digest = hashlib.sha256(repr(API_VERSION).encode())
    for path in _source_files():
        digest.update(f"{path.relative_to(_SOURCES)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _source_files() -> Iterator[Path]:
    yield _SOURCES / "Makefile"
    yield from sorted(path for path in _SOURCES.rglob("*") if path.suffix in {".c", ".h"})


def _make(target: str, options: tuple[str, ...], headers: Path, output: Path) -> None:
    """Build beside `output` and move it there whole, so that parallel test runs see all of it or nothing."""
    for tool in ("gcc", "make"):
        if shutil.which(tool) is None:
            raise StandinUnavailable(f"{tool} is not installed; the NVENC stand-in is built from C")
    with tempfile.TemporaryDirectory(dir=output.parent) as folder:
        work = Path(folder) / "work"
        command = ["make", "-C", str(_SOURCES), f"OUT={work}", f"HEADER_DIR={headers}", *options, target]
        result = subprocess.run(command, capture_output=True, text=True, timeout=_BUILD_SECONDS, check=False)
        if result.returncode != 0:
            raise RuntimeError(f"the NVENC stand-in does not compile:\n{result.stdout}{result.stderr}")
        shutil.rmtree(work / "objects")
        _publish(work, output)


def _publish(work: Path, output: Path) -> None:
    try:
        work.rename(output)
    except OSError:
        if not output.is_dir():  # else another run built the same sources meanwhile
            raise
