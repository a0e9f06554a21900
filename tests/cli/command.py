"""Runs the `glrec` command in a process of its own, with a limit on its time.

`glrec` starts it as a copy of an interpreter that has the imports behind it (see `tests.support.warm_server`); who
looks at a running one starts `COMMAND`, as a user does.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.support import warm
from tests.support.processes import end_group, text

ROOT = Path(__file__).resolve().parents[2]
_TASTE = {"NO_COLOR", "FORCE_COLOR", "COLUMNS"}
COMMAND = (sys.executable, "-m", "glrec_core")


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment of a process that can import the project, with `extra` in it, and without wishes for colours."""
    search = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    inherited = {name: value for name, value in os.environ.items() if name not in _TASTE}
    return {**inherited, "PYTHONPATH": search, **(extra or {})}


def glrec(
    *arguments: str | Path,
    env: Mapping[str, str] | None = None,
    timeout_seconds: float = 100.0,
    cwd: Path | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run `glrec` to its end and return exit code and output; nothing is raised but for a time-out."""
    words = [*COMMAND[1:], *map(str, arguments)]
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        process = warm.start(words, environment(env), (output, errors), cwd)
        try:
            code = process.wait(timeout_seconds)
        finally:
            end_group(process)
        return subprocess.CompletedProcess(words, code, text(output), text(errors))


def glrec_json(
    *arguments: str | Path,
    code: int = 0,
    env: Mapping[str, str] | None = None,
    timeout_seconds: float = 100.0,
) -> Any:
    """Run `glrec … --json`, expect the exit code and a clean standard error, and return what was printed."""
    result = glrec(*arguments, "--json", env=env, timeout_seconds=timeout_seconds)
    assert (result.returncode, result.stderr) == (code, ""), result
    return json.loads(result.stdout)


def assert_refused(result: subprocess.CompletedProcess[str], code: int, *words: str) -> None:
    """Check that there is one line of error (after argparse's usage), with `words` in it, and no traceback."""
    assert result.returncode == code, result
    assert result.stdout == ""
    lines = result.stderr.splitlines()
    assert lines[-1].startswith("glrec"), result.stderr
    assert lines[:-1] == [] or lines[0].startswith("usage: "), result.stderr
    assert "Traceback" not in result.stderr
    for word in words:
        assert word in lines[-1], result.stderr
