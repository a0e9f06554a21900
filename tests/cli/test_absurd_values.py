"""Every subcommand, with absurd values of each of its arguments: it does what was asked or says why not, without a traceback."""

import argparse
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from glrec_core.cli.main import COMMANDS, main
from tests.cli.command import glrec
from tests.support.film import write_film

ABSURD = [
    "",
    "x" * 300,
    "a/" * 3000,
    "-1",
    "1e18",
    "nan",
    "9" * 5000,
    "\udcff",
    "1/0",
    "99999x99999",
    "..",
    "~nobody-at-all/x",
    "--",
    "%n{}\n",
]
"""What a shell hands over as it is: empty, too long, out of every range, no text, no number, and what has a meaning elsewhere."""

REST = {
    "run": ["program.py"],
    "doctor": [],
    "completion": ["bash"],
    "info": ["film.mp4"],
    "verify": ["film.mp4"],
    "recover": ["no-such-folder"],
    "bench": ["--list"],
    "loopback": ["--source", "film.mp4", "--out", "sent.mp4", "--overwrite"],
}
"""What else a command is given, so that it has little to do where a value is taken."""


def tries(name: str) -> Iterator[list[str]]:
    """Yield the words of each try: one absurd value of one argument."""
    parser = argparse.ArgumentParser()
    import_module(next(each.module for each in COMMANDS if each.name == name)).configure(parser)
    for action in parser._actions:
        if action.nargs == 0:
            continue
        option = max(action.option_strings, key=len, default="")
        for value in ABSURD:
            if not option:
                yield [name, value]
            else:
                given = [f"{option}={value}"] if option.startswith("--") else [option, value]
                yield [name, *given, *REST[name]]


def check(words: list[str], code: object, said: str) -> None:
    assert code in {0, 1, 2}, (words, said)
    assert "Traceback" not in said, (words, said)
    assert code == 0 or said, words


@pytest.mark.parametrize("name", ["info", "verify", "recover", "bench", "completion"])
def test_no_value_gives_a_traceback(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    write_film(tmp_path / "film.mp4", range(2))
    monkeypatch.chdir(tmp_path)
    for words in tries(name):
        try:
            code: object = main(words)
        except SystemExit as ended:
            code = ended.code
        check(words, code, "".join(capfd.readouterr()))


@pytest.mark.parametrize("name", ["run", "loopback"])
@pytest.mark.parametrize("part", range(4))
def test_no_value_gives_a_traceback_where_a_program_is_run(name: str, part: int, tmp_path: Path) -> None:
    write_film(tmp_path / "film.mp4", range(2))
    (tmp_path / "program.py").write_text("pass\n", encoding="ascii")
    for words in list(tries(name))[part::4]:
        result = glrec(*words, cwd=tmp_path)
        check(words, result.returncode, result.stdout + result.stderr)


def test_no_command_is_left_out() -> None:
    assert set(REST) == {command.name for command in COMMANDS}
    assert list(tries("doctor")) == []


def test_a_path_that_no_file_can_have_is_refused_as_such(tmp_path: Path) -> None:
    for words in (["recover", "x" * 300], ["run", "x" * 300], ["run", "-o", "x" * 300, "p.py"]):
        result = glrec(*words, cwd=tmp_path)
        assert result.returncode == 2
        assert "a name in it of more than 255 bytes" in result.stderr.splitlines()[-1]
