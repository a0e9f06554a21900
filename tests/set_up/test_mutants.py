"""`make mutants`: the table of which tests concern which code is that of the tree, and what changes nothing is not tried."""

import shlex

import pytest

from scripts.mutants import ROOT, arguments_for, modules_of, runs_alike, table

CODE = '''
"""Why this is here."""
from __future__ import annotations
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fractions import Fraction

def half(value: int | None, scale: Fraction = 1) -> float | None:
    """Return a half."""
    found: float | None = None if value is None else scale * value / 2
    return found
'''


def test_every_row_is_of_code_and_tests_that_exist() -> None:
    for code, arguments in table().items():
        assert (ROOT / code).exists(), f"scripts/mutants.toml: {code} has gone; move or remove its row"
        paths = [each for each in shlex.split(arguments) if each.startswith("tests/")]
        assert paths, code
        for path in paths:
            assert (ROOT / path).exists(), f"scripts/mutants.toml: {path}, for {code}, has gone"


def test_every_module_has_tests() -> None:
    modules = modules_of(ROOT)
    assert len(modules) > 150
    assert all(arguments_for(module, table()) for module in modules)
    with pytest.raises(LookupError, match="add a row"):
        arguments_for("glrec_elsewhere/thing.py", table())


def test_the_longest_name_counts_and_ends_with_a_whole_part() -> None:
    rows = {"a": "one", "a/b": "two", "a/b/c.py": "three"}
    named = [arguments_for(module, rows) for module in ("a/x.py", "a/bc.py", "a/b/x.py", "a/b/c.py")]
    assert named == ["one", "one", "two", "three"]


@pytest.mark.parametrize(
    ("old", "new", "alike"),
    [
        ("/ 2", "/ 3", False),
        ("is None else", "is not None else", False),
        ("scale: Fraction = 1", "scale: Fraction = 2", False),
        ("value: int | None", "value: int & None", True),
        ("float | None:", "float ^ None:", True),
        ("found: float | None", "found: float - None", True),
        ("if TYPE_CHECKING", "if not TYPE_CHECKING", True),
        ("import Fraction", "import Decimal", True),
        ("Return a half.", "Return a third.", True),
        ("/ 2", "/ / 2", True),
    ],
)
def test_what_is_never_run_is_no_mutant(old: str, new: str, *, alike: bool) -> None:
    mutated = CODE.replace(old, new)
    assert mutated != CODE
    assert runs_alike(CODE, mutated) == alike
