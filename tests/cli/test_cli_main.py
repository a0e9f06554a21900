"""What all subcommands share: help, bad words, exit codes, and how little is imported for them."""

import io
import os
import signal
import subprocess
import tomllib
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import pytest

from glrec_core.cli.main import COMMANDS, main
from tests.cli.command import COMMAND, ROOT, assert_refused, environment, glrec
from tests.support import systems
from tests.support.displays import run_program
from tests.support.film import write_film

NAMES = [command.name for command in COMMANDS]


def test_help_lists_every_command() -> None:
    result = glrec("--help")
    assert (result.returncode, result.stderr) == (0, "")
    listed = result.stdout.partition("commands:\n")[2].partition("\n\n")[0]
    assert [line.split()[0] for line in listed.splitlines()] == NAMES


def test_without_a_command_it_shows_the_help() -> None:
    result = glrec()
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == glrec("--help").stdout


@pytest.mark.parametrize("name", NAMES)
def test_every_command_has_help(name: str) -> None:
    result = glrec(name, "--help")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith(f"usage: glrec {name} ")


def test_the_version_is_the_installed_ones() -> None:
    result = glrec("--version")
    assert (result.returncode, result.stdout) == (0, f"glrec {version('glrec')}\n")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nonsense"], ["'nonsense'", *NAMES]),
        (["--nonsense"], ["COMMAND"]),
        *(([name, "--nonsense"], [f"glrec {name}: error: "]) for name in NAMES),
        (["verify"], ["FILE"]),
        (["recover", "-o", "a.mp4"], ["which directory?"]),
        (["info", "a", "b"], ["unrecognized arguments: b"]),
        (["verfy", "a.mp4"], ["'verfy'; did you mean verify?"]),
        (["verify", "a.mp4", "--fram", "3"], ["--fram 3; did you mean --frames?"]),
        (["run", "--crf", "20", "a.py"], ["--crf", "did you mean --quality?"]),
    ],
)
def test_bad_words_are_refused(arguments: list[str], words: list[str]) -> None:
    assert_refused(glrec(*arguments), 2, *words)


def test_the_script_is_this_function() -> None:
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["scripts"]
    module, _, name = scripts["glrec"].partition(":")
    assert getattr(import_module(module), name) is main


@pytest.mark.parametrize(
    "words", [["--help"], ["verify", "nothing.mp4"], ["info", "nothing.mp4"], ["doctor", "-h"]]
)
def test_nothing_heavy_is_imported_before_it_is_needed(words: list[str]) -> None:
    program = (
        "import sys\nfrom glrec_core.cli.main import main\ntry:\n"
        f"    main({words})\nexcept SystemExit:\n    pass\nprint(*sys.modules, file=sys.stderr)"
    )
    loaded = {name.partition(".")[0] for name in run_program(program, fresh=True).stderr.split()}
    assert "glrec_core" in loaded
    assert loaded & {"av", "rich", "imageio_ffmpeg", "cupy", "cuda", "PyNvVideoCodec"} == set()
    assert loaded & {"pyglet", "moderngl", "moderngl_window", "vispy", "glfw", "PySide6", "arcade"} == set()


def test_a_subcommand_that_is_not_asked_for_is_not_imported() -> None:
    program = (
        "import sys\nfrom glrec_core.cli.main import main\nmain(['info', 'nothing.mp4'])\nprint(*sys.modules)"
    )
    loaded = set(run_program(program, fresh=True).stdout.split())
    assert "glrec_core.cli.info" in loaded
    assert loaded & {"glrec_core.cli.verify", "glrec_core.cli.doctor"} == set()


@systems.posix
def test_a_reader_that_leaves_is_no_error(tmp_path: Path) -> None:
    film = write_film(tmp_path / "a.mp4", range(3))
    read_end, write_end = os.pipe()
    os.close(read_end)
    with os.fdopen(write_end, "wb") as closed:
        result = subprocess.run(
            [*COMMAND, "info", film],
            env=environment(),
            stdout=closed,
            stderr=subprocess.PIPE,
            timeout=60,
            check=False,
        )
    assert (result.returncode, result.stderr) == (1, b"")


@systems.posix
def test_ctrl_c_ends_it_in_one_line(tmp_path: Path) -> None:
    """A pipe that nobody writes to holds the command up at a place that is known."""
    program = (
        "import os, signal, sys\n"
        "from glrec_core.cli import main, info\n"
        "def wait(_):\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    signal.pause()\n"
        "info.execute = wait\n"
        "print(int(main.main(['info', 'a.mp4'])))\n"
    )
    result = run_program(program)
    assert (result.stdout, result.stderr) == ("130\n", "glrec: interrupted\n")
    assert signal.SIGINT + 128 == 130


def test_a_character_that_the_console_lacks_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in the code pages of Windows' consoles: the result is printed, with escapes for what cannot be."""
    film = write_film(tmp_path / "日本.mp4", range(3))
    console = io.TextIOWrapper(io.BytesIO(), encoding="cp437", errors="strict")
    monkeypatch.setattr("sys.stdout", console)
    assert main(["info", str(film)]) == 0
    console.flush()
    assert b"\\u65e5\\u672c.mp4" in console.buffer.getvalue()
