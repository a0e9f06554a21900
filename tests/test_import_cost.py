"""What `import glrec_core` costs, in modules: those load no faster on another machine. `benchmarks/import_time.py` takes
the time.
"""

import sys
from functools import cache

import pytest

from tests.support.displays import run_program

SLOW = {
    "asyncio",
    "email",
    "html",
    "http",
    "importlib.metadata",
    "json",
    "multiprocessing",
    "random",
    "shutil",
    "sqlite3",
    "subprocess",
    "tempfile",
    "xml",
}
"""Of the standard library: what takes some ms by itself or brings much else."""
LATER = {"glrec_core.capture", "glrec_core.spill"}
"""Of glrec's own: what only a recording needs, or some recordings."""
THIRD_PARTY = {"glrec_core", "numpy", "pluggy"}

PROGRAM = """
import sys, {module}
print("\\n".join(sys.modules))
"""
RECORD = """
import os, sys, tempfile, glrec_core
folder = tempfile.mkdtemp()
recorder = glrec_core.record(None, os.path.join(folder, "film.mp4"))
recorder.close()
print("\\n".join(sys.modules))
os.rmdir(folder)
"""


def loaded_by(program: str) -> set[str]:
    """Return what a program has loaded beyond what Python itself starts with."""
    return set(run_program(program, fresh=True).stdout.split()) - loaded_at_the_start()


@cache
def loaded_at_the_start() -> set[str]:
    return set(run_program(PROGRAM.format(module="os"), fresh=True).stdout.split())


@pytest.mark.parametrize("module", ["glrec_core", "glrec_core.adapter", "glrec_core.encoder"])
def test_importing_brings_nothing_slow(module: str) -> None:
    loaded = loaded_by(PROGRAM.format(module=module))
    assert module in loaded
    assert loaded & (SLOW | LATER) == set()


def test_importing_brings_no_other_package() -> None:
    assert third_party(loaded_by(PROGRAM.format(module="glrec_core"))) <= THIRD_PARTY


def test_a_recording_brings_what_encodes_and_no_other_package() -> None:
    """Before its first frame, which would have to wait for it. Frameworks and CUDA are for those who have them."""
    assert third_party(loaded_by(RECORD)) == THIRD_PARTY | {"av", "cython_runtime", "platformdirs"}


def third_party(loaded: set[str]) -> set[str]:
    tops = {name.partition(".")[0] for name in loaded}
    return {name for name in tops if name not in sys.stdlib_module_names and not name.startswith("_")}
