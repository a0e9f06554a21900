"""What an import costs: counted in real interpreters, in instructions where a `perf` counts them."""

import json
import sys
from pathlib import Path

import pytest

from glrec_bench import importing
from glrec_bench.environment import Environment
from glrec_bench.guard import ratios
from glrec_bench.measuring import measure
from glrec_bench.workloads import GUARD

PERF = """#!/bin/sh
while [ "$1" != -P ]; do python=$1; shift; done
"$python" "$@" || exit
echo "{count},,instructions:u,1000,100.00,," >&2
"""


@pytest.fixture
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "_TIMES", 2)


def perf(folder: Path, count: str) -> dict[str, str]:
    """Put a `perf` into a folder that runs the program, and return the environment that finds it alone."""
    program = folder / "perf"
    program.write_text(PERF.format(count=count))
    program.chmod(0o755)
    return {"PATH": f"{folder}:/usr/bin:/bin"}


def test_instructions_are_what_perf_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = perf(tmp_path, "123456")
    monkeypatch.setenv("PATH", environment["PATH"])
    assert importing.counter(environment) is importing.instructions
    assert importing.instructions("print(1)", environment) == 123456


@pytest.mark.parametrize("count", ["<not supported>", "<not counted>", ""])
def test_without_a_counter_it_is_the_time_on_the_cpu(
    count: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = perf(tmp_path, count)
    monkeypatch.setenv("PATH", environment["PATH"])
    assert importing.counter(environment) is importing.cpu_seconds


def test_without_perf_it_is_the_time_on_the_cpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert importing.counter({}) is importing.cpu_seconds


@pytest.mark.usefixtures("quickly")
@pytest.mark.parametrize("package", ["numpy", "glrec"])
def test_an_import_takes_something(package: str) -> None:
    assert importing.measure(package) > 0


def test_a_program_that_fails_is_no_measure() -> None:
    with pytest.raises(RuntimeError, match="no_such_module"):
        importing.cpu_seconds("import no_such_module", {})


def test_bytecode_is_stored_and_not_made_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else most of the time is the compiler's, which nobody sees who has installed the package."""
    seen: list[tuple[int, str]] = []

    def cost(program: str, environment: dict[str, str]) -> float:
        stored = sum(1 for _ in Path(environment["PYTHONPYCACHEPREFIX"]).rglob("*.pyc"))
        seen.append((stored, environment.get("PYTHONDONTWRITEBYTECODE", "")))
        return importing_cpu_seconds(program, environment)

    importing_cpu_seconds = importing.cpu_seconds
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setattr(importing, "_TIMES", 1)
    monkeypatch.setattr(importing, "cpu_seconds", cost)
    monkeypatch.setattr(importing, "counter", lambda _: cost)
    importing.measure("glrec")
    assert [stored > 100 for stored, _ in seen] == [False, True, True]
    assert {unwanted for _, unwanted in seen} == {""}


def test_the_guard_gets_a_ratio_of_both() -> None:
    workloads = [each for each in GUARD if each.job.imports]
    results = measure(Environment(Path(sys.executable)), workloads, 1)
    assert [run.error for run in results.runs] == ["", ""]
    (name,) = ratios(results)
    assert name == "import import_cost numpy"
    assert json.dumps(results.runs[0].import_cost) != "null"
