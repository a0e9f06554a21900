"""Functions called in another process: their answers and errors come back, and nothing stays behind."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from glrec_core.errors import CaptureError, GlrecError, ProcessFailed, VideoError
from glrec_core.isolation import call
from tests.cli.command import environment
from tests.support.leftovers import children

HERE = "tests.support.isolated"
WAIT_SECONDS = 100.0


def wait_for_pid(path: Path) -> int:
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        if path.exists() and (text := path.read_text(encoding="ascii")):
            return int(text)
        time.sleep(0.01)
    raise AssertionError(f"{path} was not written")


def assert_ends(pid: int) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return
        time.sleep(0.01)
    os.kill(pid, signal.SIGKILL)
    raise AssertionError(f"process {pid} was left behind")


def test_the_answer_and_the_progress_come_back() -> None:
    steps: list[tuple[int, int]] = []
    answer = call(
        f"{HERE}:add",
        {"numbers": [1, 2, 3]},
        timeout_seconds=60,
        progress=lambda done, total: steps.append((done, total)),
    )
    assert (answer, steps) == (6, [(1, 3), (2, 3), (3, 3)])


@pytest.mark.parametrize(("of_the_core", "kind"), [(True, CaptureError), (False, VideoError)])
def test_an_error_of_glrecs_comes_back_as_what_it_was(*, of_the_core: bool, kind: type[Exception]) -> None:
    with pytest.raises(kind) as caught:
        call(f"{HERE}:fail", {"text": "näh", "of_the_core": of_the_core}, timeout_seconds=60)
    assert type(caught.value) is kind
    assert str(caught.value) == "näh"


def test_a_mistake_is_told_in_its_own_words() -> None:
    with pytest.raises(ProcessFailed, match=r"exit code 1: .*ZeroDivisionError: a mistake in the program"):
        call(f"{HERE}:stumble", {}, timeout_seconds=60)


def test_a_crash_costs_one_answer() -> None:
    with pytest.raises(ProcessFailed, match="crashed with SIGABRT"):
        call(f"{HERE}:crash", {}, timeout_seconds=60)


def test_what_hangs_is_ended(tmp_path: Path) -> None:
    before = children()
    with pytest.raises(ProcessFailed, match="no answer within 2 s"):
        call(f"{HERE}:hang", {"pid_file": str(tmp_path / "pid")}, timeout_seconds=2)
    assert children() <= before  # on a busy machine it may not even have begun


def test_standard_output_is_not_the_answer() -> None:
    assert call(f"{HERE}:chatter", {}, timeout_seconds=60) == "answer"


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_the_process_ends_with_its_caller(tmp_path: Path, how: signal.Signals) -> None:
    pid_file = tmp_path / "pid"
    program = (
        f"from glrec_core.isolation import call; "
        f"call('{HERE}:hang', {{'pid_file': {str(pid_file)!r}}}, timeout_seconds=600)"
    )
    command = [sys.executable, "-c", program]
    with subprocess.Popen(
        command, env=environment(), stderr=subprocess.DEVNULL, start_new_session=True
    ) as caller:
        try:
            pid = wait_for_pid(pid_file)
        finally:
            caller.send_signal(how)
    assert_ends(pid)


def test_a_module_in_the_working_folder_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit('not this one')", encoding="ascii")
    monkeypatch.chdir(tmp_path)
    assert call(f"{HERE}:add", {"numbers": [4]}, timeout_seconds=60) == 4


@pytest.mark.parametrize(
    "kind",
    [
        "os:mkdir",
        "pathlib:Path.mkdir",
        "tests.cli.left_behind:Left",
        "builtins:OSError",
        "glrec_core.errors:no_such",
        "glrec_core.errors:as_failure",
        "",
        ":",
        "a\0b:c",
    ],
)
def test_nothing_is_called_or_imported_that_the_process_names(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    loaded = set(sys.modules)
    answer = json.dumps({"error": {"kind": kind, "text": "made"}})
    with pytest.raises(GlrecError, match=r"^made$") as caught:
        call(f"{HERE}:answer_with", {"lines": [answer]}, timeout_seconds=60)
    assert type(caught.value) is GlrecError
    assert set(sys.modules) == loaded
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "line",
    [
        "",
        "no JSON",
        "[]",
        "1",
        "null",
        "{}",
        '{"error": "text"}',
        '{"error": {"kind": 5, "text": "a"}}',
        '{"error": {"kind": "a"}}',
        '{"progress": [1]}',
        '{"progress": ["a", 2]}',
        "[" * 100_000,
        "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
    ],
)
def test_what_is_no_answer_is_told(line: str) -> None:
    with pytest.raises(ProcessFailed, match="answered what is no answer: b'"):
        call(f"{HERE}:answer_with", {"lines": [line]}, timeout_seconds=60)
