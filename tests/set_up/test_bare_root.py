"""The bare root goes whatever happens to its maker, and where none can be made that is said loudly.

debootstrap and apt-get are stand-ins here: what a real root is good for is seen by `.ci/run`.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.docs.pages import ROOT

PROGRAM = ROOT / "scripts" / "bare-root.sh"
SOURCE = "Debian deb http://mirror.invalid/debian/ $(. /etc/os-release && echo $VERSION_CODENAME) main"
NAMESPACES = ["unshare", "--mount", "--pid", "--fork", "--mount-proc", "true"]
PATIENCE_SECONDS = 100


class Place:
    """A folder for roots, and one with stand-ins for programs, which come before the system's."""

    def __init__(self, folder: Path) -> None:
        self.roots, self._programs = folder / "roots", folder / "programs"
        self.roots.mkdir()
        self._programs.mkdir()
        self.replace("apt-get", f'[[ $1 != indextargets ]] || echo "{SOURCE}"')
        self.replace(
            "debootstrap", 'mkdir -p "$3/proc"; mount -t proc proc "$3/proc"; echo >>"$3/../log"; sleep 600'
        )

    def replace(self, program: str, text: str) -> None:
        path = self._programs / program
        path.write_text(f"#!/bin/bash\n{text}\n", encoding="utf-8")
        path.chmod(0o755)

    def start(self) -> subprocess.Popen[str]:
        path = f"{self._programs}:{os.environ['PATH']}"
        return subprocess.Popen(
            [str(PROGRAM)],
            env={**os.environ, "PATH": path, "TMPDIR": str(self.roots)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self) -> tuple[int, str]:
        """Return the exit status and what was said."""
        with self.start() as process:
            said = process.communicate(timeout=PATIENCE_SECONDS)[0]
        return process.returncode, said

    def left(self) -> list[Path]:
        return list(self.roots.iterdir())


@pytest.fixture
def place(tmp_path: Path) -> Place:
    if os.geteuid() != 0 or subprocess.run(NAMESPACES, capture_output=True, check=False).returncode:
        pytest.skip("only root may make mount and process namespaces, and not on every platform")
    return Place(tmp_path)


def wait_until(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < until, "it never came to that"
        time.sleep(0.02)


def is_making_a_root(place: Place) -> bool:
    return any((folder / "log").exists() and (folder / "log").stat().st_size for folder in place.left())


def processes_below(folder: Path) -> list[str]:
    """Return the command lines of the running processes that name the folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:  # it has ended
            continue
        if str(folder) in command:
            found.append(command)
    return found


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_all_and_leaves_nothing(place: Place, number: signal.Signals) -> None:
    with place.start() as process:
        wait_until(lambda: is_making_a_root(place))
        process.send_signal(number)
        process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode in {130, 143}
    assert place.left() == []
    assert processes_below(place.roots) == []
    assert str(place.roots) not in Path("/proc/self/mountinfo").read_text(encoding="utf-8")


def test_what_a_killed_run_leaves_the_next_one_removes(place: Place) -> None:
    with place.start() as process:
        wait_until(lambda: is_making_a_root(place))
        process.kill()
        process.communicate(timeout=PATIENCE_SECONDS)
    wait_until(lambda: processes_below(place.roots) == [])
    [left] = place.left()
    os.utime(left, (0, 0))
    place.replace("debootstrap", "exit 1")
    place.run()
    assert place.left() == []


def test_a_run_that_goes_on_keeps_its_folder(place: Place) -> None:
    with place.start() as process:
        wait_until(lambda: is_making_a_root(place))
        [used] = place.left()
        os.utime(used, (0, 0))
        place.replace("debootstrap", "exit 1")
        place.run()
        assert place.left() == [used]
        process.terminate()
        process.communicate(timeout=PATIENCE_SECONDS)


@pytest.mark.parametrize("program", ["debootstrap", "unshare"])
def test_where_a_root_cannot_be_made_it_says_so_and_fails(place: Place, program: str) -> None:
    place.replace(program, "echo 'I must not do that'; exit 1")
    status, said = place.run()
    assert status == 1
    assert "NO BARE ROOT, AND SO NOTHING WAS TRIED ON IT: " in said
    assert program in said or "namespaces" in said
    assert place.left() == []
