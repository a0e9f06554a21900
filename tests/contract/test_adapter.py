"""One list of promises, kept by every adapter: each runs in a fresh interpreter, headless on EGL."""

import pytest

from tests.contract.adapter_programs import checks
from tests.contract.adapter_programs.toolkits import TOOLKITS
from tests.support.displays import run_program

ENVIRONMENT = {"DISPLAY": "", "EGL_PLATFORM": "surfaceless"}


@pytest.mark.parametrize("check", checks.CHECKS)
@pytest.mark.parametrize("toolkit", TOOLKITS)
def test_adapter_keeps(toolkit: str, check: str) -> None:
    program = f"from tests.contract.adapter_programs.checks import main\nmain({toolkit!r}, {check!r})"
    done = run_program(program, env=ENVIRONMENT)
    assert "still open" not in done.stderr
