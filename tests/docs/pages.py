"""The blocks of code in README.md and in docs, each with the place where it stands."""

import re
import textwrap
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]

_BLOCK = re.compile(
    r"^(?P<indent> *)```(?P<language>\w+)\n(?P<code>.*?)^(?P=indent)```$", re.DOTALL | re.MULTILINE
)


class Block(NamedTuple):
    """A fenced block of code."""

    place: str
    language: str
    code: str

    def __str__(self) -> str:
        return self.place


def blocks(*languages: str, page: Path | None = None) -> list[Block]:
    """Return the blocks in these languages, of one page or of all."""
    found = []
    for path in PAGES if page is None else [page]:
        text = path.read_text(encoding="utf-8")
        for match in _BLOCK.finditer(text):
            line = text.count("\n", 0, match.start()) + 2
            place = f"{path.relative_to(ROOT)}:{line}"
            found.append(Block(place, match["language"], textwrap.dedent(match["code"])))
    return [block for block in found if block.language in languages]
