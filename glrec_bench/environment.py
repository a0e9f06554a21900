"""The environment that all recorders are measured in: a virtual environment with pinned packages, and glrec beside them.

glrec is not installed in it: it is taken from where it runs now, and the folder around it is searched last.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from glrec_bench.errors import BenchError
from glrec_core.isolation import bounded_process, failure

REQUIREMENTS = Path(__file__).with_name("requirements.txt")
_ROOT = Path(__file__).resolve().parents[1]
_TIMEOUT_SECONDS = 600.0
_INSTALL_SECONDS = 1800.0
_SAID_LINES = 4
_CALL = """
import sys
sys.path.append(sys.argv[1])
from glrec_bench.{module} import {function}
{function}()
"""
_MISSING = """
import json, sys
from importlib.util import find_spec
sys.path.append(sys.argv[1])
print(json.dumps([name for name in json.loads(sys.stdin.readline()) if find_spec(name) is None]))
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a process answered, and the largest memory of the programs that it started, as the caller saw them."""

    value: Any
    children_peak_bytes: int


@dataclass(frozen=True, slots=True)
class Environment:
    """A Python that has the recorders' packages, or some of them."""

    python: Path

    def missing(self, packages: Sequence[str]) -> set[str]:
        """Return which of the packages, by the names that are imported, are not installed."""
        return set(self._answer(_MISSING, list(packages)).value)

    def call(self, module: str, function: str, question: Mapping[str, Any]) -> Answer:
        """Run a function of the benchmark's that reads one line of JSON and answers with one.

        Raises:
            BenchError: it failed, or took longer than ten minutes.

        """
        return self._answer(_CALL.format(module=module, function=function), question)

    def _answer(self, program: str, question: Any) -> Answer:
        from glrec_bench.memory import ChildrenPeak

        # -P keeps the working folder out of the search path: a file named av.py in it is not ours to run.
        command = (str(self.python), "-P", "-c", program, str(_ROOT))
        with (
            tempfile.TemporaryFile() as asked,
            tempfile.TemporaryFile() as errors,
            bounded_process(
                command, _TIMEOUT_SECONDS, stdin=_written(asked, question), stderr=errors
            ) as bounded,
            ChildrenPeak(bounded.process.pid) as peak,
        ):
            line = bounded.output.readline()
            if bounded.process.wait() != 0 or not line:
                raise BenchError(failure(bounded, _TIMEOUT_SECONDS, errors))
        return Answer(json.loads(line), peak.bytes)


def _written(file: IO[bytes], question: Any) -> int:
    """Write the question and return the file's number: a process that dies before it reads breaks no pipe."""
    file.write(json.dumps(question).encode() + b"\n")
    file.seek(0)
    return file.fileno()


def default_folder() -> Path:
    """Return where the environment is made unless another folder is named: in the user's cache, for each Python."""
    from platformdirs import user_cache_path

    return user_cache_path("glrec") / f"bench-{sys.version_info.major}.{sys.version_info.minor}"


def prepare(folder: Path | None = None) -> Environment:
    """Return the environment in `folder`; it is made if there is none, and brought up to date if it was made here.

    An environment that somebody else made is taken as it is.

    Raises:
        BenchError: it cannot be made.

    """
    folder = (folder or default_folder()).expanduser().absolute()
    python = folder / "bin" / "python"
    stamp = folder / "glrec-bench-requirements"
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    if python.exists() and (not stamp.exists() or stamp.read_text() == wanted):
        return Environment(python)
    if not python.exists() and folder.exists() and any(folder.iterdir()):
        raise BenchError(f"{folder} holds something else than a virtual environment; name another folder")
    _run(sys.executable, "-m", "venv", str(folder))
    stamp.write_text("unfinished")
    pip = (str(python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--require-hashes")
    _run(*pip, "--requirement", str(REQUIREMENTS))
    stamp.write_text(wanted)
    return Environment(python)


def _run(*command: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    try:
        subprocess.run(  # noqa: S603 - this Python's own tools
            command, env=environment, capture_output=True, text=True, check=True, timeout=_INSTALL_SECONDS
        )
    except subprocess.CalledProcessError as error:
        said = " / ".join(error.stderr.strip().splitlines()[-_SAID_LINES:])
        raise BenchError(f"the environment cannot be made: {' '.join(command)}: {said}") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BenchError(f"the environment cannot be made: {error}") from error
