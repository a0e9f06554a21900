"""The page on the `glrec` command says what its help says: every command, option, example and exit code.

Run as a program (`python -m tests.docs.test_command_page`) it writes the page's tables anew.
"""

import argparse
import re
from collections.abc import Iterator

import pytest

from glrec_core.cli.main import COMMANDS, load, make_parser, sentence
from glrec_core.cli.parser import Parser
from tests.docs.pages import ROOT

PAGE = ROOT / "docs" / "reference" / "command.md"
NAMES = [command.name for command in COMMANDS]


def parser_of(name: str) -> Parser:
    command = next(command for command in COMMANDS if command.name == name)
    return make_parser(command, load(command))


def section(name: str) -> str:
    """Return what the page is to say of a command, below its heading."""
    parser = parser_of(name)
    command = next(command for command in COMMANDS if command.name == name)
    usage = parser.format_usage().removeprefix("usage: ").strip()
    width = max(len(example) for example, _ in parser.examples)
    lines = [sentence(command.summary), "", "```text", usage, "```", ""]
    lines += ["| option | what it does |", "|---|---|", *rows(parser), ""]
    lines += ["```sh", *(f"{example:<{width}}  # {text}" for example, text in parser.examples), "```", ""]
    lines += [
        "| exit code | meaning |",
        "|---|---|",
        *(f"| {code} | {text} |" for code, text in parser.exit_codes),
    ]
    return "\n".join(lines)


def rows(parser: Parser) -> Iterator[str]:
    formatter = parser._get_formatter()
    for action in parser._actions:
        if action.help != argparse.SUPPRESS and action.dest != "help":
            words = formatter._format_action_invocation(action)
            yield f"| `{words}` | {formatter._expand_help(action)} |"


def sections() -> dict[str, str]:
    """Return the page's sections by their commands."""
    parts = re.split(r"^## glrec (\w+)$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {name: text.strip() for name, text in zip(parts[1::2], parts[2::2], strict=True)}


def test_the_page_has_every_command_in_the_order_of_the_help() -> None:
    assert list(sections()) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_the_page_says_of_a_command_what_its_help_says(name: str) -> None:
    found = sections()[name].partition("\n<!-- end -->")[0]
    assert found == section(name)


def test_the_page_is_in_the_table_of_contents() -> None:
    assert "reference/command.md" in (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    assert "reference/command.md" in (ROOT / "README.md").read_text(encoding="utf-8")


def write() -> None:
    """Write every section anew; what follows the mark in each stays."""
    text = PAGE.read_text(encoding="utf-8")
    head = text.partition("\n## glrec ")[0].rstrip()
    known = sections()
    parts = [head]
    for name in NAMES:
        more = known.get(name, "").partition("<!-- end -->")[2].strip()
        parts.append(f"## glrec {name}\n\n{section(name)}" + (f"\n\n<!-- end -->\n\n{more}" if more else ""))
    PAGE.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write()
