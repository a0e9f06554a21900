"""Code in the documentation: Python compiles, commands and their options exist, links lead somewhere."""

import re
import tomllib
from functools import cache
from pathlib import Path

from glrec_core.cli.main import COMMANDS
from tests.cli.command import glrec
from tests.docs.pages import PAGES, ROOT, blocks

EXTRAS = set(
    tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
)
LINK = re.compile(r"\]\((?!https?:)([^)#\s]+)(?:#[^)]*)?\)")


def test_python_compiles() -> None:
    compiled = [
        compile(block.code, block.place, "exec") for block in blocks("python", "py")
    ]  # errors name the place
    assert len(compiled) > len(PAGES) / 2


@cache
def options_of(command: str) -> set[str]:
    return set(re.findall(r"(?<![\w-])--?[a-z][\w-]*", glrec(command, "--help").stdout))


def commands_in(code: str) -> list[tuple[str, set[str]]]:
    """Return the `glrec` commands in shell code, each with its options: those before a program's name."""
    lines = (line.partition("#")[0] for line in code.replace("\\\n", " ").splitlines())
    called = (re.search(r"(?:^|\s)glrec (?P<command>[a-z]+)(?P<rest>.*)", line) for line in lines)
    return [
        (call["command"], set(re.findall(r"\s(--?[a-z][\w-]*)", re.split(r"\.py| -m ", call["rest"])[0])))
        for call in called
        if call
    ]


def test_commands_and_their_options_exist() -> None:
    for block in blocks("sh", "bash", "console"):
        for command, options in commands_in(block.code):
            assert command in {each.name for each in COMMANDS}, f"{block}: there is no `glrec {command}`"
            missing = options - options_of(command)
            assert not missing, f"{block}: `glrec {command}` has no {missing}"


def test_extras_exist() -> None:
    named = [
        (page.relative_to(ROOT), extra)
        for page in PAGES
        for names in re.findall(r"glrec\[([\w,-]+)\]", page.read_text(encoding="utf-8"))
        for extra in names.split(",")
    ]
    assert [(page, extra) for page, extra in named if extra not in EXTRAS] == []


def test_links_lead_to_files() -> None:
    assert [(str(page.relative_to(ROOT)), link) for page in PAGES for link in broken_links(page)] == []


def broken_links(page: Path) -> list[str]:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    return [link for link in LINK.findall(text) if not (page.parent / link).exists()]
