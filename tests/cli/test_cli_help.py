"""What people read of `glrec`: every help text, in a pipe and on terminals, and its colours."""

import argparse
import re
import shlex
from collections.abc import Mapping

import pytest

from glrec_core.cli.main import COMMANDS, load, make_parser
from glrec_core.cli.parser import Parser
from tests.cli.command import COMMAND, environment, glrec
from tests.support.terminal import on_a_terminal

NAMES = [command.name for command in COMMANDS]
HELPS = [["--help"], *([name, "--help"] for name in NAMES)]
SGR = re.compile(r"\x1b\[[\d;]*m")


def parser_of(name: str) -> Parser:
    command = next(command for command in COMMANDS if command.name == name)
    return make_parser(command, load(command))


def visible_actions(name: str) -> list[argparse.Action]:
    return [action for action in parser_of(name)._actions if action.help != argparse.SUPPRESS]


@pytest.mark.parametrize("columns", [60, 80, 120])
@pytest.mark.parametrize("words", HELPS, ids=" ".join)
def test_help_is_ascii_and_as_wide_as_the_terminal(words: list[str], columns: int) -> None:
    text = glrec(*words, env={"COLUMNS": str(columns)}).stdout
    assert text.isascii()
    assert [line for line in text.splitlines() if len(line) > columns or line != line.rstrip()] == []


@pytest.mark.parametrize("name", NAMES)
def test_help_has_examples_and_exit_codes_and_a_usage_of_one_line(name: str) -> None:
    parser = parser_of(name)
    assert len(parser.examples) >= 2
    assert [code for code, _ in parser.exit_codes][:1] == ["0"]
    text = glrec(name, "--help", env={"COLUMNS": "80"}).stdout
    assert text.startswith(f"usage: glrec {name}")
    assert text.index("\n\n") == text.index("\n")
    for command, sentence in parser.examples:
        assert f"\n  {command}\n      {sentence}\n" in text
        assert sentence.endswith(".")


@pytest.mark.parametrize("name", NAMES)
def test_every_option_is_explained(name: str) -> None:
    for action in visible_actions(name):
        assert action.help, action
        assert not action.help.endswith("."), action


EXAMPLES = [(name, command) for name in NAMES for command, _ in parser_of(name).examples]


@pytest.mark.parametrize(("name", "example"), EXAMPLES, ids=[example for _, example in EXAMPLES])
def test_examples_can_be_parsed(name: str, example: str) -> None:
    plain = re.sub(r"^source <\((.*)\)$", r"\1", example).partition(" > ")[0]
    program, command, *words = shlex.split(plain)
    assert (program, command) == ("glrec", name)
    parser_of(name).parse_known(words)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_written_is_called_output(name: str) -> None:
    """The one word for it, and its one letter, wherever a command names what it writes."""
    written = [
        action
        for action in visible_actions(name)
        if action.option_strings
        and re.search(r"(file|folder)[^,;]* (to write|to record to|for results)", action.help or "")
    ]
    assert [action.option_strings for action in written] == [["-o", "--output"]] * len(written)
    assert bool(written) == (name in {"run", "loopback", "bench", "recover"})


def on_terminal(words: list[str], columns: int, env: Mapping[str, str]) -> str:
    return on_a_terminal([*COMMAND, *words], columns=columns, env=environment({"TERM": "xterm", **env}))


@pytest.mark.parametrize("columns", [60, 80])
@pytest.mark.parametrize("words", [["--help"], ["run", "--help"], []], ids=" ".join)
def test_help_has_colours_on_a_terminal_and_the_same_words(words: list[str], columns: int) -> None:
    shown = on_terminal(words, columns, {})
    assert "\x1b[" in shown
    plain = glrec(*words, env={"COLUMNS": str(columns), "NO_COLOR": "", "FORCE_COLOR": ""}).stdout
    assert "\x1b[" not in plain
    assert SGR.sub("", shown) == plain


@pytest.mark.parametrize(
    ("variables", "terminal", "colours"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"FORCE_COLOR": ""}, False, False),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
        ({"TERM": "dumb"}, True, False),
        ({"TERM": "dumb", "FORCE_COLOR": "1"}, True, True),
    ],
)
@pytest.mark.parametrize(
    "words", [["recover", "--help"], ["verify", "--nonsense"], ["info", "nothing.mp4"]], ids=" ".join
)
def test_who_wants_colours_gets_them(
    words: list[str], variables: dict[str, str], *, terminal: bool, colours: bool
) -> None:
    if terminal:
        shown = on_terminal(words, 80, variables)
    else:
        result = glrec(*words, env={"NO_COLOR": "", "FORCE_COLOR": "", "TERM": "xterm", **variables})
        shown = result.stdout + result.stderr
    assert ("\x1b[" in shown) is colours


def test_long_texts_of_a_table_go_on_below_on_a_terminal_and_not_in_a_pipe() -> None:
    words = ["bench", "--list"]
    lines = on_terminal(words, 60, {"NO_COLOR": "1"}).splitlines()
    assert max(map(len, lines)) <= 60
    in_a_pipe = glrec(*words).stdout.splitlines()
    assert len(in_a_pipe) < len(lines)
    assert " ".join(" ".join(lines).split()) == " ".join(" ".join(in_a_pipe).split())
