"""What every test of faults is held to: nothing is left over."""

import gc
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.leftovers import children, open_files


@pytest.fixture(autouse=True)
def nothing_left_over(tmp_path: Path) -> Iterator[None]:
    """Fail a test that leaves a thread, an open file, a child process or a temporary file behind."""
    gc.collect()
    threads, files, processes = threading.enumerate(), open_files(), children()
    yield
    gc.collect()
    assert threading.enumerate() == threads
    assert open_files() <= files
    assert children() <= processes
    assert [path.name for path in tmp_path.rglob("*") if path.name.startswith(".")] == []
