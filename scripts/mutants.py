"""Changes the code in one place at a time and runs the tests that concern it. What they let pass is held by no test.

    make mutants
    .venv/mutants/bin/python scripts/mutants.py --count 20 --seed 7 --only glrec_core/wire glrec_core/read

cosmic-ray makes the changes, the mutants; one kind, statements that are left out, is added here. A place in the code is
drawn first and then one of its mutants, so that a sum, for which cosmic-ray knows eleven, is no likelier than a call.
The same seed gives the same mutants of the same code. They are tried in a copy of the tree, never in the tree itself.

`scripts/mutants.toml` says which tests concern a module. A test that notices a mutant is run again without it: if it
fails then as well, it has noticed nothing. A survivor is either a hole in the tests, or equivalent: it changes nothing
that anybody could notice. Only a person can tell which.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import json
import os
import random
import resource
import shlex
import subprocess
import tempfile
import time
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("glrec_core", "glrec_integrations")

MEMORY_BYTES, FILE_BYTES = 12 << 30, 4 << 30
"""What a mutant may take: one that never ends would take all there is."""

LIMIT_SECONDS = 900
"""What the tests of one mutant may take. Longer counts as noticed; a single test that hangs is ended by pytest long before."""


@dataclass(frozen=True, order=True)
class Mutant:
    """One change: which operator, and at which of the places that it finds in a module."""

    module: str
    place: tuple[int, int]
    operator: str
    occurrence: int

    def __str__(self) -> str:
        line, column = self.place
        return f"{self.module}:{line}:{column + 1} {self.operator.rpartition('/')[2]}"


class Outcome(StrEnum):
    """What the tests said about a mutant."""

    NOTICED = "noticed"
    TIMED_OUT = "timed out"
    SURVIVED = "SURVIVED"
    UNSURE = "unsure: no test says so, or one that fails without the mutant as well"


@dataclass(frozen=True)
class Trial:
    """A mutant, what became of it, after how long, and by which test."""

    mutant: Mutant
    outcome: Outcome
    seconds: float
    noticed_by: str

    def __str__(self) -> str:
        return f"{self.outcome:9} {self.seconds:6.1f} s  {self.mutant}  {self.noticed_by}"


class LeaveOut:
    """Leaves out a call, an assignment to an attribute or an item, an addition in place, a `raise`, or what `with` enters.

    It has the two methods of `cosmic_ray.operators.operator.Operator` that make mutants.
    """

    def mutation_positions(self, node: Any) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
        """Yield where a node of parso's tree can be changed."""
        if node.type == "simple_stmt" and _can_go(node.children[0]):
            yield node.children[0].start_pos, node.children[0].end_pos
        elif node.type == "with_stmt" and node.children[1].type != "with_item":  # none that has a name
            yield node.start_pos, node.children[1].end_pos

    def mutate(self, node: Any, _: int) -> Any:
        """Return the changed node."""
        from parso.python.tree import Keyword

        if node.type == "with_stmt":
            node.children[0].value = "if"
            node.children[1:-2] = [Keyword("True", node.children[1].start_pos, prefix=" ")]
        else:
            old = node.children[0]
            node.children[0] = Keyword("pass", old.start_pos, prefix=old.get_first_leaf().prefix)
        return node


def _can_go(statement: Any) -> bool:
    if statement.type == "expr_stmt":  # without a name, what follows would only fail for the want of it
        target, sign = statement.children[:2]
        return bool(target.type == "atom_expr" or (sign.type == "operator" and sign.value != "="))
    is_call = statement.type == "atom_expr" and statement.children[-1].get_code().startswith("(")
    return is_call or bool(statement.type == "raise_stmt")


class _Inert(ast.NodeTransformer):
    """Takes out of a module what is never run: annotations, docstrings, imports for the type checker."""

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        node.annotation = ast.Constant(None)
        return self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        return ast.Pass() if isinstance(node.value, ast.Constant) else self.generic_visit(node)

    def visit_If(self, node: ast.If) -> ast.AST:
        return ast.Pass() if ast.unparse(node.test).endswith("TYPE_CHECKING") else self.generic_visit(node)


def runs_alike(code: str, mutated: str) -> bool:
    """Return whether a mutant runs as the original does, or not at all: it is no Python."""
    try:
        trees = [_Inert().visit(ast.parse(each)) for each in (code, mutated)]
    except SyntaxError:
        return True
    return ast.dump(trees[0]) == ast.dump(trees[1])


