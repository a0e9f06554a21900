"""Calls functions of glrec's own in another process, within a time limit.

Drivers crash when they are probed, and decoders hang or crash on files that were made to do that. In a process of its
own that costs one answer. The functions are trusted, what they work on is not: both sides speak JSON and nothing else.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import IO, Any

from glrec_core.errors import GlrecError, ProcessFailed
from glrec_core.system.interrupts import FROM_THE_CONSOLE
from glrec_core.values.checks import shown
from glrec_core.values.progress import Progress, silent

_ROOT = Path(__file__).resolve().parents[1]
# -P keeps the working folder out of the search path: a file named av.py in it is not ours to run.
_BOOT = "import sys; sys.path.append(sys.argv[1]); from glrec_core.isolation import serve; serve()"
_COMMAND = (sys.executable, "-P", "-c", _BOOT, str(_ROOT))
_SAID_LINES = 3


@dataclass(slots=True)
class BoundedProcess:
    """A running process, and whether its time ran out."""

    process: subprocess.Popen[bytes]
    timed_out: bool = False

    @property
    def output(self) -> IO[bytes]:
        """Its standard output."""
        assert self.process.stdout is not None
        return self.process.stdout

    def expire(self) -> None:
        """End it, its time being over."""
        self.timed_out = True
        self.process.kill()


@contextmanager
def bounded_process(
    command: Sequence[str], timeout_seconds: float, *, stdin: int, stderr: IO[bytes]
) -> Iterator[BoundedProcess]:
    """Run a program with its output as a pipe; it is killed when its time is over, and at the end of the block."""
    with subprocess.Popen(command, stdin=stdin, stdout=subprocess.PIPE, stderr=stderr) as process:  # noqa: S603 - ours
        bounded = BoundedProcess(process)
        timer = threading.Timer(min(timeout_seconds, threading.TIMEOUT_MAX), bounded.expire)
        timer.daemon = True
        timer.start()
        try:
            yield bounded
        finally:
            timer.cancel()
            timer.join()
            process.kill()


def call(
    function: str,
    arguments: Mapping[str, object],
    *,
    timeout_seconds: float,
    progress: Progress = silent,
) -> Any:
    """Return what `function` ("package.module:name") gives, called as `name(progress, **arguments)` in a new process.

    Arguments and result are what JSON can hold.

    Raises:
        GlrecError: of the very class that the function raised.
        ProcessFailed: the process crashed, or did not answer in time.

    """
    request = json.dumps({"function": function, "arguments": arguments}).encode() + b"\n"
    with (
        tempfile.TemporaryFile() as errors,
        bounded_process(_COMMAND, timeout_seconds, stdin=subprocess.PIPE, stderr=errors) as bounded,
    ):
        stdin = bounded.process.stdin
        assert stdin is not None
        with suppress(BrokenPipeError):  # its time was over before it began
            stdin.write(request)
            stdin.flush()
        answer = _answer(bounded.output, progress)
        if answer is None:
            bounded.process.wait()
            raise ProcessFailed(failure(bounded, timeout_seconds, errors))
    if "error" in answer:
        raise _error(answer["error"]["kind"], answer["error"]["text"])
    return answer["result"]


def _answer(output: IO[bytes], progress: Progress) -> dict[str, Any] | None:
    for line in output:
        if not line.endswith(b"\n"):
            return None  # killed in the middle of it
        message = _understood(line)
        if "progress" not in message:
            return message
        progress(*message["progress"])
    return None


def _understood(line: bytes) -> dict[str, Any]:
    """Return a message in one of the three forms that there are: what made the process crash may have it say anything."""
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        message = None
    match message:
        case {"progress": [int(), int()]} | {"error": {"kind": str(), "text": str()}} | {"result": _}:
            return dict(message)
    raise ProcessFailed(f"answered what is no answer: {shown(line)}")


def failure(bounded: BoundedProcess, timeout_seconds: float, errors: IO[bytes]) -> str:
    """Return why a process that has ended gave no answer, with the end of what it said on standard error."""
    if bounded.timed_out:
        return f"no answer within {timeout_seconds:.0f} s"
    code = bounded.process.returncode
    how = f"crashed with {_signal_name(-code)}" if code < 0 else f"failed with exit code {code}"
    errors.seek(0)
    said = errors.read().decode(errors="replace").strip().splitlines()[-_SAID_LINES:]
    return f"{how}: {' / '.join(said)}" if said else how


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _error(kind: str, text: str) -> GlrecError:
    """Return an error of the class that the process names, looked up among those that there are: nothing else is called.

    Nor is a module imported for it. A class that this program has not loaded, it cannot wait for by name either.
    """
    found = next((each for each in _error_classes(GlrecError) if _name(each) == kind), GlrecError)
    return found(text)


def _error_classes(base: type[GlrecError]) -> Iterator[type[GlrecError]]:
    yield base
    for each in base.__subclasses__():
        yield from _error_classes(each)


def _name(kind: type) -> str:
    return f"{kind.__module__}:{kind.__qualname__}"


def serve() -> None:
    """Answer one request; runs in the new process."""
    for number in (signal.SIGINT, *FROM_THE_CONSOLE):  # Ctrl-C is the caller's: it ends this process
        signal.signal(number, signal.SIG_IGN)
    # Drivers print to standard output, which carries the answer: they get standard error instead.
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as answers:
        os.dup2(2, 1)
        request = json.loads(sys.stdin.buffer.readline())
        threading.Thread(target=_end_with_caller, daemon=True).start()

        def send(message: object) -> None:
            answers.write(json.dumps(message) + "\n")
            answers.flush()

        module, _, name = request["function"].partition(":")
        try:
            function = getattr(import_module(module), name)
            send(
                {
                    "result": function(
                        lambda done, total: send({"progress": (done, total)}), **request["arguments"]
                    )
                }
            )
        except GlrecError as error:
            send({"error": {"kind": _name(type(error)), "text": str(error)}})


def _end_with_caller() -> None:
    """Leave no process behind: the caller's end of the pipe closes with it, however it ends."""
    while os.read(0, 1):  # the raw file: Python cannot shut down while a thread waits in a buffered one
        pass
    os._exit(1)
