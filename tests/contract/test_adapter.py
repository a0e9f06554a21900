"""One list of promises, kept by every adapter: each runs in a fresh interpreter, on what its row of the contract needs."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import pytest

import glrec_integrations
from tests.contract.adapter_programs.checks import CHECKS
from tests.contract.adapter_programs.running import reason_to_skip, run
from tests.contract.adapter_programs.toolkits import TOOLKITS
from tests.support.displays import xvfb

INTEGRATIONS = Path(glrec_integrations.__file__).parent


@pytest.fixture(scope="module")
def displays() -> Iterator[Callable[[], str]]:
    """Give an X server that is started when a row first asks for it."""
    with ExitStack() as stack:
        yield cache(lambda: stack.enter_context(xvfb()))


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("row", TOOLKITS)
def test_adapter_keeps(row: str, check: str, displays: Callable[[], str]) -> None:
    if reason := reason_to_skip(row, check):
        pytest.skip(reason)
    run(row, check, displays)


def test_every_adapter_has_a_row() -> None:
    """The one of the core, for toolkits that no adapter knows, as well."""
    assert {row.name for row in TOOLKITS.values()} == {
        "swaps",
        *(path.parent.name for path in INTEGRATIONS.glob("*/adapter.py")),
    }