def table() -> dict[str, str]:
    """Return pytest's arguments for each module or folder that `mutants.toml` knows."""
    rows: dict[str, str] = tomllib.loads((ROOT / "scripts" / "mutants.toml").read_text())["tests"]
    return rows


def arguments_for(module: str, arguments: dict[str, str]) -> str:
    """Return pytest's arguments for a module: those of the longest name that it begins with.

    Raises:
        LookupError: no row is for it.

    """
    named = [name for name in arguments if module == name or module.startswith(f"{name}/")]
    if not named:
        raise LookupError(f"scripts/mutants.toml names no tests for {module}; add a row")
    return arguments[max(named, key=len)]


def modules_of(tree: Path) -> list[str]:
    """Return the paths of all modules of the product, sorted."""
    found = (path for package in PACKAGES for path in (tree / package).rglob("*.py"))
    return sorted(path.relative_to(tree).as_posix() for path in found)


class Code:
    """The modules of a tree, and every mutant of them that cosmic-ray and `LeaveOut` know."""

    def __init__(self, tree: Path) -> None:
        from cosmic_ray.plugins import get_operator, operator_names

        self.tree = tree
        known = {name: get_operator(name) for name in operator_names()}
        self._operators = {name: each() for name, each in known.items() if not each.arguments()}
        self._operators["glrec/LeaveOut"] = LeaveOut()

    def original(self, module: str) -> str:
        """Return the text of a module."""
        return (self.tree / module).read_text()

    def mutated(self, mutant: Mutant) -> str:
        """Return the text of a mutant's module."""
        from cosmic_ray.mutating import mutate_code

        original = self.original(mutant.module)
        try:
            code: str = mutate_code(original, self._operators[mutant.operator], mutant.occurrence)
        except AttributeError:  # cosmic-ray 8.7 cannot replace `av.FFmpegError` in a tuple of exceptions
            return original
        return code

    def mutants(self, module: str) -> Iterator[Mutant]:
        """Yield every mutant of a module."""
        from cosmic_ray.ast import ast_nodes, get_ast

        nodes = list(ast_nodes(get_ast(self.original(module))))
        for name, operator in self._operators.items():
            places = (place for node in nodes for place, _ in operator.mutation_positions(node))
            for occurrence, place in enumerate(places):
                yield Mutant(module, place, name, occurrence)

    def sample(self, modules: list[str], count: int, seed: int) -> list[Mutant]:
        """Return `count` mutants that run otherwise than the original, of as many places, in a random order."""
        generator = random.Random(seed)  # noqa: S311 - it must be repeatable, not secret
        by_place: dict[tuple[str, tuple[int, int]], list[Mutant]] = {}
        for module in modules:
            for mutant in self.mutants(module):
                by_place.setdefault((module, mutant.place), []).append(mutant)
        places = sorted(by_place)
        generator.shuffle(places)
        drawn: list[Mutant] = []
        for place in places:
            if len(drawn) == count:
                break
            mutant = generator.choice(sorted(by_place[place]))
            if not runs_alike(self.original(mutant.module), self.mutated(mutant)):
                drawn.append(mutant)
        return drawn

    def diff(self, mutant: Mutant) -> str:
        """Return what a mutant changes, in the words of `diff`."""
        before, after = self.original(mutant.module).splitlines(), self.mutated(mutant).splitlines()
        lines = difflib.unified_diff(before, after, lineterm="", n=1)
        return "\n".join(list(lines)[2:])


class Bench:
    """Runs the tests in a copy of the tree, in which one module at a time is another."""

    def __init__(self, code: Code) -> None:
        self._code = code
        self._arguments = table()
        self._cache = code.tree.parent / "cache"
        self._sound: set[str] = set()
        """Tests that have been seen to pass without a mutant."""

    def attempt(self, mutant: Mutant) -> Trial:
        """Run a mutant's tests on it, and what fails once more without it."""
        path, original = self._code.tree / mutant.module, self._code.original(mutant.module)
        arguments = arguments_for(mutant.module, self._arguments)
        path.write_text(self._code.mutated(mutant))
        begin = time.monotonic()
        try:
            outcome = self._run(f"--cache-clear {arguments}")
        finally:
            path.write_text(original)
        seconds = time.monotonic() - begin
        failed = self._failed() if outcome is Outcome.NOTICED else []
        if outcome is Outcome.NOTICED and not self._is_sound(failed, arguments):
            outcome = Outcome.UNSURE
        return Trial(mutant, outcome, seconds, " ".join(failed))

    def _is_sound(self, failed: list[str], arguments: str) -> bool:
        """Return whether tests have failed, and pass without a mutant. A run may also have been ended from outside."""
        if not failed:
            return False
        if not self._sound.issuperset(failed) and self._run(f"--last-failed {arguments}") is Outcome.SURVIVED:
            self._sound.update(failed)
        return self._sound.issuperset(failed)

    def _run(self, arguments: str) -> Outcome:
        from cosmic_ray.testing import run_tests
        from cosmic_ray.work_item import TestOutcome

        python = shlex.quote(str(ROOT / ".venv" / "bin" / "python"))
        outcome, output = run_tests(
            f"nice {python} -m pytest --exitfirst --quiet -o cache_dir={self._cache} {arguments}",
            LIMIT_SECONDS,
        )
        if outcome is TestOutcome.SURVIVED:
            return Outcome.SURVIVED
        return Outcome.TIMED_OUT if output == "timeout" else Outcome.NOTICED

    def _failed(self) -> list[str]:
        """Return the tests that failed last, as pytest remembers them."""
        found = self._cache / "v" / "cache" / "lastfailed"
        return list(json.loads(found.read_text())) if found.exists() else []


