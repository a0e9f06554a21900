"""Private X servers, and a process for each program: GL frameworks share neither a display nor a process well."""

import os
import select
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from tests.support import warm
from tests.support.processes import Process, end_group, process_group, text

_START_SECONDS = 60.0
_ROOT = Path(__file__).resolve().parents[2]


class DisplayError(RuntimeError):
    """No X server could be started; the message carries what Xvfb said."""


class ProgramError(AssertionError):
    """A program failed or did not end in time; the message carries all its output."""


@contextmanager
def xvfb(screen: str = "1280x1024x24") -> Iterator[str]:
    """Start a private Xvfb with GLX and yield its display, for example ":99"; it ends with the block.

    The server picks a free number itself. Raises DisplayError when there is no Xvfb or it does not start.
    """
    if sys.platform == "win32":  # every session has a screen
        yield os.environ.get("DISPLAY", "")
        return
    executable = shutil.which("Xvfb")
    if executable is None:
        raise DisplayError("Xvfb is not installed (package xvfb on Debian and Ubuntu)")
    read_end, write_end = os.pipe()
    arguments = [executable, "-displayfd", str(write_end), "-screen", "0", screen]
    arguments += ["-nolisten", "tcp", "-noreset", "+extension", "GLX"]
    with (
        os.fdopen(read_end, "rb") as number,
        tempfile.TemporaryFile() as log,
        os.fdopen(write_end, "wb") as inherited,
        process_group(arguments, stdout=log, stderr=log, pass_fds=[write_end]),
    ):
        inherited.close()  # so that the end of a failed server is seen as the end of the file
        yield f":{_display_number(number, log)}"


def server_process(display: str) -> int:
    """Return the process number of an X server: another one may take its display as soon as it has ended."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(f"/tmp/.X11-unix/X{display.removeprefix(':')}")
        found = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    number: int = struct.unpack("3i", found)[0]
    return number


def run_program(
    program: str | Path,
    *arguments: str,
    env: Mapping[str, str] | None = None,
    timeout_seconds: float = 100.0,
    fresh: bool = False,
) -> subprocess.CompletedProcess[str]:
    """Run a Python program, a path or source text, in a process of its own and return its output.

    `env` is added to the environment, and the project can be imported. Its modules and NumPy are loaded already
    (see `warm_server`), which saves half a second; a program that looks at what is loaded asks for a `fresh`
    interpreter. Raises ProgramError with all the output when the program fails or takes longer than
    `timeout_seconds`; all its processes are killed then.
    """
    with (
        tempfile.TemporaryDirectory() as folder,
        tempfile.TemporaryFile() as output,
        tempfile.TemporaryFile() as errors,
    ):
        path = program if isinstance(program, Path) else _saved(program, Path(folder))
        words, variables = [str(path), *arguments], _environment(env)
        code: int | None
        if fresh or not warm.AVAILABLE:
            with process_group(
                [sys.executable, *words], stdout=output, stderr=errors, env=warm.environment_here(variables)
            ) as process:
                code = _wait(process, timeout_seconds)
        else:
            copy = warm.start(words, variables, (output, errors))
            try:
                code = _wait(copy, timeout_seconds)
            finally:
                end_group(copy)
        result = subprocess.CompletedProcess(words, code or 0, text(output), text(errors))
    if code != 0:
        outcome = f"did not end within {timeout_seconds} s" if code is None else f"returned {code}"
        raise ProgramError(f"{path.name} {outcome}\nstdout:\n{result.stdout}\nstderr:\n{result.stderr}")
    return result


def _display_number(number: IO[bytes], log: IO[bytes]) -> int:
    readable, _, _ = select.select([number], [], [], _START_SECONDS)
    line = number.readline() if readable else b""
    if not line.strip():
        raise DisplayError(f"Xvfb gave no display within {_START_SECONDS} s:\n{text(log)}")
    return int(line)


def _saved(source: str, folder: Path) -> Path:
    path = folder / "program.py"  # a file, so that tracebacks show the failing line
    path.write_text(source, encoding="utf-8")
    return path


def _environment(extra: Mapping[str, str] | None) -> dict[str, str]:
    search = [str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(search), **(extra or {})}


def _wait(process: Process, timeout_seconds: float) -> int | None:
    """Return the exit code, None if there is none in time."""
    try:
        return process.wait(timeout_seconds)
    except subprocess.TimeoutExpired:
        return None
