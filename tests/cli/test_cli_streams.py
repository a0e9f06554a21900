"""Whatever the standard streams are, `glrec` says nothing like a traceback, and its exit code is true."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.command import COMMAND, environment
from tests.support.film import write_film

WORDS = {
    "help": ["--help"],
    "help of a command": ["run", "--help"],
    "nothing": [],
    "wrong word": ["verify", "--nonsense"],
    "no such file": ["info", "nothing.mp4"],
    "info": ["info", "a.mp4"],
    "verify": ["verify", "a.mp4", "--json"],
    "recover": ["recover"],
    "list": ["bench", "--list"],
    "completion": ["completion", "bash"],
}
USUAL = {"wrong word": 2, "no such file": 2}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a film whose name no code page has."""
    folder = tmp_path_factory.mktemp("films")
    write_film(folder / "a.mp4", range(3))
    write_film(
        folder
        / "f\u00fcr \u6620\u753b \udcff.mp4".encode("utf-8", "surrogateescape").decode(
            "utf-8", "surrogateescape"
        ),
        range(3),
    )
    return folder


def run_in_shell(
    folder: Path, words: list[str], redirections: str, **variables: str
) -> subprocess.CompletedProcess[bytes]:
    """Run `glrec` with redirections of a shell; what it still says is captured."""
    return subprocess.run(
        ["bash", "-c", f'exec "$@" {redirections}', "-", *COMMAND, *words],
        cwd=folder,
        env={**environment(), "XDG_CACHE_HOME": str(folder / "cache"), **variables},
        capture_output=True,
        timeout=100,
        check=False,
    )


def check(result: subprocess.CompletedProcess[bytes]) -> None:
    said = (result.stdout + result.stderr).decode(errors="replace")
    for word in ("Traceback", "Exception ignored", "Error:", "lost sys"):
        assert word not in said, said


@pytest.mark.parametrize("redirections", [">&-", "2>&-", "<&-", ">&- 2>&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize("case", WORDS)
def test_closed_streams_change_no_exit_code(folder: Path, case: str, redirections: str) -> None:
    result = run_in_shell(folder, WORDS[case], redirections)
    check(result)
    assert result.returncode == USUAL.get(case, 0), result


@pytest.mark.parametrize("broken", ["stdout", "stderr"])
@pytest.mark.parametrize("case", WORDS)
def test_readers_that_leave_are_no_error(folder: Path, case: str, broken: str) -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    with os.fdopen(write_end, "wb") as unread:
        result = subprocess.run(
            [*COMMAND, *WORDS[case]],
            cwd=folder,
            env={**environment(), "XDG_CACHE_HOME": str(folder / "cache")},
            stdout=unread if broken == "stdout" else subprocess.PIPE,
            stderr=unread if broken == "stderr" else subprocess.PIPE,
            timeout=100,
            check=False,
        )
    said = (result.stdout or b"") + (result.stderr or b"")
    assert b"Traceback" not in said
    assert b"Exception ignored" not in said
    cut_off = broken == "stdout" and case not in {*USUAL, "recover"}
    assert result.returncode == (1 if cut_off else USUAL.get(case, 0))


@pytest.mark.parametrize("case", ["help", "help of a command", "info", "list", "completion"])
def test_a_full_disk_is_told_in_a_line(folder: Path, case: str) -> None:
    result = run_in_shell(folder, WORDS[case], ">/dev/full")
    check(result)
    assert result.returncode == 1
    (line,) = result.stderr.decode().splitlines()
    assert line.startswith("glrec")
    assert line.endswith("No space left on device")


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp437", "latin-1"])
@pytest.mark.parametrize("command", [["info"], ["verify"], ["info", "--json"]], ids=" ".join)
def test_a_code_page_without_the_characters_shows_escapes(
    folder: Path, command: list[str], encoding: str
) -> None:
    name = next(path.name for path in folder.glob("f*.mp4"))
    result = run_in_shell(folder, [*command, name], "", PYTHONIOENCODING=encoding)
    check(result)
    assert result.returncode == 0
    assert b"\\u6620" in result.stdout
    assert (
        "f\u00fcr" in result.stdout.decode(encoding)
        or b"f\\xfcr" in result.stdout
        or b"f\\u00fcr" in result.stdout
    )


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_a_name_that_is_not_found_is_told_in_any_code_page(folder: Path, encoding: str) -> None:
    result = run_in_shell(folder, ["info", "\u753b.mp4"], "", PYTHONIOENCODING=encoding)
    check(result)
    assert (result.returncode, result.stdout) == (2, b"")
    assert b"\\u753b.mp4" in result.stderr


RECORDED = """
import sys
from glrec_core import Framebuffer, mark_frame
from glrec_core.drawing import OffscreenFramebuffer
from glrec_core.gl.headless import first_context, headless_displays
from glrec_core.values.frame import Size

with first_context(headless_displays), OffscreenFramebuffer(Size(64, 48)) as target:
    for _ in range(5):
        mark_frame(target.framebuffer)
"""


@pytest.mark.parametrize("redirections", [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-", "2>/dev/full"])
def test_a_recording_is_whole_whatever_its_streams_are(tmp_path: Path, redirections: str) -> None:
    """A film whose file had the number of the standard output would hold what the program prints."""
    program = tmp_path / "program.py"
    program.write_text("import os\nos.write(1, b'noise' * 1000)\n" + RECORDED, encoding="ascii")
    result = run_in_shell(tmp_path, ["run", "-o", "film.mp4", "program.py"], redirections)
    check(result)
    assert result.returncode == 0, result
    verified = run_in_shell(tmp_path, ["verify", "--frames", "5", "film.mp4"], "")
    assert verified.returncode == 0, verified


def test_a_warning_that_nobody_can_read_changes_no_exit_code(tmp_path: Path) -> None:
    """Four of five frames come faster than the limit allows, which is told."""
    program = tmp_path / "program.py"
    program.write_text(RECORDED, encoding="ascii")
    assert (
        b"left out" in run_in_shell(tmp_path, ["run", "--fps", "1", "-o", "a.mp4", "program.py"], "").stderr
    )
    result = run_in_shell(tmp_path, ["run", "--fps", "1", "-o", "b.mp4", "program.py"], "2>/dev/full")
    assert (result.returncode, result.stderr) == (0, b"")


def test_the_programs_own_output_is_left_as_python_has_it(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        "import sys\nprint(sys.stdout.errors, sys.stdout.encoding)\n" + RECORDED, encoding="ascii"
    )
    result = run_in_shell(tmp_path, ["run", "-o", "a.mp4", "program.py"], "", PYTHONIOENCODING="ascii")
    assert result.stdout.split() == [b"strict", b"ascii"]
    assert sys.stdout.errors != "backslashreplace"