def copy_tree(folder: Path) -> Path:
    """Copy what git knows, or would take, into a folder; return the copy."""
    copy = folder / "glrec"
    copy.mkdir()
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            (copy / name).write_bytes((ROOT / name).read_bytes())
            (copy / name).chmod((ROOT / name).stat().st_mode)
    return copy


def enter(copy: Path) -> None:
    """Make the copy what all programs started from here import, and give them no more than their share."""
    temporary = copy.parent / "tmp"
    temporary.mkdir()
    os.environ |= {"PYTHONPATH": str(copy), "TMPDIR": str(temporary)}
    os.chdir(copy)
    for kind, limit in ((resource.RLIMIT_AS, MEMORY_BYTES), (resource.RLIMIT_FSIZE, FILE_BYTES)):
        resource.setrlimit(kind, (limit, resource.getrlimit(kind)[1]))


def report(code: Code, trials: list[Trial]) -> None:
    """Print the figures, and the diff of each survivor."""
    for trial in trials:
        if trial.outcome in {Outcome.SURVIVED, Outcome.UNSURE}:
            print(f"\n{trial.mutant}\n{code.diff(trial.mutant)}")
    counts = Counter(trial.outcome for trial in trials)
    print(
        f"\n{len(trials)} mutants: "
        + ", ".join(f"{counts[each]} {each.partition(':')[0]}" for each in Outcome)
    )


def options() -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=100, help="how many mutants to try (100)")
    parser.add_argument("--seed", type=int, default=1, help="another seed draws other mutants (1)")
    parser.add_argument("--only", nargs="+", default=PACKAGES, metavar="PATH", help="modules or folders")
    parser.add_argument("--skip", nargs="+", default=(), metavar="PATH", help="modules or folders")
    parser.add_argument(
        "--numbers", nargs="+", type=int, metavar="N", help="try these again, by number in the whole sample"
    )
    parser.add_argument("--gpu", action="store_true", help="also what needs an NVIDIA GPU to be noticed")
    parser.add_argument("--list", action="store_true", help="print the diffs of the sample and try nothing")
    return parser.parse_args()


def wanted(modules: list[str], asked: argparse.Namespace) -> list[str]:
    """Return those of the modules that the command line asks for."""
    arguments = table()
    return [
        module
        for module in modules
        if module.startswith(tuple(asked.only))
        and not module.startswith(tuple(asked.skip))
        and (asked.gpu or not arguments_for(module, arguments).startswith("tests/gpu"))
    ]


def main() -> None:
    """Draw the sample, try it, and print what survived."""
    asked = options()
    with tempfile.TemporaryDirectory(prefix="mutants-", ignore_cleanup_errors=True) as folder:
        copy = copy_tree(Path(folder))
        enter(copy)
        code = Code(copy)
        modules = wanted(modules_of(copy), asked)
        drawn = dict(enumerate(code.sample(modules, asked.count, asked.seed), 1))
        if asked.numbers:
            drawn = {number: drawn[number] for number in asked.numbers}
        if asked.list:
            for number, mutant in drawn.items():
                print(f"\n{number} {mutant}\n{code.diff(mutant)}")
            return
        bench = Bench(code)
        trials = []
        for number, mutant in drawn.items():
            trials.append(bench.attempt(mutant))
            print(f"{number:4} {trials[-1]}", flush=True)
        report(code, trials)


if __name__ == "__main__":
    main()
