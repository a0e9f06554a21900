"""Raises KeyboardInterrupt at one line of glrec's after the other: in a frame, and in `close()`. Nothing may hang.

    python any_line.py FOLDER frame|close OVERFLOW STEP

STEP is 1 for all lines, 2 for every second one, and so on.

Unlike a signal, which waits for the end of a frame, the exception comes at the line itself, as one that another thread
sends would. Prints as JSON, for each line, what became of the recording.
"""

import ast
import faulthandler
import json
import sys
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any, cast

from glrec_core import GlrecError, Recorder, record
from glrec_core.config import Overflow
from tests.support import video
from tests.support.contexts import standalone_context
from tests.support.recording import BarcodeLoop

FRAMES = 6
PRODUCT = str(Path(__file__).resolve().parents[3] / "glrec_core")
LONGEST_SECONDS = 60


@cache
def with_lines(path: str) -> frozenset[int]:
    """Return the lines of a file's `with` statements."""
    nodes = ast.walk(ast.parse(Path(path).read_text(encoding="utf-8")))
    return frozenset(node.lineno for node in nodes if isinstance(node, ast.With))


class RaiseAt:
    """Raises at the n-th line of the product's that this thread comes to within a `with` block, once.

    Not at a `with` statement that is left again: tracing stops there as well, but CPython looks for exceptions from
    outside only before and after the call that leaves it.
    """

    def __init__(self, number: int) -> None:
        self.left = number
        self.where = ""
        self._before: dict[int, int] = {}

    def __enter__(self) -> None:
        sys.settrace(self._call)

    def __exit__(self, *_: object) -> None:
        sys.settrace(None)

    def _call(self, frame: FrameType, event: str, _: Any) -> Any:
        return self._line if frame.f_code.co_filename.startswith(PRODUCT) else None

    def _line(self, frame: FrameType, event: str, _: Any) -> Any:
        line, path = frame.f_lineno, frame.f_code.co_filename
        before = self._before.get(id(frame), 0)
        self._before[id(frame)] = line
        if event == "line" and not self.where and not (before > line and line in with_lines(path)):
            self.left -= 1
            if self.left < 0:
                self.where = f"{Path(path).name}:{line}"
                raise KeyboardInterrupt
        return self._line


def close(recorder: Recorder) -> str:
    """Close, again where that was interrupted, and return the error."""
    try:
        recorder.close()
    except KeyboardInterrupt:
        return close(recorder)
    except GlrecError as error:
        return repr(error)
    return ""


def one(path: Path, act: str, overflow: Overflow, number: int) -> dict[str, Any] | None:
    """Record with an exception at one line; None when there is no such line any more."""
    context = standalone_context()
    loop = BarcodeLoop(context, (64, 48))
    recorder = record(None, path, timing="step", overflow=overflow, slots=2, overwrite=True)
    at = RaiseAt(number)
    for each in range(FRAMES):
        loop.draw(each)
        try:
            if act == "frame" and each == FRAMES // 2:
                with at:
                    recorder.frame_drawn(loop.framebuffer)
            else:
                recorder.frame_drawn(loop.framebuffer)
        except KeyboardInterrupt:
            continue  # as a program does that goes on after it
    error = ""
    try:
        if act == "close":
            with at:
                recorder.close()
    except KeyboardInterrupt:
        pass  # it is closed again below
    except GlrecError as raised:
        error = repr(raised)
    error = close(recorder) or error
    context.release()
    if not at.where:
        return None
    stats = recorder.recording.stats
    return {
        "where": at.where,
        "error": error,
        "drawn": stats.drawn,
        "accounted": stats.accounted,
        "recorded": stats.recorded,
        "film": video.read_barcodes(path) if path.exists() else [],
    }


def main(folder: Path, act: str, overflow: Overflow, step: int) -> None:
    """Try the lines."""
    number = 0
    while True:
        faulthandler.dump_traceback_later(LONGEST_SECONDS, exit=True)  # it hangs
        path = folder / f"{number}.mp4"
        found = one(path, act, overflow, number)
        if found is None:
            return
        sys.stdout.write(json.dumps(found) + "\n")
        path.unlink(missing_ok=True)
        number += step


main(Path(sys.argv[1]), sys.argv[2], cast("Overflow", sys.argv[3]), int(sys.argv[4]))
