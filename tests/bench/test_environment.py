"""Where the recorders are installed: what is taken as it is, what is made, and what is refused."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from glrec_bench import environment
from glrec_bench.environment import REQUIREMENTS, default_folder, prepare
from glrec_bench.errors import BenchError


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """Note the commands instead of running them; `-m venv` makes a folder as a virtual environment's."""
    run: list[tuple[str, ...]] = []

    def note(*command: str) -> None:
        run.append(command)
        if "venv" in command:
            (Path(command[-1]) / "bin").mkdir(parents=True, exist_ok=True)
            (Path(command[-1]) / "bin" / "python").touch()

    monkeypatch.setattr(environment, "_run", note)
    return run


def test_an_environment_is_made_once(tmp_path: Path, commands: list[tuple[str, ...]]) -> None:
    made = prepare(tmp_path / "venv")
    assert made.python == tmp_path / "venv" / "bin" / "python"
    assert commands[0] == (sys.executable, "-m", "venv", str(tmp_path / "venv"))
    assert "--require-hashes" in commands[1]
    assert commands[1][-1] == str(REQUIREMENTS)
    assert prepare(tmp_path / "venv") == made
    assert len(commands) == 2


def test_an_environment_with_other_requirements_is_brought_up_to_date(
    tmp_path: Path, commands: list[tuple[str, ...]]
) -> None:
    prepare(tmp_path)
    (tmp_path / "glrec-bench-requirements").write_text("of an older version")
    prepare(tmp_path)
    assert len(commands) == 4
    stamp = (tmp_path / "glrec-bench-requirements").read_text()
    assert stamp == hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()


def test_an_environment_whose_making_was_cut_off_is_finished(
    tmp_path: Path, commands: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = environment._run

    def cut_off(*command: str) -> None:
        if "pip" in command:
            raise BenchError("cut off")
        whole(*command)

    with monkeypatch.context() as patch:
        patch.setattr(environment, "_run", cut_off)
        with pytest.raises(BenchError):
            prepare(tmp_path / "venv")
    prepare(tmp_path / "venv")
    assert any("pip" in command for command in commands)


def test_somebody_elses_environment_is_taken_as_it_is(
    tmp_path: Path, commands: list[tuple[str, ...]]
) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").touch()
    assert prepare(tmp_path).python == tmp_path / "bin" / "python"
    assert commands == []


def test_a_folder_with_something_else_in_it_is_left_alone(
    tmp_path: Path, commands: list[tuple[str, ...]]
) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(BenchError, match="holds something else"):
        prepare(tmp_path)
    assert commands == []


def test_a_command_that_fails_says_what_it_said() -> None:
    with pytest.raises(BenchError, match="no such luck"):
        environment._run(sys.executable, "-c", "raise SystemExit('no such luck')")
    with pytest.raises(BenchError, match="cannot be made"):
        environment._run("/no/such/program")


def test_every_requirement_is_pinned_by_hash() -> None:
    text = REQUIREMENTS.read_text()
    pinned = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
    assert len(pinned) > 10
    assert all("==" in line and line.endswith("\\") for line in pinned)
    assert "http" not in text


def test_the_default_folder_is_in_the_users_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_folder().parent == tmp_path / "glrec"


def test_an_environment_without_a_python_that_runs_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    python = tmp_path / "bin" / "python"
    python.write_text("#!/bin/sh\nexit 3\n")
    python.chmod(0o755)
    with pytest.raises(BenchError, match="exit code 3"):
        prepare(tmp_path).missing(["json"])
    assert subprocess.run([python], check=False).returncode == 3
