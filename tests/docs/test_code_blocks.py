"""Code in the documentation: Python compiles, commands and their options exist, links lead somewhere."""

import re
import tomllib
from functools import cache
from pathlib import Path

import pytest

from glrec_core.cli.main import COMMANDS
from tests.cli.command import glrec
from tests.docs.pages import PAGES, ROOT, Block, blocks

EXTRAS = set(
    tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
)
LINK = re.compile(r"\]\((?!https?:)([^)#\s]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize("block", blocks("python", "py"), ids=str)
def test_python_compiles(block: Block) -> None:
    compile(block.code, block.place, "exec")


@cache
def options_of(command: str) -> set[str]:
    return set(re.findall(r"(?<![\w-])--?[a-z][\w-]*", glrec(command, "--help").stdout))


def commands_in(code: str) -> list[tuple[str, set[str]]]:
    """Return the `glrec` commands in shell code, each with its options: those before a program's name."""
    lines = (line.partition("#")[0] for line in code.replace("\\\n", " ").splitlines())
    called = (re.search(r"(?:^|\s)glrec (?P<command>[a-z]+)(?P<rest>.*)", line) for line in lines)
    return [
        (call["command"], set(re.findall(r"\s(--?[a-z][\w-]*)", call["rest"].partition(".py")[0])))
        for call in called
        if call
    ]


@pytest.mark.parametrize("block", blocks("sh", "bash", "console"), ids=str)
def test_commands_and_their_options_exist(block: Block) -> None:
    for command, options in commands_in(block.code):
        assert command in {each.name for each in COMMANDS}, f"there is no `glrec {command}`"
        assert options <= options_of(command), f"`glrec {command}` has no {options - options_of(command)}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_extras_exist(page: Path) -> None:
    named = re.findall(r"glrec\[([\w,-]+)\]", page.read_text(encoding="utf-8"))
    assert {extra for names in named for extra in names.split(",")} <= EXTRAS


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    missing = [link for link in LINK.findall(text) if not (page.parent / link).exists()]
    assert missing == []
