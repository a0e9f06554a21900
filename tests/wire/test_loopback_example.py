"""`examples/loopback.py` as a user runs it: what it prints, and the file that it writes."""

from pathlib import Path

import pytest

from tests.support.displays import run_program
from tests.support.video import assert_timestamps

pytest.importorskip("zfec", reason="zfec is not installed")

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "loopback.py"


def test_it_records_and_sends(tmp_path: Path) -> None:
    done = run_program(EXAMPLE, str(tmp_path / "film.mp4"))
    first, second = done.stdout.splitlines()
    assert first.startswith("90 access units in ")
    assert " intact, " in second
    assert_timestamps(tmp_path / "film.mp4", 90, 30)


def test_it_is_short() -> None:
    assert len(EXAMPLE.read_text(encoding="utf-8").splitlines()) < 40
