"""The scripts in `benchmarks/`, which documents quote, start: what they import is there."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.docs.pages import ROOT

SCRIPTS = sorted((ROOT / "benchmarks").glob("*.py"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_it_starts(script: Path) -> None:
    if "import cupy\n" in script.read_text(encoding="utf-8") and find_spec("cupy") is None:
        pytest.skip("cupy is not installed (pip install 'glrec[nvenc]')")
    shown = subprocess.run(
        [sys.executable, script, "--help"], capture_output=True, text=True, check=False, timeout=100
    )
    assert shown.returncode == 0, shown.stderr
    assert script.stem in shown.stdout
