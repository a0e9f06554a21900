"""What the set-up's programs do and say, on machines that are made of stand-ins for apt-get, sudo and Python."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.pages import ROOT

NOISE = "Reading package lists..."
REASON = "No OpenGL 3.3 through EGL: libEGL.so.1 is not there"
# A library or driver works once the file `mended` is there; apt-get makes it, unless `hopeless` is there.
FAKES = {
    "bin/apt-get": f"""
        echo '{NOISE}'
        [[ $* != *' install '* ]] || echo "$*" >>calls
        [[ $* != *' install '* || -e hopeless ]] || touch mended
        [[ ! -e broken ]] || {{ echo 'E: Unable to locate package'; exit 100; }}
    """,
    "bin/sudo": '[[ ! -e no-rights ]] && shift && exec "$@"',
    "bin/Xvfb": "",
    "bin/chromium": "",
    "bin/g++": "cat >/dev/null",
    "bin/gcc": "",
    ".venv/bin/python": f"""
        [[ -e mended ]] && exit
        [[ ! -e only ]] || [[ "$*" == *"$(cat only)"* ]] || exit 0
        echo '{REASON}' >&2
        exit 1
    """,
}


class Machine:
    """A copy of the scripts on a machine with a few programs; files in its folder tell those what to do."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copytree(ROOT / "scripts", folder / "scripts")
        for name, text in FAKES.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"#!/bin/bash\n{text}\n", encoding="utf-8")
            path.chmod(0o755)

    def set_up(
        self, scope: str, *circumstances: str, rights: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run setup-system.sh there, with what it says to both streams as `stdout`."""
        for name in circumstances:
            (self.folder / name).touch()
        command = ["scripts/setup-system.sh", scope]
        if not rights and os.geteuid() == 0:
            command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *command]
        return subprocess.run(
            command,
            cwd=self.folder,
            env={**os.environ, "PATH": f"{self.folder}/bin:{os.environ['PATH']}"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            check=False,
        )

    def installed(self) -> str:
        calls = self.folder / "calls"
        return calls.read_text(encoding="utf-8") if calls.exists() else ""


@pytest.fixture
def machine() -> Iterator[Machine]:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # another user looks into it
        yield Machine(Path(folder))


def test_where_all_works_nothing_is_installed(machine: Machine) -> None:
    done = machine.set_up("test", "mended")
    assert (done.returncode, machine.installed(), done.stdout) == (0, "", "")


def test_what_is_mended_is_no_news(machine: Machine) -> None:
    done = machine.set_up("demo")
    assert done.returncode == 0, done.stdout
    assert "libegl1" in machine.installed()
    assert done.stdout.startswith("glrec set-up: installing ")
    assert done.stdout.count("\n") == 1


@pytest.mark.parametrize(
    ("library", "package"),
    [("libOpenGL.so.0", "libopengl0"), ("libX11.so.6", "libx11-6"), ("libass.so.9", "libass9")],
)
def test_a_library_that_does_not_load_is_installed(machine: Machine, library: str, package: str) -> None:
    (machine.folder / "only").write_text(library, encoding="utf-8")
    assert machine.set_up("test").returncode == 0
    assert package in machine.installed().split()


def test_when_apt_fails_its_message_is_shown(machine: Machine) -> None:
    done = machine.set_up("demo", "broken", "hopeless")
    assert done.returncode != 0
    assert NOISE in done.stdout
    assert "E: Unable to locate package" in done.stdout


def test_what_still_does_not_work_is_said_with_its_reason(machine: Machine) -> None:
    done = machine.set_up("demo", "hopeless")
    assert done.returncode == 1
    assert REASON in done.stdout
    assert "still not working after installing: libegl1 " in done.stdout


def test_without_rights_the_command_is_printed_with_the_reason(machine: Machine) -> None:
    done = machine.set_up("demo", "no-rights", rights=False)
    assert done.returncode == 1
    assert REASON in done.stdout
    assert "Run as root:\nglrec set-up:     apt-get update && apt-get install" in done.stdout
    assert machine.installed() == ""


def test_without_a_compiler_its_tests_are_skipped_and_nothing_fails(machine: Machine) -> None:
    (machine.folder / "bin/g++").write_text("#!/bin/bash\nexit 1\n", encoding="utf-8")
    (machine.folder / "only").write_text("nothing", encoding="utf-8")
    done = machine.set_up("test", "broken")
    assert done.returncode == 0
    assert "without a C++ compiler the tests that compile" in done.stdout
