"""How results are printed: JSON for programs, aligned lines for people."""

from __future__ import annotations

import json
from collections.abc import Iterable


def print_json(value: object) -> None:
    """Print a value as JSON."""
    print(json.dumps(value, indent=2))


def print_table(rows: Iterable[tuple[str, str]], indent: str = "") -> None:
    """Print names and texts in two columns."""
    lines = list(rows)
    width = max((len(name) for name, _ in lines), default=0)
    for name, text in lines:
        print(f"{indent}{name:<{width}}  {text}".rstrip())
