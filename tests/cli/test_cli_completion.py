"""What a shell completes of `glrec`: asked of the shells themselves."""

import os
import pty
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from glrec_core.backends.table import BACKENDS
from glrec_core.cli.main import COMMANDS
from glrec_core.encode.codecs import CODECS
from tests.cli.command import assert_refused, environment, glrec
from tests.support.displays import run_program
from tests.support.terminal import set_size

NAMES = {command.name for command in COMMANDS}
FILES = {"film.mp4", "program.py", "folder"}
WAIT_SECONDS = 100.0

CASES = [
    ("glrec ", NAMES),
    ("glrec ver", {"verify"}),
    ("glrec run --codec ", set(CODECS)),
    ("glrec run --timing ", {"wall", "step"}),
    ("glrec run --overflow ", {"block", "spill", "drop"}),
    ("glrec run --backend ", {"auto", *(backend.name for backend in BACKENDS)}),
    ("glrec run --bit", {"--bitrate"}),
    ("glrec run --aud", {"--audio"}),
    ("glrec run --los", {"--lossless"}),
    ("glrec run -o ", FILES),
    ("glrec loopback --output ", FILES),
    ("glrec bench --output ", {"folder"}),
    ("glrec run --step pro", {"program.py"}),
    ("glrec verify ", FILES),
    ("glrec recover --keep ", {"folder"}),
    ("glrec completion ", {"bash", "zsh", "fish"}),
]
IDS = [typed for typed, _ in CASES]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with three names, and the scripts beside it."""
    above = tmp_path_factory.mktemp("completion")
    folder = above / "work"
    (folder / "folder").mkdir(parents=True)
    (folder / "film.mp4").touch()
    (folder / "program.py").touch()
    for shell in ("bash", "zsh", "fish"):
        result = glrec("completion", shell)
        assert (result.returncode, result.stderr) == (0, "")
        (above / shell).write_text(result.stdout, encoding="utf-8")
    return folder


def answer(folder: Path, *command: str | Path) -> set[str]:
    done = subprocess.run(
        command, cwd=folder, env=environment(), capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, ""), done
    return set(done.stdout.splitlines())


@pytest.mark.parametrize(("typed", "expected"), CASES, ids=IDS)
def test_bash_completes(typed: str, expected: set[str], folder: Path) -> None:
    ask = (
        'source "$1"; read -ra COMP_WORDS <<< "$2"; [[ $2 == *" " ]] && COMP_WORDS+=("")\n'
        "COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); COMP_LINE=$2; COMP_POINT=${#2}\n"
        "[[ $(complete -p glrec) =~ -F\\ ([^ ]+) ]]\n"
        '${BASH_REMATCH[1]} glrec "${COMP_WORDS[-1]}" "${COMP_WORDS[-2]}"\n'
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    assert answer(folder, "bash", "--norc", "-c", ask, "-", folder.parent / "bash", typed) == expected


@pytest.mark.skipif(shutil.which("fish") is None, reason="there is no fish here")
@pytest.mark.parametrize(("typed", "expected"), CASES, ids=IDS)
def test_fish_completes(typed: str, expected: set[str], folder: Path) -> None:
    ask = f"source {folder.parent / 'fish'}; complete --do-complete '{typed}'"
    found = answer(folder, "fish", "--no-config", "-c", ask)
    assert {line.partition("\t")[0].rstrip("/") for line in found} == expected


@contextmanager
def interactive(command: list[str], folder: Path) -> Iterator[int]:
    """Start a shell as a person does, and give its terminal."""
    ours, theirs = pty.openpty()
    set_size(theirs, 120)
    variables = {**environment(), "TERM": "dumb", "PS1": "$ ", "INPUTRC": os.devnull, "ZDOTDIR": str(folder)}
    process = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, cwd=folder, env=variables, start_new_session=True
    )
    os.close(theirs)
    try:
        yield ours
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def shown_after(terminal: int, keys: str, word: str) -> str:
    """Press keys, and return what is shown until `word` is there."""
    os.write(terminal, keys.encode())
    shown, deadline = "", time.monotonic() + WAIT_SECONDS
    while word not in shown and time.monotonic() < deadline:
        if select.select([terminal], [], [], 0.1)[0]:
            shown += os.read(terminal, 4096).decode(errors="replace")
    assert word in shown, shown
    return shown


def test_the_key_works_in_bash(folder: Path) -> None:
    with interactive(["bash", "--norc", "-i"], folder) as terminal:
        shown_after(terminal, f"source {folder.parent / 'bash'}; echo rea''dy\n", "ready")
        shown_after(terminal, "glrec ver\t", "glrec verify ")
        shown_after(terminal, "fil\t", "film.mp4 ")
        shown_after(terminal, "\x15glrec run --codec pro\t", "--codec prores ")


@pytest.mark.skipif(shutil.which("zsh") is None, reason="there is no zsh here")
def test_the_key_works_in_zsh(folder: Path) -> None:
    (folder.parent / "functions").mkdir()
    shutil.copy(folder.parent / "zsh", folder.parent / "functions" / "_glrec")
    set_up = (
        f"fpath=({folder.parent / 'functions'} $fpath); autoload -U compinit; compinit -u -D; echo rea''dy\n"
    )
    with interactive(["zsh", "-f", "-i"], folder) as terminal:
        shown_after(terminal, set_up, "ready")
        shown_after(terminal, "glrec ver\t", "glrec verify ")
        shown_after(terminal, "fil\t", "film.mp4 ")
        shown_after(terminal, "\x15glrec run --codec pro\t", "--codec prores ")


def test_without_the_package_it_says_which() -> None:
    program = (
        "import sys\nsys.modules['shtab'] = None\nfrom glrec_core.cli.main import main\n"
        "print(int(main(['completion', 'bash'])))"
    )
    result = run_program(program)
    assert result.stdout == "2\n"
    assert result.stderr.startswith("glrec completion: completion needs the package shtab")


def test_another_shell_is_refused_with_those_that_there_are() -> None:
    assert_refused(glrec("completion", "tcsh"), 2, "'tcsh'", "bash, zsh, fish")


def test_nobody_else_pays_for_it() -> None:
    program = (
        "import sys\nfrom glrec_core.cli.main import main\nmain(['info', 'nothing.mp4'])\nprint(*sys.modules)"
    )
    loaded = set(run_program(program, fresh=True).stdout.split())
    assert loaded & {"shtab", "glrec_core.cli.completion"} == set()
