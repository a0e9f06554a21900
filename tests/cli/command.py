"""Runs the `glrec` command as a user does: in a process of its own, with a limit on its time."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
COMMAND = (sys.executable, "-m", "glrec_core")


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment of a process that can import the project, with `extra` in it."""
    search = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    return {**os.environ, "PYTHONPATH": search, **(extra or {})}


def glrec(
    *arguments: str | Path,
    env: Mapping[str, str] | None = None,
    timeout_seconds: float = 60.0,
    **options: Any,
) -> subprocess.CompletedProcess[str]:
    """Run `glrec` to its end and return exit code and output; nothing is raised but for a time-out."""
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        env=environment(env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout_seconds,
        check=False,
        **options,
    )


def glrec_json(*arguments: str | Path, code: int = 0, env: Mapping[str, str] | None = None) -> Any:
    """Run `glrec … --json`, expect the exit code and a clean standard error, and return what was printed."""
    result = glrec(*arguments, "--json", env=env)
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
