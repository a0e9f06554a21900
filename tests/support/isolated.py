"""Functions that a process of glrec's own is asked to run in tests: they answer, fail, crash, hang or chatter."""

import os
import stat
import sys
import time
from pathlib import Path

from glrec_core.errors import CaptureError, VideoError
from glrec_core.values.progress import Progress


def add(progress: Progress, *, numbers: list[int]) -> int:
    for done in range(1, len(numbers) + 1):
        progress(done, len(numbers))
    return sum(numbers)


def fail(_: Progress, *, text: str, of_the_core: bool) -> None:
    raise CaptureError(text) if of_the_core else VideoError(text)


def stumble(_: Progress) -> None:
    raise ZeroDivisionError("a mistake in the program")


def crash(_: Progress) -> None:
    os.abort()


def hang(_: Progress, *, pid_file: str) -> None:
    Path(pid_file).write_text(str(os.getpid()), encoding="ascii")
    time.sleep(600)


def chatter(_: Progress) -> str:
    os.write(1, b"a driver prints what it likes\n")
    sys.stdout.write("and so does Python\n")
    return "answer"


def answer_with(_: Progress, *, lines: list[str]) -> None:
    """Say what the process itself never would, where its answers go: what a file could make of it."""
    for number in range(3, 10):
        try:
            is_pipe = stat.S_ISFIFO(os.fstat(number).st_mode)
        except OSError:
            continue
        if is_pipe:
            os.write(number, "".join(f"{line}\n" for line in lines).encode())
    os._exit(0)
