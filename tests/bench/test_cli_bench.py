"""`glrec bench` as a user calls it."""

import json
import sys
from pathlib import Path

import pytest

from tests.cli.command import glrec

pytestmark = pytest.mark.timeout(600)  # processes that encode; on a busy machine each takes its time

VENV = Path(sys.prefix)


def test_it_lists_recorders_and_workloads() -> None:
    run = glrec("bench", "--list")
    assert run.returncode == 0
    for words in ("turbopipe", "unpaced-1080p", "paced-360p", "x264 alone"):
        assert words in run.stdout


def test_an_unknown_recorder_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    run = glrec("bench", "--recorders", "camera", "--venv", tmp_path / "venv", "-o", tmp_path / "out")
    assert run.returncode == 2
    assert "recorder 'camera' is not known; choose from: copy, floor, glrec" in run.stderr
    assert list(tmp_path.iterdir()) == []


def test_recorders_that_no_workload_has_leave_nothing_to_measure(tmp_path: Path) -> None:
    options = (
        "--workloads",
        "paced-360p",
        "--recorders",
        "turbopipe",
        "--venv",
        VENV,
        "-o",
        tmp_path / "out",
    )
    run = glrec("bench", *options, timeout_seconds=500)
    assert run.returncode == 2
    assert "nothing is left to measure" in run.stderr


def test_it_measures_and_writes_tables_json_and_says_where(tmp_path: Path) -> None:
    options = ("--workloads", "unpaced-360p", "--recorders", "glrec,pipe", "--rounds", "1")
    run = glrec("bench", *options, "--venv", VENV, "-o", tmp_path / "out", timeout_seconds=500)
    assert run.returncode == 0, run.stderr
    assert "unpaced-360p: as fast as it goes, 640x360" in run.stdout
    assert "frames that glrec lost, doubled or moved" in run.stdout
    values = json.loads((tmp_path / "out" / "results.json").read_text())
    assert [(each["recorder"], each["lost"]) for each in values["runs"]] == [("glrec", 0), ("pipe", 0)]


def test_an_environment_without_the_common_packages_is_refused(tmp_path: Path) -> None:
    python = tmp_path / "bin" / "python"
    python.parent.mkdir()
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I -S "$@"\n')
    python.chmod(0o755)
    run = glrec("bench", "--venv", tmp_path, "-o", tmp_path / "out", timeout_seconds=500)
    assert run.returncode == 1
    assert "has no" in run.stderr
    assert "--venv" in run.stderr


def test_a_baseline_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    run = glrec("bench", "--guard", tmp_path / "none.json", "--venv", VENV, timeout_seconds=500)
    assert run.returncode == 1
    assert "holds no baseline" in run.stderr
