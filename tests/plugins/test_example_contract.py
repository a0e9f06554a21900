"""The example's adapter keeps the promises of every adapter, by the same contract: its row is what authors write."""

from pathlib import Path

import pytest

from tests.contract.adapter_programs.checks import CHECKS, reason_against
from tests.contract.adapter_programs.running import run
from tests.plugins.easel_row import EaselRow
from tests.plugins.installed import environment, install_example
from tests.support.displays import run_program

ROW = f"{EaselRow.__module__}:{EaselRow.__name__}"


@pytest.fixture(scope="module")
def variables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return dict(environment(install_example(tmp_path_factory.mktemp("installed"))))


def no_display() -> str:
    raise AssertionError("an easel needs no display")


@pytest.mark.parametrize("check", CHECKS)
def test_it_keeps(check: str, variables: dict[str, str]) -> None:
    if reason := reason_against(EaselRow(), check):
        pytest.skip(reason)
    run(ROW, check, no_display, variables)


def test_the_command_for_authors_tells_which_promises_are_kept(variables: dict[str, str]) -> None:
    names = ("targets_are_named", "the_hotkey_pauses_and_the_program_still_gets_it")
    program = f"import sys\nfrom tests.contract.adapter_programs.__main__ import main\nsys.exit(main({ROW!r}, *{names}))"
    said = run_program(program, env=variables, fresh=True).stdout.splitlines()
    assert said[0] == "kept       targets are named"
    assert said[1].startswith("not asked  the hotkey pauses")
    assert len(said) == 2


def test_the_command_for_authors_tells_which_promises_are_broken(
    variables: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "liar.py").write_text(
        "from tests.plugins.easel_row import EaselRow\nclass Liar(EaselRow): name = 'somebody'\n"
    )
    search = f"{tmp_path}:{variables['PYTHONPATH']}"
    program = "from tests.contract.adapter_programs.__main__ import main\nprint(main('liar:Liar', 'targets_are_named'))"
    said = run_program(program, env={**variables, "PYTHONPATH": search}, fresh=True).stdout
    assert said.startswith("BROKEN     targets are named\n")
    assert "assert name == toolkit.name" in said
    assert said.endswith("\n1\n")
